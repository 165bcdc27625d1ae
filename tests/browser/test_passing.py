"""What does not last: messages with a time of their own, and what is off the record."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.visitors import Visitors


async def test_a_timer_takes_a_message_from_everybody_without_a_network_too(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.find(bob)
    await ada.say("This stays")
    await bob.open("Ada")
    await bob.reads("This stays")
    await ada.lasts("5 seconds")
    await expect(ada.page.get_by_text("Disappears for everybody after 5 seconds.")).to_be_visible()
    await ada.say("This goes")
    await expect(bob.message("This goes").get_by_label("Disappears in")).to_be_visible()
    await bob.lose_network()
    await bob.reads("This stays")
    await ada.reads("This stays")
    await expect(bob.listed("Ada").get_by_text("This stays")).to_be_visible()
    assert "This goes" not in await bob.everything_kept()
    await bob.page.reload()
    await bob.reads("This stays")


async def test_a_conversation_has_a_time_that_everybody_sees(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.find(bob)
    await ada.say("Hello")
    await bob.open("Ada")
    await bob.page.get_by_role("button", name="More about this conversation").click()
    await bob.page.get_by_role("menuitem", name="Disappearing messages").click()
    await bob.page.get_by_role("radio", name="1 hour").check()
    await bob.page.get_by_role("button", name="Set it").click()
    for one in (ada, bob):
        await expect(one.page.get_by_label("Messages disappear after 1 hour")).to_be_visible()
    await ada.say("For an hour")
    await expect(bob.message("For an hour").get_by_label("Disappears in")).to_be_visible()
    await expect(bob.message("Hello").get_by_label("Disappears in")).to_have_count(0)


async def test_what_is_off_the_record_is_there_while_the_page_is(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.find(bob)
    await ada.say("On the record")
    await bob.open("Ada")
    await bob.reads("On the record")
    await ada.lasts("Off the record")
    await ada.say("Between us")
    for one in (ada, bob):
        await one.reads("On the record", "Between us")
        await expect(one.message("Between us").get_by_label("Off the record")).to_be_visible()
        await expect(one.listed("Bob" if one is ada else "Ada")).not_to_contain_text("Between us")
    await bob.page.reload()
    await bob.reads("On the record")

    # What cannot be said now is given back, and not kept for later.
    await ada.lose_network()
    await ada.composer().fill("Too late")
    await ada.composer().press("Enter")
    await expect(ada.page.get_by_text("The server cannot be reached just now.")).to_be_visible()
    await expect(ada.composer()).to_have_value("Too late")
    await ada.reads("On the record", "Between us")
