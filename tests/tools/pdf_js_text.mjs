// The text of each page as Firefox's engine reads it, as one JSON list a file, a file a line:
//     node pdf_js_text.mjs NODE_MODULES FILE.pdf...
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

// The engine's remarks go to standard error; standard output is data.
console.log = console.error;
const [modules, ...files] = process.argv.slice(2);
const entry = join(modules, "pdfjs-dist/legacy/build/pdf.mjs");
const { getDocument, VerbosityLevel } = await import(pathToFileURL(entry));

for (const file of files) {
  const pdf = await getDocument({
    data: new Uint8Array(await readFile(file)),
    verbosity: VerbosityLevel.ERRORS,
  }).promise;
  const pages = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const content = await (await pdf.getPage(number)).getTextContent();
    pages.push(content.items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join(""));
  }
  await pdf.destroy();
  process.stdout.write(JSON.stringify(pages) + "\n");
}
