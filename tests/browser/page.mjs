// The page in Chromium, before the stand-in for the server.
import assert from "node:assert/strict";
import fs from "node:fs";
import { PHONE, atEnd, chromium, close, hears, join, messages, need, open, pass, titled, type, until } from "./tools.mjs";
import { stub } from "./stub.mjs";

const browser = await chromium();
async function scene(options, nick = "max") {
  const server = await stub(), page = await open(browser, server.url, options);
  if (nick) await join(page, nick);
  return { server, page, end: async () => { await close(page); server.stop(); } };
}
const fakes = (count, name = "user") => Array.from({ length: count }, (_, i) => name + String(i).padStart(5, "0"));

// Each would make an element, run, or break out, if it were taken for HTML or for a link.
const NASTY = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</div><h1>out", "<svg/onload=alert(1)>", "&lt;b&gt;&amp;", "\"><a href=x>",
  "javascript:alert(1)", "data:text/html,<b>", "https://\"><b>", "https://", "http://[::", "https://a.example/<b>", "<a href=\"javascript:alert(1)\">x</a>",
  "${alert(1)}", "{{constructor}}", "<style>*{display:none}</style>", "<!--", "]]>", "<template>", "\u202eevil", "\u0000", "a\u0301".repeat(60), "x".repeat(990),
  "ﷺ".repeat(300), "👨‍👩‍👧‍👦".repeat(30), "<iframe src=//x>", "<math><mtext></mtext>", "<details open ontoggle=alert(1)>", "vbscript:x", "<base href=//x>",
  "<form action=//x><button>", "<object data=x>", "<link rel=stylesheet href=//x>", "<meta http-equiv=refresh content=0>", "<input autofocus onfocus=alert(1)>",
  "<body onload=alert(1)>", "<video><source onerror=alert(1)>", "'-alert(1)-'", "\\u003cimg\\u003e", "%3Cimg%3E"];

