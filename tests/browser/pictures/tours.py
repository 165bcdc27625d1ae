"""The ways through all pages, at whatever size the visitor's window has."""

from __future__ import annotations

import re

from playwright.async_api import expect

from hubbub.domain.handles import slug
from tests.browser.pictures.camera import Camera
from tests.browser.pictures.world import GROUP, World
from tests.browser.visitors import DESKTOP, PHONE, Visitor


async def of_a_guest(guest: Visitor, camera: Camera) -> None:
    """What is there for who is not signed in, and the first minute of who then makes an account."""
    page = guest.page
    for name, address in {
        "landing": "/",
        "register": "/register",
        "login": "/login",
        "about": "/about",
        "news": "/news",
        "not-found": "/nowhere/at/all",
    }.items():
        await page.goto(address)
        await expect(page.get_by_role("heading").first).to_be_visible()
        await camera.take(page, f"guest-{name}")
    await page.goto("/channels/lobby")
    await expect(page.get_by_role("link", name="Sign in to write")).to_be_visible()
    await camera.take(page, "guest-lobby")
    await page.goto("/news")
    await page.get_by_role("main").get_by_role("link").first.click()
    await expect(page.get_by_role("link", name="All news")).to_be_visible()
    await camera.take(page, "guest-news-page")
    await page.goto("/register")
    await page.get_by_role("button", name="Make my account").click()
    await camera.take(page, "guest-register-wrong")
    await page.get_by_label("Your name").fill("Nobody Yet")
    await page.get_by_label("E-mail address").fill(f"nobody-{id(guest)}@example.org")
    await page.get_by_label("Password", exact=True).fill(guest.password)
    await page.get_by_role("button", name="Make my account").click()
    words = page.get_by_role("list", name="The 24 words, in order").get_by_role("listitem")
    await expect(words).to_have_count(24)
    await camera.take(page, "recovery-code")
    await page.get_by_role("button", name="I have saved them").click()
    await expect(page.get_by_role("textbox", name=re.compile("Word number"))).to_have_count(3)
    await camera.take(page, "recovery-code-check")
    await page.get_by_role("button", name="Show the words again").click()
    await guest.save_words()
    await expect(page.get_by_text("No conversations yet").filter(visible=True).first).to_be_visible()
    await camera.take(page, "chats-empty")


async def of_the_lost(lost: Visitor, camera: Camera) -> None:
    """The page that asks for the recovery code; both sizes, for it is one visitor's."""
    page = lost.page
    await expect(page.get_by_role("heading", name="Open your messages")).to_be_visible()
    for size in (PHONE, DESKTOP):
        await page.set_viewport_size(size)
        await camera.take(page, "recover")
        await page.get_by_role("button", name="The words are lost").click()
        await camera.take(page, "recover-anew")
        await page.get_by_role("button", name="Cancel").click()


async def of_mira(mira: Visitor, world: World, camera: Camera) -> None:
    await camera.take(mira.page, "chats")
    await conversations(mira, world, camera)
    await people(mira, world, camera)
    await places(mira, camera)
    await settings(mira, camera)
    await offline(mira, world, camera)


async def conversations(mira: Visitor, world: World, camera: Camera) -> None:
    page = mira.page
    await mira.open(world.jonas.name)
    await expect(mira.message("Then we have everything. See you at eight!")).to_be_visible()
    await world.jonas_types()
    await expect(page.get_by_text("is typing…")).to_be_visible()
    for toast in await page.get_by_role("button", name="Close this message").all():
        await toast.click()
    await camera.take(page, "private")
    await mira.message("That looks doable, even for us.").focus()
    await page.keyboard.press("Enter")
    await camera.take(page, "private-menu")
    await page.get_by_role("button", name="More emoji").click()
    await expect(page.get_by_role("searchbox", name="Search emoji")).to_be_visible()
    await expect(page.get_by_role("button", name="Smileys and emotion")).to_be_visible()
    await camera.take(page, "private-emoji")
    await page.keyboard.press("Escape")
    await mira.choose("Nobody has said no yet.", "Reply")
    await mira.composer().fill("Then let us not ask again.")
    await camera.take(page, "private-reply")
    await mira.composer().fill("")
    await page.keyboard.press("Escape")
    await mira.composer().press("ArrowUp")
    await camera.take(page, "private-edit")
    await page.keyboard.press("Escape")
    code = mira.timeline.locator("pre").first
    await code.scroll_into_view_if_needed()
    await camera.take(page, "private-code")
    await mira.choose("That looks doable, even for us.", "Delete")
    await camera.take(page, "private-delete")
    await page.keyboard.press("Escape")
    await page.goto("/chats")
    await mira.open(GROUP)
    await expect(page.get_by_text("I found the long level.")).to_be_visible()
    await camera.take(page, "group")
    await mira.about_group()
    await camera.take(page, "group-about")
    await page.get_by_role("button", name="Add people").click()
    await camera.take(page, "group-add")
    await page.keyboard.press("Escape")
    await page.goto("/groups/new")
    await page.get_by_role("checkbox").first.check()
    await camera.take(page, "group-new")


