"""A page that is watched while somebody uses it: when things are painted, and what that costs its main thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, expect

SCRIPT = Path(__file__).with_name("in_page.js").read_text()
BARE = Path(__file__).with_name("bare.html").read_text()
SCROLLER = ":has(> [role=feed])"


class Waited(NamedTuple):
    """Milliseconds until it was painted, of them on the main thread, and frames (0: not counted)."""

    ms: float
    cpu: float
    frames: float = 0


class Scrolled(NamedTuple):
    """Milliseconds between frames, and how many windows of messages were seen meanwhile."""

    intervals: list[float]
    windows: int


class Window:
    """`last`: what the newest message of each conversation says. `settled` waits until the page has nothing to do."""

    def __init__(
        self, page: Page, session: CDPSession, last: dict[str, str], settled: Callable[[], Awaitable[None]] | None
    ) -> None:
        self.page = page
        self._session = session
        self._last = last
        self._settled = settled

    @classmethod
    async def of(cls, page: Page, last: dict[str, str], settled: Callable[[], Awaitable[None]] | None = None) -> Window:
        session = await page.context.new_cdp_session(page)
        # CPU time of the thread, on which other processes have little influence.
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        return cls(page, session, last, settled)

    @classmethod
    async def bare(cls, chromium: Browser, last: dict[str, str]) -> Window:
        """A page that shows as much and does nothing else."""
        page = await chromium.new_page(reduced_motion="reduce")
        await prepare(page.context)
        await page.goto("about:blank")
        await page.set_content(BARE)
        return await cls.of(page, last)

    async def opens(self, name: str) -> Waited:
        """From the click in the list to the newest message."""
        link = f"nav a[href='/dm/{name.lower()}']"
        await expect(self.page.locator(link)).to_be_visible()
        before = await self._cpu()
        ms = await self.page.evaluate("([link, text]) => bench.opens(link, text)", [link, self._last[name]])
        cpu = await self._cpu() - before
        await self._rest()
        return Waited(ms, cpu)

    async def scrolls(self, step: int, frames: int) -> Scrolled:
        """Upwards, by so many pixels in each frame."""
        found = await self.page.evaluate("(asked) => bench.scrolls(...asked)", [SCROLLER, step, frames])
        return Scrolled(found["intervals"], found["windows"])

    async def echoes(self, text: str) -> Waited:
        """From Enter to what was written."""
        composer = self.page.get_by_role("textbox")
        await composer.fill(text)
        await self.page.evaluate("(text) => bench.listens(() => bench.shows(text))", text)
        before = await self._cpu()
        await composer.press("Enter")
        found = await self.page.evaluate("() => bench.echoed()")
        cpu = await self._cpu() - before
        await self._rest()
        return Waited(found["ms"], cpu, found["frames"])

    async def _rest(self) -> None:
        if self._settled:
            await self._settled()

    async def _cpu(self) -> float:
        """Milliseconds that the main thread has worked."""
        metrics = (await self._session.send("Performance.getMetrics"))["metrics"]
        return 1000 * float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


async def prepare(context: BrowserContext) -> None:
    """Pages that are loaded from now on can be measured."""
    await context.add_init_script(SCRIPT)
