// Somebody in the chat by the npm package ws: says the lines of its input as they are, and prints
// what it hears. usage: ws_peer.mjs MODULES NAME URL

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, name, url] = process.argv.slice(2);
const { WebSocket } = createRequire(`${modules}/x.js`)("ws");
const chat = new WebSocket(url, ["mio-chat.1"], { perMessageDeflate: true });
const tell = (line) => console.log(line);

chat.on("open", () => {
  const extensions = chat.extensions === "" ? "[]" : chat.extensions;
  tell(`open ${chat.protocol} ${extensions}`);
  chat.send(JSON.stringify({ t: "hello", v: 1, nick: name, room: "main" }));
});
chat.on("message", (text) => tell(text.toString()));
chat.on("pong", () => tell("pong"));
chat.on("close", (code, reason) => {
  tell(`closed ${code} ${reason}`);
  process.exit(0);
});
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "ping") {
    chat.ping("?");
  } else if (line.startsWith("parts ")) {
    const characters = [...line.slice("parts ".length)];
    characters.forEach((one, at) => chat.send(one, { fin: at === characters.length - 1 }));
  } else {
    chat.send(line);
  }
});
