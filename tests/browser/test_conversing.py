"""Two people talk: live, and with one of them away."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.visitors import Visitor, Visitors


async def two_who_talk(visitors: Visitors) -> tuple[Visitor, Visitor]:
    """Ada and Bob, each with the conversation of the two open, in which both have said something."""
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.find(bob)
    await ada.say("Hello Bob")
    await bob.open("Ada")
    await bob.sees("Hello Bob")
    await bob.say("Hello Ada")
    await ada.sees("Hello Ada")
    await asyncio.gather(ada.is_up_to_date(), bob.is_up_to_date())
    return ada, bob


async def test_two_people_find_each_other_and_talk(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    for one in (ada, bob):
        await one.reads("Hello Bob", "Hello Ada")
    await ada.choose("Hello Ada", "Copy text")
    await expect(ada.page.get_by_text("Copied.")).to_be_visible()
    assert await ada.read("() => navigator.clipboard.readText()") == "Hello Ada"


async def test_what_is_written_to_somebody_who_is_away_waits_for_them(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await bob.lose_network()
    await ada.find(bob)
    await ada.say("Are you there?")
    await ada.say("Then later")
    await ada.has_sent("Are you there?", "Then later")
    await expect(bob.listed("Ada")).to_have_count(0)
    await bob.find_network()
    await expect(bob.listed("Ada")).to_contain_text("2 unread")
    await expect(bob.page.get_by_role("link", name="Chats 2 unread")).to_be_visible()
    await bob.open("Ada")
    await bob.reads("Are you there?", "Then later")
    await expect(bob.timeline.get_by_role("article").first).to_contain_text("New messages")
    await expect(bob.listed("Ada")).not_to_contain_text("unread")
    await expect(ada.message("Then later").get_by_label("Read by Bob")).to_be_visible()


async def test_what_one_does_is_seen_by_the_other_at_once(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)

    await ada.composer().press_sequentially("How are")
    await expect(bob.page.get_by_text("Ada is typing…")).to_be_visible()
    await ada.composer().press("Enter")
    await expect(bob.page.get_by_text("Ada is typing…")).to_be_hidden()
    await bob.sees("How are")

    await bob.react("How are", "🎉")
    await expect(ada.reaction("How are", "🎉", "Bob")).to_be_visible()
    await ada.reaction("How are", "🎉", "Bob").click()
    await bob.reaction("How are", "🎉", "You and Ada").click()
    await expect(ada.reaction("How are", "🎉", "You")).to_be_visible()

    await bob.reply("How are", "Fine")
    await expect(ada.message("Fine")).to_contain_text("How are")

    await ada.composer().press("ArrowUp")
    await expect(ada.composer()).to_have_value("How are")
    await ada.say("How are you?")
    await expect(bob.message("How are you?")).to_contain_text("edited")
    await expect(bob.message("Fine")).to_contain_text("How are you?")

    await bob.remove("Hello Ada")
    for one in (ada, bob):
        await one.reads("Hello Bob", "This message was deleted.", "How are you?", "Fine")
        await one.is_up_to_date()


async def test_who_is_there_is_shown_and_marked_as_past_when_one_is_away(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    header = ada.page.get_by_role("region", name="Bob").get_by_role("link", name="Bob")
    await expect(header).to_contain_text("online")
    await bob.page.goto("about:blank")
    await expect(header).to_contain_text("offline")
    await bob.page.goto("/chats")
    await expect(header).to_contain_text("online")
    in_the_list = ada.listed("Bob")
    await expect(in_the_list.get_by_text("online", exact=True)).to_be_attached()
    await ada.lose_network()
    await expect(header).to_contain_text("online when you were last connected")
    await expect(in_the_list.get_by_text("unknown", exact=True)).to_be_attached()
    await ada.is_offline()
    await bob.page.goto("about:blank")  # which nobody can tell Ada
    await expect(in_the_list.get_by_text("unknown", exact=True)).to_be_attached()
    await ada.find_network()
    await expect(header).not_to_contain_text("last connected")
    await expect(header).to_contain_text("offline")
    await expect(in_the_list.get_by_text("unknown", exact=True)).to_have_count(0)
    await ada.is_up_to_date()


async def test_what_was_being_written_is_there_after_a_reload(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    await ada.choose("Hello Ada", "Reply")
    await ada.composer().fill("I was just about to")
    # It is stored when one pauses; in the list it is seen from elsewhere.
    await ada.page.get_by_role("link", name="People", exact=True).first.click()
    await ada.page.get_by_role("link", name="Chats").first.click()
    await expect(ada.listed("Bob")).to_contain_text("Draft: I was just about to")
    await ada.page.reload()
    await ada.open("Bob")
    await expect(ada.composer()).to_have_value("I was just about to")
    await expect(ada.page.get_by_text("Reply to Bob")).to_be_visible()
    await ada.composer().press("Enter")
    await expect(bob.message("I was just about to")).to_contain_text("Hello Ada")


async def test_word_of_another_conversation_leads_there(visitors: Visitors) -> None:
    ada, bob, cleo = await visitors.come("Ada", "Bob", "Cleo")
    await bob.find(ada)
    await bob.say("From Bob")
    await cleo.find(ada)
    await cleo.say("From Cleo")
    await ada.open("Cleo")
    await ada.sees("From Cleo")
    await bob.say("Look here")
    await expect(ada.listed("Bob")).to_contain_text("2 unread")
    await expect(ada.page).to_have_title("Cleo")
    told = ada.page.get_by_role("region", name="Messages of the app")
    await (
        told.get_by_text("1 new message in Bob")
        .locator("xpath=ancestor::*[.//button][1]")
        .get_by_role("button", name="Open")
        .click()
    )
    await ada.reads("From Bob", "Look here")

    await ada.page.keyboard.press("Control+k")
    await ada.page.get_by_role("combobox").fill("cle")
    await ada.page.keyboard.press("Enter")
    await expect(ada.composer("Cleo")).to_be_focused()
    await ada.reads("From Cleo")


async def test_what_comes_while_one_reads_further_up_is_counted_and_not_taken_as_read(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    await ada.composer().fill("\n".join(f"Line {count} of many" for count in range(120)))
    await ada.composer().press("Enter")
    for one in (ada, bob):
        await expect(one.timeline.get_by_text("Line 119 of many")).to_be_in_viewport()
    await ada.message("Hello Bob").scroll_into_view_if_needed()
    await bob.say("Down here")
    newest = ada.page.get_by_role("button", name="1 new message: to the newest")
    await expect(newest).to_be_visible()
    await expect(ada.page).to_have_title("(1) Bob")
    await expect(ada.message("Hello Bob")).to_be_in_viewport()
    await expect(bob.page.get_by_label("Read by Ada")).to_have_count(0)
    await newest.click()
    await expect(ada.message("Down here")).to_be_in_viewport()
    await expect(ada.page).to_have_title("Bob")
    await expect(bob.message("Down here").get_by_label("Read by Ada")).to_be_visible()
