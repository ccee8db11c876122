// A client of irc-framework: joins #games, says each line of its input there and prints what happens. An empty line ends
// it. It logs in if it is given a password.
const [modules, port, nick, password] = process.argv.slice(2);
const { Client } = require(`${modules}/irc-framework`);
const client = new Client();
client.on("registered", () => client.join("#games"));
client.on("join", event => console.log("join", event.nick, event.channel));
client.on("message", event => console.log(event.type, event.nick, event.target, event.message));
client.on("close", () => { console.log("close"); process.exit(0); });
client.connect({ host: "127.0.0.1", port: Number(port), nick, username: nick, gecos: "Fran Work", auto_reconnect: false,
  ...(password && { account: { account: nick, password } }) });
require("node:readline").createInterface({ input: process.stdin }).on("line", line => {
  if (line) client.say("#games", line);
  else client.quit("good night");
});
