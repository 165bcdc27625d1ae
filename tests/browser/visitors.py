"""People in front of a browser. They find things as people do: by what is written on them."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from tests.browser.accounts import WithAccount
from tests.browser.conversing import Conversing
from tests.browser.meeting import Meeting
from tests.browser.network import Cable
from tests.server import ServerProcess

DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
PATIENCE = 30_000  # milliseconds: the machine may be busy
# What is printed though nothing is wrong with the page.
HARMLESS = (
    "net::ERR_",  # the network is gone
    "WebSocket connection to",
    "Failed to load resource",
    "Cross-Origin-Opener-Policy header has been ignored",  # the page came without TLS
    "Dexie.delete(",  # a replica goes as soon as its last transaction has ended
)

expect.set_options(timeout=PATIENCE)


class Visitors:
    """Makes visitors, each with a profile and a cable of their own, and sees them off at the end."""

    def __init__(self, chromium: Browser, server: ServerProcess) -> None:
        self.chromium = chromium
        self.server = server
        self._all: list[Visitor] = []
        self._cables = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for visitor in self._all:
            with contextlib.suppress(Exception):
                await visitor.context.close()
        await self._cables.aclose()
        complaints = [complaint for visitor in self._all for complaint in visitor.complaints]
        assert error is not None or not complaints, complaints

    async def come(self, *names: str) -> list[Visitor]:
        """People of these names with accounts of their own, all at once."""
        everybody = [await self.arrive() for _ in names]
        await asyncio.gather(*(one.register(name) for one, name in zip(everybody, names, strict=True)))
        return everybody

    async def arrive(self, *, phone: bool = False, theme: str = "light", host: str = "127.0.0.1") -> Visitor:
        """Someone who was never here before; `host`: the name by which they know the server."""
        cable = await self._cables.enter_async_context(Cable(self.server.port))
        context = await self.chromium.new_context(
            base_url=cable.url.replace("127.0.0.1", host),
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(context, await context.new_page(), cable)
        self._all.append(visitor)
        return visitor


class Visitor(WithAccount, Conversing, Meeting):
    """`complaints`: errors of their pages, the policy's refusals among them."""

    def __init__(self, context: BrowserContext, page: Page, cable: Cable) -> None:
        super().__init__()
        self.context = context
        self.page = page
        self.cable = cable
        self.complaints: list[str] = []
        self._watch(page)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in HARMLESS):
            self.complaints.append(message.text)

    # --- the browser --------------------------------------------------------------------------------------------------

    async def another_tab(self) -> Page:
        page = await self.context.new_page()
        self._watch(page)
        return page

    async def lose_network(self) -> None:
        """As on a train: the browser may not even know."""
        self.cable.pull()
        await self.context.set_offline(True)

    async def find_network(self) -> None:
        self.cable.put_back()
        await self.context.set_offline(False)

    async def read(self, script: str, *arguments: Any) -> Any:
        return await self.page.evaluate(script, *arguments)