async def people(mira: Visitor, world: World, camera: Camera) -> None:
    page = mira.page
    await page.goto("/people")
    await page.get_by_role("searchbox").fill("Nobody")
    await expect(page.get_by_role("link", name="Nobody Yet").first).to_be_visible()
    await camera.take(page, "people")
    for name, address in {"person": "/people/", "safety": "/safety/"}.items():
        await page.goto(address + slug_of(world.jonas))
        await expect(page.get_by_role("heading", name=world.jonas.name)).to_be_visible()
        await camera.take(page, name)
    await page.goto(f"/people/{slug_of(mira)}")
    await expect(page.get_by_text("Change your profile")).to_be_visible()
    await camera.take(page, "person-oneself")
    await page.goto("/people/nobody-at-all")
    await expect(page.get_by_text("There is nobody of this name")).to_be_visible()
    await camera.take(page, "person-unknown")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox")).to_be_visible()
    await camera.take(page, "switcher")
    await page.keyboard.press("Escape")


async def places(mira: Visitor, camera: Camera) -> None:
    """Channels, groups and rooms to find; the lobby; a room from before its door to its end."""
    page = mira.page
    for kind in ("channels", "groups", "rooms"):
        await page.goto(f"/explore?in={kind}")
        await page.wait_for_load_state("networkidle")
        await camera.take(page, f"explore-{kind}")
    await page.goto("/channels/lobby")
    await expect(mira.writes()).to_be_visible()
    await camera.take(page, "lobby")
    await page.goto("/explore?in=rooms")
    await page.get_by_role("button", name="New room").click()
    await page.get_by_label("Name of the room").fill("Who buys the nails?")
    await camera.take(page, "room-new")
    await page.get_by_role("button", name="Make the room").click()
    await expect(page.get_by_label("Your name here")).not_to_have_value("")
    await camera.take(page, "room-door")
    await mira.comes_in()
    await mira.writes().fill("Not me, I bought the felt.")
    await page.get_by_role("button", name="Send").click()
    await mira.sees("Not me, I bought the felt.")
    await camera.take(page, "room")


async def settings(mira: Visitor, camera: Camera) -> None:
    page = mira.page
    await page.goto("/settings")
    await expect(page.get_by_label("About you")).to_have_value(re.compile("Rows"))
    await camera.take(page, "settings")
    for number, heading in enumerate(("Appearance", "Password and keys", "Signing out"), 2):
        await page.get_by_role("heading", name=heading).evaluate("(node) => node.scrollIntoView()")
        await camera.take(page, f"settings-{number}")
    await page.get_by_role("button", name="Sign out everywhere").click()
    await camera.take(page, "settings-sign-out")
    await page.keyboard.press("Escape")
    for name in ("about", "news"):
        await page.goto(f"/{name}")
        await expect(page.get_by_role("heading").first).to_be_visible()
        await camera.take(page, name)


async def changed(mira: Visitor, world: World, camera: Camera) -> None:
    """In the browser that knew Theo before: another one takes his new key for the first."""
    page = mira.page
    await page.goto("/chats")
    await mira.open(world.theo.name)
    await expect(page.get_by_text("has changed").first).to_be_visible()
    await camera.take(page, "private-changed-key")
    await page.goto(f"/safety/{slug_of(world.theo)}")
    await expect(page.get_by_text("has changed").first).to_be_visible()
    await camera.take(page, "safety-changed-key")


async def offline(mira: Visitor, world: World, camera: Camera) -> None:
    page = mira.page
    await page.goto("/chats")
    await mira.open(world.jonas.name)
    await mira.lose_network()
    text = "I am on the train now. Write to you from the other side of the tunnel."
    await mira.composer().fill(text)
    await page.get_by_role("button", name="Send").click()  # on a phone Enter begins a line
    await expect(mira.message(text).last).to_be_visible()
    await expect(page.get_by_text("Offline").filter(visible=True).first).to_be_visible()
    await camera.take(page, "private-offline")
    await mira.find_network()
    await expect(mira.timeline.get_by_label("Waiting to be sent")).to_have_count(0)


def slug_of(who: Visitor) -> str:
    """Their handle, which nobody else in this world has."""
    return str(slug(who.name))
