"""Three browsers under random cuts of their cables end with the same replica, which is what the server says.

What is done is that of the seed in the name of the test; when, is up to the machine. `TESTS_SYNC_SEED=<number>` tries
others.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.stored import replica_of, told_of
from tests.browser.visitors import Visitor, Visitors

SEED = int(os.environ.get("TESTS_SYNC_SEED", "1"))
STEPS = 45
SECONDS = 60  # whatever was not done by then is left out
EMOJI = ["👍", "❤️", "🎉"]


class Party:
    """What three people do by chance, and what has to stand in the end: `standing`, the texts by message."""

    def __init__(self, everybody: list[Visitor], chance: random.Random) -> None:
        self.everybody = everybody
        self.chance = chance
        self.standing: dict[str, str] = {}
        self._deaf: set[int] = set()
        self._words = 0

    async def step(self) -> None:
        one = self.chance.choice(self.everybody)
        what = self.chance.choices(
            [self.cut, self.mend, self.go_deaf, self.say, self.edit, self.remove, self.react, self.reload],
            [14, 12, 5, 30, 14, 6, 16, 3],
        )[0]
        await what(one)

    # --- the network --------------------------------------------------------------------------------------------------

    async def cut(self, one: Visitor) -> None:
        one.cable.pull()

    async def mend(self, one: Visitor) -> None:
        one.cable.pull()
        one.cable.put_back()
        self._deaf.discard(id(one))

    async def go_deaf(self, one: Visitor) -> None:
        one.cable.swallow_answers()
        self._deaf.add(id(one))

    async def reload(self, one: Visitor) -> None:
        if id(one) in self._deaf:  # a browser waits long for a page that is on its way
            one.cable.pull()
        await one.page.reload()
        await expect(one.composer()).to_be_visible()

    async def finish(self) -> None:
        """Everybody finds the network, and says so by its event: nobody waits for the back-off."""
        for one in self.everybody:
            await one.lose_network()
            await one.find_network()

    # --- talking ------------------------------------------------------------------------------------------------------

    async def say(self, one: Visitor) -> None:
        text = self._text()
        await one.say(text)
        self.standing[await self._id_of(one.message(text))] = text

    async def edit(self, one: Visitor) -> None:
        if message := await self._any(one, mine=True):
            text = self._text()
            await self._choose(one, message, "Edit")
            await one.say(text)
            self.standing[message] = text

    async def remove(self, one: Visitor) -> None:
        if message := await self._any(one, mine=True):
            await self._choose(one, message, "Delete")
            sure = one.page.get_by_role("dialog", name="Delete this message?")
            await sure.get_by_role("button", name="Delete").click()
            await expect(self._row(one, message)).to_contain_text("This message was deleted.")
            del self.standing[message]

    async def react(self, one: Visitor) -> None:
        if message := await self._any(one, mine=False):
            await self._choose(one, message, f"React with {self.chance.choice(EMOJI)}")

    def _text(self) -> str:
        self._words += 1
        return f"Word {self._words}"

    async def _any(self, one: Visitor, *, mine: bool) -> str | None:
        """A message that this one sees; only who wrote it changes it."""
        rows = one.timeline.get_by_role("article", name=re.compile("^You, " if mine else ""))
        seen = [await self._id_of(row) for row in await rows.all()]
        standing = [message for message in seen if message in self.standing]
        return self.chance.choice(standing) if standing else None

    async def _choose(self, one: Visitor, message: str, what: str) -> None:
        await self._row(one, message).focus()
        await one.page.keyboard.press("Enter")
        menu = one.page.get_by_role("dialog", name="Message actions")
        await menu.get_by_role("button", name=what, exact=True).click()
        await expect(menu).to_be_hidden()

    def _row(self, one: Visitor, message: str) -> Locator:
        return one.timeline.locator(f"[data-message='{message}']")

    async def _id_of(self, row: Locator) -> str:
        id = await row.get_attribute("data-message")
        assert id is not None
        return id


def agreed(kept: dict[str, Any]) -> dict[str, Any]:
    """What all replicas of a conversation have to have in common."""
    shown = sorted(
        (row for row in kept["messages"] if row["shown"] and not row["deleted"]), key=lambda row: row["place"]
    )
    return {
        "messages": [
            {
                name: row[name]
                for name in ("id", "place", "version", "rev", "sender", "sealed", "body", "waiting", "refused")
            }
            for row in shown
        ],
        "deleted": sorted((row["id"], row["version"]) for row in kept["messages"] if row["deleted"]),
        "reactions": sorted(
            (row["message"], row["user"], row["emoji"], row["on"], row["change"]) for row in kept["reactions"]
        ),
        "cursor": [row["cursor"] for row in kept["conversations"]],
        "outbox": kept["outbox"],
    }


async def settled(everybody: list[Visitor]) -> list[dict[str, Any]]:
    """The replicas, once nothing waits and all have come equally far."""
    for one in everybody:
        await one.is_up_to_date()
    deadline = time.monotonic() + 20
    while True:
        replicas = [await replica_of(one) for one in everybody]
        cursors = {row["cursor"] for kept in replicas for row in kept["conversations"]}
        if len(cursors) == 1 and not any(kept["outbox"] for kept in replicas):
            return replicas
        assert time.monotonic() < deadline, (cursors, [kept["outbox"] for kept in replicas])
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", [SEED], ids=lambda number: f"seed {number}")
async def test_replicas_converge_under_random_cuts(visitors: Visitors, number: int) -> None:
    everybody = await visitors.come("Ada", "Bob", "Cleo")
    ada, bob, cleo = everybody
    await ada.begin_group("Harbour", [bob, cleo])
    for one in (bob, cleo):
        await one.open("Harbour")
    party = Party(everybody, random.Random(number))
    deadline = time.monotonic() + SECONDS
    for _ in range(STEPS):
        if time.monotonic() > deadline:
            break
        await party.step()
    await party.finish()

    replicas = await settled(everybody)
    first, *others = map(agreed, replicas)
    for other in others:
        assert other == first
    assert {row["id"]: row["body"]["text"] for row in first["messages"]} == party.standing
    assert len({row["body"]["text"] for row in first["messages"]}) == len(first["messages"])

    [conversation] = replicas[0]["conversations"]
    told = await told_of(ada, visitors.server, conversation["id"])
    assert max(change["version"] for change in told) == conversation["cursor"]
    assert served(told) == {
        row["id"]: (row["version"], *([None, None] if row["deleted"] else [row["rev"], row["sealed"]]))
        for row in replicas[0]["messages"]
    }
    for one in everybody:
        await expect(one.timeline.locator(".text")).to_have_text([row["body"]["text"] for row in first["messages"]])


def served(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Version, revision and envelope of each message, as the server tells them; of a deleted one only the first."""
    messages = {change["id"]: change for change in told if change["kind"] == "message"}
    rows = {id: (change["version"], change["data"] or {}) for id, change in messages.items()}
    return {id: (version, data.get("rev"), data.get("sealed")) for id, (version, data) in rows.items()}
