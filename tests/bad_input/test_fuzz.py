"""Random frames and payloads: never a mistake of the server's, and the socket works on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.bad_input.scene import Scene, failures, sign_up_all
from tests.bad_input.served import (
    DOCUMENT,
    DOCUMENTS,
    NUMBER,
    SWITCH,
    TEXT,
    TEXTS,
    TEXTS_BY_NAME,
    TEXTS_BY_TWO_NAMES,
    ServedEvent,
    served_events,
)
from tests.people import SYSTEM, People
from tests.server import ServerProcess

EXAMPLES = 40
FRAMES = 25  # of one example, over one socket

# Placeholders for what only the scene knows.
KNOWN = ("{ada}", "{bob}", "{eve}", "{open}", "{secure}", "{said_open}", "{said_secure}")
OTHERS_FIELDS = {"token"}  # a token that holds would sign somebody in

texts = st.one_of(
    st.sampled_from(KNOWN), st.text(max_size=40), st.sampled_from(["", "\0", "A" * 9000, "all", "joined"])
)
numbers = st.one_of(st.integers(-2, 5), st.integers(), st.sampled_from([2**31, 2**53, 2**63, 2**64]))
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=10,
)
documents = st.dictionaries(texts, anything, max_size=4)
OF_KIND: dict[str, st.SearchStrategy[Any]] = {
    TEXT: texts,
    NUMBER: numbers,
    SWITCH: st.booleans(),
    TEXTS: st.lists(texts, max_size=4),
    DOCUMENT: documents,
    DOCUMENTS: st.lists(documents, max_size=3),
    TEXTS_BY_NAME: st.dictionaries(texts, texts, max_size=3),
    TEXTS_BY_TWO_NAMES: st.dictionaries(texts, st.dictionaries(texts, texts, max_size=2), max_size=2),
}


def payloads_of(event: ServedEvent) -> st.SearchStrategy[Any]:
    """Mostly of the event's shape, so that it gets past the types and meets the rules."""
    fields = {
        field.name: st.one_of(OF_KIND[field.kind], OF_KIND[field.kind], OF_KIND[field.kind], anything)
        for field in event.fields
        if field.name not in OTHERS_FIELDS
    }
    required = {field.name: fields[field.name] for field in event.fields if field.required}
    optional = {name: made for name, made in fields.items() if name not in required}
    return st.one_of(st.fixed_dictionaries(required, optional=optional), st.fixed_dictionaries(required), anything)


EVENTS = served_events()
TOPICS = {
    "system": (SYSTEM,),
    "user": ("user:{ada}",),
    "conversation": ("conversation:{open}", "conversation:{secure}"),
    "room": ("conversation:{room}",),
}


def pushes_of(event: ServedEvent) -> st.SearchStrategy[Any]:
    return st.tuples(st.none(), st.sampled_from(TOPICS[event.prefix]), st.just(event.name), payloads_of(event))


strange_frames = st.tuples(
    st.one_of(st.none(), texts, numbers), texts, st.one_of(texts, st.sampled_from(["phx_join", "phx_leave"])), anything
)
known_frames = st.one_of([pushes_of(event) for event in EVENTS if event.name != "leave_conversation"])
frames = st.lists(st.one_of(known_frames, known_frames, known_frames, strange_frames), min_size=FRAMES, max_size=FRAMES)


def test_nothing_that_is_sent_is_a_mistake_of_the_servers(server: ServerProcess) -> None:
    with asyncio.Runner() as runner:
        scene, people = runner.run(set_scene(server))
        taken = 0

        # Not shrunk and not repeated: the conversation has moved on. What failed is in the assertion.
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,
        )
        @given(frames)
        def send(frames: list[Any]) -> None:
            nonlocal taken
            taken += runner.run(send_all(scene, frames))

        try:
            send()
        finally:
            runner.run(people.__aexit__(None, None, None))
    assert failures(server.log()) == []
    assert taken > EXAMPLES, "hardly anything got as far as the rules"


async def set_scene(server: ServerProcess) -> tuple[Scene, People]:
    answers = await asyncio.to_thread(sign_up_all, server)
    people = People(server)
    scene = Scene(server, people, answers)
    await scene.set()
    return scene, people


async def send_all(scene: Scene, frames: list[Any]) -> int:
    """How many were taken; raises `AssertionError` with what made the server fail."""
    known = {name: value for name, value in vars(scene).items() if isinstance(value, str)}
    known |= {"ada": scene.ada.id, "bob": scene.bob.id, "eve": scene.eve.id}
    client = scene.a
    client.frames.clear()
    client._taken.clear()
    sent = []
    for number, (join_ref, topic, event, payload) in enumerate(frames):
        frame = filled([join_ref, f"fuzz-{number}", topic, event, payload], known)
        sent.append(json.dumps(frame))
        await client.send_raw(sent[-1])
    assert (await client.heartbeat()).status == "ok"
    for topic in (SYSTEM, scene.ada.topic, scene.open_topic, scene.secure_topic):
        await client.join(topic)  # whatever was left is joined again, after everything has been answered
    await scene.join_room()
    replies = [frame for frame in client.frames if frame.event == "phx_reply" and str(frame.ref).startswith("fuzz")]
    mistakes = [frame for frame in replies if frame.payload["response"].get("reason") == "internal"]
    assert mistakes == [], [text for text in sent for mistake in mistakes if f'"{mistake.ref}"' in text]

    return sum(frame.payload["status"] == "ok" for frame in replies)


def filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {filled(name, known): filled(item, known) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, known) for item in value]
    if isinstance(value, str) and "{" in value:
        for name, text in known.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    return value
