"""The first minute of a new person: an account, a friend, a conversation; once with a mouse, once by keyboard alone."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.accounts import address_of, place_of
from tests.browser.keyboard import Keyboard, has_focus
from tests.browser.visitors import Visitor, Visitors


async def test_somebody_new_makes_an_account_and_talks_to_a_friend(visitors: Visitors) -> None:
    friend, new = await visitors.arrive(), await visitors.arrive()
    await friend.register("Wilhelmina")
    page = new.page
    await page.goto("/")
    await page.get_by_role("main").get_by_role("link", name="Make an account").click()
    await new.apply("Theodor")
    await refuses_a_wrong_word(new)
    await expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()
    await page.get_by_role("link", name="Find people").first.click()
    await page.get_by_role("searchbox", name="Search people").fill("wilhel")
    await page.get_by_role("link", name=re.compile("Wilhelmina")).click()
    await page.get_by_role("link", name="Message", exact=True).click()
    await new.say("It is me, Theodor")
    await friend.open("Theodor")
    await friend.reads("It is me, Theodor")
    await friend.say("So it is!")
    await new.reads("It is me, Theodor", "So it is!")


async def refuses_a_wrong_word(new: Visitor) -> None:
    """The words are shown once, and a wrong one among those typed back does not pass for having saved them."""
    page = new.page
    new.words = await new.words_shown()
    await page.get_by_role("button", name="I have saved them").click()
    asked = await new.words_asked().all()
    for field in asked:
        await field.fill(new.words[await place_of(field) - 1])
    wrong = await place_of(asked[1])
    await asked[1].fill(new.words[wrong % 24])
    await page.get_by_role("button", name="Finish").click()
    await expect(page.get_by_text(f"That is not word number {wrong}.")).to_be_visible()
    await expect(asked[1]).to_be_focused()
    await asked[1].fill(new.words[wrong - 1])
    await page.get_by_role("button", name="Finish").click()
    await expect(page.get_by_text("Your recovery code is saved.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Chats")).to_be_visible()
    await expect(page.get_by_text(new.words[0], exact=True)).to_have_count(0)


async def test_what_is_typed_while_the_first_message_begins_a_conversation_stays(visitors: Visitors) -> None:
    friend, new = await visitors.arrive(), await visitors.arrive()
    await friend.register("Leopold")
    await new.register("Mathilda")
    await new.find(friend)
    await expect(new.composer("Leopold")).to_be_visible()
    await new.composer("Leopold").focus()
    await new.page.keyboard.type("One\nTwo")
    await new.reads("One")
    await expect(new.composer("Leopold")).to_have_value("Two")
    await new.page.keyboard.press("Enter")
    await friend.open("Mathilda")
    await friend.reads("One", "Two")


async def test_the_first_minute_needs_no_mouse(visitors: Visitors) -> None:
    friend, new = await visitors.arrive(), await visitors.arrive()
    await friend.register("Philippa")
    page, keys = new.page, Keyboard(new.page)
    await page.goto("/")
    await keys.follow(page.get_by_role("main").get_by_role("link", name="Make an account"))
    await registers_by_keys(new, "Anselm")
    await finds_by_keys(new, "Philippa")
    await expect(new.composer("Philippa")).to_be_visible()
    await keys.tab_to(new.composer("Philippa"))
    await keys.type("No mouse was harmed")
    await keys.press("Enter")
    await new.reads("No mouse was harmed")
    await friend.open("Anselm")
    await friend.say("Nor a cat")
    await new.reads("No mouse was harmed", "Nor a cat")
    await keys.tab_to(new.composer("Philippa"))
    await keys.type("Good")
    await keys.press("Enter")
    await friend.sees("Good")


async def registers_by_keys(new: Visitor, name: str) -> None:
    page, keys = new.page, Keyboard(new.page)
    new.name, new.email = name, address_of(name)
    await keys.enter(page.get_by_label("Your name"), name)
    await keys.enter(page.get_by_label("E-mail address"), new.email)
    await keys.enter(page.get_by_label("Password", exact=True), new.password)
    await keys.press("Enter")
    new.words = await new.words_shown()
    await keys.follow(page.get_by_role("button", name="I have saved them"))
    for field in await new.words_asked().all():
        await keys.enter(field, new.words[await place_of(field) - 1])
    await keys.tab_to(page.get_by_role("button", name="Finish"))
    await keys.press("Space")
    await expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()


async def finds_by_keys(new: Visitor, name: str) -> None:
    page, keys = new.page, Keyboard(new.page)
    await keys.follow(page.get_by_role("link", name="Find people").first)
    search = page.get_by_role("searchbox", name="Search people")
    await expect(search).to_be_visible()
    await keys.enter(search, name)
    await keys.follow(page.get_by_role("link", name=re.compile(name)))
    await keys.follow(page.get_by_role("link", name="Message", exact=True))


async def test_the_way_past_the_menu_is_the_first_stop(visitors: Visitors) -> None:
    someone = await visitors.arrive()
    page, keys = someone.page, Keyboard(someone.page)
    await page.goto("/")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_attached()
    await keys.press("Tab")
    assert await has_focus(skip)
    await expect(skip).to_be_in_viewport()
    await keys.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await keys.press("Tab")
    assert await has_focus(page.get_by_role("main").get_by_role("link").first)
