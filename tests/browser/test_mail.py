"""Letters, as people follow them: an address is confirmed, a forgotten password replaced, an address changed."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from playwright.async_api import Page, expect

from tests.browser.test_conversing import two_who_talk
from tests.browser.visitors import Visitors
from tests.mail.postman import text_of
from tests.server import ServerProcess
from tests.services import wait_until

NEW = "another correct horse battery staple"


def letters(server: ServerProcess, address: str, subject: str) -> list[EmailMessage]:
    """Those that came to this address, oldest first, by what they are about."""
    files = sorted((server.folder / "data" / "mail").glob("*.eml"))  # ids rise with time
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [letter for letter in found if letter["To"] == address and subject in str(letter["Subject"])]


async def follow(page: Page, server: ServerProcess, address: str, subject: str, count: int = 1) -> None:
    """Open the link of the newest letter, when so many have come."""
    await asyncio.to_thread(
        wait_until, lambda: len(letters(server, address, subject)) >= count, f"{count} letters: {subject}"
    )
    link = re.search(r"https?://[^/\s]+(/\w+#[\w-]+)", text_of(letters(server, address, subject)[-1]))
    assert link is not None
    await page.goto("about:blank")  # another fragment alone would not load the page
    await page.goto(link[1])


async def test_who_registers_confirms_the_address(visitors: Visitors, server: ServerProcess) -> None:
    ida = await visitors.arrive()
    await ida.register("Ida Letters")
    await ida.page.goto("/settings")
    section = ida.page.get_by_role("region", name="Your address")
    await expect(section.get_by_text("Not confirmed yet")).to_be_visible()
    await section.get_by_role("button", name="Send it again").click()
    await expect(ida.page.get_by_text("is on its way")).to_be_visible()
    await follow(ida.page, server, ida.email, "Confirm your address", 2)
    await ida.page.get_by_role("button", name="Confirm the address").click()
    await expect(ida.page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    await ida.page.goto("/settings")
    await expect(section.get_by_text("Confirmed: letters reach you there.")).to_be_visible()
    await follow(ida.page, server, ida.email, "Confirm your address", 2)
    await ida.page.get_by_role("button", name="Confirm the address").click()
    await expect(ida.page.get_by_text("This link was used before")).to_be_visible()


async def test_a_forgotten_password_is_replaced_and_the_words_open_the_messages(
    visitors: Visitors, server: ServerProcess
) -> None:
    ada, bob = await two_who_talk(visitors)
    at_home = (await visitors.arrive()).is_also(ada)
    await at_home.page.goto("/login")
    await at_home.page.get_by_role("link", name="Forgot your password?").click()
    await expect(at_home.page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    await at_home.page.get_by_label("E-mail address").fill(ada.email)
    await at_home.page.get_by_role("button", name="Send the letter").click()
    await expect(at_home.page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await follow(at_home.page, server, ada.email, "A new password")
    await at_home.page.get_by_label("New password", exact=True).fill(NEW)
    await at_home.page.get_by_role("button", name="Set it and sign in").click()
    await ada.must_sign_in_again()
    await at_home.is_asked_for_words()
    await at_home.recover(ada.words, NEW)
    await at_home.open("Bob")
    await at_home.reads("Hello Bob", "Hello Ada")
    await at_home.say("Here again")
    await bob.sees("Here again")
    assert letters(server, ada.email, "Your password at Hubbub was changed")


async def test_a_device_that_still_has_the_key_opens_the_messages_after_a_reset(
    visitors: Visitors, server: ServerProcess
) -> None:
    ada, _ = await two_who_talk(visitors)
    await ada.page.goto("/forgot")
    await ada.page.get_by_label("E-mail address").fill(ada.email)
    await ada.page.get_by_role("button", name="Send the letter").click()
    await follow(ada.page, server, ada.email, "A new password")
    await ada.page.get_by_label("New password", exact=True).fill(NEW)
    await ada.page.get_by_role("button", name="Set it and sign in").click()
    await ada.open("Bob")
    await ada.reads("Hello Bob", "Hello Ada")
    elsewhere = (await visitors.arrive()).is_also(ada)
    await elsewhere.sign_in(NEW)
    await elsewhere.open("Bob")
    await elsewhere.reads("Hello Bob", "Hello Ada")


async def test_an_address_is_changed_by_two_letters(visitors: Visitors, server: ServerProcess) -> None:
    olga = await visitors.arrive()
    await olga.register("Olga Letters")
    before, after = olga.email, f"new-{olga.email}"
    await olga.page.goto("/settings")
    await olga.page.get_by_role("button", name="Send the letter").click()
    await follow(olga.page, server, before, "Change your address")
    await olga.page.get_by_label("The new address").fill(after)
    await olga.page.get_by_label("Your password").fill(olga.password)
    await olga.page.get_by_role("button", name="Send a letter there").click()
    await expect(olga.page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await follow(olga.page, server, after, "Confirm your new address")
    await olga.page.get_by_role("button", name="Confirm the address").click()
    await expect(olga.page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    await olga.page.goto("/settings")
    await expect(olga.page.get_by_role("region", name="Your address").get_by_text(after)).to_be_visible()
    await olga.page.get_by_role("button", name="Change password").click()
    dialog = olga.page.get_by_role("dialog", name="Change password")
    await dialog.get_by_label("Current password").fill(olga.password)
    await dialog.get_by_label("New password", exact=True).fill(NEW)
    await dialog.get_by_role("button", name="Change password").click()
    await expect(dialog).to_be_hidden()
    elsewhere = (await visitors.arrive()).is_also(olga)
    elsewhere.email = after
    await elsewhere.sign_in(NEW)
    await expect(elsewhere.page.get_by_role("navigation", name="Main menu")).to_be_visible()
    assert letters(server, before, "was changed")
