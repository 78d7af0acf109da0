// Opens messages, or published pages, in headless Chromium as wide as a phone and as a desk: nothing
// may reach past the side, every letter has to be large enough, and axe-core may find nothing.
//
//     node look.mjs FOLDER [--pages] [--modules node_modules] [--pictures FOLDER]
//
// FOLDER holds HTML forms, which `cargo test --test it letters` writes to target/tmp/letters. Pages
// (`--pages`, every index.html below FOLDER) are also looked at dark and printed. Needs
// the npm packages playwright-core and axe-core, and a Chromium (CHROMIUM, or chromium in the PATH).

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const SMALLEST = 13;
// With a busy machine, in milliseconds.
const PATIENCE = 300_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    modules: { type: "string", default: "node_modules" },
    pages: { type: "boolean", default: false },
    pictures: { type: "string" },
  },
});
const pages = options.pages;
const light = { colorScheme: "light", media: "screen" };
// What is looked at, and whether axe-core looks too: it takes a second or two a view.
const VIEWS = pages
  ? [
      { width: 320, axe: true, ...light },
      { width: 768, axe: false, ...light },
      { width: 1440, axe: true, ...light },
      { width: 1440, axe: true, ...light, colorScheme: "dark" },
      { width: 720, axe: false, ...light, media: "print" },
    ]
  : [
      // Once with the table's cards, once with its columns.
      { width: 320, axe: true, ...light },
      { width: 380, axe: false, ...light },
      { width: 700, axe: true, ...light },
    ];
const folder = resolve(positionals[0] ?? "target/tmp/letters");
const require = createRequire(join(resolve(options.modules), "look.cjs"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const executablePath =
  process.env.CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();

// Runs in the page: what is cut off or too small, in words. What stands in a box that scrolls by
// itself, or waits outside the page for who tabs to it, is not cut off.
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
    const apart = text.parentElement.closest(".scroll, .skip") ?? rects[0]?.right < 0;
    if (!apart && rects.some((r) => r.right > width + 0.5 || r.left < -0.5)) {
      found.push(`cut off: ${said}`);
    }
    if (rects.length && parseFloat(getComputedStyle(text.parentElement).fontSize) < smallest) {
      found.push(`too small: ${said}`);
    }
  }
  for (const cell of document.querySelectorAll("th, td")) {
    const over = cell.scrollWidth - cell.clientWidth;
    if (over > 1) found.push(`runs out of its cell by ${over} pixels: ${cell.textContent.trim().slice(0, 40)}`);
  }
  return found;
}

// A message is no page of its own: in a mail program it stands inside that program's landmarks.
const rules = pages ? {} : { region: { enabled: false }, "landmark-one-main": { enabled: false } };

async function violations(page, view) {
  if (!view.axe) return [];
  await page.evaluate(axe);
  return (await page.evaluate((rules) => globalThis.axe.run({ rules }), rules)).violations;
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox"],
  timeout: PATIENCE,
});
let wrong = 0;
let looked = 0;
const ending = pages ? "index.html" : ".html";
const names = readdirSync(folder, { recursive: pages })
  .filter((name) => name.endsWith(ending))
  .sort();
if (!names.length) throw new Error(`nothing to look at in ${folder}`);
if (options.pictures) mkdirSync(options.pictures, { recursive: true });
for (const view of VIEWS) {
  const { width, colorScheme, media } = view;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  // Nothing in a message may be fetched from anywhere.
  const asked = [];
  await context.route(/^https?:/, (route) => {
    asked.push(`asks for ${route.request().url()}`);
    return route.abort();
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  await page.emulateMedia({ media, colorScheme });
  for (const name of names) {
    await page.goto(pathToFileURL(join(folder, name)).href);
    const found = [...(await page.evaluate(faults, SMALLEST)), ...asked.splice(0)];
    for (const one of await violations(page, view)) {
      const where = one.nodes.slice(0, 2).map((node) => node.target.join(" "));
      found.push(`axe ${one.id}: ${one.help} (${where.join("; ")})`);
    }
    if (options.pictures) {
      const plain = name.replace(".html", "").replaceAll("/", "-");
      const called = [plain, width, colorScheme, media].filter((part) => !Object.values(light).includes(part)).join("-");
      const picture = join(options.pictures, `${called}.png`);
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
console.log(`${looked} views of ${names.length} documents, ${wrong} faults`);
process.exit(wrong ? 1 : 0);
