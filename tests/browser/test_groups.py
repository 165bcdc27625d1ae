"""Groups: who is in them reads them, and nobody else."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.visitors import Visitors


async def test_who_comes_later_reads_what_is_shared_and_what_comes(visitors: Visitors) -> None:
    ada, bob, cleo, dora = await visitors.come("Ada", "Bob", "Cleo", "Dora")
    await ada.begin_group("Harbour", [bob])
    await ada.say("Before anyone came")
    await bob.open("Harbour")
    await bob.reads("Before anyone came")

    await bob.add(cleo, share=False)
    await cleo.open("Harbour")
    await bob.say("Welcome, Cleo")
    await cleo.reads("Welcome, Cleo")

    await bob.add(dora, share=True)
    await dora.open("Harbour")
    await dora.reads("Before anyone came", "Welcome, Cleo")
    await dora.say("I have read everything")
    for one in (ada, bob, dora):
        await one.reads("Before anyone came", "Welcome, Cleo", "I have read everything")
    await cleo.reads("Welcome, Cleo", "I have read everything")

    await dora.rename("Lighthouse")
    for one in (ada, bob, cleo, dora):
        await expect(one.listed("Lighthouse")).to_be_visible()

    await dora.leave()
    await expect(dora.page.get_by_text("You left this conversation.")).to_be_visible()
    for one in (ada, dora):
        await expect(one.page.get_by_text("3 members")).to_be_visible()
    await ada.say("Without Dora")
    await bob.sees("Without Dora")
    await cleo.sees("Without Dora")
    await dora.reads("Before anyone came", "Welcome, Cleo", "I have read everything")
    for one in (ada, bob, cleo, dora):
        await one.is_up_to_date()


async def test_what_is_said_while_somebody_joins_reaches_everybody(visitors: Visitors) -> None:
    """Ada seals for those whom she knows to be there; the server says who is new, and she seals once more."""
    ada, bob, cleo = await visitors.come("Ada", "Bob", "Cleo")
    await ada.begin_group("Harbour", [bob])
    await ada.say("First")
    await bob.open("Harbour")
    await bob.reads("First")

    await ada.lose_network()
    await ada.say("Written before I knew of Cleo")
    await bob.add(cleo, share=False)
    await cleo.open("Harbour")
    await ada.find_network()
    await ada.has_sent("Written before I knew of Cleo")
    await bob.reads("First", "Written before I knew of Cleo")
    await cleo.reads("Written before I knew of Cleo")

    # Once more at the same moment, with everybody connected.
    dora = await visitors.arrive()
    await dora.register("Dora")
    texts = [f"Said while Dora joins, {count}" for count in range(5)]

    async def talk() -> None:
        for text in texts:
            await ada.say(text)

    await asyncio.gather(bob.add(dora, share=False), talk())
    await ada.has_sent(*texts)
    await bob.reads("First", "Written before I knew of Cleo", *texts)
    await cleo.reads("Written before I knew of Cleo", *texts)
    await ada.say("And Dora reads this")
    await dora.open("Harbour")
    await dora.sees("And Dora reads this")
