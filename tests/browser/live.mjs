// Pages in Chromium, before the real server.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import { chromium, close, hears, join, messages, neighbour, open, pass, serve, titled, type, until } from "./tools.mjs";

const browser = await chromium();

// Somebody in a terminal.
function netcat(server, nick) {
  const child = spawn("nc", ["-N", "127.0.0.1", String(server.port)]);
  const nc = { said: "", says: line => child.stdin.write(line + "\n"), end: () => child.kill() };
  child.stdout.on("data", bytes => { nc.said += bytes; });
  nc.hears = text => until(text, () => nc.said.includes(text));
  nc.says(nick);
  return nc;
}

await pass({
  async "two pages and nc talk in one room"() {
    const server = await serve(["--flood", "off"]);
    const [alice, bob] = [await open(browser, server.url), await open(browser, server.url)];
    const carol = netcat(server, "carol");
    await carol.hears("carol joined!");
    await join(alice, "alice");
    await join(bob, "bob");
    await carol.hears("bob joined!");
    await type(alice, "hello from a page");
    await carol.hears("alice: hello from a page");
    carol.says("and from a terminal");
    await type(bob, "/me waves");
    await carol.hears("* bob waves");
    for (const page of [alice, bob]) {
      await hears(page, "waves");
      await hears(page, "and from a terminal");
      await page.waitForFunction(() => document.querySelector("#list").textContent.match(/alice.*bob.*carol/));
    }
    assert.deepEqual([...await messages(alice)].sort(), [...await messages(bob)].sort());
    // Private, to and fro.
    await type(alice, "/msg carol psst");
    await carol.hears("[alice] psst");
    carol.says("/msg alice what?");
    await hears(alice, "what?");
    assert.deepEqual(await messages(alice), ["alice: psst", "carol: what?"]);
    // A room of their own, with a password, and an end.
    await type(alice, "/join den");
    await titled(alice, "#den");
    await hears(alice, "You own den");
    await type(alice, "/topic tea, and nothing but tea");
    await alice.waitForFunction(() => document.querySelector("#topic").textContent.includes("nothing but tea"));
    await type(alice, "/password leaf");
    await hears(alice, "needs a password now");
    await type(bob, "/join den");
    await bob.waitForSelector("#ask[open]");
    await bob.keyboard.type("leaf");
    await bob.keyboard.press("Enter");
    await titled(bob, "#den");
    await type(bob, "let me stay");
    await hears(alice, "let me stay");
    // Under another name it is the same room.
    await type(alice, "/rename-room study we read here");
    for (const page of [alice, bob]) await titled(page, "#study");
    await type(bob, "under a new name");
    await hears(alice, "under a new name");
    assert.equal(new URL(bob.url()).hash, "#study");
    await type(alice, "/kick bob too loud");
    await hears(bob, "too loud");
    await bob.waitForSelector("#strip:not([hidden])");
    assert.match(await bob.textContent("#trouble"), /not in #study/);
    await bob.click("#again");
    await bob.waitForSelector("#strip", { state: "hidden" });
    await titled(bob, "#study");
    await type(bob, "/nick rob");
    await hears(alice, "bob is called rob now");
    await type(bob, "/quit");
    await bob.waitForSelector("#door:not([hidden])");
    await close(alice, bob);
    carol.end();
    await server.stop();
  },

  async "a server that is killed and starts again: nothing lost or doubled"() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mio-chat-page-"));
    let server = await serve(["--flood", "off", "--state", folder]);
    const { port } = server, [alice, bob] = [await open(browser, server.url), await open(browser, server.url)];
    await join(alice, "alice");
    await join(bob, "bob");
    const wanted = [];
    for (let i = 0; i < 5; i += 1) {
      await type(alice, `before ${i}`);
      wanted.push(`alice: before ${i}`);
    }
    await hears(bob, "before 4");
    // What was said is on the disk some 50 ms later, and on a busy machine some more; only what comes after that may be forgotten.
    await until("it is saved", () => fs.readdirSync(folder).some(name => name.endsWith(".db")));
    await new Promise(done => setTimeout(done, 1_000));
    server.kill();
    await alice.waitForSelector("#strip:not([hidden])");
    await type(alice, "while it was away");
    wanted.push("alice: while it was away");
    server = await serve(["--flood", "off", "--state", folder, "--tcp", `127.0.0.1:${port}`]);
    const began = performance.now();
    for (const page of [alice, bob]) await page.waitForSelector("#strip", { state: "hidden" });
    const back = performance.now() - began;
    console.log(`   back ${(back / 1000).toFixed(2)} s after the restart`);
    assert.ok(back < 10_000);
    await hears(bob, "while it was away");
    await type(bob, "welcome back");
    wanted.push("bob: welcome back");
    await hears(alice, "welcome back");
    for (const page of [alice, bob]) assert.deepEqual(await messages(page), wanted);
    // A goodbye says when to come back.
    await server.end();
    await alice.waitForSelector("#strip:not([hidden])");
    const seconds = Number(/come back in (\d+) s/.exec(await alice.textContent("#trouble"))[1]), said = performance.now();
    server = await serve(["--flood", "off", "--state", folder, "--tcp", `127.0.0.1:${port}`]);
    await alice.waitForSelector("#strip", { state: "hidden" });
    const waited = (performance.now() - said) / 1000;
    assert.ok(waited > seconds - 1.5, `${waited} s instead of ${seconds} s`);
    for (const page of [alice]) assert.deepEqual(await messages(page), wanted);
    await close(alice, bob);
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  },

  async "by https the page speaks wss, with plain clients in the same room"() {
    const server = await serve(["--tls", "self-signed", "--flood", "off"]);
    const [alice, bob] = [await open(browser, server.url), await open(browser, server.url.replace("https", "http"))];
    const spoken = [];
    for (const page of [alice, bob]) page.on("websocket", socket => spoken.push(socket.url()));
    const carol = netcat(server, "carol");
    await carol.hears("carol joined!");
    await join(alice, "alice");
    await join(bob, "bob");
    assert.deepEqual(spoken, ["wss", "ws"].map(scheme => `${scheme}://127.0.0.1:${server.port}/ws`));
    await type(alice, "hello by wss");
    await hears(bob, "hello by wss");
    await carol.hears("alice: hello by wss");
    carol.says("and in plain");
    await hears(alice, "and in plain");
    await close(alice, bob);
    carol.end();
    await server.stop();
  },

  // With the language agreed on, nobody who is silent is taken for somebody who waits for a prompt.
  async "by https a connection that was opened early is never prompted"() {
    const server = await serve(["--tls", "self-signed"]), other = await neighbour(server.url);
    const page = await open(browser, other.url);
    await new Promise(done => setTimeout(done, 2600));
    await page.click("a");
    await page.waitForSelector("#nick");
    await join(page, "alice");
    await page.context().close();
    other.close();
    await server.stop();
  },

  async "where only encrypted clients are taken the page moves there"() {
    const server = await serve(["--tls", "self-signed,only"]);
    const page = await open(browser, server.url.replace("https", "http"));
    assert.equal(page.url(), server.url);
    await join(page, "alice");
    await close(page);
    await server.stop();
  },

  async "a nickname that is registered on the page is its owner's"() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mio-chat-"));
    const server = await serve(["--flood", "off", "--state", folder, "--password-rounds", "4096"]);
    const alice = await open(browser, server.url);
    await join(alice, "alice");
    await alice.click("#prefs");
    await alice.click("#register");
    await alice.fill("#ask-value", "open sesame");
    await alice.press("#ask-value", "Enter");
    await hears(alice, "is yours from now on");
    // Whoever reloads the page is logged in again.
    await alice.reload();
    await titled(alice, "#main");
    const bob = await open(browser, server.url);
    await alice.close();
    await bob.fill("#nick", "alice");
    await bob.click("#join");
    await bob.waitForFunction(() => document.querySelector("#nick-bad").textContent.includes("is registered"));
    for (const [password, said] of [["wrong", "not its password"], ["open sesame", null]]) {
      await bob.fill("#pass", password);
      await bob.click("#join");
      if (said) await bob.waitForFunction(said => document.querySelector("#nick-bad").textContent.includes(said), said);
    }
    await titled(bob, "#main");
    await type(bob, "/logout");
    await hears(bob, "not logged in any more");
    await close(bob);
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  },

  async "the page is shown at once"() {
    const server = await serve([]);
    const page = await open(browser, server.url);
    const paint = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    const shown = await paint.jsonValue();
    console.log(`   first painted after ${Math.round(shown)} ms`);
    await close(page);
    await server.stop();
  },
});
await browser.close();
process.exit();
