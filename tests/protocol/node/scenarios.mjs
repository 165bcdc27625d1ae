// What two people do on two clients. Run as `node scenarios.mjs <scenario> <host:port> <host:port>`; the first
// person is at the first server, the second at the second.

import { once } from "node:events";
import { createInterface } from "node:readline";
import { conversation, copies, keys, Person, post, say, SYSTEM } from "./people.mjs";

const [name, first, second] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });

async function two() {
  const [ada, bob] = await Promise.all([Person.register(first, "ada"), Person.register(first, "bob")]);
  await bob.login();
  const a = ada.byParameter(first);
  const b = bob.bySubprotocol(second);
  return { ada, bob, a, b };
}

async function arrived() {
  const all = await two();
  const system = [all.a, all.b].map(device => device.join(SYSTEM));
  await Promise.all(system);
  await Promise.all([all.a.join(all.ada.topic), all.b.join(all.bob.topic)]);
  return all;
}

async function inPrivate(all) {
  const { ada, bob, a, b } = all;
  await a.push(SYSTEM, "start_private_conversation", { other_user_id: bob.id, ...keys(ada) });
  const { conversation: begun } = await b.next(bob.topic, "new_conversation");
  const topic = conversation(begun.id);
  say("joined", { who: "ada", document: await a.join(topic) });
  say("joined", { who: "bob", document: await b.join(topic) });
  return topic;
}

