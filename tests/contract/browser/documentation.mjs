// A newcomer in a browser: reads the documentation, logs in, sends the example fact and reads the determination.
//
//   node documentation.mjs ADDRESS KEY FOLDER CHROMIUM
//
// Prints what was seen as JSON and leaves pictures in the folder. Everything asked of another host is noted and refused.

import { join } from "node:path";
import { launched } from "./chromium.mjs";

const [address, key, folder, executablePath] = process.argv.slice(2);

const browser = await launched(executablePath);
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
// A busy machine is slow, not wrong.
context.setDefaultTimeout(120_000);
const seen = { asked: [], elsewhere: [], complaints: [] };

await context.route("**/*", (route) => {
  const url = new URL(route.request().url());
  const ours = url.origin === address || url.protocol === "data:" || url.protocol === "blob:";
  (ours ? seen.asked : seen.elsewhere).push(url.href.slice(0, 200));
  return ours ? route.continue() : route.abort();
});

async function open(path) {
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.complaints.push(`${path}: ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.complaints.push(`${path}: ${error}`));
  page.on("requestfailed", (request) => seen.complaints.push(`${path}: ${request.url()} failed`));
  page.on("response", (response) => {
    if (response.status() >= 400) seen.complaints.push(`${path}: ${response.status()} ${response.url()}`);
  });
  await page.goto(address + path);
  return page;
}

function picture(page, name) {
  return page.screenshot({ path: join(folder, `${name}.png`) });
}

// Sends an operation as it is filled in, and gives its status and what it answered.
async function executed(operation, name) {
  await operation.locator("button.execute").click();
  const answer = operation.locator(".live-responses-table .response").first();
  await answer.waitFor();
  const status = Number.parseInt(await answer.locator(".response-col_status").innerText(), 10);
  const body = await answer.locator(".response-col_description .highlight-code").first().innerText();
  await answer.scrollIntoViewIfNeeded();
  await picture(operation.page(), name);
  return { status, body: JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)) };
}

async function opened(page, tag, operationId) {
  const operation = page.locator(`#operations-${tag}-${operationId}`);
  await operation.locator(".opblock-summary-control").click();
  await operation.locator("button.execute").waitFor();
  return operation;
}

async function swagger() {
  const page = await open("/docs");
  await page.locator(".opblock").first().waitFor();
  await picture(page, "1-swagger");
  const chapters = await page.locator(".opblock-tag-section h3 a span").allInnerTexts();

  await page.locator("button.authorize").first().click();
  const dialog = page.locator(".dialog-ux");
  await dialog.locator("input").fill(key);
  await dialog.locator("button.authorize").click();
  await dialog.getByText("Authorized").waitFor();
  await picture(page, "2-authorized");
  await dialog.locator("button.btn-done").click();

  const recording = await opened(page, "Facts", "storeFacts");
  await recording.locator("button.execute").scrollIntoViewIfNeeded();
  await picture(page, "3-example");
  const recorded = await executed(recording, "4-recorded");

  const reading = await opened(page, "Determinations", "readDetermination");
  const decided = await executed(reading, "5-determination");
  return { chapters, recorded, decided };
}

async function redoc() {
  const page = await open("/redoc");
  await page.locator("h1").first().waitFor();
  const decided = page.locator("[id='tag/Determinations/operation/readDetermination']");
  await decided.waitFor();
  await picture(page, "6-redoc");
  await decided.scrollIntoViewIfNeeded();
  await picture(page, "7-redoc-determination");
  return {
    title: await page.locator("h1").first().innerText(),
    calls: await page.locator("[id*='/operation/']").count(),
  };
}

async function meaningOfAProblem() {
  const page = await open("/problems/invalid");
  await picture(page, "8-problem");
  return page.locator("h1").innerText();
}

try {
  Object.assign(seen, { swagger: await swagger(), redoc: await redoc(), problem: await meaningOfAProblem() });
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
