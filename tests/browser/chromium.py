"""Chromium, as tests, pictures and measurements start it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, async_playwright

from tests.services import chromium_program

# What would talk to others, hold back a page, or, as the suggestions of the address bar where there is one, cost a page
# of its own for each page: a quarter of all work. They stand in for Playwright's own list.
WITHOUT = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "PaintHolding", "MediaRouter", "OptimizationHints"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
]
# Headless, and silent towards everything but the server under test.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT)}",
    # A name for the server that is none of this machine's: there the page has no secure context without TLS.
    "--host-resolver-rules=MAP hubbub.test 127.0.0.1",
]


@contextlib.asynccontextmanager
async def chromium_runs() -> AsyncIterator[Browser]:
    """One browser, closed at the end. Raises `Lacking` where there is none."""
    program = str(chromium_program())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()
