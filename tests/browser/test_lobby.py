"""The lobby: guests look in, accounts write, and everyone sees how many are there."""

from __future__ import annotations

from playwright.async_api import expect

from hubbub.storage.lobby import LOBBY_ID
from tests.browser.outside import in_the_name_of
from tests.browser.visitors import Visitors


async def test_a_guest_reads_along_and_writes_after_signing_in(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    guest = await visitors.arrive()
    await guest.looks_into_the_lobby()
    await expect(guest.writes()).to_have_count(0)
    await ada.page.goto("/channels/lobby")
    await ada.names_it("The weather")
    await ada.say("It rains on everybody")
    await expect(guest.message("It rains on everybody")).to_contain_text("The weather")
    await expect(guest.timeline.get_by_text("Ada").first).to_be_visible()
    for one in (ada, guest):
        await expect(one.page.get_by_text("2 people, 1 guest")).to_be_visible()
    await guest.page.get_by_role("link", name="Sign in to write").click()
    await guest.is_also(bob).enter()
    await guest.say("Not here")
    await guest.has_sent("Not here")
    await ada.sees("Not here")
    await expect(ada.page.get_by_text("2 people, 0 guests")).to_be_visible()


async def test_what_becomes_of_messages_is_seen_by_guests_and_done_by_who_is_signed_in(visitors: Visitors) -> None:
    dora, emil = await visitors.come("Dora", "Emil")
    guest = await visitors.arrive()
    await guest.looks_into_the_lobby()
    for one in (dora, emil):
        await one.page.goto("/channels/lobby")
    await dora.names_it("Tea")
    await dora.say("Who bring cups?")
    await emil.sees("Who bring cups?")
    await dora.edit("Who bring cups?", "Who brings cups?")
    await emil.react("Who brings cups?", "👍")
    await emil.reply("Who brings cups?", "I do")
    await dora.say("Never mind")
    await dora.has_sent("Never mind")
    await guest.sees("Never mind")
    await dora.remove("Never mind")
    for one in (dora, emil, guest):
        asked = one.message("Who brings cups?")
        await expect(asked).to_contain_text("edited")
        await expect(asked).to_contain_text("Tea")
        await expect(one.reaction("Who brings cups?", "👍", "You" if one is emil else "Emil")).to_be_visible()
        await expect(one.message("I do").get_by_role("button", name="Who brings cups?")).to_be_visible()
        await expect(one.message("Never mind")).to_have_count(0)
    await guest.message("Who brings cups?").focus()
    await guest.page.keyboard.press("Enter")
    offered = guest.page.get_by_role("dialog", name="Message actions").get_by_role("button")
    await expect(offered).to_have_text(["Copy text"])


async def test_who_subscribes_has_subjects_and_reactions_offline_too(visitors: Visitors) -> None:
    (fay,) = await visitors.come("Fay")
    await fay.page.goto("/channels/lobby")
    await fay.names_it("Lost")
    await fay.say("One glove")
    await fay.has_sent("One glove")
    await fay.react("One glove", "🎉")
    await expect(fay.reaction("One glove", "🎉", "You")).to_be_visible()
    await in_the_name_of(visitors.server.url, fay, "PUT", f"/api/channels/{LOBBY_ID}/subscription")
    await expect(fay.listed("Lobby")).to_contain_text("One glove")
    await fay.is_up_to_date()
    await fay.lose_network()
    await fay.page.reload()
    await fay.sees("One glove")
    await fay.is_offline()
    await expect(fay.message("One glove")).to_contain_text("Lost")
    await expect(fay.reaction("One glove", "🎉", "You")).to_be_visible()
    await fay.names_it("Found")
    await fay.say("The other one")
    await expect(fay.message("The other one")).to_contain_text("Found")
    await fay.find_network()
    await fay.has_sent("The other one")
    guest = await visitors.arrive()
    await guest.looks_into_the_lobby()
    await expect(guest.message("The other one")).to_contain_text("Found")


async def test_what_the_server_refuses_is_shown_and_may_be_tried_again(visitors: Visitors) -> None:
    (cleo,) = await visitors.come("Cleo")
    await cleo.page.goto("/channels/lobby")
    await expect(cleo.writes()).to_be_visible()
    await cleo.lose_network()
    await cleo.say("From the tunnel")
    await expect(cleo.message("From the tunnel").get_by_label("Waiting to be sent")).to_be_visible()
    await cleo.find_network()
    await cleo.has_sent("From the tunnel")
    # NUL is the one character that no text may have.
    await cleo.say("Never \\0 sent".replace("\\0", "\u0000"))
    refused = cleo.timeline.get_by_role("article").filter(has_text="Not sent")
    await expect(refused).to_be_visible()
    await refused.get_by_role("button", name="Discard").click()
    await expect(refused).to_have_count(0)
