"""What people do where strangers meet: the lobby, channels, rooms; by what is written on the screen."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect


class Meeting:
    """The part of a visitor that finds places and looks in, with an account or without. `page`: where."""

    page: Page

    def writes(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile("^Message to"))

    async def looks_into_the_lobby(self) -> None:
        """As a guest, from the first page."""
        await self.page.goto("/")
        await self.page.get_by_role("link", name="Look into the lobby").click()
        await expect(self.page.get_by_role("heading", name="Lobby")).to_be_visible()

    async def explores(self, kind: str) -> None:
        await self.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Explore").click()
        await self.page.get_by_role("navigation", name="What to look for").get_by_role("link", name=kind).click()

    def found(self, title: str) -> Locator:
        """The line of a channel or group of the list."""
        return self.page.get_by_role("main").get_by_role("listitem").filter(has_text=title)

    async def begins_channel(self, title: str) -> None:
        await self.explores("Channels")
        await self.page.get_by_role("button", name="New channel").click()
        dialog = self.page.get_by_role("dialog", name="New channel")
        await dialog.get_by_label("Name of the channel").fill(title)
        await dialog.get_by_role("button", name="Begin the channel").click()
        await expect(self.writes()).to_be_visible()

    async def searches(self, kind: str, text: str) -> None:
        await self.explores(kind)
        await self.page.get_by_role("searchbox").fill(text)

    async def makes_room(self, title: str, *, encrypted: bool) -> str:
        """And comes in; answers the path of its link, with its key."""
        await self.explores("Rooms")
        await self.page.get_by_role("button", name="New room").click()
        dialog = self.page.get_by_role("dialog", name="New room")
        await dialog.get_by_label("Name of the room").fill(title)
        await dialog.get_by_role("switch").set_checked(encrypted)
        await dialog.get_by_role("button", name="Make the room").click()
        await self.comes_in()
        return self.page.url.split("/", 3)[3]

    async def comes_in(self, name: str = "") -> None:
        """Through the door of the room that is open, under this name or the one that is proposed."""
        field = self.page.get_by_label("Your name here")
        if name:
            await field.fill(name)
        else:
            await expect(field).not_to_have_value("")
        await self.page.get_by_role("button", name="Come in").click()
        await expect(self.writes()).to_be_visible()
