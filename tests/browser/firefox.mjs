// The page in Firefox ESR, before the real server.
import assert from "node:assert/strict";
import { need, neighbour, pass, serve } from "./tools.mjs";

const browser = await need("puppeteer-core").launch({
  browser: "firefox", executablePath: process.env.MIO_CHAT_BROWSER, headless: true, acceptInsecureCerts: true,
  // As people have it; puppeteer turns off that connections are opened early.
  extraPrefsFirefox: { "network.http.speculative-parallel-limit": 6 },
});

async function open(url) {
  const page = await browser.newPage();
  page.complaints = [];
  page.on("console", said => page.complaints.push(said.text()));
  page.on("pageerror", error => page.complaints.push(String(error)));
  await page.goto(url);
  return page;
}

await pass({
  async "two pages talk"() {
    const server = await serve([]);
    const [alice, bob] = [await open(server.url), await open(server.url)];
    for (const [page, nick] of [[alice, "alice"], [bob, "bob"]]) {
      await page.type("#nick", nick);
      await page.click("#join");
      await page.waitForFunction(() => document.querySelector("#title").textContent === "#main", { polling: 50 });
    }
    await alice.type("#say", "hello from Firefox\n");
    for (const page of [alice, bob]) await page.waitForFunction(() => document.querySelector("[role=log]").textContent.includes("hello from Firefox"), { polling: 50 });
    await bob.type("#say", "al");
    await bob.keyboard.press("Tab");
    assert.equal(await bob.$eval("#say", field => field.value), "alice: ");
    await bob.type("#say", "hi\n");
    await alice.waitForSelector(".hit mark");
    assert.deepEqual(await alice.evaluate(() => [...document.querySelectorAll("#list [role=option]")].map(row => row.textContent)), ["aliceyou", "bob"]);
    assert.deepEqual([...alice.complaints, ...bob.complaints], []);
    await alice.close();
    await bob.close();
    await server.stop();
  },

  // Browsers open connections before they need them, and a silent one is prompted by the server: for addresses where
  // browsers are after 2 s.
  async "a visit on a connection that was opened early shows no prompt, or says what to do"() {
    const server = await serve([]);
    const other = await neighbour(server.url);
    await (await open(server.url)).close();
    for (const [wait, mayBePrompted] of [[600, false], [2600, true]]) {
      const page = await browser.newPage();
      await page.goto(other.url);
      await new Promise(done => setTimeout(done, wait));
      await page.click("a");
      await page.waitForFunction(() => document.body.innerText.includes("NICK") || document.querySelector("#join"), { polling: 50 });
      const text = await page.evaluate(() => document.body.innerText);
      const prompted = /NICK|HTTP\//.test(text);
      // A busy Firefox opens no connection early, and shows the page at once.
      assert.ok(mayBePrompted || !prompted, text.slice(0, 200));
      if (prompted) {
        assert.match(text, /press F5/);
        await page.reload();
      }
      await page.waitForSelector("#nick");
      await page.close();
    }
    other.close();
    await server.stop();
  },

  async "by https two pages talk, and a connection that was opened early is never prompted"() {
    const server = await serve(["--tls", "self-signed"]), other = await neighbour(server.url);
    const page = await browser.newPage();
    await page.goto(other.url);
    await new Promise(done => setTimeout(done, 2600));
    await page.click("a");
    await page.waitForSelector("#nick");
    const bob = await open(server.url);
    for (const [who, nick] of [[page, "alice"], [bob, "bob"]]) {
      await who.type("#nick", nick);
      await who.click("#join");
      await who.waitForFunction(() => document.querySelector("#title").textContent === "#main", { polling: 50 });
    }
    await page.type("#say", "hello by wss\n");
    await bob.waitForFunction(() => document.querySelector("[role=log]").textContent.includes("hello by wss"), { polling: 50 });
    assert.deepEqual(bob.complaints, []);
    await page.close();
    await bob.close();
    other.close();
    await server.stop();
  },
});
await browser.close();
process.exit();
