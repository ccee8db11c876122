// A stand-in for the server, for what a real one does only after hours or with thousands of people: it serves the
// page and speaks the objects of JSON dialect 1 (docs/PROTOCOL.md), and its rooms are what the test puts there.
import http from "node:http";
import fs from "node:fs";
import crypto from "node:crypto";
import { need } from "./tools.mjs";

const { WebSocketServer } = need("ws");
const PAGE = new URL("../../src/web/chat.html", import.meta.url);
const EPOCH = "c77143c7", NAMES_PAGE = 200, DIGEST_ABOVE = 200;

export async function stub() {
  const page = fs.readFileSync(PAGE, "utf8");
  const hash = part => {
    const text = new RegExp(`<${part}>([^]*?)</${part}>`).exec(page)[1];
    return `'sha256-${crypto.createHash("sha256").update(text).digest("base64")}'`;
  };
  const policy = `default-src 'none'; script-src ${hash("script")}; style-src ${hash("style")}; connect-src 'self'; ` +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
    response.end(request.url === "/" ? page : "");
  });
  const sockets = new WebSocketServer({ server, path: "/ws", handleProtocols: () => "mio-chat.1" });
  const rooms = new Map(), people = new Set(), asked = [];
  const world = { rooms, people, asked, n: 1200, answers: {} };
  const at = () => Math.floor(Date.now() / 1000);
  world.room = name => {
    if (!rooms.has(name)) rooms.set(name, { name, log: [], fakes: [], members: new Set(), topic: "" });
    return rooms.get(name);
  };
  const tell = (room, object) => { for (const person of room.members) person.tell(object); };
  const total = room => room.members.size + room.fakes.length;
  // Somebody says something; `more` may have `me` or another time.
  world.said = (name, nick, text, more = {}) => {
    const room = world.room(name), object = { t: "message", n: world.n += 1, at: at(), room: name, nick, text, ...more };
    room.log.push(object);
    tell(room, object);
    return object.n;
  };
  world.tell = object => { for (const person of people) person.tell(object); };

  function recall(person, room, request) {
    let list = room.log;
    const object = { t: "history", room: room.name, gap: false };
    if (request.before !== undefined) {
      list = list.filter(one => one.n < request.before);
      object.before = request.before;
      if (list.length > request.limit) object.more = true;
      list = list.slice(-request.limit);
    } else if (request.after !== undefined) {
      const [epoch, number] = request.after.split(":");
      object.gap = epoch !== EPOCH || Boolean(world.forgot);
      object.after = Number(number);
      list = list.filter(one => object.gap || one.n > object.after).slice(-100);
    } else list = request.history ? list.slice(-request.history) : [];
    person.tell({ ...object, count: list.length });
    for (const one of list) person.tell({ ...one, old: true });
    person.tell({ t: "end", room: room.name, at: `${EPOCH}:${world.n}` });
  }
  function join(person, request) {
    const room = world.room(request.room);
    if (room.password && request.password !== room.password) {
      return { code: "room-password", text: `the room ${room.name} needs a password: /join ${room.name} PASSWORD`, room: room.name };
    }
    recall(person, room, request);
    room.members.add(person);
    const joined = { t: "joined", room: room.name, nick: person.nick };
    if (total(room) > DIGEST_ABOVE) person.tell(joined); else tell(room, joined);
    person.tell({ t: "room", room: room.name, total: total(room) });
    if (room.topic) person.tell({ t: "topic", room: room.name, text: room.topic, by: "alice" });
    if (request.names) answers.who(person, { room: room.name });
  }
  // Each returns nothing, the fields of its `ok`, or those of an error.
  const answers = {
    hello(person, request) {
      const name = request.nick.toLowerCase();
      if (world.taken === name || [...people].some(one => one !== person && one.nick?.toLowerCase() === name)) {
        return { code: "nick-taken", text: `the nickname ${request.nick} is taken, or looks like one that is; try /nick NAME`, nick: request.nick };
      }
      person.nick = request.nick;
      person.tell({ t: "welcome", v: 1, nick: request.nick, epoch: EPOCH, n: world.n, now: at(), limits: { line: 1024, text: 1000 }, features: ["match"], udp: 50000 });
      return request.room ? join(person, request) : undefined;
    },
    join,
    leave(person, { room }) {
      tell(world.room(room), { t: "left", room, nick: person.nick });
      world.room(room).members.delete(person);
    },
    say: (person, { room, text }) => ({ n: world.said(room, person.nick, text) }),
    me: (person, { room, text }) => ({ n: world.said(room, person.nick, text, { me: true }) }),
    msg(person, { to, text }) {
      const other = [...people].find(one => one.nick === to);
      other?.tell({ t: "private", from: person.nick, text, at: at() });
      person.tell({ t: "private", to, text, at: at() });
    },
    nick(person, { nick }) {
      const old = person.nick;
      person.nick = nick;
      for (const room of rooms.values()) if (room.members.has(person)) tell(room, { t: "renamed", room: room.name, nick: old, new: nick });
    },
    who(person, request) {
      const room = world.room(request.room), page = request.page ?? 1, end = page * NAMES_PAGE;
      const names = [...room.members].map(one => one.nick).concat(room.fakes).sort();
      person.tell({ t: "names", room: room.name, names: names.slice(end - NAMES_PAGE, end), total: names.length, ...(end < names.length && { next: page + 1 }) });
    },
    rooms(person) { person.tell({ t: "rooms", rooms: [...rooms.values()].map(room => ({ room: room.name, total: total(room) })) }); },
    history(person, request) { recall(person, world.room(request.room), request); },
    command() {},
    ping(person) { person.tell({ t: "pong" }); },
    quit(person) {
      person.tell({ t: "bye", code: "quit", text: "goodbye" });
      person.socket.close();
    },
  };
  sockets.on("connection", socket => {
    const person = { socket, nick: null, tell: object => socket.send(JSON.stringify(object)) };
    people.add(person);
    socket.on("message", data => {
      const request = JSON.parse(data);
      asked.push(request);
      const answer = (world.answers[request.t] ?? answers[request.t])(person, request);
      if (answer?.silence || request.id === undefined) return;
      person.tell({ t: answer?.code ? "error" : "ok", re: request.id, ...answer });
    });
    socket.on("close", () => {
      people.delete(person);
      for (const room of rooms.values()) if (room.members.delete(person)) tell(room, { t: "left", room: room.name, nick: person.nick });
    });
  });
  world.room("main");
  await new Promise(done => server.listen(0, "127.0.0.1", done));
  world.url = `http://127.0.0.1:${server.address().port}/`;
  // All connections break, without a word.
  world.cut = () => { for (const person of people) person.socket.terminate(); };
  world.stop = () => {
    world.cut();
    server.close();
    server.closeAllConnections();
  };
  return world;
}
