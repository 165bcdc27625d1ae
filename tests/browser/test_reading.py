"""Reading: what an author may put into a reader's page, and where one stands in a long conversation."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.visitors import Visitor, Visitors

HOSTILE = (
    "![picture](https://elsewhere.example/seen.png) <img src=x onerror=alert(1)> [press](javascript:alert(1)) "
    "[page](https://elsewhere.example/page) <script>alert(1)</script>"
)
# Where the message with these words stands, in pixels from the upper edge of the page.
TOP = """words => [...document.querySelectorAll('[role=feed] article')]
    .find(article => article.querySelector('.text')?.textContent.trim() === words)
    ?.getBoundingClientRect().top ?? null"""
MANY = 120


async def _two(visitors: Visitors) -> tuple[Visitor, Visitor]:
    ada, bob = await visitors.arrive(), await visitors.arrive()
    await ada.register("Ada")
    await bob.register("Bob")
    await ada.find(bob)
    await ada.say("Hello Bob")
    await bob.page.goto("/chats")
    await bob.listed("Ada").get_by_text("Hello Bob").wait_for()
    return ada, bob


async def test_a_message_runs_and_loads_nothing_in_its_readers_page(visitors: Visitors) -> None:
    ada, bob = await _two(visitors)
    asked: list[str] = []
    bob.page.on("request", lambda request: asked.append(request.url))
    await ada.composer().fill(HOSTILE)
    await ada.composer().press("Enter")
    await bob.open("Ada")
    message = bob.timeline.get_by_role("article").last
    link = message.get_by_role("link", name="page")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(message.locator("img, script")).to_have_count(0)
    await expect(message).to_contain_text("<script>alert(1)</script>")
    await expect(message.get_by_role("link")).to_have_text(["picture", "page"])
    assert not [url for url in asked if "elsewhere" in url]


async def test_one_begins_where_one_stopped_and_stays_there_while_more_is_said(visitors: Visitors) -> None:
    ada, bob = await _two(visitors)
    for number in range(MANY):
        await ada.composer().fill(f"number {number}")
        await ada.composer().press("Enter")
    unread = bob.listed("Ada").get_by_text(f"{MANY + 1} unread")
    await expect(unread).to_be_attached(timeout=120_000)

    await bob.open("Ada")
    await expect(bob.timeline.get_by_text("New messages", exact=True)).to_be_in_viewport()
    await expect(bob.message("Hello Bob")).to_be_in_viewport()
    assert await bob.timeline.get_by_role("article").count() < MANY, "only a window of them is in the document"
    await bob.page.mouse.move(800, 400)
    for _ in range(MANY):
        if 100 < (await bob.read(TOP, "number 80") or 0) < 600:
            break
        await bob.page.mouse.wheel(0, 200)
        await bob.page.wait_for_timeout(50)
    await expect(bob.message("number 80")).to_be_in_viewport()
    before = await bob.read(TOP, "number 80")
    await ada.say("One more")
    await expect(bob.page.get_by_role("button", name=f"{MANY + 2} new messages: to the newest")).to_be_visible()
    assert abs(await bob.read(TOP, "number 80") - before) < 2

    await bob.page.get_by_role("button", name="to the newest").click()
    await expect(bob.message("One more")).to_be_in_viewport()
    await expect(bob.listed("Ada").get_by_text("unread")).to_have_count(0)
