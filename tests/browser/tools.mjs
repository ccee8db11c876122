// What the browser tests share: the modules that scripts/install put below the target directory, browsers, and a list
// of cases that are passed one after the other.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import http from "node:http";
import readline from "node:readline";

// The folder that holds node_modules, from tests/browser.rs.
export const need = createRequire(process.env.MIO_CHAT_NODE + "/");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--ignore-certificate-errors", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];
export const chromium = () => need("playwright-core").chromium.launch({ executablePath: process.env.MIO_CHAT_BROWSER, args: FLAGS });

// A server on free ports, unless the flags say otherwise.
export async function serve(flags) {
  const child = spawn(process.env.MIO_CHAT, ["--udp", "127.0.0.1:0", ...(flags.includes("--tcp") ? [] : ["--tcp", "127.0.0.1:0"]), ...flags], { stdio: ["ignore", "pipe", "ignore"] });
  let place = null;
  for await (const line of readline.createInterface({ input: child.stdout })) {
    place = /^listening tcp (\S+)/.exec(line)?.[1];
    if (place) break;
  }
  assert.ok(place, "the server has not started");
  const ended = once(child, "exit");
  return {
    url: `${flags.includes("--tls") ? "https" : "http"}://${place}/`, port: Number(place.split(":").at(-1)), kill: () => child.kill("SIGKILL"),
    async end() { child.kill("SIGTERM"); await ended; },
    async stop() { child.kill("SIGKILL"); await ended; },
  };
}

// A page elsewhere that has the browser connect early, and a link to the chat. Returns what to visit and the page's end.
export async function neighbour(url) {
  const other = http.createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<link rel="preconnect" href="${url}"><a href="${url}">chat</a>`);
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  return { url: `http://127.0.0.1:${other.address().port}/`, close() { other.close(); other.closeAllConnections(); } };
}

// Opens the page in a profile of its own. What it complains about fails the case.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.complaints = [];
  // The browser itself writes an error for each connection that fails; that is no fault of the page.
  page.on("console", said => { if (!/WebSocket connection to/.test(said.text())) page.complaints.push(said.text()); });
  page.on("pageerror", error => page.complaints.push(error.stack));
  await page.goto(url);
  return page;
}
export async function close(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
}
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export async function join(page, nick, room = "main") {
  await page.fill("#nick", nick);
  await page.fill("#first", room);
  await page.click("#join");
  await page.waitForSelector("#app:not([hidden])");
  await titled(page, "#" + room);
}
export const titled = (page, title) => page.waitForFunction(title => document.querySelector("#title").textContent === title, title);
export async function type(page, text) {
  await page.fill("#say", text);
  await page.press("#say", "Enter");
}
// The messages of the conversation that is shown, as "nick: text".
export const messages = page => page.evaluate(() =>
  [...document.querySelectorAll(".scroller:not([hidden]) [role=log] .m")].map(row => `${row.querySelector(".nick").textContent}: ${row.querySelector(".t").textContent}`));
export const hears = (page, text) => page.waitForFunction(text =>
  [...document.querySelectorAll(".scroller:not([hidden]) [role=log]")].some(log => log.textContent.includes(text)), text);
export const atEnd = page => page.evaluate(() => {
  const view = document.querySelector(".scroller:not([hidden])");
  return view.scrollHeight - view.scrollTop - view.clientHeight < 2;
});
export async function until(what, test) {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await test()) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail("has not come: " + what);
}

// Passes each case; says which one failed, and ends with the number of failures.
export async function pass(cases) {
  const only = process.env.MIO_CHAT_CASE;
  for (const [name, run] of Object.entries(cases)) {
    if (only && !name.includes(only)) continue;
    const began = performance.now();
    try {
      await run();
      console.log(`ok ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      console.log(`FAILED ${name}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
}
