"""Where people are moderated: the code of conduct, a channel, a group and its panel, the board, what admins see."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.outside import in_the_name_of
from tests.browser.pictures.camera import Camera
from tests.browser.visitors import DESKTOP, PHONE, Visitor, Visitors
from tests.server import ServerProcess, promote

CONDUCT = """# Be kind

Say what you would say to a face, and read twice what makes you angry.

- What others tell you in a group stays there.
- Whoever sells something says so.
"""
NOTE = "It is me, Ines from the rowing course. Nele said I should ask."
CHANNEL = "Boats for sale"
GROUP = "Harbour board"


async def of_moderation(chromium: Browser, camera: Camera) -> None:
    """On a server of its own, which has a code of conduct; each page at both sizes."""
    with tempfile.TemporaryDirectory() as folder:
        (conduct := Path(folder) / "conduct.md").write_text(CONDUCT, "utf-8")
        (place := Path(folder) / "server").mkdir()
        environment = {"HUBBUB_ORIGINS": "*", "HUBBUB_CONDUCT_FILE": str(conduct)}
        with ServerProcess(place, environment=environment) as server:
            async with Visitors(chromium, server) as visitors:
                nele, tom, ines = await _arrive(visitors, camera)
                await _channel(nele, tom, server, camera)
                await _group(nele, tom, ines, camera)
                await _admin(nele, tom, server, camera)


async def _arrive(visitors: Visitors, camera: Camera) -> list[Visitor]:
    """Each agrees to the code of conduct first."""
    people = [await visitors.arrive() for _ in range(3)]
    for person, name in zip(people, ("Nele Brandt", "Tom Reyes", "Ines Okafor"), strict=True):
        await person.register(name)
        await expect(person.page.get_by_role("heading", name="Be kind")).to_be_visible()
        if person is people[0]:
            await _both(person, camera, "conduct")
        await person.page.get_by_role("button", name="I agree").click()
        await expect(person.page.get_by_role("heading", name="No conversations yet").first).to_be_visible()
    return people


async def _channel(nele: Visitor, tom: Visitor, server: ServerProcess, camera: Camera) -> None:
    page = nele.page
    channel = await in_the_name_of(server.url, nele, "POST", "/api/channels", {"title": CHANNEL})
    await in_the_name_of(server.url, tom, "PUT", f"/api/channels/{channel['id']}/subscription")
    await nele.open(CHANNEL)
    await nele.say("One boat a message, please, with its length.")
    await tom.open(CHANNEL)
    await tom.sees("One boat a message, please, with its length.")
    for text in ("Dinghy, 3.2 m, oars included.", "WATCHES! CHEAP WATCHES!"):
        await tom.say(text)
    await nele.sees("WATCHES! CHEAP WATCHES!")
    await nele.react("Dinghy, 3.2 m, oars included.", "👍")
    await nele.choose("WATCHES! CHEAP WATCHES!", "Remove for everyone…")
    dialog = page.get_by_role("dialog", name="Remove this message for everyone?")
    await dialog.get_by_label("Why").fill("This channel is about boats.")
    await _both(nele, camera, "moderating-remove")
    await dialog.get_by_role("button", name="Remove it").click()
    await expect(nele.timeline.get_by_text("This channel is about boats.")).to_be_visible()
    await _both(nele, camera, "channel")
    await nele.member_deed(tom.name, "Ban for good…")
    dialog = page.get_by_role("dialog", name=f"Ban {tom.name}?")
    await dialog.get_by_label("Why").fill("Sold watches, again and again, after he was asked twice to stop.")
    await _both(nele, camera, "moderating-ban")
    await dialog.get_by_role("button", name="Ban", exact=True).click()
    await expect(page.get_by_role("button", name=f"Lift the ban on {tom.name}")).to_be_visible()
    await page.get_by_role("button", name=f"Lift the ban on {tom.name}").scroll_into_view_if_needed()
    await _both(nele, camera, "channel-about-banned")
    await page.goto("/leaderboard")
    await expect(page.get_by_role("table")).to_be_visible()
    await _both(nele, camera, "leaderboard")


async def _group(nele: Visitor, tom: Visitor, ines: Visitor, camera: Camera) -> None:
    """Ines asks to be let into it; Nele, who began it, reads why, and Tom cannot."""
    await nele.begin_group(GROUP, [tom])
    await nele.say("Minutes go here.")
    await nele.has_sent("Minutes go here.")
    await ines.page.goto(f"/groups/{nele.page.url.rsplit('/', 1)[1]}")
    await _both(ines, camera, "group-door")
    await ines.page.get_by_role("button", name=f"Ask to be let into {GROUP}").click()
    await ines.page.get_by_label("What you want to say").fill(NOTE)
    await expect(ines.page.get_by_text(f"only {nele.name} can read it")).to_be_visible()
    await _both(ines, camera, "group-ask")
    await ines.page.get_by_role("dialog").get_by_role("button", name="Ask to be let in").click()
    await tom.page.goto("/chats")
    await tom.open(GROUP)
    for reader, name in ((nele, "group-about-note"), (tom, "group-about-note-locked")):
        await reader.about_group()
        await expect(reader.page.get_by_role("region", name="Waiting to be let in")).to_be_visible()
        await _both(reader, camera, name)


async def _admin(nele: Visitor, tom: Visitor, server: ServerProcess, camera: Camera) -> None:
    page = tom.page
    about = (await in_the_name_of(server.url, tom, "GET", f"/api/users/{await nele.handle()}"))["id"]
    reason = "Takes every message away that she does not like."
    await in_the_name_of(server.url, tom, "POST", "/api/reports", {"user_id": about, "reason": reason})
    promote(server, tom.email)
    for name, address in {"reports": "/admin/reports", "audit": "/admin/audit"}.items():
        await page.goto(address)
        await expect(page.get_by_role("heading").first).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await _both(tom, camera, f"admin-{name}")


async def _both(person: Visitor, camera: Camera, name: str) -> None:
    for toast in await person.page.get_by_role("button", name="Close this message").all():
        await toast.evaluate("(node) => node.click()")  # a dialog may stand before it
    for size in (PHONE, DESKTOP):
        await person.page.set_viewport_size(size)
        await camera.take(person.page, name)
