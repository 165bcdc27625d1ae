// People with accounts, and sockets of the unmodified `phoenix` client that tell all that they see:
// one line of JSON each, `[what, value]`.

import { randomUUID } from "node:crypto";
import { Presence, Socket } from "phoenix";

export const SYSTEM = "system:general";
const PASSWORD = "VerySecurePassword1!";

export function say(what, value = null) {
  console.log(JSON.stringify([what, value]));
}

export async function post(server, path, body, token) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(`http://${server}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

export class Person {
  static async register(server, name) {
    const email = `${name}.${randomUUID()}@example.com`;
    const answer = await post(server, "/auth/register", { email, password: PASSWORD, display_name: name });
    return new Person(server, name, email, answer);
  }

  constructor(server, name, email, answer) {
    Object.assign(this, { server, name, email, id: answer.user.id, token: answer.auth_token });
    say("is", { name, id: this.id });
  }

  get topic() {
    return `user:${this.id}`;
  }

  async login() {
    this.token = (await post(this.server, "/auth/login", { email: this.email, password: PASSWORD })).auth_token;
  }

  // The token as a connect parameter; it is asked for anew on every reconnection.
  byParameter(server, options = {}) {
    return new Device(this, server, { params: () => ({ token: this.token }), ...options });
  }

  // The token as the subprotocol that browsers send.
  bySubprotocol(server, options = {}) {
    return new Device(this, server, { authToken: () => this.token, ...options });
  }
}

export class Device {
  constructor(person, server, options) {
    this.person = person;
    this.channels = {};
    this.seen = [];
    this.waiting = [];
    this.socket = new Socket(`ws://${server}/socket`, options);
    this.socket.onOpen(() => this.tell("socket", "open", {}));
    this.socket.onClose(event => this.tell("socket", "close", { code: event.code }));
    this.socket.connect();
  }

  tell(topic, event, payload) {
    say("saw", { who: this.person?.name ?? "guest", topic, event, payload });
    this.seen.push({ topic, event, payload });
    this.waiting = this.waiting.filter(look => !look());
  }

  // Resolves with the answer of the first join; later ones, after a reconnection, are told as `rejoined`.
  join(topic, params = {}) {
    const channel = this.socket.channel(topic, params);
    this.channels[topic] = channel;
    channel.onMessage = (event, payload) => {
      if (!event.startsWith("chan_reply_")) this.tell(topic, event, payload);
      return payload;
    };
    let joined = 0;
    return new Promise((resolve, reject) => {
      channel
        .join()
        .receive("ok", response => (joined++ ? this.tell(topic, "rejoined", response) : resolve(response)))
        .receive("error", response => reject(Object.assign(new Error(JSON.stringify(response)), { response })));
    });
  }

  async arrive() {
    await this.join(SYSTEM);
    await this.join(this.person.topic);
  }

  // Resolves with the response of an `ok`, and with `{refused: reason}` otherwise.
  push(topic, event, payload) {
    return new Promise(resolve => {
      this.channels[topic]
        .push(event, payload)
        .receive("ok", resolve)
        .receive("error", response => resolve({ refused: response.reason }))
        .receive("timeout", () => resolve({ refused: "timeout" }));
    });
  }

  // The payload of the first such event that was not handed out yet.
  next(topic, event, predicate = () => true) {
    return new Promise(resolve => {
      const look = () => {
        const place = this.seen.findIndex(
          one => one.topic === topic && one.event === event && predicate(one.payload),
        );
        if (place < 0) return false;
        resolve(this.seen.splice(place, 1)[0].payload);
        return true;
      };
      if (!look()) this.waiting.push(look);
    });
  }

  leave(topic) {
    return new Promise(resolve => this.channels[topic].leave().receive("ok", resolve));
  }

  // Phoenix's own presence list, told when other users are in it than before: their ids, sorted.
  watchPresence() {
    const presence = new Presence(this.channels[SYSTEM]);
    let before = "";
    presence.onSync(() => {
      const online = presence.list(id => id).sort();
      if (online.join() !== before) this.tell(SYSTEM, "online", online);
      before = online.join();
    });
  }

  close() {
    return new Promise(resolve => this.socket.disconnect(resolve));
  }
}

export const conversation = id => `conversation:${id}`;

export const copies = (text, ...people) => ({
  encrypted_messages: Object.fromEntries(people.map(person => [person.id, `${text} for ${person.name}`])),
});

export const keys = person => ({ public_key: { of: person.name }, private_key: { only: person.name } });
