// A person at The Lounge: connects, hears, says something, and closes the page.
import { createRequire } from "node:module";

const need = createRequire(process.env.MIO_CHAT_NODE + "/");
const browser = await need("playwright-core").chromium.launch({
  executablePath: process.env.MIO_CHAT_BROWSER,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
const page = await browser.newPage();
page.setDefaultTimeout(20_000);
const hears = async text => {
  await page.waitForFunction(text => [...document.querySelectorAll(".msg .content")].some(it => it.textContent.includes(text)), text);
  console.log("heard", text);
};
await page.goto(process.argv[2]);
await page.click("form button[type=submit]");
await page.click(".channel-list-item[data-name='#games']");
await hears("joined the channel");
await hears("hello lounge");
await page.fill("#input", "hello from the lounge");
await page.press("#input", "Enter");
await hears("hello from the lounge");
await hears("waves");
await browser.close();
