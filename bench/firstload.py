"""What a browser fetches of the client's JavaScript before the page is idle, as the server sends it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Request, expect

import hubbub
from bench.results import Row, row
from tests.browser.visitors import Visitor

CLIENT = Path(hubbub.__file__).with_name("web_client")
BUDGET = 250  # KB of 1,000 bytes


async def measure_loads(chromium: Browser, ada: Visitor, other: Visitor) -> list[Row]:
    """The landing for a stranger, and a conversation for who is signed in, nothing of either in any cache."""
    context = await chromium.new_context(service_workers="block")
    landing = await fetched(await context.new_page(), f"{ada.cable.url}/", "Make an account")
    await context.close()
    await ada.find(other)
    await expect(ada.composer()).to_be_visible()
    page = await ada.another_tab()
    # What the service worker keeps would never be asked for; it begins anew with the next page.
    await page.goto("/about")
    await page.evaluate("async () => { for (const one of await caches.keys()) await caches.delete(one) }")
    session = await ada.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.setBypassServiceWorker", {"bypass": True})
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    conversation = await fetched(page, ada.page.url, f"Message to {other.name}")
    await page.close()
    return [_row("landing", landing), _row("a conversation", conversation)]


async def fetched(page: Page, address: str, shown: str) -> set[str]:
    """The paths of the scripts that were asked for until nothing more was."""
    paths: set[str] = set()

    def hear(request: Request) -> None:
        path = urlsplit(request.url).path
        if path.endswith(".js"):
            paths.add(path)

    page.on("request", hear)
    await page.goto(address)
    await expect(page.get_by_role("link", name=shown).or_(page.get_by_label(shown)).first).to_be_visible()
    await page.wait_for_load_state("networkidle")
    page.remove_listener("request", hear)
    return paths


def _row(what: str, paths: set[str]) -> Row:
    everything = [f"/{file.relative_to(CLIENT)}" for file in CLIENT.rglob("*.js")]
    sent, whole = sent_bytes(CLIENT, paths) / 1000, sent_bytes(CLIENT, everything) / 1000
    return row(
        "f",
        f"first load of {what}, JavaScript gzipped",
        sent,
        "KB",
        against="all of the client's",
        baseline=whole,
        aim=f"{BUDGET} KB",
        met=sent <= BUDGET,
        details={"files": len(paths), "of Brotli KB": sent_bytes(CLIENT, paths, ".br") / 1000},
    )


def sent_bytes(client: Path, paths: Iterable[str], encoding: str = ".gz") -> int:
    """Bytes of these files of the built client as they are sent: compressed, where there is a compressed one."""
    files = [client / path.lstrip("/") for path in paths]
    packed = [file.with_name(file.name + encoding) for file in files]
    return sum((small if small.exists() else file).stat().st_size for file, small in zip(files, packed, strict=True))
