"""Payloads that are not what their event takes, made from the types of the events that the server has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pytest

from hubbub.wire.ids import new_id
from tests.bad_input.scene import CANARY, Scene, failures, sign_up_all, works
from tests.bad_input.served import (
    DOCUMENT,
    DOCUMENTS,
    NUMBER,
    SWITCH,
    TEXT,
    TEXTS,
    TEXTS_BY_NAME,
    TEXTS_BY_TWO_NAMES,
    Field,
    ServedEvent,
    served_events,
)
from tests.people import SYSTEM, People
from tests.server import Cluster, ServerProcess

EVENTS = served_events()


class Bad(NamedTuple):
    what: str
    payload: Any
    reasons: set[str]


# --- where it is tried --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["one", pytest.param("two", marks=[pytest.mark.postgres, pytest.mark.redis])])
def anywhere(request: pytest.FixtureRequest) -> ServerProcess:
    """A server on SQLite, then one on PostgreSQL: what a database cannot keep differs."""
    if request.param == "one":
        alone: ServerProcess = request.getfixturevalue("server")
        return alone
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.first


@pytest.fixture(scope="module")
def people_anywhere(anywhere: ServerProcess) -> list[dict[str, Any]]:
    return sign_up_all(anywhere)


@pytest.fixture
async def scene(anywhere: ServerProcess, people_anywhere: list[dict[str, Any]]) -> AsyncIterator[Scene]:
    async with People(anywhere) as people:
        scene = Scene(anywhere, people, people_anywhere)
        await scene.set()
        yield scene
    assert failures(anywhere.log()) == []


def topic_of(scene: Scene, event: ServedEvent) -> str:
    if event.name == "set_encryption_keys":
        return scene.secure_topic
    return {"system": SYSTEM, "user": scene.ada.topic, "conversation": scene.open_topic, "room": scene.guest.topic}[
        event.prefix
    ]


def base_of(scene: Scene, event: ServedEvent, left_out: str = "") -> dict[str, Any]:
    """A good payload, but for the field that is `left_out`."""
    good: dict[str, Any] = {
        "hidden": False,
        "display_name": "Ada",
        "other_user_id": scene.bob.id,
        "user_id": new_id(),
        "message_group_id": scene.said_open,
        "emoji": "+1",
        "alias": "Besties",
        "public_key": {"kty": "made up"},
        "copies": {},
        "expires_in": 60,
        "status": "idle",
        "id": new_id(),
        "content": CANARY,
    }
    payload: dict[str, Any] = {
        field.name: good[field.name] for field in event.fields if field.required and field.name != left_out
    }
    if (
        event.prefix == "conversation"
        and event.name in ("send_message", "edit_message")
        and left_out not in ("content", "encrypted_messages")
    ):
        payload["content"] = CANARY
    return payload


# --- what is tried ------------------------------------------------------------------------------------------------


async def test_payloads_of_another_shape(scene: Scene) -> None:
    await all_refused(scene, another_shape)


def another_shape(scene: Scene, event: ServedEvent) -> Iterator[Bad]:
    shape = {"invalid_payload"}
    shapes: list[Any] = [[], "text", 7, True, [{}]]
    for payload in shapes:
        yield Bad(repr(payload), payload, shape)
    for field in event.fields:
        base = base_of(scene, event, field.name)
        if field.required:
            yield Bad(f"without {field.name}", base, shape)
        for value in other_types(field):
            yield Bad(f"{field.name} = {value!r}", {**base, field.name: value}, shape)


def other_types(field: Field) -> Iterator[Any]:
    wrong = {
        TEXT: (7, True, [], {}, ["text"]),
        NUMBER: ("7", 7.5, True, [], {}),
        SWITCH: ("true", 1, 0, [], {}),
        TEXTS: ("text", {}, [7], [None], [["text"]]),
        DOCUMENT: ("text", 7, [], [[]]),
        DOCUMENTS: ("text", {}, [7], [None], [[]]),
        TEXTS_BY_NAME: ("text", [], {"a": 7}, {"a": None}, {"a": {}}),
        TEXTS_BY_TWO_NAMES: ("text", [], {"a": 7}, {"a": "text"}, {"a": None}, {"a": {"b": 7}}, {"a": {"b": {}}}),
    }
    yield from wrong[field.kind]
    if not field.nullable:
        yield None


async def test_texts_that_no_field_takes(scene: Scene) -> None:
    await all_refused(scene, texts_too_many)


def texts_too_many(scene: Scene, event: ServedEvent) -> Iterator[Bad]:
    # An epoch is compared and an id is looked at: neither is kept, so they need no other refusal.
    reasons = {"invalid_text", "invalid_payload", "too_large", "invalid_token", "cursor_expired", "invalid_envelope"}
    reasons.add("invalid_signature")
    for field in event.fields:
        base = base_of(scene, event, field.name)
        for what, text in (("NUL", f"{CANARY}\0"), ("long", CANARY * 20_000)):
            for value in holding(field, text):
                yield Bad(f"{what} in {field.name}", {**base, field.name: value}, reasons)


def holding(field: Field, text: str) -> Iterator[Any]:
    """Values of the field's type with the text anywhere in them."""
    values: dict[str, list[Any]] = {
        TEXT: [text],
        TEXTS: [[text], [new_id(), text]],
        DOCUMENT: [{"a": text}, {text: 1}, {"a": [{"b": text}]}],
        TEXTS_BY_NAME: [{text: "x"}, {new_id(): text}],
        TEXTS_BY_TWO_NAMES: [{text: {new_id(): "x"}}, {new_id(): {text: "x"}}, {new_id(): {new_id(): text}}],
    }
    yield from values.get(field.kind, [])