await pass({
  async "the door: a name that is taken, a suggestion, the nickname is remembered"() {
    const { server, page, end } = await scene({}, null);
    assert.equal(await page.inputValue("#first"), "main");
    await page.click("#join");
    assert.match(await page.textContent("#nick-bad"), /nickname/);
    server.taken = "max";
    await page.fill("#nick", "max");
    await page.press("#nick", "Enter");
    await page.waitForSelector("#suggest:not([hidden])");
    assert.match(await page.textContent("#nick-bad"), /taken/);
    assert.equal(await page.getAttribute("#nick", "aria-invalid"), "true");
    await page.click("#suggest");
    await titled(page, "#main");
    assert.equal(await page.textContent("#me"), "max2");
    assert.match(page.url(), /#main$/);
    // A reload comes back by itself, into all rooms.
    await type(page, "/join games");
    await titled(page, "#games");
    await page.reload();
    await titled(page, "#games");
    await until("both rooms", () => server.room("main").members.size === 1 && server.room("games").members.size === 1);
    await type(page, "/quit");
    await page.waitForSelector("#door:not([hidden])");
    assert.equal(await page.inputValue("#nick"), "max2");
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes("user"), kept);
    await end();
  },

  async "rooms: unread, mentions, the line of new ones, the title, keys between them"() {
    const { server, page, end } = await scene();
    await type(page, "/join games");
    await titled(page, "#games");
    server.said("main", "alice", "hello all");
    server.said("main", "alice", "Max: are you there? not maximum");
    server.said("main", "alice", "maxim and max-7 are others");
    await page.waitForFunction(() => document.title.startsWith("(3) "));
    const row = page.locator("#rooms .row").first();
    assert.equal(await row.textContent(), "#main1, 3 unread, 1 mention");
    await page.keyboard.press("Alt+KeyA");
    await titled(page, "#main");
    await page.waitForFunction(() => document.title === "#main – mio-chat");
    assert.equal(await page.locator(".hit").count(), 1);
    assert.equal(await page.textContent(".hit mark"), "Max");
    assert.equal(await page.locator(".new").count(), 1);
    assert.match(await page.evaluate(() => document.querySelector(".new").nextSibling.textContent), /alice.*hello all/);
    await page.keyboard.press("Alt+ArrowDown");
    await titled(page, "#games");
    // Private conversations.
    await type(page, "/msg carol psst");
    await titled(page, "carol");
    await hears(page, "psst");
    server.tell({ t: "private", from: "dave", text: "hi", at: 1 });
    await page.waitForSelector("#privates .hot");
    await type(page, "/leave");
    await until("carol is closed", async () => await page.locator("#privates li").count() === 1);
    assert.deepEqual(server.asked.filter(one => one.t === "msg").map(one => [one.to, one.text]), [["carol", "psst"]]);
    await end();
  },

  async "what is said: groups, actions, days, links, unknown objects"() {
    const { server, page, end } = await scene();
    const now = Math.floor(Date.now() / 1000);
    for (const [nick, text, more] of [
      ["alice", "one", { at: now - 200_000 }], ["alice", "two", { at: now - 200 }], ["alice", "three"], ["bob", "four"], ["bob", "waves", { me: true }],
      ["bob", "see https://example.org/a_(b)?c=1, (http://x.example/) and #games. <https://y.example>"],
    ]) server.said("main", nick, text, more);
    server.tell({ t: "brand-new", room: "main", text: "something that a later server says" });
    await hears(page, "later server");
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("[role=log] > *")].map(row => row.className.replace(/ c\d+/, ""))),
      ["day", "m", "day", "m", "m g", "m", "m a", "m", "n"]);
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("[role=log] a")].map(a => [a.getAttribute("href"), a.rel, a.target])), [
      ["https://example.org/a_(b)?c=1", "noopener noreferrer nofollow ugc", "_blank"], ["http://x.example/", "noopener noreferrer nofollow ugc", "_blank"],
      ["#games", "", ""], ["https://y.example", "noopener noreferrer nofollow ugc", "_blank"]]);
    await page.click("[role=log] a[href='#games']");
    await titled(page, "#games");
    await end();
  },

  async "200 nasty texts make no element"() {
    const { server, page, end } = await scene();
    const texts = Array.from({ length: 200 }, (_, i) => NASTY[i % NASTY.length] + (i < NASTY.length ? "" : " " + i));
    const kinds = () => page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map(node => node.localName))].sort().join());
    server.said("main", "alice", "https://example.org");
    await hears(page, "example.org");
    const before = await kinds();
    texts.forEach((text, i) => {
      if (i % 4 === 0) server.tell({ t: "notice", room: "main", text });
      else if (i % 4 === 1) server.tell({ t: "topic", room: "main", text, by: "alice", changed: true });
      else server.said("main", i % 8 > 3 ? "<b>x</b>" : "alice", text);
    });
    server.tell({ t: "renamed", room: "main", nick: "<b>x</b>", new: "<i>y</i>" });
    server.said("main", "alice", "that was all");
    await hears(page, "that was all");
    assert.equal(await kinds(), before);
    for (const href of await page.evaluate(() => [...document.querySelectorAll("a")].map(a => a.href))) assert.match(href, /^http/);
    const shown = await page.evaluate(() => [...document.querySelectorAll("[role=log] .t")].map(node => node.textContent));
    for (const [i, text] of texts.entries()) if (i % 4 > 1) assert.ok(shown.includes(text), text);
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth && document.querySelector(".scroller:not([hidden])").scrollWidth <= innerWidth));
    await end();
  },

  async "a history: upwards in place, who scrolled up stays, the way back"() {
    const { server, page, end } = await (async () => {
      const server = await stub();
      for (let i = 0; i < 400; i += 1) server.said("main", "alice", `line ${i} ` + "and so on ".repeat(i % 20), { at: 1_763_800_000 + i * 60 });
      const page = await open(browser, server.url);
      await join(page, "max");
      return { server, page, end: async () => { await close(page); server.stop(); } };
    })();
    await hears(page, "line 399");
    assert.ok(await atEnd(page));
    const topmost = () => page.evaluate(() => {
      const view = document.querySelector(".scroller:not([hidden])"), top = view.getBoundingClientRect().top;
      const row = [...view.querySelectorAll(".m")].find(row => row.getBoundingClientRect().top >= top);
      return [row.querySelector(".t").textContent, Math.round(row.getBoundingClientRect().top)];
    });
    await page.evaluate(() => document.querySelector(".scroller:not([hidden])").scrollTo(0, 300));
    const seen = await topmost();
    // Rows may be fractions of a pixel high.
    const stays = async () => {
      const [text, top] = await topmost();
      assert.equal(text, seen[0]);
      assert.ok(Math.abs(top - seen[1]) <= 1, `${top} instead of ${seen[1]}`);
    };
    await hears(page, "line 250 ");
    await stays();
    server.said("main", "bob", "news");
    await page.waitForFunction(() => document.querySelector("#newest").textContent.includes("1 new message"));
    await stays();
    // All of it, once each and in order.
    for (let tries = 0; tries < 10 && !(await messages(page)).some(text => text.includes("line 0 ")); tries += 1) {
      await page.evaluate(() => document.querySelector(".scroller:not([hidden])").scrollTo(0, 0));
      await page.waitForTimeout(50);
    }
    await hears(page, "line 0 ");
    const lines = (await messages(page)).filter(text => text.startsWith("alice")).map(text => Number(/line (\d+)/.exec(text)[1]));
    assert.deepEqual(lines, Array.from({ length: 400 }, (_, i) => i));
    await page.click("#newest");
    await until("the end", () => atEnd(page));
    server.said("main", "bob", "more");
    await hears(page, "more");
    await until("the end", () => atEnd(page));
    await end();
  },

  async "a lost connection: nothing lost or doubled, a gap is told, a goodbye's time is kept"() {
    const { server, page, end } = await scene();
    await type(page, "/join games");
    await titled(page, "#games");
    await type(page, "before");
    await hears(page, "before");
    // This one is carried out, but the answer is lost; the next one is not carried out.
    server.answers.say = (person, { room, text }) => {
      if (text === "heard") { server.room(room).members.clear(); server.said(room, "max", text); }
      return { silence: true };
    };
    await type(page, "heard");
    await type(page, "not heard");
    await until("both were sent", () => server.asked.filter(one => one.t === "say").length === 3);
    delete server.answers.say;
    server.cut();
    await page.waitForSelector("#strip:not([hidden])");
    server.said("main", "alice", "missed in main");
    server.said("games", "alice", "missed in games");
    await type(page, "typed while away");
    await hears(page, "missed in games");
    await hears(page, "typed while away");
    assert.deepEqual(await messages(page), ["max: before", "max: heard", "alice: missed in games", "max: not heard", "max: typed while away"]);
    await page.click("#rooms .row");
    assert.deepEqual(await messages(page), ["alice: missed in main"]);
    assert.equal(await page.locator(".gap").count(), 0);
    // A room that was left is not entered again; one that needs a password by now asks only when it is wanted.
    await type(page, "/leave");
    await titled(page, "#games");
    server.room("games").password = "new";
    server.cut();
    await page.waitForSelector("#strip:not([hidden])");
    await page.waitForFunction(() => document.querySelector("#trouble").textContent === "You are not in #games.");
    assert.equal(server.room("main").members.size, 0);
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await page.click("#again");
    await page.waitForSelector("#ask[open]");
    await page.keyboard.type("new");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#strip", { state: "hidden" });
    server.forgot = true;
    server.cut();
    await page.waitForSelector(".scroller:not([hidden]) .gap");
    assert.equal((await messages(page)).length, 5);
    const began = Date.now();
    server.tell({ t: "bye", code: "going", text: "the server is shutting down; come back in 3 s", retry: 3 });
    server.cut();
    await page.waitForSelector("#strip:not([hidden])");
    assert.match(await page.textContent("#trouble"), /come back in 3 s/);
    await page.waitForSelector("#strip", { state: "hidden" });
    assert.ok(Date.now() - began > 2800, `${Date.now() - began} ms`);
    await end();
  },

  async "a server that says nothing is asked, and given up"() {
    const { server, page, end } = await scene({}, null);
    await page.clock.install();
    await join(page, "max");
    const pings = () => server.asked.filter(one => one.t === "ping").length;
    await page.clock.runFor(27_000);
    await until("a ping", () => pings() === 1);
    await page.clock.runFor(27_000);
    await until("another ping", () => pings() === 2);
    assert.equal(await page.isVisible("#strip"), false);
    server.answers.ping = () => {};
    await page.clock.runFor(27_000);
    await until("a third ping", () => pings() === 3);
    await page.clock.runFor(12_000);
    await until("it comes back", async () => { await page.clock.runFor(1000); return server.asked.filter(one => one.t === "hello").length === 2; });
    await end();
  },

  async "what is wrong with the first room is told"() {
    const { server, page, end } = await scene({}, null);
    server.room("vault").password = "open";
    await page.fill("#nick", "max");
    await page.fill("#first", "vault");
    await page.press("#first", "Enter");
    await page.waitForSelector("#ask[open]");
    await page.keyboard.press("Escape");
    await hears(page, "needs a password");
    await type(page, "hello?");
    await hears(page, "Join a room first");
    await type(page, "/join main");
    await titled(page, "#main");
    await end();
  },

  async "the message field: completion, commands, what is too long, many lines, recall"() {
    const { server, page, end } = await scene();
    server.room("main").fakes.push("zora", "Zoe");
    server.said("main", "zora", "hello");
    await hears(page, "hello");
    await page.focus("#say");
    await page.keyboard.type("zo");
    await page.keyboard.press("Tab");
    assert.equal(await page.inputValue("#say"), "zora: ");
    await page.keyboard.type("and /t");
    await page.fill("#say", "");
    await page.keyboard.type("/to");
    await page.waitForSelector("#hints:not([hidden])");
    await page.keyboard.press("Tab");
    assert.equal(await page.inputValue("#say"), "/topic ");
    await page.keyboard.type("tea");
    await page.keyboard.press("Enter");
    await until("the command", () => server.asked.some(one => one.t === "command" && one.text === "/topic tea" && one.room === "main"));
    await page.keyboard.type("#ma");
    await page.keyboard.press("Tab");
    assert.equal(await page.inputValue("#say"), "#main ");
    await type(page, "//slash");
    await hears(page, "/slash");
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.inputValue("#say"), "//slash");
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.inputValue("#say"), "/topic tea");
    await type(page, "é".repeat(501));
    await hears(page, "too long");
    await type(page, Array.from({ length: 12 }, (_, i) => "pasted " + i).join("\n"));
    await page.waitForSelector("#ask[open]");
    await page.keyboard.press("Enter");
    await hears(page, "pasted 11");
    await type(page, "/help");
    await hears(page, "/join ROOM");
    await type(page, "/me waves");
    await hears(page, "waves");
    assert.equal((await messages(page)).filter(text => text.includes("pasted")).length, 12);
    server.room("vault").password = "open";
    await type(page, "/join vault");
    await page.waitForSelector("#ask[open]");
    await page.keyboard.type("open");
    await page.keyboard.press("Enter");
    await titled(page, "#vault");
    server.answers.say = () => ({ code: "muted", text: "you are muted in vault for 9m more: too loud", room: "vault", retry: 540 });
    await type(page, "may I?");
    await hears(page, "you are muted");
    assert.equal(await page.inputValue("#say"), "may I?");
    await end();
  },

  async "people: 10,000 in at most 60 rows"() {
    const { server, page, end } = await scene({ viewport: { width: 1600, height: 1400 } });
    server.room("huge").fakes = fakes(10_000);
    await type(page, "/join huge");
    await titled(page, "#huge");
    await page.waitForFunction(() => document.querySelector("#list").textContent.includes("user00020"));
    const rows = () => page.locator("#list [role=option]").count();
    assert.ok(await rows() <= 60, `${await rows()} rows`);
    await page.evaluate(() => { document.querySelector("#list").scrollTop = 5000 * ROW; });
    await page.waitForFunction(() => document.querySelector("#list").textContent.includes("user05010"));
    assert.ok(await rows() <= 60, `${await rows()} rows`);
    const took = await page.evaluate(() => {
      const times = [];
      for (let i = 0; i < 60; i += 1) {
        now.names = Array.from({ length: 10_000 }, (_, k) => `person${k}`);
        list.scrollTop = i * 3000;
        const began = performance.now();
        drawPeople();
        document.body.offsetHeight;
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b)[30];
    });
    console.log(`   10,000 people, drawn and laid out: median ${took.toFixed(1)} ms, ${await rows()} rows`);
    assert.ok(took < 500);
    server.tell({ t: "presence", room: "huge", came: 37, went: 12, total: 10_026 });
    await hears(page, "37 joined, 12 left · 10,026 here");
    assert.equal(await page.textContent("#here"), "10,026");
    // Small rooms follow who comes and goes.
    await type(page, "/join den");
    await titled(page, "#den");
    await page.waitForFunction(() => document.querySelector("#list").textContent === "maxyou");
    for (const nick of ["zoe", "bob", "carol"]) server.tell({ t: "joined", room: "den", nick });
    server.tell({ t: "left", room: "den", nick: "carol" });
    await page.waitForFunction(() => document.querySelector("#list").textContent === "bobmaxyouzoe");
    await hears(page, "zoe, bob joined · carol left");
    await end();
  },

  async "5,000 messages: cheap, trimmed, quiet for screen readers"() {
    const { server, page, end } = await scene();
    const took = await page.evaluate(() => {
      const began = performance.now(), at = Math.floor(Date.now() / 1000);
      for (let frame = 0; frame < 100; frame += 1) {
        for (let i = 0; i < 50; i += 1) {
          const n = 2000 + frame * 50 + i;
          inbox.push({ t: "message", n, at, room: "main", nick: "user" + n % 7, text: `message ${n} with some words to be read by nobody` });
        }
        flush();
        document.querySelector("#logs").offsetHeight;
      }
      return (performance.now() - began) / 5000;
    });
    console.log(`   5,000 messages, 50 a frame, laid out: ${took.toFixed(3)} ms each`);
    assert.ok(took < 10);
    const log = page.locator(".scroller:not([hidden]) [role=log]");
    assert.ok(await page.evaluate(() => document.querySelectorAll("[role=log] > *").length) <= 1100);
    assert.equal(await log.getAttribute("aria-live"), "off");
    assert.ok(await atEnd(page));
    await page.waitForFunction(() => /5,00. messages in #main/.test(document.querySelector("#heard").textContent));
    assert.equal(await log.getAttribute("aria-live"), "polite");
    server.n = 10_000;
    for (let i = 0; i < 3; i += 1) server.said("main", "alice", "slowly " + i);
    await hears(page, "slowly 2");
    assert.equal(await log.getAttribute("aria-live"), "polite");
    await end();
  },

  async "axe finds nothing, in dark and light, wide and on a phone"() {
    const axe = fs.readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
    for (const [where, colorScheme, size] of [["dark", "dark", {}], ["light", "light", {}], ["dark phone", "dark", PHONE], ["light phone", "light", PHONE]]) {
      const { server, page, end } = await scene({ ...size, colorScheme, reducedMotion: "reduce" }, null);
      // Each rule once; on a second look the colours alone.
      const rules = colorScheme === "dark" ? { resultTypes: ["violations"] } : { runOnly: ["color-contrast", "target-size"], resultTypes: ["violations"] };
      const look = async what => {
        await page.evaluate(() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 50)));
        const found = await page.evaluate(rules => globalThis.axe.run(rules), rules);
        assert.deepEqual(found.violations.map(one => [where, what, one.id, one.nodes.map(node => node.html).slice(0, 3)]), []);
      };
      await page.evaluate(axe);
      await look("door");
      server.room("main").topic = "tea, https://example.org and #games";
      for (let i = 0; i < 24; i += 1) server.said("main", ["alice", "bob", "Zoe", "max"][i % 4] + (i > 11 ? i : ""), `max: line ${i} https://example.org`, { me: i % 9 === 8 });
      server.room("main").fakes = fakes(30);
      await join(page, "max");
      await type(page, "/join games");
      await titled(page, "#games");
      server.said("main", "alice", "max: hey");
      server.tell({ t: "private", from: "dave", text: "hi", at: 1 });
      await type(page, "/help");
      await look("a new room");
      await page.evaluate(() => show(find("#", "main")));
      server.tell({ t: "joined", room: "main", nick: "eve" });
      server.tell({ t: "moderated", room: "main", action: "muted", nick: "max", you: true, by: "alice", text: "you were muted in main by alice" });
      server.tell({ t: "notice", room: "main", text: "a notice" });
      await page.focus("#say");
      await page.keyboard.type("/m");
      await page.keyboard.press("Tab");
      await look("chat");
      await page.keyboard.press("Escape");
      if (size === PHONE) {
        for (const id of ["#open-side", "#open-people"]) {
          await page.click(id);
          await look(id);
          await page.keyboard.press("Escape");
        }
      } else {
        await page.click("#prefs");
        await look("settings");
        await page.check("[name=compact]");
        await page.keyboard.press("Escape");
        await page.click("#browse");
        await look("rooms, and compact");
        await page.keyboard.press("Escape");
        await page.click("#list [role=option] >> nth=2");
        await look("menu");
        await page.keyboard.press("Escape");
      }
      server.tell({ t: "bye", code: "going", text: "the server is shutting down; come back in 60 s", retry: 60 });
      server.cut();
      await page.waitForSelector("#strip:not([hidden])");
      await look("away");
      await end();
    }
  },

  async "the keyboard alone: join, talk, change rooms, people, settings"() {
    const { server, page, end } = await scene({}, null);
    server.room("main").fakes = ["alice", "bob"];
    const press = key => page.keyboard.press(key);
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
    await page.keyboard.type("max");
    await press("Enter");
    await titled(page, "#main");
    assert.equal(await focused(), "say");
    await page.keyboard.type("hello");
    await press("Enter");
    await hears(page, "hello");
    // The empty field lets Tab through to the button, the people, and around.
    const seen = new Set();
    for (let i = 0; i < 14; i += 1) {
      await press("Tab");
      seen.add(await focused());
      const ring = await page.evaluate(() => document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none" || document.activeElement.id === "list");
      assert.ok(ring, `no focus is seen on ${await focused()}`);
    }
    for (const id of ["row", "browse", "me", "prefs", "open-people", "scroller", "say", "list"]) assert.ok([...seen].some(name => name.split(" ").includes(id)), `${id} in ${[...seen]}`);
    await page.focus("#list");
    await press("ArrowDown");
    await press("Enter");
    await page.waitForSelector("#menu:popover-open");
    await press("Enter");
    await titled(page, "bob");
    assert.equal(await focused(), "say");
    await page.focus("#browse");
    await press("Enter");
    await page.waitForSelector("#ask[open]");
    await page.keyboard.type("games");
    await press("Enter");
    await titled(page, "#games");
    await press("Alt+ArrowUp");
    await titled(page, "#main");
    await page.focus("#prefs");
    await press("Enter");
    await page.waitForSelector("#settings[open]");
    await press("Escape");
    assert.equal(await focused(), "prefs");
    await page.focus("#say");
    await page.keyboard.type("/quit");
    await press("Enter");
    await page.waitForSelector("#door:not([hidden])");
    await end();
  },

  async "a phone: drawers, targets of 44 px, nothing beside the screen"() {
    const { server, page, end } = await scene(PHONE);
    server.room("main").fakes = fakes(50);
    for (const [open, part] of [["#open-side", "#side"], ["#open-people", "#people"]]) {
      await page.click(open);
      await page.waitForFunction(part => document.querySelector(part).getBoundingClientRect().left >= 0 && document.querySelector(part).getBoundingClientRect().right <= innerWidth, part);
      await page.keyboard.press("Escape");
      await page.waitForFunction(part => getComputedStyle(document.querySelector(part)).visibility === "hidden", part);
    }
    await page.click("#open-side");
    await page.click("#rooms .row");
    // While it slides, what is 44 px wide measures a fraction less.
    await page.waitForFunction(() => getComputedStyle(document.querySelector("#side")).visibility === "hidden");
    const small = await page.evaluate(() => [...document.querySelectorAll("button, input, textarea, [role=option]")].filter(node => node.checkVisibility({ visibilityProperty: true }))
      .map(node => [node.id || node.className, node.getBoundingClientRect()]).filter(([, box]) => box.height < 44 || box.width < 44).map(([name]) => name));
    assert.deepEqual(small, []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    assert.ok(await page.evaluate(() => parseFloat(getComputedStyle(document.querySelector("#say")).fontSize) >= 16));
    await end();
  },
});
await browser.close();
process.exit();
