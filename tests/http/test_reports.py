"""/api/reports and /api/admin: what is reported, who sees it, and what is kept of what was done."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.actions import reports as module
from hubbub.storage.users import set_admin, set_disabled
from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World


@pytest.fixture(autouse=True)
async def admin(world: World) -> Person:
    """Before everybody else: the first is an admin, and nobody after them."""
    return await world.register("root@example.org", "Root")


async def reported(person: Person, **report: Any) -> dict[str, Any]:
    answer = await person.post("/api/reports", report)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def queue(admin: Person, **asked: Any) -> list[dict[str, Any]]:
    answer = await admin.get("/api/admin/reports", **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_report_waits_until_an_admin_resolves_it(world: World, ada: Person, bob: Person, admin: Person) -> None:
    row = await reported(ada, user_id=bob.id, reason=" Rude to me ")
    assert row == {
        "id": row["id"],
        "reporter_id": ada.id,
        "conversation_id": None,
        "message_group_id": None,
        "user_id": bob.id,
        "reason": "Rude to me",
        "excerpt": None,
        "resolution": None,
        "resolved_by": None,
        "resolved_at": None,
        "inserted_at": row["inserted_at"],
    }
    assert await queue(admin, open="true") == [row]
    path = f"/api/admin/reports/{row['id']}/resolution"
    resolved = (await admin.post(path, {"resolution": "Talked to him"})).json()
    assert (resolved["resolution"], resolved["resolved_by"]) == ("Talked to him", admin.id)
    assert (await admin.post(path, {"resolution": "Talked to him"})).json() == resolved
    again = await admin.post(path, {"resolution": "Never mind"})
    assert is_problem(again, 409, "conflict")
    assert again.json()["current"] == resolved
    assert await queue(admin, open="true") == []
    assert await queue(admin, open="false") == [resolved] == await queue(admin)


async def test_nobody_else_sees_or_resolves_anything(world: World, ada: Person, bob: Person, admin: Person) -> None:
    row = await reported(ada, user_id=bob.id, reason="Rude")
    await world.writer.write(set_disabled, bob.id, False, users=[bob.id])
    for person in (ada, bob):
        assert is_problem(await person.get("/api/admin/reports"), 403, "forbidden")
        assert is_problem(await person.get("/api/admin/audit"), 403, "forbidden")
        resolution = await person.post(f"/api/admin/reports/{row['id']}/resolution", {"resolution": "Fine"})
        assert is_problem(resolution, 403, "forbidden")
    assert is_problem(
        await admin.post(f"/api/admin/reports/{new_id()}/resolution", {"resolution": "Fine"}), 404, "not_found"
    )
    await world.writer.write(set_admin, admin.id, False, users=[admin.id])
    assert is_problem(await admin.get("/api/admin/reports"), 403, "forbidden"), "at once"


async def test_one_reports_what_one_can_see(world: World, ada: Person, bob: Person) -> None:
    talk = await world.gather(ada, alias="Secret")
    await reported(ada, conversation_id=talk, reason="Spam")
    for asked in (
        {"conversation_id": talk},
        {"conversation_id": new_id()},
        {"conversation_id": talk, "message_group_id": new_id()},
    ):
        assert is_problem(await bob.post("/api/reports", {**asked, "reason": "Spam"}), 404, "not_member")
    unknown = {"conversation_id": talk, "message_group_id": new_id(), "reason": "Spam"}
    assert is_problem(await ada.post("/api/reports", unknown), 404, "not_found")
    assert is_problem(await ada.post("/api/reports", {"user_id": new_id(), "reason": "Spam"}), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "Spam"},
        {"reason": " ", "user_id": new_id()},
        {"reason": "Spam\0", "user_id": new_id()},
        {"reason": "x" * 1001, "user_id": new_id()},
        {"reason": "Spam", "user_id": "bob"},
        {"reason": "Spam", "user_id": new_id(), "message_group_id": new_id()},
        {"reason": "Spam", "user_id": new_id(), "excerpt": "x" * 4001},
        {"reason": 7, "user_id": new_id()},
    ],
)
async def test_what_is_no_report(world: World, ada: Person, body: dict[str, Any]) -> None:
    assert (await ada.post("/api/reports", body)).status_code == 400


async def test_nobody_fills_the_queue(
    world: World, ada: Person, bob: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 2)
    rows = [await reported(ada, user_id=bob.id, reason="Rude") for _ in range(2)]
    assert is_problem(await ada.post("/api/reports", {"user_id": bob.id, "reason": "Rude"}), 409, "too_many")
    await admin.post(f"/api/admin/reports/{rows[0]['id']}/resolution", {"resolution": "Seen"})
    await reported(ada, user_id=bob.id, reason="Rude")


async def test_pages_of_reports_and_deeds_follow_each_other(
    world: World, ada: Person, bob: Person, admin: Person
) -> None:
    rows = []
    for number in range(5):
        world.clock.ahead += 1
        rows.append(await reported(ada, user_id=bob.id, reason=f"{number}"))
        await admin.post(f"/api/admin/reports/{rows[-1]['id']}/resolution", {"resolution": f"{number}"})
    assert [row["reason"] for row in await all_of(admin, "/api/admin/reports")] == list("01234")
    assert [row["detail"] for row in await all_of(admin, "/api/admin/audit")] == list("43210"), "latest first"


async def all_of(admin: Person, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = (await admin.get(path, page_size=2, **token)).json()
        found += page["items"]
        if page["page_token"] is None:
            return found
        token = {"page_token": page["page_token"]}


async def test_every_deed_is_in_the_log_with_who_did_it(world: World, ada: Person, bob: Person, admin: Person) -> None:
    channel = (await ada.post("/api/channels", {"title": "Boats"})).json()["id"]
    await bob.put(f"/api/channels/{channel}/subscription")
    path = f"/api/conversations/{channel}"
    await ada.put(f"{path}/members/{bob.id}", {"role": "moderator"})
    await ada.put(f"{path}/sanctions/{bob.id}/mute", {"reason": "Loud"})
    await ada.delete(f"{path}/sanctions/{bob.id}/mute")
    await admin.put(f"{path}/sanctions/{bob.id}/ban", {"reason": "Spam"})
    await ada.delete(f"{path}/members/{bob.id}")  # is no member any more: nothing is done, and nothing noted
    rows = (await all_of(admin, "/api/admin/audit"))[::-1]
    shown = [(row["actor_id"], row["action"], row["user_id"], row["detail"]) for row in rows]
    assert shown == [
        (ada.id, "role", bob.id, "moderator"),
        (ada.id, "mute", bob.id, "Loud"),
        (ada.id, "unmute", bob.id, ""),
        (admin.id, "ban", bob.id, "Spam"),
    ]
    assert {row["conversation_id"] for row in rows} == {channel}
