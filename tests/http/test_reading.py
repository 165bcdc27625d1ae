"""What the routes of messages, private conversations and sync hand on, and how they refuse."""

from __future__ import annotations

import pytest

from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World

ID = "5161cb32-2d85-4846-897d-10c336ce701c"


async def test_messages_answer_as_the_seed_shows(world: World, ada: Person) -> None:
    answer = await ada.get("/api/messages", conversation_id=ID.upper(), page_token="t", page_size=7)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "page_token": None})
    await ada.get("/api/messages", conversation_id=ID, page_size=5000)
    await ada.get("/api/messages", conversation_id=ID)
    assert world.reading.asked == [(ada.id, ID, "t", 7), (ada.id, ID, None, 100), (ada.id, ID, None, 50)]


async def test_a_private_conversation_may_be_none(world: World, ada: Person) -> None:
    other = new_id()
    answer = await ada.get(f"/api/conversations/private/{other}")
    assert (answer.status_code, answer.json()) == (200, {"conversation_id": None})
    assert world.reading.asked == [(ada.id, other)]


async def test_sync_hands_on_what_is_asked(world: World, ada: Person) -> None:
    answer = await ada.get("/api/sync", conversation_id=ID, cursor=4, limit=9, epoch="e")
    assert answer.json() == {"epoch": "e", "changes": [], "cursor": 4, "more": False}
    await ada.get("/api/sync")
    assert world.reading.asked == [(ada.id, ID, 4, 9, "e"), (ada.id, None, 0, 200, None)]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/messages", "conversation_id"),
        ("/api/messages?conversation_id=", "conversation_id"),
        ("/api/messages?conversation_id=7", "conversation_id"),
        (f"/api/messages?conversation_id={ID}&page_size=x", "page_size"),
        (f"/api/messages?conversation_id={ID}&page_size=1.5", "page_size"),
        ("/api/conversations/private/7", "user_id"),
        ("/api/keys/7", "user_id"),
        ("/api/sync?conversation_id=7", "conversation_id"),
        ("/api/sync?cursor=-1", "cursor"),
        ("/api/sync?cursor=99999999999999999999999", "cursor"),
        ("/api/sync?limit=all", "limit"),
    ],
)
async def test_bad_parameters_are_refused_by_name(world: World, ada: Person, path: str, names: str) -> None:
    answer = await ada.get(path)
    assert is_problem(answer, 400, "invalid_payload")
    assert names in answer.json()["detail"]
    assert world.reading.asked == []
