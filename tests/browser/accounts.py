"""What people do with their accounts, by what is written on the screen."""

from __future__ import annotations

import re
from typing import Self

from playwright.async_api import Locator, Page, expect

from hubbub.wire.ids import new_id

EVERYTHING_KEPT = """async () => {
  const answer = request => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const kept = [{ ...localStorage }, { ...sessionStorage }];
  for (const { name } of await indexedDB.databases()) {
    const database = await answer(indexedDB.open(name));
    for (const store of database.objectStoreNames)
      kept.push(await answer(database.transaction(store).objectStore(store).getAll()));
    database.close();
  }
  return JSON.stringify(kept);
}"""


class WithAccount:
    """The part of a visitor that comes and goes. `page`: where; `words`: of the recovery code, as written down."""

    page: Page

    def __init__(self) -> None:
        self.name = ""
        self.email = ""
        self.password = "correct horse battery staple"
        self.words: list[str] = []

    def is_also(self, other: WithAccount) -> Self:
        """The same person, at another device."""
        self.name, self.email, self.password, self.words = other.name, other.email, other.password, other.words
        return self

    # --- coming in ----------------------------------------------------------------------------------------------------

    async def register(self, name: str) -> None:
        """Make an account, save the words, and arrive at the conversations."""
        await self.page.goto("/register")
        await self.apply(name)
        await self.save_words()

    async def register_without_password(self, name: str) -> None:
        """As `register`; one signs in by links then, and nothing has to be stretched, which takes seconds."""
        page = self.page
        await page.goto("/register")
        self.name, self.email = name, address_of(name)
        await page.get_by_label("Your name").fill(name)
        await page.get_by_label("E-mail address").fill(self.email)
        await page.get_by_role("button", name="Do without a password").click()
        await page.get_by_role("button", name="Make my account").click()
        await self.save_words()

    async def apply(self, name: str) -> None:
        """Fill in the form of new people and send it."""
        page = self.page
        self.name, self.email = name, address_of(name)
        await page.get_by_label("Your name").fill(name)
        await page.get_by_label("E-mail address").fill(self.email)
        await page.get_by_label("Password", exact=True).fill(self.password)
        await page.get_by_role("button", name="Make my account").click()

    async def save_words(self) -> None:
        """Keep the recovery code that is shown, and type the words that are asked for."""
        self.words = await self.words_shown()
        await self.page.get_by_role("button", name="I have saved them").click()
        for field in await self.words_asked().all():
            await field.fill(self.words[await place_of(field) - 1])
        await self.page.get_by_role("button", name="Finish").click()
        await expect(self.page.get_by_role("button", name="Finish")).to_be_hidden()

    async def words_shown(self) -> list[str]:
        shown = self.page.get_by_role("list", name="The 24 words, in order").get_by_role("listitem")
        await expect(shown).to_have_count(24)
        return [text.lstrip("0123456789") for text in await shown.all_text_contents()]

    def words_asked(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile(r"Word number \d+"))

    async def sign_in(self, password: str | None = None) -> None:
        await self.page.goto("/login")
        await self.enter(password)

    async def enter(self, password: str | None = None) -> None:
        """Fill in the form of who has an account and send it."""
        await self.page.get_by_label("E-mail address").fill(self.email)
        await self.page.get_by_label("Password", exact=True).fill(password or self.password)
        await self.page.get_by_role("form", name="Sign in").get_by_role("button", name="Sign in").click()

    # --- when the password does not open the messages -----------------------------------------------------------------

    async def is_asked_for_words(self) -> None:
        await expect(self.page.get_by_role("heading", name="Open your messages")).to_be_visible()

    async def recover(self, words: list[str], password: str) -> None:
        form = self.page.get_by_role("form", name="Open your messages")
        await form.get_by_label("Your 24 words").fill(" ".join(words))
        await form.get_by_label("Your password", exact=True).fill(password)
        await form.get_by_role("button", name="Open my messages").click()

    async def start_anew(self, password: str) -> None:
        await self.page.get_by_role("button", name="The words are lost").click()
        dialog = self.page.get_by_role("dialog", name="Start anew?")
        await dialog.get_by_label("Your password", exact=True).fill(password)
        await dialog.get_by_role("checkbox", name=re.compile("I understand")).check()
        await dialog.get_by_role("button", name="Start anew").click()
        await self.save_words()

    # --- leaving ------------------------------------------------------------------------------------------------------

    async def sign_out(self, *, everywhere: bool = False) -> None:
        what = "Sign out everywhere" if everywhere else "Sign out"
        await self.page.goto("/settings")
        await self.page.get_by_role("button", name=what, exact=True).click()
        await self.page.get_by_role("dialog", name=f"{what}?").get_by_role("button", name=what, exact=True).click()

    async def must_sign_in_again(self) -> None:
        """The sign-in has ended, and the page says so."""
        menu = self.page.get_by_role("navigation", name="Main menu")
        await expect(menu.get_by_role("link", name="Sign in again")).to_be_visible()

    # --- what the browser keeps ---------------------------------------------------------------------------------------

    async def keeps_no_replica(self) -> None:
        """No database of an account is left in this browser."""
        await self.page.wait_for_function(
            "async () => (await indexedDB.databases()).every(({ name }) => name === 'hubbub-device')"
        )

    async def everything_kept(self) -> str:
        """All that this browser keeps of the page, in its databases and beside them, as JSON."""
        return str(await self.page.evaluate(EVERYTHING_KEPT))


def address_of(name: str) -> str:
    """One that nobody has."""
    return f"{name.lower().replace(' ', '.')}-{new_id()[-12:]}@example.org"


async def place_of(field: Locator) -> int:
    """Which word a field asks for."""
    return int(re.sub(r"\D", "", await field.evaluate("field => field.labels[0].textContent")))
