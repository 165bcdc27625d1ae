"""Signing in without a password: by a link in a letter, in the browser that asked and in another."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.test_conversing import two_who_talk
from tests.browser.test_mail import follow
from tests.browser.visitors import Visitor, Visitors
from tests.server import ServerProcess

SUBJECT = "Sign in to Hubbub"


async def asks_for_link(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto("/login")
    await expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    await page.get_by_label("E-mail address").fill(visitor.email)
    await page.get_by_role("button", name="Send me a sign-in link").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()


async def test_one_joins_and_comes_back_without_a_password(visitors: Visitors, server: ServerProcess) -> None:
    lena = await visitors.arrive()
    await lena.register_without_password("Lena")
    [bob] = await visitors.come("Bob")
    await lena.find(bob)
    await lena.say("Hello Bob")
    await lena.has_sent("Hello Bob")
    await lena.sign_out()
    await lena.keeps_no_replica()
    await asks_for_link(lena)
    await follow(lena.page, server, lena.email, SUBJECT)
    await lena.page.reload()  # looking at it uses nothing up
    await expect(lena.page.get_by_text(f"This link signs you in as {lena.email}.")).to_be_visible()
    await lena.page.get_by_role("button", name="Sign in", exact=True).click()
    await lena.is_asked_for_words()
    await lena.page.get_by_label("Your 24 words").fill(" ".join(lena.words))
    await lena.page.get_by_role("button", name="Open my messages").click()
    await lena.open("Bob")
    await lena.reads("Hello Bob")


async def test_a_browser_that_has_the_key_opens_the_messages_by_the_link_alone(
    visitors: Visitors, server: ServerProcess
) -> None:
    [mona] = await visitors.come("Mona")
    await mona.page.goto("/settings")
    await mona.page.get_by_role("region", name="Your address").get_by_role("button", name="Send it again").click()
    await follow(mona.page, server, mona.email, "Confirm your address", 2)
    await mona.page.get_by_role("button", name="Confirm the address").click()
    await expect(mona.page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    elsewhere = (await visitors.arrive()).is_also(mona)
    await asks_for_link(elsewhere)
    # The letter is read where one is signed in, which is another browser.
    await follow(mona.page, server, mona.email, SUBJECT)
    await expect(mona.page.get_by_text("You asked for this link in another browser")).to_be_visible()
    await mona.page.get_by_role("button", name="Sign in here").click()
    await expect(mona.page).to_have_url(re.compile("/chats$"))
    await follow(elsewhere.page, server, mona.email, SUBJECT)
    await expect(elsewhere.page.get_by_text("This link was used before")).to_be_visible()
    await elsewhere.page.get_by_label("E-mail address").fill(mona.email)
    await elsewhere.page.get_by_role("button", name="Send me a sign-in link").click()
    await expect(elsewhere.page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await follow(elsewhere.page, server, mona.email, SUBJECT, 2)
    await elsewhere.page.get_by_role("button", name="Sign in", exact=True).click()
    await elsewhere.is_asked_for_words()


async def test_another_browser_asks_first_and_opens_the_messages_by_the_words(
    visitors: Visitors, server: ServerProcess
) -> None:
    ada, _ = await two_who_talk(visitors)
    at_home, at_work = (await visitors.arrive()).is_also(ada), (await visitors.arrive()).is_also(ada)
    await asks_for_link(at_home)
    for _ in range(2):  # as a scanner would: it is opened, and nothing is pressed
        await follow(at_work.page, server, ada.email, SUBJECT)
        await expect(at_work.page.get_by_text("You asked for this link in another browser")).to_be_visible()
    await follow(at_home.page, server, ada.email, SUBJECT)
    await expect(at_home.page.get_by_text(f"This link signs you in as {ada.email}.")).to_be_visible()
    await expect(at_work.page.get_by_text("This is the first time that somebody shows")).to_be_visible()
    await at_work.page.get_by_role("button", name="Sign in here").click()
    await at_work.is_asked_for_words()
    await expect(at_work.page.get_by_label("Your password", exact=True)).to_have_count(0)
    await at_work.page.get_by_label("Your 24 words").fill(" ".join(ada.words))
    await at_work.page.get_by_role("button", name="Open my messages").click()
    await at_work.open("Bob")
    await at_work.reads("Hello Bob", "Hello Ada")
    await ada.must_sign_in_again()


async def test_a_first_password_is_set_after_a_link_that_is_asked_for_in_the_settings(
    visitors: Visitors, server: ServerProcess
) -> None:
    lena = await visitors.arrive()
    await lena.register_without_password("Lena")
    await lena.page.goto("/settings")
    await lena.page.get_by_role("link", name="Send me a sign-in link").click()
    await expect(lena.page.get_by_role("heading", name="Sign in by a link")).to_be_visible()
    await expect(lena.page.get_by_label("E-mail address")).to_have_value(lena.email)
    await lena.page.get_by_role("button", name="Send me a sign-in link").click()
    await follow(lena.page, server, lena.email, SUBJECT)
    await lena.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(lena.page).to_have_url(re.compile("/chats$"))
    await lena.page.goto("/settings")
    await lena.page.get_by_role("button", name="Change password").click()
    dialog = lena.page.get_by_role("dialog", name="Change password")
    await expect(dialog.get_by_label("Current password")).to_have_count(0)
    await dialog.get_by_label("New password", exact=True).fill(lena.password)
    await dialog.get_by_role("button", name="Change password").click()
    await expect(dialog).to_be_hidden()
    elsewhere = (await visitors.arrive()).is_also(lena)
    await elsewhere.sign_in()
    await elsewhere.is_up_to_date()
