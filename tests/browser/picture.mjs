// Draws docs/page.png and docs/page-dark.png: a wide window and a phone, before the stand-in for the server.
// usage: scripts/picture-page
import { PHONE, chromium, join, open, titled, type } from "./tools.mjs";
import { stub } from "./stub.mjs";

const TALK = [
  [-1380, "olga", "the server moved to the new machine last night; tell me if anything feels slow"],
  [-1376, "ben", "it feels faster, if anything"],
  [-64, "alice", "good morning! who is up for a round of duel at eight?"],
  [-62, "ben", "me"],
  [-62, "ben", "and Zoë said she would join from the train"],
  [-58, "Zoë", "if the tunnel lets me 🚆"],
  [-41, "deploy", "build 412 is live: https://ci.example.org/412"],
  [-40, "carol", "nice, that was the fix for the relay. #games has the map list"],
  [-33, "yuki", "日本茶を淹れました、ゆっくり行きます 🍵"],
  [-31, "rami", "صباح الخير جميعا"],
  [-22, "ben", "sam: could you keep slot two free for Zoë? she will be late, and the last time she had to wait for a whole round"],
  [-20, "sam", "done"],
  [-6, "alice", "puts the kettle on", { me: true }],
  [-4, "carol", "🎉🎉"],
  [-2, "alice", "then it is settled: eight o'clock, queue duel. Everybody just types /match duel"],
];
const now = Math.floor(Date.now() / 60_000) * 60 - 3600 * (new Date().getHours() - 10);
const browser = await chromium();

async function scene(colorScheme, size) {
  const server = await stub(), main = server.room("tea");
  main.topic = "Tea, and duels at eight. Rules: https://example.org/rules";
  main.fakes = ["alice", "ben", "carol", "deploy", "eve", "farid", "olga", "rami", "yuki", "Zoë"];
  for (const [minutes, nick, text, more] of TALK) server.said("tea", nick, text, { at: now + minutes * 60, ...more });
  const page = await open(browser, server.url, { colorScheme, deviceScaleFactor: 1.5, ...size });
  await page.evaluate(() => { for (const id of ["host", "place"]) document.getElementById(id).textContent = "chat.example.org"; });
  await join(page, "sam", "tea");
  for (const room of ["games", "ops"]) {
    await type(page, "/join " + room);
    await titled(page, "#" + room);
  }
  await page.evaluate(() => show(find("#", "tea")));
  for (const text of ["new maps are up", "try them before eight", "sam: yours is the third"]) server.said("games", "carol", text);
  server.said("ops", "olga", "backup done");
  server.tell({ t: "private", from: "Zoë", text: "which queue was it?", at: now });
  await page.waitForTimeout(400);
  if (size !== PHONE) await page.evaluate(() => document.activeElement.blur());
  const picture = await page.screenshot();
  await page.context().close();
  server.stop();
  return picture.toString("base64");
}
async function draw(file, wide, small, ground) {
  const page = await (await browser.newContext({ viewport: { width: 1500, height: 800 } })).newPage();
  await page.setContent(`<style>
    body { margin: 0; width: 1500px; height: 800px; position: relative; background: ${ground}; }
    img { position: absolute; border-radius: 10px; box-shadow: 0 6px 30px #0006; }
    .wide { left: 24px; top: 24px; width: 1203px; } .small { right: 24px; top: 104px; width: 310px; border-radius: 22px; }
    </style><img class="wide" src="data:image/png;base64,${wide}"><img class="small" src="data:image/png;base64,${small}">`);
  await page.waitForFunction(() => [...document.images].every(image => image.complete));
  await page.screenshot({ path: file });
}
const [light, dark] = [await scene("light", {}), await scene("dark", {})], [day, night] = [await scene("light", PHONE), await scene("dark", PHONE)];
await draw("docs/page.png", light, night, "#cfd8e3");
await draw("docs/page-dark.png", dark, day, "#2a323d");
await browser.close();
process.exit();
