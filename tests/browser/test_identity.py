"""Whom one talks to: a changed identity key is shown, and stops what is sent once somebody was verified."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.outside import set_password_without_slot
from tests.browser.visitors import Visitor, Visitors


async def test_both_see_the_same_safety_number(visitors: Visitors) -> None:
    nora, otto = await talking(visitors, "Nora", "Otto")
    numbers = []
    for one, other in ((nora, otto), (otto, nora)):
        await one.page.goto(f"/safety/{await other.handle()}")
        number = one.page.get_by_role("figure", name="Your safety number")
        await expect(number).to_be_visible()
        numbers.append("".join((await number.get_by_role("paragraph").inner_text()).split()))
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) == 60


async def test_a_changed_identity_is_shown_and_a_new_beginning_reaches_who_trusts_it(visitors: Visitors) -> None:
    paula, quirin = await talking(visitors, "Paula", "Quirin")
    anew = await starts_anew(visitors, quirin)
    await expect(paula.page.get_by_text("The identity key of Quirin has changed")).to_be_visible()
    await paula.say("Is it you?")
    await anew.open("Paula")
    await anew.sees("Is it you?")
    await anew.say("With new keys")
    await paula.sees("With new keys")


async def test_what_is_written_to_a_verified_person_waits_when_their_identity_changes(visitors: Visitors) -> None:
    rosa, simon = await talking(visitors, "Rosa", "Simon")
    await verifies(rosa, "Simon")
    anew = await starts_anew(visitors, simon)
    await rosa.open("Simon")
    await expect(rosa.page.get_by_text("The identity key of Simon has changed")).to_be_visible()
    await rosa.say("Is it you?")
    await expect(rosa.page.get_by_text("What you write waits until you accept.")).to_be_visible()
    await expect(rosa.message("Is it you?").get_by_label("Waiting to be sent")).to_be_visible()
    await anew.open("Rosa")
    await expect(anew.timeline.get_by_text("Is it you?")).to_have_count(0)
    await rosa.page.get_by_role("button", name="Accept the new key").click()
    await expect(rosa.page.get_by_text("The identity key of Simon has changed")).to_be_hidden()
    await rosa.has_sent("Is it you?")
    await anew.sees("Is it you?")


async def talking(visitors: Visitors, name: str, other_name: str) -> tuple[Visitor, Visitor]:
    """Two people who have written to each other, each looking at it."""
    one, other = await visitors.arrive(), await visitors.arrive()
    await other.register(other_name)
    await one.register(name)
    await one.find(other)
    await one.say("Hello")
    await other.open(name)
    await other.sees("Hello")
    await other.say("Hello to you")
    await one.reads("Hello", "Hello to you")
    return one, other


async def verifies(someone: Visitor, name: str) -> None:
    page = someone.page
    await page.get_by_role("link", name="Compare the safety number").click()
    await page.get_by_role("button", name="mark as verified").click()
    await expect(page.get_by_text(f"You have verified {name}.")).to_be_visible()
    await page.get_by_role("link", name="Back to the conversation").click()
    await expect(page.get_by_role("link", name="Encrypted, and you compared the safety number")).to_be_visible()


async def starts_anew(visitors: Visitors, who: Visitor) -> Visitor:
    """They lost everything but the sign-in, and make new keys in a new browser."""
    await set_password_without_slot(visitors.server.url, who, "another password, set from outside")
    await who.context.close()
    anew = (await visitors.arrive()).is_also(who)
    await anew.sign_in()
    await anew.is_asked_for_words()
    await anew.start_anew(who.password)
    return anew