const scenarios = {
  async private_conversation() {
    const all = await arrived();
    const { ada, bob, a, b } = all;
    const topic = await inPrivate(all);
    say("answer", await b.push(topic, "set_encryption_keys", keys(bob)));
    await a.next(topic, "set_encryption_keys");
    await b.push(topic, "start_typing", {});
    await a.next(topic, "start_typing");
    await b.push(topic, "finish_typing", {});
    await a.next(topic, "finish_typing");
    const sent = await a.push(topic, "send_message", copies("hello", ada, bob));
    say("answer", sent);
    const { message } = await b.next(bob.topic, "new_message");
    await b.push(topic, "read_conversation", {});
    await a.next(topic, "read_conversation");
    const group = { message_group_id: message.message_group };
    say("answer", await a.push(topic, "edit_message", { ...group, ...copies("hello again", ada, bob) }));
    await b.next(bob.topic, "edit_message");
    say("answer", await b.push(topic, "delete_message", group));
    say("answer", await a.push(topic, "delete_message", group));
    await b.next(topic, "delete_message");
  },

  async group() {
    const { ada, bob, a, b } = await arrived();
    const cleo = await Person.register(second, "cleo");
    const c = cleo.byParameter(second);
    await c.arrive();
    const begun = await a.push(SYSTEM, "start_group_conversation", { user_ids: [bob.id], ...keys(ada) });
    const topic = conversation(begun.conversation_id);
    await b.next(bob.topic, "new_conversation");
    await Promise.all([a.join(topic), b.join(topic)]);
    await b.push(topic, "change_alias", { alias: "Besties 4eva" });
    await a.next(topic, "update_alias");
    await a.push(topic, "modify_conversation", { new_members: [cleo.id] });
    await c.next(cleo.topic, "new_conversation");
    say("joined", { who: "cleo", document: await c.join(topic) });
    await c.push(topic, "send_message", copies("three of us", ada, bob, cleo));
    await Promise.all([a.next(ada.topic, "new_message"), b.next(bob.topic, "new_message")]);
    say("answer", await b.push(topic, "leave_conversation", {}));
    await Promise.all([a.next(topic, "leave_conversation"), c.next(topic, "leave_conversation")]);
    await b.next(topic, "phx_close");
    await a.push(topic, "send_message", copies("two of us", ada, cleo));
    await c.next(cleo.topic, "new_message", push => push.message.content.startsWith("two of us"));
    await b.join(topic).catch(error => say("refused", error.response.reason));
  },

  async presence() {
    const all = await two();
    const { ada, bob, a, b } = all;
    const joined = a.join(SYSTEM);
    a.watchPresence();
    await joined;
    await a.next(SYSTEM, "online", ids => ids.length === 1);
    await b.arrive();
    await inPrivate(all);
    await a.next(SYSTEM, "online", ids => ids.length === 2);
    await b.push(SYSTEM, "set_hidden", { hidden: true });
    await a.next(SYSTEM, "online", ids => ids.length === 1);
    await b.push(SYSTEM, "set_hidden", { hidden: false });
    await a.next(SYSTEM, "online", ids => ids.length === 2);
    await b.push(SYSTEM, "set_display_name", { display_name: "Bobby" });
    await a.next(SYSTEM, "update_display_name");
    await b.close();
    await a.next(SYSTEM, "online", ids => ids.length === 1);
  },

  async presence_in_a_group() {
    const all = await two();
    const { ada, bob, a, b } = all;
    const joined = [a.join(SYSTEM), b.join(SYSTEM)];
    a.watchPresence();
    await Promise.all(joined);
    await a.next(SYSTEM, "online", ids => ids.length === 1);
    const begun = await a.push(SYSTEM, "start_group_conversation", { user_ids: [], ...keys(ada) });
    const topic = conversation(begun.conversation_id);
    await a.join(topic);
    await a.push(topic, "modify_conversation", { new_members: [bob.id] });
    await a.next(SYSTEM, "online", ids => ids.length === 2);
    await b.join(topic);
    await b.push(topic, "leave_conversation", {});
    await a.next(SYSTEM, "online", ids => ids.length === 1);
  },

  async typing_ends_with_the_socket() {
    const all = await arrived();
    const topic = await inPrivate(all);
    await all.b.push(topic, "start_typing", {});
    await all.a.next(topic, "start_typing");
    await all.b.close();
    await all.a.next(topic, "finish_typing");
  },

  async channels_come_and_go() {
    const { ada, a } = await arrived();
    const before = a.channels[ada.topic];
    const closed = new Promise(resolve => before.onClose(resolve));
    await a.join(ada.topic);
    await closed;
    say("state", { before: before.state, after: a.channels[ada.topic].state });
    await a.leave(ada.topic);
    await a.next(ada.topic, "phx_close");
    say("state", { left: a.channels[ada.topic].state });
    await a.join("nowhere:1").catch(error => say("refused", error.response.reason));
    await a.join("user:00000000-0000-0000-0000-000000000000").catch(error => say("refused", error.response.reason));
    say("answer", await a.push(SYSTEM, "dance", {}));
    say("answer", await a.push(SYSTEM, "set_hidden", new ArrayBuffer(3)));
    say("answer", await a.push(SYSTEM, "set_hidden", { hidden: false }));
  },

  async heartbeats() {
    const ada = await Person.register(first, "ada");
    const a = ada.byParameter(first, { heartbeatIntervalMs: 20 });
    let replies = 0;
    await new Promise(resolve => {
      a.socket.onMessage(({ topic, event, payload, join_ref }) => {
        if (topic === "phoenix" && event === "phx_reply") say("heartbeat", { payload, join_ref });
        if (topic === "phoenix" && ++replies === 5) resolve();
      });
    });
    await new Promise(resolve => a.socket.ping(resolve));
    say("connections", a.socket.establishedConnections);
  },

  async guest() {
    const guest = new Person(first, "guest", "", { user: { id: "none" } }).byParameter(first, { params: {} });
    await guest.join(SYSTEM).catch(error => say("refused", error.response.reason));
    const wrong = new Person(first, "wrong", "", { user: { id: "none" }, auth_token: "no.to.ken" }).byParameter(first);
    await new Promise(resolve => wrong.socket.onError(resolve));
    say("connections", wrong.socket.establishedConnections);
    await wrong.close();
  },

  // The server goes when `ready` was said, and is back when a line comes in.
  async restart() {
    const all = await arrived();
    const { ada, bob, a, b } = all;
    const topic = await inPrivate(all);
    say("ready");
    await once(lines, "line");
    await Promise.all([a.next(topic, "rejoined"), b.next(topic, "rejoined")]);
    await Promise.all([a.next(ada.topic, "rejoined"), b.next(bob.topic, "rejoined")]);
    await a.push(topic, "send_message", copies("still here", ada, bob));
    await b.next(bob.topic, "new_message");
  },

  // Ada's server goes when `ready` was said and comes back when `sent` was; Bob's stays.
  async away() {
    const all = await arrived();
    const { ada, bob, a, b } = all;
    const topic = await inPrivate(all);
    const closed = a.next("socket", "close");
    say("ready");
    await closed;
    say("answer", await b.push(topic, "send_message", copies("while you were away", ada, bob)));
    say("sent");
    say("joined", { who: "ada", document: await a.next(topic, "rejoined") });
    await a.push(topic, "send_message", copies("back again", ada, bob));
    await b.next(bob.topic, "new_message", push => push.message.sender === ada.id);
  },

  async sign_in_again() {
    const all = await arrived();
    const { ada, bob, a, b } = all;
    const topic = await inPrivate(all);
    const old = ada.token;
    const closed = a.next("socket", "close");
    await post(first, "/api/signout_all", {}, old);
    await closed;
    await ada.login();
    await Promise.all([a.next(topic, "rejoined"), a.next(ada.topic, "rejoined"), a.next(SYSTEM, "rejoined")]);
    await b.push(topic, "send_message", copies("welcome back", ada, bob));
    await a.next(ada.topic, "new_message");
    say("renewed", old !== ada.token);
  },
};

await scenarios[name]();
say("end");
process.exit(0);
