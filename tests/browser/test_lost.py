"""A server that is killed, that is not heard, that comes back from a backup: everything is there once in the end."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.stored import replica_of, sealed_by_id
from tests.browser.test_conversing import two_who_talk
from tests.browser.visitors import Visitor, Visitors
from tests.server import ServerProcess, command


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of the test's own, to be killed."""
    with ServerProcess(tmp_path, environment={"HUBBUB_ORIGINS": "*"}) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def guests(chromium: Browser, fragile: ServerProcess) -> AsyncIterator[Visitors]:
    """Visitors to it."""
    async with Visitors(chromium, fragile) as guests:
        yield guests


async def all_agree(ada: Visitor, bob: Visitor, server: ServerProcess) -> list[str]:
    """Both browsers and the server have the same messages once, byte for byte; what they say, in order."""
    await asyncio.gather(ada.is_up_to_date(), bob.is_up_to_date())
    said = []
    for one in (ada, bob):
        kept = await replica_of(one)
        assert kept["outbox"] == []
        [conversation] = kept["conversations"]
        rows = [row for row in kept["messages"] if row["shown"]]
        assert {row["id"]: row["sealed"] for row in rows} == await sealed_by_id(one, server, conversation["id"])
        assert not any(row["waiting"] or row["refused"] for row in rows)
        said.append([row["body"]["text"] for row in sorted(rows, key=lambda row: row["place"])])
    assert said[0] == said[1]
    return said[0]


async def test_what_is_sent_while_the_server_is_killed_is_there_once(guests: Visitors, fragile: ServerProcess) -> None:
    ada, bob = await two_who_talk(guests)
    texts = [f"Message {count}" for count in range(12)]

    async def talk() -> None:
        for text in texts:
            await ada.say(text)

    talking = asyncio.create_task(talk())
    await bob.sees("Message 2")
    fragile.kill()
    await bob.say("Said to nobody")
    await talking
    await expect(ada.message("Message 11").get_by_label("Waiting to be sent")).to_be_visible()
    await asyncio.to_thread(fragile.start)
    for one in (ada, bob):
        await one.has_sent("Message 11" if one is ada else "Said to nobody")
        await expect(one.timeline.get_by_role("article")).to_have_count(15)
    said = await all_agree(ada, bob, fragile)
    assert sorted(said) == sorted(["Hello Bob", "Hello Ada", *texts, "Said to nobody"])
    assert [text for text in said if text in texts] == texts


async def test_what_was_stored_without_an_answer_is_sent_again_as_it_was(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    await expect(bob.message("Hello Ada").get_by_label("Read by Ada")).to_be_visible()
    await ada.is_up_to_date()  # even that she has read it was answered: nothing is before the next
    ada.cable.swallow_answers()
    await ada.say("Does anybody hear me?")
    await bob.sees("Does anybody hear me?")
    await expect(ada.message("Does anybody hear me?").get_by_label("Waiting to be sent")).to_be_visible()
    [waiting] = [row for row in (await replica_of(ada))["outbox"] if row["what"] == "send"]
    ada.cable.pull()
    ada.cable.put_back()
    await ada.has_sent("Does anybody hear me?")
    said = await all_agree(ada, bob, visitors.server)
    assert said == ["Hello Bob", "Hello Ada", "Does anybody hear me?"]
    [row] = [row for row in (await replica_of(bob))["messages"] if row["id"] == waiting["id"]]
    assert row["sealed"] == waiting["request"]["payload"]["sealed"]


async def test_after_a_backup_was_restored_the_replica_is_built_anew_and_nothing_written_is_lost(
    guests: Visitors, fragile: ServerProcess
) -> None:
    ada, bob = await two_who_talk(guests)
    backup = fragile.folder / "backup.db"
    with sqlite3.connect(fragile.folder / "data" / "hubbub.db") as database:
        database.execute("VACUUM INTO ?", [str(backup)])
    database.close()
    await ada.say("After the backup")
    await bob.sees("After the backup")
    await bob.say("Answered after the backup")
    await ada.sees("Answered after the backup")
    await ada.is_up_to_date()
    await bob.is_up_to_date()
    await ada.lose_network()
    await ada.say("Written while away")
    await ada.edit("Hello Bob", "Hello again")

    restore(fragile, backup)

    await bob.reads("Hello Bob", "Hello Ada")
    await bob.say("After the restoring")
    await bob.has_sent("After the restoring")
    await ada.find_network()
    await ada.has_sent("Written while away", "Hello again")
    await bob.sees("Written while away")
    said = await all_agree(ada, bob, fragile)
    assert sorted(said) == sorted(["Hello again", "Hello Ada", "After the restoring", "Written while away"])
    await ada.reads(*said)
    await bob.reads(*said)


def restore(server: ServerProcess, backup: Path) -> None:
    """As docs/howto/backup.md says."""
    server.stop()
    data = server.folder / "data"
    for name in ("hubbub.db", "hubbub.db-wal", "hubbub.db-shm"):
        (data / name).unlink(missing_ok=True)
    backup.rename(data / "hubbub.db")
    subprocess.run(command("new-epoch"), env=server.environment, cwd=server.folder, check=True, capture_output=True)
    server.start()
