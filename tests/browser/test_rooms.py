"""Rooms: whoever has the link comes in, and when they end nothing is left."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.visitors import Visitors


async def test_an_account_and_a_guest_talk_in_an_encrypted_room_until_it_is_closed(visitors: Visitors) -> None:
    (rosa,) = await visitors.come("Rosa")
    guest = await visitors.arrive()
    await rosa.page.goto("/chats")
    link = await rosa.makes_room("The surprise", encrypted=True)
    await rosa.say("Nobody else may know")
    await rosa.has_sent("Nobody else may know")
    await guest.page.goto(f"/{link}")
    await guest.comes_in("Rosa")
    await guest.sees("Nobody else may know")
    await guest.say("My lips are sealed")
    await rosa.sees("My lips are sealed")
    here = rosa.page.get_by_role("region", name="Who is here").get_by_role("listitem")
    await expect(here.filter(has_text="Rosa 2")).to_contain_text("guest")
    await guest.page.reload()
    await guest.reads("Nobody else may know", "My lips are sealed")
    await expect(guest.page.get_by_text("You are Rosa 2 here.")).to_be_visible()
    await expect(here).to_have_count(2)
    await rosa.page.get_by_role("button", name="Close the room").click()
    await rosa.page.get_by_role("dialog").get_by_role("button", name="Close the room").click()
    for one in (rosa, guest):
        await expect(one.page.get_by_role("heading", name="This room has ended")).to_be_visible()
    await guest.page.reload()
    await expect(guest.page.get_by_role("heading", name="There is no such room")).to_be_visible()


async def test_a_link_is_pasted_and_without_its_key_the_door_stays_shut(visitors: Visitors) -> None:
    sven, tove = await visitors.come("Sven", "Tove")
    await sven.page.goto("/chats")
    link = await sven.makes_room("Locked", encrypted=True)
    await tove.page.goto("/explore?in=rooms")
    field = tove.page.get_by_label("Link of a room")
    go = tove.page.get_by_role("button", name="Go to the room")
    await field.fill("https://example.org/rooms/nothing")
    await go.click()
    await expect(tove.page.get_by_text("That is not the link of a room here.")).to_be_visible()
    await field.fill(f"{tove.cable.url}/{link.split('#')[0]}")
    await go.click()
    await expect(tove.page.get_by_role("heading", name="The key of this room is missing")).to_be_visible()
    await tove.page.goto("/explore?in=rooms")
    await field.fill(f"{tove.cable.url}/{link}")
    await go.click()
    await tove.comes_in()
    await expect(sven.page.get_by_text("2 people here")).to_be_visible()


async def test_the_owner_puts_a_guest_out_who_is_told_so_and_does_not_come_back(visitors: Visitors) -> None:
    (vera,) = await visitors.come("Vera")
    guest = await visitors.arrive()
    await vera.page.goto("/chats")
    link = await vera.makes_room("Manners", encrypted=False)
    await guest.page.goto(f"/{link}")
    await guest.comes_in("Rude")
    await guest.say("Something rude")
    await vera.sees("Something rude")
    await expect(guest.page.get_by_role("button", name="What to do about")).to_have_count(0)
    await vera.page.get_by_role("button", name="What to do about Rude").click()
    await vera.page.get_by_role("menuitem", name="Put out of the room").click()
    await vera.page.get_by_role("dialog").get_by_role("button", name="Put out of the room").click()
    put_out = guest.page.get_by_role("heading", name="You were put out of this room")
    await expect(put_out).to_be_visible()
    await expect(vera.page.get_by_role("region", name="Who is here").get_by_role("listitem")).to_have_count(1)
    await guest.page.reload()
    await expect(put_out).to_be_visible()
    await vera.say("Now then")
    await vera.has_sent("Now then")
