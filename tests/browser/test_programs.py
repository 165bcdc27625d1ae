"""Letting programs in: a bot and its token are made on the page; it talks until the token is ended there."""

from __future__ import annotations

import httpx
from playwright.async_api import expect

from tests.browser.visitors import Visitors
from tests.server import ServerProcess


async def test_a_bot_gets_in_by_a_token_that_is_shown_once_until_it_is_ended(
    visitors: Visitors, server: ServerProcess
) -> None:
    [olga] = await visitors.come("Olga")
    page = olga.page
    await page.goto("/settings")
    programs = page.get_by_role("region", name="Programs and bots")
    await programs.get_by_role("button", name="Make a bot").click()
    form = page.get_by_role("form", name="Make a bot")
    await form.get_by_label("Name", exact=True).fill("Weather")
    await form.get_by_label("Handle", exact=True).fill("Weather!")
    await form.get_by_role("button", name="Make a bot").click()
    await expect(form.get_by_text("Use 2 to 32 lower-case letters")).to_be_visible()
    await form.get_by_label("Handle", exact=True).fill("weather")
    await form.get_by_role("button", name="Make a bot").click()
    await expect(programs.get_by_text("@weather")).to_be_visible()

    await programs.get_by_role("button", name="Make a token").click()
    form = page.get_by_role("form", name="Make a token")
    await form.get_by_label("What it is for").fill("At home")
    await form.get_by_label("In whose name").select_option("Weather")
    await form.get_by_role("switch", name="It may write, too").click()
    await form.get_by_role("button", name="Make a token").click()
    shown = page.get_by_role("dialog", name="Your new token")
    await shown.get_by_role("button", name="Copy").click()
    token = await page.evaluate("navigator.clipboard.readText()")
    assert token == await shown.get_by_label("Token", exact=True).input_value()
    await shown.get_by_role("button", name="Done").click()
    await expect(programs.get_by_text("Reads and writes · for Weather · Never used")).to_be_visible()

    bearer = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=bearer, trust_env=False) as bot:
        assert (await bot.patch("/api/profile", json={"about": "Rain, mostly."})).status_code == 200
        await page.goto("/people/weather")
        await expect(page.get_by_text("Rain, mostly.")).to_be_visible()
        await expect(page.get_by_text("bot", exact=True)).to_be_visible()
        await page.goto("/settings")
        await programs.get_by_role("button", name="End the token At home").click()
        await expect(programs.get_by_text("You made no tokens.")).to_be_visible()
        assert (await bot.get("/api/users")).status_code == 401

    await programs.get_by_role("button", name="Put Weather away").click()
    await page.get_by_role("dialog").get_by_role("button", name="Put away").click()
    await expect(programs.get_by_text("@weather")).to_be_hidden()