async def test_nesting_that_some_parser_could_not_follow(scene: Scene) -> None:
    await all_refused(scene, too_deep)


def too_deep(scene: Scene, event: ServedEvent) -> Iterator[Bad]:
    for field in event.fields:
        if field.kind in (DOCUMENT, DOCUMENTS):
            for depth in (33, 500, 900):
                payload = {**base_of(scene, event), field.name: nested(field, depth)}
                yield Bad(f"{field.name} nested {depth} deep", payload, {"invalid_payload"})


def nested(field: Field, depth: int) -> Any:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value if field.kind == DOCUMENT else [value]


async def test_numbers_that_no_database_keeps(scene: Scene) -> None:
    await all_refused(scene, numbers_out_of_range)


def numbers_out_of_range(scene: Scene, event: ServedEvent) -> Iterator[Bad]:
    reasons = {"invalid_payload", "index_ahead", "cursor_expired", "not_served"}
    for field in event.fields:
        for number in (-1, 2**63, 2**64, -(2**63) - 1, 10**40):
            if field.kind == NUMBER and not (field.name == "limit" and number > 0):  # a limit is cut to the largest
                base = {**base_of(scene, event), **({"index": 1} if field.name == "position" else {})}
                yield Bad(f"{field.name} = {number}", {**base, field.name: number}, reasons)


async def all_refused(scene: Scene, bad_of: Callable[[Scene, ServedEvent], Iterable[Bad]]) -> None:
    """Each bad payload of every event, for one of its reasons; the socket works on and nothing was stored."""
    taken = []
    async with scene.unchanged():
        for event in EVENTS:
            for bad in bad_of(scene, event):
                reply = await scene.a.push(topic_of(scene, event), event.name, bad.payload)
                reason = reply.response.get("reason", reply.status)
                if reason not in bad.reasons or CANARY in reply.response["detail"]:
                    taken.append((event.name, bad.what, reason))
        assert taken == []
        await works(scene.a)


async def test_joins_of_another_shape(scene: Scene) -> None:
    wrong: list[Any] = [[], None, 7, {"cursor": "1"}, {"cursor": 1.5}, {"epoch": 7}, {"token": []}]
    for topic in (SYSTEM, scene.ada.topic, scene.open_topic):
        for params in wrong:
            ref = scene.b.next_ref()
            await scene.b.send(ref, ref, topic, "phx_join", params)
            reply = await scene.b.reply_to(topic, ref)
            assert (reply.status, reply.response["reason"]) == ("error", "invalid_payload"), params
    # A join that was refused leaves the joined topic as it was.
    await scene.a.ask(scene.open_topic, "send_message", {"content": "still here?"})
    await scene.b.wait_for(scene.open_topic, "new_message", lambda push: push["message"]["content"] == "still here?")
