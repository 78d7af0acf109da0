// Opens messages in headless Chromium as wide as a phone and as a desk: nothing may reach past the
// side, every letter has to be large enough, and axe-core may find nothing.
//
//     node look.mjs FOLDER [--modules node_modules] [--pictures FOLDER]
//
// FOLDER holds HTML forms, which `cargo test --test it letters` writes to target/tmp/letters. Needs
// the npm packages playwright-core and axe-core, and a Chromium (CHROMIUM, or chromium in the PATH).

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const WIDTHS = [320, 380, 700];
const SMALLEST = 13;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { modules: { type: "string", default: "node_modules" }, pictures: { type: "string" } },
});
const folder = resolve(positionals[0] ?? "target/tmp/letters");
const require = createRequire(join(resolve(options.modules), "look.cjs"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const executablePath =
  process.env.CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();

// Runs in the page: what is cut off or too small, in words.
function faults(smallest) {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${width}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.data.trim() || text.parentElement.closest("style")) continue;
    range.selectNodeContents(text);
    const rects = [...range.getClientRects()];
    const said = text.data.trim().slice(0, 40);
    if (rects.some((r) => r.right > width + 0.5 || r.left < -0.5)) found.push(`cut off: ${said}`);
    if (rects.length && parseFloat(getComputedStyle(text.parentElement).fontSize) < smallest) {
      found.push(`too small: ${said}`);
    }
  }
  return found;
}

// A message is no page of its own: in a mail program it stands inside that program's landmarks.
const rules = { region: { enabled: false }, "landmark-one-main": { enabled: false } };

// It takes a second or two a view: once with the table's columns, once with its cards.
async function violations(page, width) {
  if (width === 380) return [];
  await page.evaluate(axe);
  return (await page.evaluate((rules) => globalThis.axe.run({ rules }), rules)).violations;
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let wrong = 0;
let looked = 0;
const names = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
if (!names.length) throw new Error(`no messages in ${folder}`);
if (options.pictures) mkdirSync(options.pictures, { recursive: true });
for (const width of WIDTHS) {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  // Nothing in a message may be fetched from anywhere.
  const asked = [];
  await context.route(/^https?:/, (route) => {
    asked.push(`asks for ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  for (const name of names) {
    await page.goto(pathToFileURL(join(folder, name)).href);
    const found = [...(await page.evaluate(faults, SMALLEST)), ...asked.splice(0)];
    for (const one of await violations(page, width)) {
      const where = one.nodes.slice(0, 2).map((node) => node.target.join(" "));
      found.push(`axe ${one.id}: ${one.help} (${where.join("; ")})`);
    }
    if (options.pictures) {
      const picture = join(options.pictures, `${name.replace(".html", "")}-${width}.png`);
      await page.screenshot({ path: picture, fullPage: true });
    }
    looked += 1;
    for (const fault of new Set(found)) {
      wrong += 1;
      console.log(`${name} at ${width}: ${fault}`);
    }
  }
  await context.close();
}
await browser.close();
console.log(`${looked} views of ${names.length} messages, ${wrong} faults`);
process.exit(wrong ? 1 : 0);
