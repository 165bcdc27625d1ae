"""`python -m tests.browser.pictures`: take every page, in both themes, at the size of a desk and of a phone."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import expect

from tests.browser.chromium import chromium_runs
from tests.browser.pictures import tours
from tests.browser.pictures.camera import Camera, keep
from tests.browser.pictures.moderating import of_moderation
from tests.browser.pictures.world import GROUP, World
from tests.browser.visitors import DESKTOP, PHONE, Visitors
from tests.server import ServerProcess

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".cache" / "screenshots"
KEPT = ROOT / "docs" / "pictures"
# What the documentation shows, by the name that it has there.
IN_DOCUMENTATION = {
    "conversation-day": "private-desktop-day",
    "conversation-night": "private-desktop-night",
    "phone": "group-phone-day",
    "landing": "guest-landing-desktop-day",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="also renew those of the documentation, docs/pictures")
    parser.add_argument("--moderation", action="store_true", help="only the pages where people are moderated")
    asked = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    camera = Camera(FOLDER)
    asyncio.run(moderation(camera) if asked.moderation else everything(camera))
    sys.stdout.write(f"{len(camera.taken)} pictures, all of them on {camera.sheet().relative_to(ROOT)}\n")
    if asked.keep:
        KEPT.mkdir(parents=True, exist_ok=True)
        for name, taken in IN_DOCUMENTATION.items():
            keep(FOLDER / f"{taken}.png", KEPT / f"{name}.webp")


async def everything(camera: Camera) -> None:
    """Makes a world of its own, and goes through all of it twice."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder), environment={"HUBBUB_ORIGINS": "*"}) as server,
    ):
        async with chromium_runs() as chromium, Visitors(chromium, server) as visitors:
            for phone in (False, True):
                await tours.of_a_guest(await visitors.arrive(phone=phone), camera)
            world = await World.make(visitors)
            await tours.of_the_lost(world.lost, camera)
            await world.theo_comes_back()
            await world.mira.page.goto("/chats")
            await world.news()
            await expect(world.mira.listed(GROUP)).to_contain_text("2 unread")
            await expect(world.mira.listed(world.amina.name)).to_contain_text("1 unread")
            await tours.of_mira(world.mira, world, camera)
            for size in (DESKTOP, PHONE):
                await world.mira.page.set_viewport_size(size)
                await tours.changed(world.mira, world, camera)
            other = await visitors.arrive(phone=True)
            other.name, other.email = world.mira.name, world.mira.email
            await other.sign_in()
            await expect(other.listed(GROUP)).to_be_visible()
            await tours.of_mira(other, world, camera)
    await moderation(camera)


async def moderation(camera: Camera) -> None:
    async with chromium_runs() as chromium:
        await of_moderation(chromium, camera)


if __name__ == "__main__":
    main()
