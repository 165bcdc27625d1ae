"""What a browser keeps, opened by its own key, and what the server tells of the same."""

from __future__ import annotations

from typing import Any

import httpx

from hubbub.client.crypto.passwords import derive_secret
from tests.browser.visitors import Visitor
from tests.server import ServerProcess

# Rows of the replica; what lies in boxes is opened with the key of the device, as the page itself does.
REPLICA = """async () => {
    const opened = (name) => new Promise((resolve, reject) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
    });
    const rows = (database, table) => new Promise((resolve, reject) => {
        const asked = database.transaction(table).objectStore(table).getAll();
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
    });
    const device = await opened('hubbub-device');
    const settings = new Map((await rows(device, 'settings')).map(({ name, value }) => [name, value]));
    device.close();
    const user = settings.get('current');
    const open = async (box) => {
        if (!box) return null;
        const how = { name: 'AES-GCM', iv: box.iv, additionalData: new TextEncoder().encode(`replica ${user}`) };
        const plain = await crypto.subtle.decrypt(how, settings.get('device_key'), box.ct);
        return JSON.parse(new TextDecoder().decode(plain));
    };
    const replica = await opened(`hubbub-${user}`);
    const kept = { user };
    for (const table of ['conversations', 'members', 'messages', 'reactions', 'outbox', 'facts'])
        kept[table] = await rows(replica, table);
    replica.close();
    kept.facts = Object.fromEntries(kept.facts.map(({ name, value }) => [name, value]));
    delete kept.facts.session;
    delete kept.facts.kept_key;
    for (const row of kept.messages) row.body = await open(row.body);
    for (const row of kept.outbox) {
        row.operation = await open(row.operation);
        row.request = await open(row.request);
    }
    return kept;
}"""


async def replica_of(visitor: Visitor) -> dict[str, Any]:
    """The rows of the replica by table, `facts` by name, and whose it is: `user`."""
    kept: dict[str, Any] = await visitor.page.evaluate(REPLICA)
    return kept


async def told_of(visitor: Visitor, server: ServerProcess, conversation: str) -> list[dict[str, Any]]:
    """All rows of a conversation as the server tells them to another device of this person, by version."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        kdf = _answer(await http.post("/auth/prelogin", json={"email": visitor.email}))["kdf"]
        password = derive_secret(visitor.password, kdf).secret
        signed_in = _answer(await http.post("/auth/login", json={"email": visitor.email, "password": password}))
        http.headers["Authorization"] = f"Bearer {signed_in['auth_token']}"
        epoch = _answer(await http.get("/api/sync", params={"cursor": 0}))["epoch"]
        changes: list[dict[str, Any]] = []
        asked = {"conversation_id": conversation, "cursor": 0, "epoch": epoch}
        while True:
            page = _answer(await http.get("/api/sync", params=asked))
            changes += page["changes"]
            asked["cursor"] = page["cursor"]
            if not page["more"]:
                return changes


async def sealed_by_id(visitor: Visitor, server: ServerProcess, conversation: str) -> dict[str, str | None]:
    """The envelope of each message that the server has; None: deleted."""
    told = [change for change in await told_of(visitor, server, conversation) if change["kind"] == "message"]
    assert len({change["id"] for change in told}) == len(told)
    return {change["id"]: (change["data"] or {}).get("sealed") for change in told}


def _answer(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer
