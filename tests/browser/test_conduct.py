"""The code of conduct: read and agreed to before one goes on, and again when it is another text."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.visitors import Visitors
from tests.server import ServerProcess


async def test_where_there_is_none_nobody_is_asked(visitors: Visitors) -> None:
    ada = await visitors.arrive()
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(request.url))
    await ada.register("Ada")
    async with ada.page.expect_response("**/api/users*"):  # long after it is connected
        await ada.page.goto("/people")
        await ada.page.get_by_role("searchbox").fill("Nobody in particular")
    await ada.page.goto("/about")
    await expect(ada.page.get_by_role("heading", name="About")).to_be_visible()
    await expect(ada.page.get_by_role("link", name="The code of conduct of this server")).to_have_count(0)
    assert [url for url in asked if "/config.json" in url]
    assert [url for url in asked if "/api/conduct" in url] == []


async def test_one_agrees_once_and_again_when_the_text_is_another(chromium: Browser, tmp_path: Path) -> None:
    text = tmp_path / "conduct.md"
    text.write_text("# Be kind\n\nSay what you would say to a face.")
    environment = {"HUBBUB_ORIGINS": "*", "HUBBUB_CONDUCT_FILE": str(text)}
    (folder := tmp_path / "server").mkdir()
    with ServerProcess(folder, environment=environment) as server:
        async with Visitors(chromium, server) as visitors:
            ada = await visitors.arrive()
            await ada.register("Ada")
            page = ada.page
            agree = page.get_by_role("button", name="I agree")
            await expect(page.get_by_role("heading", name="Be kind")).to_be_visible()
            await agree.click()
            await expect(page.get_by_role("heading", name="No conversations yet").first).to_be_visible()
            await page.goto("/about")
            await page.get_by_role("link", name="The code of conduct of this server").click()
            await expect(page.get_by_text("You agreed to it.")).to_be_visible()

            text.write_text("# Be kind, always\n\nTo everybody.")
            server.restart()
            await page.goto("/chats")
            await expect(page.get_by_role("heading", name="Be kind, always")).to_be_visible()
            await agree.click()
            await expect(page.get_by_role("heading", name="No conversations yet").first).to_be_visible()
