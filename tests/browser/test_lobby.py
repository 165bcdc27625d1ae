"""The lobby: guests look in, accounts write, and everyone sees how many are there."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.visitors import Visitors


async def test_a_guest_reads_along_and_writes_after_signing_in(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    guest = await visitors.arrive()
    await guest.looks_into_the_lobby()
    await expect(guest.writes()).to_have_count(0)
    await ada.page.goto("/channels/lobby")
    await ada.page.get_by_role("textbox", name="Subject").fill("The weather")
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
