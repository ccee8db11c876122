// Keeps a program of Node.js on this machine: The Lounge asks for news of itself.
const dns = require("node:dns");
const { lookup } = dns;
dns.lookup = (name, options, callback) => {
  const done = callback ?? options;
  if (name === "localhost" || name === "127.0.0.1") return lookup(name, options, callback);
  process.nextTick(() => done(Object.assign(new Error("kept on this machine"), { code: "ENOTFOUND" })));
  return {};
};
