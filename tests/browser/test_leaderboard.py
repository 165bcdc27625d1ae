"""The leader-board's page."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.outside import in_the_name_of
from tests.browser.visitors import Visitors


async def test_who_writes_in_a_channel_stands_on_the_board(visitors: Visitors) -> None:
    owner, reader = await visitors.come("Olga", "Rudi")
    url = visitors.server.url
    channel = await in_the_name_of(url, owner, "POST", "/api/channels", {"title": "Boats"})
    await in_the_name_of(url, reader, "PUT", f"/api/channels/{channel['id']}/subscription")
    page = owner.page
    await owner.open("Boats")
    await page.goto("/leaderboard")
    await page.get_by_label("Channel").select_option("Boats")
    await expect(page.get_by_role("heading", name="Nobody wrote anything yet")).to_be_visible()
    await page.goto("/chats")
    await owner.open("Boats")
    for text in ("One", "Two"):
        await owner.say(text)
    await owner.has_sent("One", "Two")
    await reader.open("Boats")
    await reader.say("Three")
    await reader.has_sent("Three")
    await page.goto("/leaderboard")
    await page.get_by_label("Channel").select_option("Boats")
    rows = page.get_by_role("table", name="Leader-board").get_by_role("row")
    await expect(rows).to_have_text([re.compile("Rank"), re.compile(r"^1\s*Olga"), re.compile(r"^2\s*Rudi")])
    await page.get_by_text("Today", exact=True).click()
    await expect(rows).to_have_count(3)
