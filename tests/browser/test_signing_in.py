"""Other browsers of the same person, a password that opens nothing, and every way of leaving."""

from __future__ import annotations

import time

from playwright.async_api import expect

from tests.browser.outside import set_password_without_slot
from tests.browser.visitors import Visitor, Visitors

SOON = 10  # seconds, on a machine that is busy: on a quiet one it takes less than two


async def test_a_second_device_reads_what_was_said_and_the_first_goes_on(visitors: Visitors) -> None:
    cleo, dora, second = await visitors.arrive(), await visitors.arrive(), await visitors.arrive()
    await dora.register("Dora")
    await cleo.register("Cleo")
    await cleo.find(dora)
    await cleo.say("Before the second device")
    await dora.open("Cleo")
    await dora.sees("Before the second device")
    await dora.say("An answer")
    await cleo.reads("Before the second device", "An answer")
    await second.is_also(cleo).sign_in()
    await second.open("Dora")
    await second.reads("Before the second device", "An answer")
    await second.say("From the second")
    await cleo.sees("From the second")
    await cleo.say("From the first")
    for everyone in (cleo, dora, second):
        await everyone.reads("Before the second device", "An answer", "From the second", "From the first")


async def test_the_words_open_what_a_new_password_does_not(visitors: Visitors) -> None:
    emil, later, again = await visitors.arrive(), await visitors.arrive(), await visitors.arrive()
    await writes_to_a_friend(visitors, emil, "Emil", "Frieda")
    await emil.is_up_to_date()
    await set_password_without_slot(visitors.server.url, emil, "another password, set from outside")
    page = later.page
    await later.is_also(emil).sign_in()
    await later.is_asked_for_words()
    await later.recover(emil.words[:23], emil.password)
    await expect(page.get_by_text("A recovery code has 24 words; these are 23.")).to_be_visible()
    await later.recover([*emil.words[1:], emil.words[0]], emil.password)
    await expect(page.get_by_role("textbox", name="Your 24 words")).to_have_attribute("aria-invalid", "true")
    await later.is_asked_for_words()
    await later.recover(emil.words, emil.password)
    await later.open("Frieda")
    await later.reads("Said by Emil")
    await again.is_also(emil).sign_in()
    await again.open("Frieda")
    await again.reads("Said by Emil")


async def test_who_starts_anew_gets_new_words_and_the_old_messages_stay_closed(visitors: Visitors) -> None:
    gerd, later = await visitors.arrive(), await visitors.arrive()
    await writes_to_a_friend(visitors, gerd, "Gerd", "Hilde")
    await set_password_without_slot(visitors.server.url, gerd, "another password, set from outside")
    lost = gerd.words
    await later.is_also(gerd).sign_in()
    await later.is_asked_for_words()
    await later.start_anew(gerd.password)
    assert later.words != lost
    await later.open("Hilde")
    await expect(later.timeline.get_by_role("article")).to_have_count(1)
    await expect(later.timeline.get_by_text("Said by Gerd")).to_have_count(0)
    await expect(later.timeline.locator(".note")).to_be_visible()
    newcomer = await visitors.arrive()
    await newcomer.register("Isolde")
    await later.find(newcomer)
    await later.say("With new keys")
    await newcomer.open("Gerd")
    await newcomer.reads("With new keys")


async def test_who_changes_the_password_stays_and_the_others_are_signed_out(visitors: Visitors) -> None:
    ida, other, again = await visitors.arrive(), await visitors.arrive(), await visitors.arrive()
    await ida.register("Ida")
    await other.is_also(ida).sign_in()
    await other.is_up_to_date()
    await change_password(ida, "not my password at all", "a password that nobody gets")
    await expect(ida.page.get_by_text("That is not your password.")).to_be_visible()
    await change_password(ida, ida.password, "one that is new and long enough")
    await expect(ida.page.get_by_text("Your password is changed.")).to_be_visible()
    await other.must_sign_in_again()
    await ida.is_up_to_date()
    await ida.page.reload()
    await ida.is_up_to_date()
    await again.is_also(ida).sign_in()
    await expect(again.page.get_by_role("alert")).to_be_visible()
    await again.sign_in("one that is new and long enough")
    await again.is_up_to_date()


async def change_password(someone: Visitor, old: str, new: str) -> None:
    page = someone.page
    await page.goto("/settings")
    await page.get_by_role("button", name="Change password").click()
    form = page.get_by_role("form", name="Change password")
    await form.get_by_label("Current password").fill(old)
    await form.get_by_label("New password").fill(new)
    await form.get_by_role("button", name="Change password").click()


async def test_signing_out_leaves_nothing_of_the_account_behind(visitors: Visitors) -> None:
    karl, unlike = await visitors.arrive(), await visitors.arrive()
    await unlike.register("Lotte")
    await karl.register("Karl")
    await karl.find(unlike)
    await karl.say("To be wiped")
    await karl.is_up_to_date()
    other_tab = await karl.another_tab()
    await other_tab.goto("/chats")
    await expect(other_tab.get_by_role("link", name="Lotte")).to_be_visible()
    kept = await karl.everything_kept()
    assert "Lotte" in kept
    assert "To be wiped" not in kept  # said in full, kept in cipher
    await karl.sign_out()
    await expect(karl.page.get_by_role("link", name="Make an account").first).to_be_visible()
    await expect(other_tab.get_by_role("heading", name="Welcome back")).to_be_visible()
    await karl.keeps_no_replica()
    kept = await karl.everything_kept()
    assert "Lotte" not in kept
    assert karl.email not in kept
    await karl.page.goto("/chats")
    await expect(karl.page.get_by_role("heading", name="Welcome back")).to_be_visible()


async def test_signing_out_everywhere_closes_the_other_browser_at_once(visitors: Visitors) -> None:
    mona, other = await visitors.arrive(), await visitors.arrive()
    await writes_to_a_friend(visitors, mona, "Mona", "Nils")
    await other.is_also(mona).sign_in()
    await other.open("Nils")
    await other.is_up_to_date()
    await mona.sign_out(everywhere=True)
    asked = time.monotonic()
    await other.must_sign_in_again()
    assert time.monotonic() - asked < SOON
    await expect(mona.page.get_by_role("link", name="Make an account").first).to_be_visible()
    await mona.keeps_no_replica()
    await other.say("Written while signed out")
    await other.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Sign in again").click()
    await other.enter()
    await other.open("Nils")
    await other.has_sent("Written while signed out")


async def writes_to_a_friend(visitors: Visitors, someone: Visitor, name: str, friend_name: str) -> Visitor:
    friend = await visitors.arrive()
    await friend.register(friend_name)
    await someone.register(name)
    await someone.find(friend)
    await someone.say(f"Said by {name}")
    await someone.has_sent(f"Said by {name}")
    return friend
