"""A disk without room: writes are refused, reads go on, and so does everything once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hubbub.wire.ids import new_id
from tests.bad_input.scene import failures
from tests.people import PASSWORD, People, Person, conversation, start_open_group
from tests.phoenix import Client
from tests.server import ServerProcess

SMALL = "8m"
A_PAGE = 4096


class FullFileSystem:
    """The data folder is a file system of its own, which another file fills."""

    reason = "storage_full"

    def __init__(self, server: ServerProcess) -> None:
        self._filler = server.folder / "data" / "filler"

    def fill(self) -> None:
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * A_PAGE):
                    pass
            except OSError:  # no space left on device
                pass

    def make_room(self) -> None:
        self._filler.unlink()


class FileSizeLimit:
    """The operating system lets no file of the server's grow, as a quota would: nothing tells that from a bad disk."""

    reason = "unavailable"

    def __init__(self, server: ServerProcess) -> None:
        self._pid = server.pid
        _, self._hard = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (A_PAGE, self._hard))

    def make_room(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (self._hard, self._hard))


@contextmanager
def mounted(folder: Path) -> Iterator[bool]:
    """A small file system at `folder`; False where only another user may mount one."""
    folder.mkdir()
    if os.geteuid() != 0 or _run("mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)):
        yield False
        return
    try:
        yield True
    finally:
        assert not _run("umount", str(folder))


def _run(*command: str) -> int:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("separate", [True, False], ids=["full file system", "file size limit"])
async def test_without_room_nothing_is_lost_and_nothing_is_pretended(tmp_path: Path, separate: bool) -> None:
    with mounted(tmp_path / "data") as has_room_of_its_own, ServerProcess(tmp_path) as server:
        full = separate and has_room_of_its_own
        disk = FullFileSystem(server) if full else FileSizeLimit(server)
        async with People(server) as people:
            ada, bob = await people.sign_up("Ada", "Bob")
            a = await ada.arrive()
            id = await start_open_group(a, bob)
            await a.join(conversation(id))
            sent = [await send(a, id, f"before {number}") for number in range(5)]
            disk.fill()
            refused = await first_refused(a, id, sent, disk.reason)
            for again in (refused, {"id": new_id(), "content": "another"}):
                reply = await a.push(conversation(id), "send_message", again)
                assert (reply.status, reply.response["reason"]) == ("error", disk.reason)
                assert reply.response["id"] == again["id"]
            login = await people.http.post("/auth/login", json={"email": ada.email, "password": PASSWORD})
            assert (login.status_code, login.json()["code"]) == (507 if full else 503, disk.reason)
            assert await read_by_all_doors(people, bob, id) == sent
            disk.make_room()
            assert await send(a, id, **refused) == refused["content"]
            assert await send(a, id, **refused) == refused["content"], "twice is once"
            assert await read_by_all_doors(people, bob, id) == [*sent, refused["content"]]
            await bob.sign_in()
        assert [line for line in failures(server.log()) if "database_unavailable" not in line] == []
        server.restart()
        async with People(server) as people:
            assert len(await read(Person(people, bob.answer, PASSWORD), id)) == len(sent) + 1


async def send(client: Client, conversation_id: str, content: str, id: str | None = None) -> str:
    payload = {"content": content, **({"id": id} if id is not None else {})}
    answer = await client.ask(conversation(conversation_id), "send_message", payload)
    return str(answer["message"]["content"])


async def first_refused(client: Client, id: str, sent: list[str], reason: str) -> dict[str, Any]:
    """What is already reserved may take some more: whatever is acknowledged goes to `sent`."""
    for _ in range(3000):
        message = {"id": new_id(), "content": "x" * 4000}
        reply = await client.push(conversation(id), "send_message", message)
        if reply.status == "error":
            assert reply.response["reason"] == reason
            return message
        sent.append(message["content"])
    raise AssertionError("the disk was never full")


async def read_by_all_doors(people: People, person: Person, id: str) -> list[str]:
    """What a person reads over HTTP, which is what a new socket and a pull show too."""
    found = await read(person, id)
    client = await person.connect()
    joined = await client.join(conversation(id))
    assert [item["content"] for item in reversed(joined["messages"]["items"])] == found[-50:]
    pulled = await client.ask(conversation(id), "sync", {"limit": 500})
    assert sum(change["kind"] == "message" for change in pulled["changes"]) == min(len(found), 500)
    ready = await people.http.get("/readyz")
    assert ready.status_code == 200
    return found


async def read(person: Person, id: str) -> list[str]:
    """Every message that the person can page through, oldest first."""
    found: list[str] = []
    page: dict[str, Any] = {"page_token": ""}
    while page["page_token"] is not None:
        params = {"conversation_id": id, "page_size": 100, "page_token": page["page_token"]}
        page = (await person.get("/api/messages", **params)).json()
        found += [item["content"] for item in page["items"]]
    return found[::-1]
