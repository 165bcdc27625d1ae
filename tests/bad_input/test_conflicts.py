"""Well-formed writes that meet something else than they thought: the answer says what there is, and nothing moves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubbub.wire.ids import NIL_ID, new_id
from tests.bad_input.raw import TEXT, RawSocket, frame
from tests.bad_input.scene import CANARY, Scene, refusal, said, works
from tests.people import SYSTEM, conversation, copies, start_open_group

NO_SUCH = "There is no such conversation, or you are not a member of it."


# --- what is not one's own ----------------------------------------------------------------------------------------


async def test_another_conversation_cannot_be_told_from_none(scene: Scene) -> None:
    """Byte for byte the same, over the socket and over HTTP, but for the id that was asked for."""
    answers = set()
    async with await RawSocket.open(scene.server, scene.eve.token) as socket:
        for id in (scene.open, scene.secure, new_id(), scene.ada.id, scene.said_open):
            for text in (
                ["1", "1", conversation(id), "phx_join", {}],
                ["1", "1", conversation(id), "phx_join", {"cursor": 0}],
                [None, "1", conversation(id), "send_message", {"content": CANARY}],
            ):
                await socket.send(frame(TEXT, json.dumps(text).encode()))
                answer = (await socket.receive())[1].decode().replace(id, "id")
                answers.add((text[3], answer))
    assert len(answers) == 2
    assert all(NO_SUCH in answer for event, answer in answers if event == "phx_join")


@pytest.mark.parametrize("path", ["/api/messages", "/api/sync"])
async def test_another_conversation_cannot_be_told_from_none_by_http(scene: Scene, path: str) -> None:
    answers = set()
    for id in (scene.open, scene.secure, new_id(), scene.ada.id, scene.said_open):
        for more in ({}, {"page_token": "made-up"} if path == "/api/messages" else {"cursor": 7}):
            answer = await scene.eve.get(path, conversation_id=id, **more)
            headers = {name: value for name, value in answer.headers.items() if name != "date"}
            answers.add((answer.status_code, answer.text, str(sorted(headers.items()))))
    [(status, body, _)] = answers
    assert (status, json.loads(body)["code"]) == (404, "not_member")


async def test_somebody_elses_topic_is_refused_whoever_it_is(scene: Scene) -> None:
    for id in (scene.bob.id, new_id(), "nobody", ""):
        assert (await refusal(scene.e, f"user:{id}", "phx_join", {}))["reason"] == "forbidden"


@pytest.mark.parametrize(
    "topic", ["", "phoenix", "nonsense", "room:1", "system", "system:", "system:other", "user", ":"]
)
async def test_topics_that_are_none(scene: Scene, topic: str) -> None:
    assert (await refusal(scene.a, topic, "phx_join", {}))["reason"] == "unmatched topic"
    assert (await refusal(scene.a, topic, "send_message", {"content": CANARY}))["reason"] == "unmatched topic"


@pytest.mark.parametrize("event", ["", "nonsense", "phx_close", "phx_reply", "phx_error", "__init__", "new_message"])
async def test_events_that_are_none(scene: Scene, event: str) -> None:
    for topic in (SYSTEM, scene.ada.topic, scene.open_topic):
        assert (await refusal(scene.a, topic, event, {}))["reason"] == "unknown_event"


@pytest.mark.parametrize("event", ["edit_message", "delete_message"])
async def test_the_message_of_another_stands_and_is_shown(scene: Scene, event: str) -> None:
    for topic, message, body in (
        (scene.open_topic, scene.said_open, {"content": CANARY}),
        (scene.secure_topic, scene.said_secure, {"encrypted_messages": copies(CANARY, scene.bob)}),
    ):
        async with scene.unchanged():
            payload = {"message_group_id": message, "op_id": "mine", **(body if event == "edit_message" else {})}
            refused = await refusal(scene.b, topic, event, payload)
        assert (refused["reason"], refused["op_id"]) == ("not_owner", "mine")
        assert refused["current"]["message_group"] == message
        assert refused["current"]["sender"] == scene.ada.id
        assert scene.ada.id not in refused["current"]["content"], "Bob is shown his own copy"


async def test_a_recipient_who_is_no_member(scene: Scene) -> None:
    async with scene.unchanged():
        for event, more in (
            ("send_message", {"id": new_id()}),
            ("edit_message", {"message_group_id": scene.said_secure}),
        ):
            payload = {"encrypted_messages": copies(CANARY, scene.ada, scene.eve), **more}
            refused = await refusal(scene.a, scene.secure_topic, event, payload)
            assert refused["reason"] == "stale_members"
            assert set(refused["user_ids"]) == {scene.ada.id, scene.bob.id}
            assert refused["public_keys"].keys() == {scene.ada.id}


async def test_forms_that_the_conversation_does_not_take(scene: Scene) -> None:
    sealed = {"sealed": "e1.a.b.c", "encrypted_messages": copies(CANARY, scene.ada)}
    both = {"content": CANARY, "encrypted_messages": copies(CANARY, scene.ada)}
    async with scene.unchanged():
        for topic, body, reason in (
            (scene.open_topic, {}, "invalid_payload"),
            (scene.open_topic, {"encrypted_messages": copies(CANARY, scene.ada)}, "invalid_payload"),
            (scene.open_topic, both, "invalid_payload"),
            (scene.secure_topic, {"content": CANARY}, "invalid_payload"),
            (scene.secure_topic, both, "invalid_payload"),
            (scene.secure_topic, {"encrypted_messages": {}}, "invalid_payload"),
            (scene.secure_topic, sealed, "invalid_envelope"),
        ):
            assert (await refusal(scene.a, topic, "send_message", body))["reason"] == reason, body


async def test_reply_targets_of_encrypted_conversations_are_not_told(scene: Scene) -> None:
    body = {"encrypted_messages": copies(CANARY, scene.ada), "reply_to": scene.said_secure}
    assert (await refusal(scene.a, scene.secure_topic, "send_message", body))["reason"] == "wrong_kind"


# --- ids ----------------------------------------------------------------------------------------------------------


async def test_ids_of_other_kinds(scene: Scene) -> None:
    others = [scene.ada.id, scene.open, scene.secure, scene.said_secure, new_id(), NIL_ID]
    async with scene.unchanged():
        for id in others:
            for event, body in (
                ("edit_message", {"content": CANARY}),
                ("delete_message", {}),
                ("react", {"emoji": "+1"}),
                ("unreact", {"emoji": "+1"}),
            ):
                refused = await refusal(scene.a, scene.open_topic, event, {"message_group_id": id, **body})
                assert refused["reason"] == "not_found", (event, id)
            reply = {"content": CANARY, "reply_to": id}
            assert (await refusal(scene.a, scene.open_topic, "send_message", reply))["reason"] == "not_found"
        for id in (scene.open, scene.said_open, new_id(), NIL_ID):
            begun: list[tuple[str, dict[str, Any]]] = [
                ("start_private_conversation", {"other_user_id": id}),
                ("start_group_conversation", {"user_ids": [scene.bob.id, id], "open": True}),
            ]
            for event, payload in begun:
                refused = await refusal(scene.a, SYSTEM, event, payload)
                assert (refused["reason"], refused["user_ids"]) == ("not_found", [id])
            refused = await refusal(scene.a, scene.open_topic, "modify_conversation", {"new_members": [id]})
            assert (refused["reason"], refused["user_ids"]) == ("not_found", [id])


async def test_the_message_id_of_another_is_taken_and_nothing_is_shown_of_it(scene: Scene) -> None:
    async with scene.unchanged():
        for topic, id, body in (
            (scene.open_topic, scene.said_open, {"content": f"hello {CANARY}"}),
            (scene.secure_topic, scene.said_secure, {"encrypted_messages": copies(CANARY, scene.ada, scene.bob)}),
        ):
            refused = await refusal(scene.b, topic, "send_message", {"id": id, **body})
            assert refused.keys() == {"reason", "detail", "id", "current"}
            assert refused["current"] is None
            assert (refused["reason"], refused["id"]) == ("id_taken", id)


async def test_one_id_for_two_messages(scene: Scene) -> None:
    first = {"id": new_id(), "content": "one"}
    answer = await scene.a.ask(scene.open_topic, "send_message", first)
    async with scene.unchanged():
        assert await scene.a.ask(scene.open_topic, "send_message", first) == answer
        assert (await refusal(scene.a, scene.open_topic, "send_message", {**first, "content": "two"}))[
            "reason"
        ] == "id_taken"


async def test_one_id_for_two_conversations(scene: Scene) -> None:
    """Also when somebody else asks for the very same."""
    begun = {"id": new_id(), "user_ids": [scene.bob.id], "open": True}
    assert await scene.a.ask(SYSTEM, "start_group_conversation", begun) == {"conversation_id": begun["id"]}
    async with scene.unchanged():
        assert await scene.a.ask(SYSTEM, "start_group_conversation", begun) == {"conversation_id": begun["id"]}
        for client, payload in ((scene.a, {**begun, "alias": CANARY}), (scene.e, begun)):
            refused = await refusal(client, SYSTEM, "start_group_conversation", payload)
            assert refused.keys() == {"reason", "detail", "id", "current"}
            assert refused["current"] is None
            assert refused["reason"] == "id_taken"


async def test_one_op_id_for_two_writes(scene: Scene) -> None:
    writes: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        (scene.open_topic, "change_alias", {"alias": "one"}, {"alias": "two"}),
        (scene.open_topic, "edit_message", {"content": "one"}, {"content": "two"}),
        (scene.open_topic, "react", {"emoji": "+1"}, {"emoji": "-1"}),
        (scene.open_topic, "modify_conversation", {"alias": "three"}, {"alias": "four"}),
        (scene.secure_topic, "set_encryption_keys", {"public_key": {"x": 1}}, {"public_key": {"x": 2}}),
        (SYSTEM, "set_display_name", {"display_name": "one"}, {"display_name": "two"}),
        (SYSTEM, "set_hidden", {"hidden": True}, {"hidden": False}),
        (SYSTEM, "start_group_conversation", {"open": True}, {"open": True, "alias": "two"}),
    ]
    message = {"message_group_id": scene.said_open}
    for topic, event, first, second in writes:
        op_id = f"{event}-{new_id()[:8]}"
        body = {**message, **first, "op_id": op_id} if event in ("edit_message", "react") else {**first, "op_id": op_id}
        answer = await scene.a.ask(topic, event, body)
        async with scene.unchanged():
            assert await scene.a.ask(topic, event, body) == answer, event
            refused = await refusal(scene.a, topic, event, {**body, **second})
            assert (refused["reason"], refused["op_id"]) == ("id_taken", op_id), event


# --- order and revision -------------------------------------------------------------------------------------------


async def test_places_ahead_and_behind(scene: Scene) -> None:
    device, top = new_id(), 1
    placed = {"content": CANARY, "device_id": device}
    async with scene.unchanged():
        refused = await refusal(scene.a, scene.open_topic, "send_message", {**placed, "index": top + 2, "id": new_id()})
        assert (refused["reason"], refused["top_index"]) == ("index_ahead", top)
        assert (await refusal(scene.a, scene.open_topic, "send_message", {**placed, "position": 1}))["reason"] == (
            "invalid_payload"
        )
    await said(scene.a, scene.open, {**placed, "index": top + 1})
    async with scene.unchanged():
        refused = await refusal(scene.a, scene.open_topic, "send_message", {**placed, "index": top})
        assert (refused["reason"], refused["top_index"]) == ("index_behind", top + 1)


async def test_a_newcomer_writes_nothing_before_their_joining(scene: Scene) -> None:
    id = await start_open_group(scene.a)
    await scene.a.join(conversation(id))
    for _ in range(3):
        await said(scene.a, id, {"content": CANARY, "device_id": new_id()})
    await scene.a.ask(conversation(id), "modify_conversation", {"new_members": [scene.bob.id]})
    await scene.b.join(conversation(id))
    refused = await refusal(scene.b, conversation(id), "send_message", {"content": CANARY, "index": 1})
    assert refused["reason"] == "index_behind"


# --- page tokens --------------------------------------------------------------------------------------------------


async def test_page_tokens_are_for_whom_and_for_what_they_were_made(scene: Scene) -> None:
    for number in range(3):
        await said(scene.a, scene.secure, {"encrypted_messages": copies(str(number), scene.ada, scene.bob)})
    first = (await scene.ada.get("/api/messages", conversation_id=scene.secure, page_size=1)).json()
    token = first["page_token"]
    going_on = await scene.ada.get("/api/messages", conversation_id=scene.secure, page_size=1, page_token=token)
    assert going_on.status_code == 200
    assert going_on.json()["items"] != first["items"]
    users = (await scene.ada.get("/api/users", page_size=1)).json()["page_token"]
    made_up = ["x", "AAAA", token[:-2], token + "AA", token.swapcase(), "A" * 900, "\0", "é", users]
    for person, id, tokens in (
        (scene.ada, scene.secure, made_up),
        (scene.bob, scene.secure, [token]),
        (scene.ada, scene.open, [token]),
    ):
        for wrong in tokens:
            answer = await person.get("/api/messages", conversation_id=id, page_token=wrong)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_page_token"), wrong
    for wrong in (token, users[:-1], "x"):
        answer = await scene.ada.get("/api/users", page_token=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_page_token")
    assert (await scene.ada.get("/api/users", page_token=users, q="another list")).json()[
        "code"
    ] == "invalid_page_token"
    assert (await scene.bob.get("/api/users", page_token=users)).json()["code"] == "invalid_page_token"


# --- channels -----------------------------------------------------------------------------------------------------


async def test_a_second_join_closes_the_first(scene: Scene) -> None:
    first = scene.a.joined[scene.open_topic]
    await scene.a.join(scene.open_topic)
    closed = await scene.a.wait_for_frame(lambda frame: frame.event == "phx_close" and frame.topic == scene.open_topic)
    assert (closed.join_ref, closed.ref) == (first, first)
    await scene.b.ask(scene.open_topic, "start_typing")
    await scene.a.wait_for(scene.open_topic, "start_typing")
    await works(scene.a)
    assert len(scene.a.heard(scene.open_topic, "start_typing")) == 1


async def test_frames_of_a_join_before_are_ignored(scene: Scene) -> None:
    stale = scene.a.joined[scene.open_topic]
    await scene.a.join(scene.open_topic)
    async with scene.unchanged():
        await scene.a.send(stale, "late", scene.open_topic, "send_message", {"content": CANARY})
        await scene.a.send(stale, "late", scene.open_topic, "phx_leave", {})
        await works(scene.a)
    assert not [frame for frame in scene.a.frames if frame.ref == "late"]
    assert (await scene.a.push(scene.open_topic, "sync")).status == "ok"


async def test_leaving_what_was_never_joined_is_ok(scene: Scene) -> None:
    for topic in (scene.bob.topic, conversation(new_id()), "nonsense", ""):
        reply = await scene.e.leave(topic)
        assert (reply.status, reply.response) == ("ok", {})
    assert not [frame for frame in scene.e.frames if frame.event == "phx_close"]


async def test_after_leaving_nothing_is_taken_any_more(scene: Scene) -> None:
    assert (await scene.a.leave(scene.open_topic)).status == "ok"
    async with scene.unchanged():
        refused = await refusal(scene.a, scene.open_topic, "send_message", {"content": CANARY})
    assert refused["reason"] == "unmatched topic"
    secret = f"later {new_id()}"
    await said(scene.b, scene.open, {"content": secret})
    await works(scene.a)  # what was written to this socket before has been read
    assert secret not in str(scene.a.frames)
