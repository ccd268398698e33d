// A reader in a browser: opens each kind of page of the rule book, light, dark and narrow, and asks axe.
//
//   node rulebook.mjs ADDRESS CHROMIUM FOLDER PATH...
//
// Prints as JSON what was seen of each page and leaves pictures in the folder, if one is named.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { launched } from "./chromium.mjs";

const [address, executablePath, folder, ...paths] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await launched(executablePath);

async function seen(context, path, colorScheme, width) {
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    // That a page is not there is what some are opened for.
    if (["error", "warning"].includes(message.type()) && !message.text().includes("responded with a status of"))
      complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("request", (request) => {
    if (!request.url().startsWith(address)) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(address + path);
  if (folder) {
    const name = path.replace(/[^A-Za-z0-9-]+/g, "_").slice(1);
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), fullPage: true });
  }
  // Everything that can be unfolded is judged, too.
  await page.locator("details").evaluateAll((folded) => folded.forEach((one) => (one.open = true)));
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document));
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement?.textContent);
  await page.emulateMedia({ media: "print" });
  const printed = await page.locator(".top nav, form, .turn").evaluateAll((parts) => parts.filter((one) => one.checkVisibility()).length);
  await page.close();
  return {
    path,
    colorScheme,
    width,
    complaints,
    wider,
    first,
    printed,
    passes: passes.length,
    violations: violations.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.target.join(" ")}`)),
  };
}

const all = [];
try {
  for (const [colorScheme, width] of [
    ["light", 1200],
    ["dark", 1200],
    ["light", 320],
  ]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    for (const path of paths) all.push(await seen(context, path, colorScheme, width));
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(all));
