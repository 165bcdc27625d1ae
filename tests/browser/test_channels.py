"""Channels in the web client: public, in the clear, and their owner's to change."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.outside import in_the_name_of
from tests.browser.visitors import Visitors


async def test_who_subscribes_reads_and_writes_and_the_owner_alone_renames(visitors: Visitors) -> None:
    owner, reader = await visitors.come("Olga", "Rudi")
    url = visitors.server.url
    channel = await in_the_name_of(url, owner, "POST", "/api/channels", {"title": "Boats"})
    await owner.open("Boats")
    await owner.say("Said before anyone came")
    await owner.has_sent("Said before anyone came")
    await in_the_name_of(url, reader, "PUT", f"/api/channels/{channel['id']}/subscription")
    await reader.open("Boats")
    await reader.reads("Said before anyone came")
    await reader.say("Here I am")
    await owner.reads("Said before anyone came", "Here I am")
    for one in (owner, reader):
        await expect(one.page.get_by_text("2 members")).to_be_visible()
        await one.about_group()
        await expect(one.page.get_by_role("button", name="Add people")).to_have_count(0)
    await expect(reader.page.get_by_role("button", name="Change the name")).to_have_count(0)
    await owner.rename("Ships")
    for one in (owner, reader):
        await expect(one.listed("Ships")).to_be_visible()
    await reader.leave("channel")
    await expect(owner.page.get_by_text("1 member")).to_be_visible()
