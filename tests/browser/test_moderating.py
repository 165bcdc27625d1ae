"""Moderation in the web client: what moderators do, and what everybody does for themselves."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.outside import in_the_name_of
from tests.browser.visitors import Visitors
from tests.server import promote


async def test_a_moderator_removes_a_message_silences_and_takes_out(visitors: Visitors) -> None:
    """In a sealed group: the text goes everywhere, and who removed it and why stays."""
    ada, bob, cleo = await visitors.come("Ada", "Bob", "Cleo")
    await ada.begin_group("Harbour", [bob, cleo])
    await ada.say("Welcome")
    await bob.open("Harbour")
    await cleo.open("Harbour")
    await cleo.sees("Welcome")
    await cleo.say("Rude words")
    await ada.sees("Rude words")
    await ada.member_deed("Bob", "Make a moderator")
    await bob.choose("Rude words", "Remove for everyone…")
    dialog = bob.page.get_by_role("dialog", name="Remove this message for everyone?")
    await dialog.get_by_label("Why").fill("Be kind")
    await dialog.get_by_role("button", name="Remove it").click()
    for one in (ada, bob, cleo):
        await one.reads("Welcome", "Removed by Bob: Be kind")

    await ada.member_deed("Cleo", "Let them read only…")
    await ada.confirm("Cleo may only read?", "Let them read only")
    await expect(cleo.page.get_by_role("note")).to_have_text("A moderator decided that you may not write here for now.")
    await ada.member_deed("Cleo", "Let them write again")
    await expect(cleo.composer("Harbour")).to_be_visible()

    await ada.member_deed("Cleo", "Take out…")
    await ada.confirm("Take Cleo out?", "Take out")
    await expect(ada.page.get_by_text("2 members")).to_be_visible()
    await expect(cleo.page.get_by_role("note")).to_have_text(
        "You left this conversation. What you could read stays here."
    )


async def test_who_is_blocked_is_folded_away_and_what_is_muted_is_quiet(visitors: Visitors) -> None:
    ada, bob, cleo = await visitors.come("Ada", "Bob", "Cleo")
    await ada.begin_group("Harbour", [bob, cleo])
    await ada.say("Welcome")
    await bob.open("Harbour")
    await cleo.open("Harbour")
    await cleo.sees("Welcome")
    await cleo.say("Look at me")
    await bob.choose("Look at me", "Block Cleo")
    await bob.confirm("Block Cleo?", "Block")
    await bob.reads("Welcome", "Message of somebody you blocked Show it")
    await bob.page.get_by_role("button", name="Show it").click()
    await bob.reads("Welcome", "Look at me")

    await bob.page.goto("/settings")
    await bob.page.get_by_role("button", name="Unblock Cleo").click()
    await expect(bob.page.get_by_text("You blocked nobody and muted nothing.")).to_be_visible()

    await bob.page.goto("/chats")
    await bob.open("Harbour")
    await bob.page.get_by_role("button", name="More about this conversation").click()
    await bob.page.get_by_role("menuitem", name="Mute").click()
    await expect(bob.listed("Harbour").get_by_label("Muted")).to_be_visible()
    await bob.page.goto("/people")
    await ada.say("Nobody hurries")
    menu = bob.page.get_by_role("navigation", name="Main menu")
    await bob.page.goto("/chats")
    await expect(bob.listed("Harbour").get_by_text("1 unread")).to_be_attached()
    await expect(menu.get_by_text("1 unread")).to_have_count(0)


async def test_a_report_of_an_encrypted_message_shows_what_its_sender_chose(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.find(bob)
    await ada.say("Something that Bob reports")
    await bob.open("Ada")
    await bob.choose("Something that Bob reports", "Report…")
    dialog = bob.page.get_by_role("dialog", name="Report Ada")
    await dialog.get_by_label("What is wrong").fill("A threat")
    await dialog.get_by_role("switch", name="Show the admins what it says").click()
    await expect(dialog.get_by_label("What they see")).to_have_value("Something that Bob reports")
    await dialog.get_by_label("What they see").fill("Something that Bob")
    await dialog.get_by_role("button", name="Send the report").click()
    await expect(bob.page.get_by_text("Thank you. The admins will look at it.")).to_be_visible()

    await asyncio.to_thread(promote, visitors.server, bob.email)
    await bob.page.goto("/admin/reports")
    report = bob.page.get_by_role("article", name="Reported by Bob")
    await expect(report).to_contain_text("A threat")
    await expect(report.get_by_role("blockquote")).to_have_text("Something that Bob")
    await report.get_by_label("What you decided").fill("Talked to Ada")
    await report.get_by_role("button", name="Close the report").click()
    await expect(bob.page.get_by_text("Nothing waits to be looked at")).to_be_visible()
    await bob.page.get_by_role("link", name="Audit log").click()
    await expect(bob.page.get_by_role("cell", name="Talked to Ada")).to_be_visible()
    await ada.page.goto("/admin/reports")
    await expect(ada.page.get_by_role("heading", name="Only admins see this page")).to_be_visible()


async def test_a_moderator_of_a_channel_removes_in_the_clear(visitors: Visitors) -> None:
    owner, reader = await visitors.come("Olga", "Rudi")
    url = visitors.server.url
    channel = await in_the_name_of(url, owner, "POST", "/api/channels", {"title": "Boats"})
    await in_the_name_of(url, reader, "PUT", f"/api/channels/{channel['id']}/subscription")
    await reader.open("Boats")
    await reader.say("Buy my boat")
    await owner.open("Boats")
    await owner.choose("Buy my boat", "Remove for everyone…")
    dialog = owner.page.get_by_role("dialog", name="Remove this message for everyone?")
    await dialog.get_by_label("Why").fill("No selling")
    await dialog.get_by_role("button", name="Remove it").click()
    await reader.reads("Removed by Olga: No selling")
    # Who comes later, and has it from a page alone, reads it too.
    [newcomer] = await visitors.come("Nora")
    await in_the_name_of(url, newcomer, "PUT", f"/api/channels/{channel['id']}/subscription")
    await newcomer.open("Boats")
    await newcomer.reads("Removed by Olga: No selling")

    await owner.member_deed("Rudi", "Ban for good…")
    dialog = owner.page.get_by_role("dialog", name="Ban Rudi?")
    await dialog.get_by_label("Why").fill("Sold again")
    await dialog.get_by_role("button", name="Ban", exact=True).click()
    banned = owner.page.get_by_role("region", name="Banned and muted")
    await expect(banned.get_by_role("listitem")).to_contain_text(
        ["may not come in By Olga, until it is lifted. Sold again"]
    )
    subscription = f"/api/channels/{channel['id']}/subscription"
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        await in_the_name_of(url, reader, "PUT", subscription)
    await banned.get_by_role("button", name="Lift the ban on Rudi").click()
    await expect(owner.page.get_by_text("They may come in again.")).to_be_visible()
    await expect(banned).to_have_count(0)
    await in_the_name_of(url, reader, "PUT", subscription)
