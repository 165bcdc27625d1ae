"""Written without a network: nothing is lost, nothing comes twice, and what was not taken says why."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.stored import replica_of
from tests.browser.test_conversing import two_who_talk
from tests.browser.visitors import Visitor, Visitors


async def shown(visitor: Visitor) -> list[str]:
    """What was said, as it stands on the screen."""
    return [text.strip() for text in await visitor.timeline.locator(".text").all_text_contents()]


async def test_both_write_without_a_network_and_then_see_the_same(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    for one in (ada, bob):
        await one.lose_network()
    for count in range(2):
        await ada.say(f"Ada's {count}")
        await bob.say(f"Bob's {count}")
    await ada.edit("Ada's 0", "Ada's zero")
    await bob.react("Hello Bob", "👍")
    await ada.reply("Hello Ada", "Ada's answer")
    await expect(ada.message("Ada's 1").get_by_label("Waiting to be sent")).to_be_visible()
    await expect(ada.page.get_by_role("navigation", name="Main menu")).to_contain_text("4 waiting to be sent")

    # The page is opened anew, and there is still no network.
    await ada.page.reload()
    await ada.reads("Hello Bob", "Hello Ada", "Ada's zero", "Ada's 1", "Ada's answer")
    await ada.say("After the reload")
    await bob.find_network()
    await bob.has_sent("Bob's 0", "Bob's 1")
    await ada.find_network()
    await ada.has_sent("Ada's zero", "Ada's 1", "Ada's answer", "After the reload")

    for one in (ada, bob):
        await one.is_up_to_date()
        await expect(one.timeline.get_by_role("article")).to_have_count(8)
    said = await shown(ada)
    await bob.reads(*said)
    assert sorted(said) == sorted(
        ["Hello Bob", "Hello Ada", "Ada's zero", "Ada's 1", "Ada's answer", "After the reload", "Bob's 0", "Bob's 1"]
    )
    assert [text for text in said if text.startswith("Ada's")] == ["Ada's zero", "Ada's 1", "Ada's answer"]
    await expect(ada.reaction("Hello Bob", "👍", "Bob")).to_be_visible()
    await expect(bob.message("Ada's zero")).to_contain_text("edited")
    await expect(bob.message("Ada's answer")).to_contain_text("Answers Bob")


async def test_a_browser_that_starts_without_a_network_shows_everything(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    await ada.page.close()
    await ada.lose_network()
    await bob.say("While you were away")
    await bob.has_sent("While you were away")
    ada.page = await ada.another_tab()
    await ada.page.goto("/chats")
    await ada.open("Bob")
    await ada.reads("Hello Bob", "Hello Ada")
    await ada.is_offline()
    await ada.say("Written in the tunnel")
    await ada.find_network()
    await bob.sees("Written in the tunnel")
    await ada.sees("While you were away")
    await bob.reads(*await shown(ada))


async def test_a_change_of_what_was_deleted_elsewhere_is_undone_with_its_reason(visitors: Visitors) -> None:
    ada, bob = await two_who_talk(visitors)
    laptop = await visitors.arrive()
    laptop.name, laptop.email = ada.name, ada.email
    await laptop.sign_in()
    await laptop.open("Bob")
    await laptop.reads("Hello Bob", "Hello Ada")

    await ada.lose_network()
    await ada.edit("Hello Bob", "Hello dear Bob")
    await laptop.remove("Hello Bob")
    await bob.reads("This message was deleted.", "Hello Ada")
    await ada.find_network()
    undone = ada.timeline.get_by_role("article").first
    await expect(undone).to_contain_text("This message was deleted.")
    await expect(undone).to_contain_text("Your change was not taken: It was deleted meanwhile.")
    await undone.get_by_role("button", name="Discard").click()
    await expect(undone).not_to_contain_text("Your change was not taken")
    for one in (ada, bob, laptop):
        await one.reads("This message was deleted.", "Hello Ada")
        await one.is_up_to_date()
    assert (await replica_of(ada))["outbox"] == []


async def test_what_is_written_after_one_left_elsewhere_is_refused_with_its_reason(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.begin_group("Harbour", [bob])
    await ada.say("Hello")
    await bob.open("Harbour")
    await bob.reads("Hello")
    phone = await visitors.arrive(phone=True)
    phone.name, phone.email = bob.name, bob.email
    await phone.sign_in()
    await phone.open("Harbour")

    await bob.lose_network()
    await bob.say("I am still here")
    await phone.leave()
    await ada.say("Bob is gone")
    await ada.has_sent("Bob is gone")
    await bob.find_network()
    await expect(bob.page.get_by_text("You left this conversation.")).to_be_visible()
    refused = bob.message("I am still here")
    await expect(refused).to_contain_text("Not sent: ")
    await refused.get_by_role("button", name="Try again").click()
    await expect(refused).to_contain_text("Not sent: ")
    await refused.get_by_role("button", name="Discard").click()
    await bob.reads("Hello")
    await ada.reads("Hello", "Bob is gone")
    await ada.is_up_to_date()
    await bob.is_up_to_date()
    assert (await replica_of(bob))["outbox"] == []


async def test_a_page_that_is_looked_at_again_finds_out_that_its_connection_is_dead(visitors: Visitors) -> None:
    """After a sleep it looks open. Headless Chromium hides no page: so its event stands for it."""
    ada, bob = await two_who_talk(visitors)
    ada.cable.strand()
    await bob.say("Good night")
    await bob.has_sent("Good night")
    await expect(ada.page.get_by_role("navigation", name="Main menu").get_by_role("status")).to_have_text("Up to date")
    await ada.read("() => void document.dispatchEvent(new Event('visibilitychange'))")
    await expect(ada.message("Good night")).to_be_visible(timeout=20_000)  # the heartbeat alone would take thirty
    await ada.is_up_to_date()
