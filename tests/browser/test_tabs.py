"""Two tabs of one browser: they show the same, and one of them talks to the server for both."""

from __future__ import annotations

import asyncio
import copy

from playwright.async_api import Page, WebSocket, expect

from tests.browser.test_conversing import two_who_talk
from tests.browser.visitors import Visitor, Visitors


class Sockets:
    """Those of one page that are open."""

    def __init__(self, page: Page) -> None:
        self.open: set[WebSocket] = set()
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.open.add(socket)
        socket.on("close", lambda _: self.open.discard(socket))


async def in_another_tab(visitor: Visitor) -> tuple[Visitor, Sockets]:
    """The same person in a second tab of theirs."""
    second = copy.copy(visitor)
    second.page = await visitor.another_tab()
    sockets = Sockets(second.page)
    await second.page.goto(visitor.page.url)
    return second, sockets


async def test_two_tabs_show_the_same_and_share_one_connection(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    first = Sockets(ada.page)
    await ada.page.reload()
    await ada.reads("Hello Bob", "Hello Ada")
    await ada.is_up_to_date()
    tab, second = await in_another_tab(ada)
    await tab.reads("Hello Bob", "Hello Ada")
    await tab.is_up_to_date()

    await tab.say("From the second tab")
    await bob.sees("From the second tab")
    await bob.say("From Bob")
    for one in (ada, tab, bob):
        await one.reads("Hello Bob", "Hello Ada", "From the second tab", "From Bob")
    await ada.react("From Bob", "👍")
    await expect(tab.reaction("From Bob", "👍", "You")).to_be_visible()
    await bob.composer().press_sequentially("Typing")
    await asyncio.gather(*(expect(one.page.get_by_text("Bob is typing…")).to_be_visible() for one in (ada, tab)))
    assert (len(first.open), len(second.open)) == (1, 0)

    # The tab that leads is closed: the other takes over.
    await ada.page.close()
    await bob.say("Still there?")
    await tab.sees("Still there?")
    await tab.say("Still here")
    await bob.sees("Still here")
    await tab.is_up_to_date()
    assert len(second.open) == 1


async def test_a_tab_that_does_not_lead_tells_when_the_network_is_gone(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    tab, _ = await in_another_tab(ada)
    await tab.is_up_to_date()
    await ada.lose_network()
    await tab.is_offline()
    await tab.say("Said in the tunnel")
    await ada.sees("Said in the tunnel")
    await ada.find_network()
    await bob.sees("Said in the tunnel")
    await tab.has_sent("Said in the tunnel")
    await tab.is_up_to_date()
