"""Finding: channels by search and by address, and what those see who only look."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.outside import in_the_name_of
from tests.browser.visitors import Visitors


async def test_a_channel_is_begun_found_and_subscribed_to(visitors: Visitors) -> None:
    uwe, vera = await visitors.come("Uwe", "Vera")
    await uwe.begins_channel("Sourdough")
    await expect(uwe.page).to_have_url(f"{uwe.cable.url}/channels/sourdough")
    await uwe.say("Feed it daily")
    await uwe.has_sent("Feed it daily")
    await vera.searches("Channels", "sourd")
    await vera.found("Sourdough").get_by_role("link", name="Sourdough").click()
    await expect(vera.page.get_by_text("Subscribe to read what is said here.")).to_be_visible()
    await vera.page.get_by_role("button", name="Subscribe").click()
    await vera.sees("Feed it daily")
    await vera.say("Twice in summer")
    await uwe.sees("Twice in summer")
    await vera.leave("channel")
    await expect(vera.page.get_by_text("You no longer subscribe to this channel.")).to_be_visible()
    await vera.sees("Feed it daily")
    await vera.page.get_by_role("button", name="Subscribe").click()
    await vera.say("Back again")
    await uwe.sees("Back again")


async def test_who_only_looks_reads_along_where_anyone_may_read(visitors: Visitors) -> None:
    wim, xenia = await visitors.come("Wim", "Xenia")
    guest = await visitors.arrive()
    await wim.begins_channel("Town news")
    channel = await in_the_name_of(visitors.server.url, wim, "GET", "/api/channels/town-news")
    await wim.say("The bridge is open")
    await wim.has_sent("The bridge is open")
    await guest.page.goto("/channels/town-news")
    await expect(guest.page.get_by_role("heading", name="There is no such channel")).to_be_visible()
    await in_the_name_of(visitors.server.url, wim, "PATCH", f"/api/channels/{channel['id']}", {"reading": "anyone"})
    for one in (guest, xenia):
        await one.page.goto("/channels/town-news")
        await one.sees("The bridge is open")
        await expect(one.writes()).to_have_count(0)
    await wim.say("And closed again")
    for one in (guest, xenia):
        await one.sees("And closed again")
    await xenia.page.get_by_role("button", name="Subscribe").click()
    await xenia.say("Thanks")
    await guest.sees("Thanks")
    await xenia.page.goto(f"/groups/{channel['id']}")
    await expect(xenia.page).to_have_url(f"{xenia.cable.url}/channels/town-news")


async def test_a_group_is_found_and_who_asks_is_let_in_by_a_member(visitors: Visitors) -> None:
    yann, zora = await visitors.come("Yann", "Zora")
    await yann.begin_group("Night swimmers", [zora])
    group = yann.page.url.rsplit("/", 1)[1]
    await yann.is_up_to_date()
    await in_the_name_of(visitors.server.url, yann, "PATCH", f"/api/groups/{group}", {"listed": True})
    (arne,) = await visitors.come("Arne")
    await arne.searches("Groups", "night")
    line = arne.found("Night swimmers")
    await expect(line).to_contain_text("2 members")
    await line.get_by_role("button", name="Ask to be let into Night swimmers").click()
    await arne.page.get_by_role("dialog").get_by_role("button", name="Ask to be let in").click()
    await expect(line).to_contain_text("You asked to be let in")
    await line.get_by_role("button", name="Take back the request").click()
    await expect(line).not_to_contain_text("You asked to be let in")
    await line.get_by_role("link", name="Night swimmers").click()
    await arne.page.get_by_role("button", name="Ask to be let into Night swimmers").click()
    await arne.page.get_by_role("dialog").get_by_role("button", name="Ask to be let in").click()
    await expect(arne.page.get_by_role("button", name="Take back the request")).to_be_visible()
    await yann.add(arne, share=False)
    await arne.say("Is it cold?")
    await yann.sees("Is it cold?")
