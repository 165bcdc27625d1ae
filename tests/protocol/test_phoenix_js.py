"""Two people on two clients of the npm package `phoenix`, unmodified: what each of them saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.conftest import Doors
from tests.protocol.node_script import run, started
from tests.server import Cluster, ServerProcess

pytestmark = pytest.mark.node


async def test_a_private_conversation(node: Path, doors: Doors) -> None:
    script = await run(node, "private_conversation", doors)
    ids = script.ids()
    assert script.saw("bob", "new_conversation")[0]["conversation"]["private"] is True
    assert [one["document"]["private_key"] for one in script.said("joined")] == [{"only": "ada"}, None]
    keys, sent, edited, refused, deleted = script.said("answer")
    assert keys["gen"] == 0
    assert sent["message"]["content"] == "hello for ada"
    assert edited["message"]["content"] == "hello again for ada"
    assert refused == {"refused": "not_owner"}
    group = sent["message"]["message_group"]
    assert deleted["message_group_id"] == group
    for name in ("ada", "bob"):
        assert [push["message"]["content"] for push in script.saw(name, "new_message")] == [f"hello for {name}"]
        assert [push["message"]["content"] for push in script.saw(name, "edit_message")] == [f"hello again for {name}"]
        assert [push["message_group_id"] for push in script.saw(name, "delete_message")] == [group]
        for event in ("start_typing", "finish_typing", "read_conversation", "set_encryption_keys"):
            assert [push["user_id"] for push in script.saw(name, event)] == [ids["bob"]], event


async def test_a_group(node: Path, doors: Doors) -> None:
    script = await run(node, "group", doors)
    ids = script.ids()
    assert [push["conversation"]["alias"] for push in script.saw("ada", "update_alias")] == ["Besties 4eva"]
    [newcomer] = script.saw("cleo", "new_conversation")
    assert set(newcomer["user_ids"]) == set(ids.values())
    assert newcomer["conversation"]["alias"] == "Besties 4eva"
    assert set(script.saw("bob", "new_conversation")[-1]["user_ids"]) == set(ids.values())
    [joined] = script.said("joined")
    assert joined["document"]["public_keys"] == {ids["ada"]: {"of": "ada"}}
    assert [push["user_id"] for push in script.saw("ada", "leave_conversation")] == [ids["bob"]]
    texts = {
        name: [push["message"]["content"] for push in script.saw(name, "new_message")]
        for name in ("ada", "bob", "cleo")
    }
    assert texts == {
        "ada": ["three of us for ada", "two of us for ada"],
        "bob": ["three of us for bob"],
        "cleo": ["three of us for cleo", "two of us for cleo"],
    }
    assert script.said("refused") == ["not_member"]


async def test_presence(node: Path, doors: Doors) -> None:
    script = await run(node, "presence", doors)
    ids = script.ids()
    ada, both = [ids["ada"]], sorted(ids.values())
    assert script.saw("ada", "online") == [ada, both, ada, both, ada]
    assert script.saw("ada", "update_display_name") == [{"user_id": ids["bob"], "display_name": "Bobby"}]


async def test_presence_follows_the_members_of_a_group(node: Path, doors: Doors) -> None:
    script = await run(node, "presence_in_a_group", doors)
    ids = script.ids()
    assert script.saw("ada", "online") == [[ids["ada"]], sorted(ids.values()), [ids["ada"]]]


async def test_typing_ends_with_the_socket(node: Path, doors: Doors) -> None:
    script = await run(node, "typing_ends_with_the_socket", doors)
    assert [push["user_id"] for push in script.saw("ada", "finish_typing")] == [script.ids()["bob"]]


async def test_channels_come_and_go(node: Path, server: ServerProcess) -> None:
    script = await run(node, "channels_come_and_go", Doors(server, server))
    assert script.said("state") == [{"before": "closed", "after": "joined"}, {"left": "closed"}]
    assert script.said("refused") == ["unmatched topic", "forbidden"]
    assert script.said("answer") == [
        {"refused": "unknown_event"},
        {"refused": "binary_unsupported"},
        {"status": "message_sent"},
    ]


async def test_heartbeats_are_answered(node: Path, server: ServerProcess) -> None:
    script = await run(node, "heartbeats", Doors(server, server))
    answered = {"payload": {"status": "ok", "response": {}}, "join_ref": None}
    assert script.said("heartbeat")[:5] == [answered] * 5
    assert script.said("connections") == [1]


async def test_a_guest_may_connect_and_a_bad_token_may_not(node: Path, server: ServerProcess) -> None:
    script = await run(node, "guest", Doors(server, server))
    assert script.said("refused") == ["unauthorized"]
    assert script.said("connections") == [0]


@pytest.mark.parametrize(("end", "code"), [("stop", 1012), ("kill", 1006)])
async def test_clients_come_back_after_the_server_did(node: Path, mortal: ServerProcess, end: str, code: int) -> None:
    async with started(node, "restart", Doors(mortal, mortal)) as script:
        await script.until("ready")
        mortal.kill() if end == "kill" else mortal.stop()
        mortal.start()
        await script.tell()
    for name in ("ada", "bob"):
        assert script.saw(name, "close")[0]["code"] == code
        assert [push["message"]["content"] for push in script.saw(name, "new_message")] == [f"still here for {name}"]


async def test_what_was_said_while_one_process_was_gone_is_there_on_return(node: Path, cluster: Cluster) -> None:
    async with started(node, "away", Doors(cluster.first, cluster.second)) as script:
        await script.until("ready")
        cluster.first.kill()
        try:
            await script.until("sent")
        finally:
            cluster.first.start()
    returned = script.said("joined")[-1]["document"]
    assert [message["content"] for message in returned["messages"]["items"]] == ["while you were away for ada"]
    assert script.saw("bob", "close") == []
    texts = [push["message"]["content"] for push in script.saw("bob", "new_message")]
    assert texts == ["while you were away for bob", "back again for bob"]


async def test_signed_out_everywhere_a_client_signs_in_and_rejoins(node: Path, doors: Doors) -> None:
    script = await run(node, "sign_in_again", doors)
    assert script.saw("ada", "close")[0] == {"code": 4001}
    assert script.saw("ada", "phx_close") == []
    assert len(script.saw("ada", "rejoined")) == 3
    assert [push["message"]["content"] for push in script.saw("ada", "new_message")] == ["welcome back for ada"]
    assert script.saw("bob", "close") == []
    assert script.said("renewed") == [True]
