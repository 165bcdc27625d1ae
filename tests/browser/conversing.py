"""What people do in conversations, by what is written on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.async_api import Locator, Page, expect

# The account that is open, of those that signed in in this browser.
HANDLE = """() => new Promise((resolve, reject) => {
    const asked = indexedDB.open('hubbub-device');
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
        const all = asked.result.transaction('accounts').objectStore('accounts').index('last').getAll();
        all.onerror = () => reject(all.error);
        all.onsuccess = () => { asked.result.close(); resolve(all.result.at(-1).name); };
    };
})"""


class Conversing:
    """The part of a visitor that talks. `page`: where; `name`: what others see of them."""

    page: Page
    name: str

    # --- getting there ------------------------------------------------------------------------------------------------

    async def find(self, other: Conversing) -> None:
        """Look for somebody by name, of whom there may be several, and open the conversation with the right one."""
        page = self.page
        await page.goto("/people")
        await page.get_by_role("searchbox").fill(other.name)
        await page.get_by_role("link", name=re.compile(rf"@{await other.handle()}$")).click()
        await (
            page.get_by_role("link", name="Message", exact=True)
            .or_(page.get_by_role("button", name="Message", exact=True))
            .first.click()
        )

    async def handle(self) -> str:
        """What tells people of one name apart, as their browser knows it."""
        handle: str = await self.page.evaluate(HANDLE)
        return handle

    def listed(self, title: str) -> Locator:
        """The conversation in the list of all."""
        everything = self.page.get_by_role("navigation", name="Conversations")
        return everything.get_by_role("link").filter(has=self.page.get_by_text(title, exact=True))

    async def open(self, title: str) -> None:
        await self.listed(title).click()
        await expect(self.composer(title)).to_be_visible()

    # --- talking ------------------------------------------------------------------------------------------------------

    def composer(self, title: str = "") -> Locator:
        return self.page.get_by_role("textbox", name=re.compile(f"Message to {re.escape(title)}"))

    async def say(self, text: str) -> None:
        """Write it and see it at once; whether it is sent is another matter."""
        await self.composer().fill(text)
        await self.composer().press("Enter")
        await self.sees(text)

    async def names_it(self, subject: str) -> None:
        """Above what is written next."""
        await self.page.get_by_role("button", name="Add a subject").click()
        await self.page.get_by_role("textbox", name="Subject").fill(subject)

    async def sees(self, text: str) -> None:
        await expect(self.message(text)).to_be_visible()

    @property
    def timeline(self) -> Locator:
        return self.page.get_by_role("feed")

    def message(self, text: str) -> Locator:
        """The message that says exactly this; a reply to it, which quotes it, is another."""
        words = self.page.locator(".text").filter(has_text=re.compile(rf"^\s*{re.escape(text)}\s*$"))
        return self.timeline.get_by_role("article").filter(has=words)

    async def reads(self, *texts: str) -> None:
        """These, in this order, and nothing else, are what was said."""
        said = self.timeline.locator(".text, .note")
        await expect(said).to_have_text(list(texts))

    async def has_sent(self, *texts: str) -> None:
        for text in texts:
            await expect(self.message(text).get_by_label("Sent", exact=True)).to_be_visible()

    async def choose(self, text: str, *what: str) -> None:
        """Of what can be done with a message, by the keyboard's menu."""
        await self.message(text).focus()
        await self.page.keyboard.press("Enter")
        for one in what:
            await (
                self.page.get_by_role("dialog", name="Message actions")
                .get_by_role("button", name=one, exact=True)
                .click()
            )

    async def lasts(self, time: str) -> None:
        """How long what is written next does."""
        await self.page.get_by_role("button", name="How long it lasts").click()
        await self.page.get_by_role("menuitem", name=time).click()

    async def react(self, text: str, emoji: str) -> None:
        await self.choose(text, f"React with {emoji}")

    def reaction(self, text: str, emoji: str, people: str) -> Locator:
        """On a message, the emoji from exactly these, as it names them."""
        named = re.compile(f"^{emoji}.* from {people}$")
        return self.message(text).get_by_role("button", name=named)

    async def reply(self, text: str, answer: str) -> None:
        await self.choose(text, "Reply")
        await self.say(answer)

    async def edit(self, text: str, instead: str) -> None:
        await self.choose(text, "Edit")
        await expect(self.composer()).to_have_value(text)
        await self.say(instead)

    async def remove(self, text: str) -> None:
        await self.choose(text, "Delete")
        await self.page.get_by_role("dialog", name="Delete this message?").get_by_role("button", name="Delete").click()
        await expect(self.message(text)).to_have_count(0)

    # --- groups -------------------------------------------------------------------------------------------------------

    async def begin_group(self, name: str, others: Sequence[Conversing], *, approvals: int = 1) -> None:
        """`approvals`: how many members let somebody in."""
        page = self.page
        await page.goto("/groups/new")
        await page.get_by_label("Name of the group").fill(name)
        if approvals > 1:
            await page.get_by_text("More choices").click()
            await page.get_by_role("radio", name="Several members").check()
            await page.get_by_label("How many").fill(str(approvals))
        await self._pick(others)
        await page.get_by_role("button", name="Begin the group").click()
        await expect(self.composer(name)).to_be_visible()

    async def add(self, other: Conversing, *, share: bool) -> None:
        """Into the group that is open."""
        await self.about_group()
        await self.page.get_by_role("button", name="Add people").click()
        dialog = self.page.get_by_role("dialog", name="Add people")
        await self._pick([other])
        if share:
            await dialog.get_by_role("switch", name="Share what was said before").click()
        await dialog.get_by_role("button", name="Add", exact=True).click()
        await expect(dialog).to_be_hidden()

    async def rename(self, name: str) -> None:
        await self.about_group()
        await self.page.get_by_role("button", name="Change the name").click()
        dialog = self.page.get_by_role("dialog", name="Change the name")
        await dialog.get_by_label("Name of the group").fill(name)
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()

    async def leave(self, place: str = "group") -> None:
        """`place`: as the page calls it, `group` or `channel`."""
        await self.about_group()
        await self.page.get_by_role("button", name=f"Leave the {place}").click()
        dialog = self.page.get_by_role("dialog", name=f"Leave this {place}?")
        await dialog.get_by_role("button", name=f"Leave the {place}").click()
        await expect(dialog).to_be_hidden()

    async def about_group(self) -> None:
        """The panel beside the group or channel that is open."""
        about = re.compile("^About this (group|channel)$")
        panel = self.page.get_by_role("region", name=about)
        if not await panel.is_visible():
            await self.page.get_by_role("button", name=about).click()
        await expect(panel).to_be_visible()

    async def member_deed(self, name: str, what: str) -> None:
        """Of what may be done about a member of the group that is open."""
        await self.about_group()
        await self.page.get_by_role("button", name=f"More about {name}").click()
        await self.page.get_by_role("menuitem", name=what).click()

    async def confirm(self, question: str, answer: str) -> None:
        dialog = self.page.get_by_role("dialog", name=question)
        await dialog.get_by_role("button", name=answer, exact=True).click()
        await expect(dialog).to_be_hidden()

    async def _pick(self, others: Sequence[Conversing]) -> None:
        for other in others:
            await self.page.get_by_role("searchbox").fill(other.name)
            await self.page.get_by_role("checkbox", name=re.compile(rf"@{await other.handle()}$")).check()

    # --- the connection -----------------------------------------------------------------------------------------------

    async def is_up_to_date(self) -> None:
        """Connected, caught up, and nothing waits."""
        shown = self.page.get_by_role("navigation", name="Main menu")
        await expect(shown.get_by_role("status")).to_have_text("Up to date")
        await expect(shown.get_by_text("waiting to be sent")).to_have_count(0)

    async def is_offline(self) -> None:
        shown = self.page.get_by_role("navigation", name="Main menu")
        await expect(shown.get_by_role("status")).to_have_text("Offline")
