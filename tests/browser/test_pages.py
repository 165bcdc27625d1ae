"""Addresses: those that lead to a page after signing in, those of no page, and opening without HTTPS or network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.builds import Releases
from tests.browser.visitors import Visitor, Visitors
from tests.server import ServerProcess


async def test_a_deep_link_leads_there_after_signing_in(visitors: Visitors) -> None:
    agnes, again, new = await visitors.arrive(), await visitors.arrive(), await visitors.arrive()
    await agnes.register("Agnes")
    page = again.is_also(agnes).page
    await page.goto("/settings?from=mail")
    await expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    await again.enter()
    await expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    await expect(page).to_have_url("/settings?from=mail")
    await new.page.goto("/dm/agnes")
    await new.page.get_by_role("link", name="Make one").click()
    await new.apply("Bruno")
    await new.save_words()
    await expect(new.composer("Agnes")).to_be_visible()


async def test_a_link_to_another_site_is_not_followed_after_signing_in(visitors: Visitors) -> None:
    carla, again = await visitors.arrive(), await visitors.arrive()
    await carla.register("Carla")
    await again.is_also(carla).page.goto("/login?to=//example.org/elsewhere")
    await again.enter()
    await expect(again.page.get_by_role("heading", name="Chats")).to_be_visible()
    await expect(again.page).to_have_url("/chats")


async def test_an_address_of_no_page_says_so(visitors: Visitors) -> None:
    someone = await visitors.arrive()
    answer = await someone.page.goto("/no/such/page")
    assert answer is not None
    assert answer.status == 404
    await expect(someone.page.get_by_role("heading", name="There is no such page")).to_be_visible()
    await someone.page.get_by_role("link", name="To the start page").click()
    await expect(someone.page.get_by_role("main").get_by_role("link", name="Make an account")).to_be_visible()


async def test_without_https_the_page_says_so_and_takes_nothing(visitors: Visitors) -> None:
    someone = await visitors.arrive(host="hubbub.test")
    page = someone.page
    await page.goto("/register")
    assert await page.evaluate("isSecureContext") is False
    await expect(page.get_by_role("heading", name="This page needs HTTPS")).to_be_visible()
    await expect(page.get_by_role("textbox")).to_have_count(0)
    with_tls = page.get_by_role("link", name="Open with https://")
    assert await with_tls.get_attribute("href") == page.url.replace("http:", "https:")


async def test_the_conversations_open_without_a_network(visitors: Visitors) -> None:
    dagmar, egon = await visitors.arrive(), await visitors.arrive()
    await egon.register("Egon")
    await dagmar.register("Dagmar")
    await dagmar.find(egon)
    await dagmar.say("Read this in a tunnel")
    await dagmar.has_sent("Read this in a tunnel")
    await keeps_the_shell(dagmar.page)
    await dagmar.lose_network()
    await dagmar.page.reload()
    await dagmar.reads("Read this in a tunnel")
    await dagmar.is_offline()
    await dagmar.page.goto("/people")
    await expect(dagmar.page.get_by_role("link", name="Egon")).to_be_visible()
    await dagmar.page.goto("/")
    await expect(dagmar.listed("Egon")).to_be_visible()


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Releases]:
    """A server of its own, for it is started anew with another build of the client."""
    folder = tmp_path / "server"
    folder.mkdir()
    with ServerProcess(folder, environment={"HUBBUB_ORIGINS": "*"}) as server:
        yield Releases(server, tmp_path / "program")


async def test_a_new_build_is_offered_and_leaves_open_tabs_whole(chromium: Browser, release: Releases) -> None:
    async with Visitors(chromium, release.server) as visitors:
        fritz = await visitors.arrive()
        await fritz.register("Fritz")
        await keeps_the_shell(fritz.page)
        before = await build_of(fritz.page)
        release.next()
        other_tab = await fritz.another_tab()
        await other_tab.goto("/chats")
        offer = fritz.page.get_by_role("button", name="Reload to update")
        await expect(offer).to_be_visible()
        await opens_what_was_not_loaded(fritz)
        await offer.click()
        await expect(fritz.page.get_by_role("heading", name="Chats")).to_be_visible()
        assert await build_of(fritz.page) != before
        await opens_what_was_not_loaded(fritz)


async def opens_what_was_not_loaded(someone: Visitor) -> None:
    """The switcher, whose code is asked for when it is opened first: files that the server may not have any more."""
    await someone.page.keyboard.press("Control+k")
    switcher = someone.page.get_by_role("dialog", name="Go to")
    await expect(switcher).to_be_visible()
    await someone.page.keyboard.press("Escape")
    await expect(switcher).to_be_hidden()


async def keeps_the_shell(page: Page) -> None:
    """Everything that the page needs to open is in the browser."""
    await page.wait_for_function("async () => (await navigator.serviceWorker.ready).active.state === 'activated'")
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")


async def build_of(page: Page) -> str:
    """The build that runs in a tab: the address of the first file that its page names."""
    return str(await page.locator("link[rel=modulepreload]").first.get_attribute("href"))
