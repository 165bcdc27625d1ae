"""What is one's own: taken along as it was written, and deleted for good."""

from __future__ import annotations

import json

from playwright.async_api import expect

from tests.browser.visitors import Visitors


async def test_one_takes_along_what_one_wrote_opened(visitors: Visitors) -> None:
    ada, bob = await visitors.come("Ada", "Bob")
    await ada.begin_group("Harbour", [bob])
    await ada.say("The tide is at six")
    await bob.open("Harbour")
    await bob.sees("The tide is at six")
    await bob.say("Nobody else's business")
    await ada.sees("Nobody else's business")
    await ada.has_sent("The tide is at six")
    await ada.page.goto("/settings")
    section = ada.page.get_by_role("region", name="Your data")
    await section.get_by_role("button", name="Prepare my data").click()
    await expect(section.get_by_text("Ready, with 1 message of yours.")).to_be_visible()
    async with ada.page.expect_download() as saving:
        await section.get_by_role("button", name="Save the page").click()
    page = (await (await saving.value).path()).read_text()
    assert "The tide is at six" in page
    assert "Harbour" in page
    async with ada.page.expect_download() as saving:
        await section.get_by_role("button", name="Save the data").click()
    lines = json.loads((await (await saving.value).path()).read_text())
    assert [line["text"] for line in lines if line["kind"] == "message"] == ["The tide is at six"]
    assert "Nobody else" not in page + json.dumps(lines)


async def test_who_deletes_the_account_is_gone_from_groups_and_has_no_name(visitors: Visitors) -> None:
    ada, bob, cleo = await visitors.come("Ada", "Bob", "Cleo")
    await ada.begin_group("Harbour", [bob, cleo])
    await ada.say("Farewell")
    await bob.open("Harbour")
    await bob.sees("Farewell")
    handle = await ada.handle()
    page = ada.page
    await page.goto("/settings")
    await page.get_by_role("button", name="Delete the account").click()
    dialog = page.get_by_role("dialog", name="Delete your account?")
    await dialog.get_by_role("radio", name="Leave it without a name").check()
    await dialog.get_by_label("Type your handle").fill("somebody")
    await dialog.get_by_label("Your password").fill("not the password")
    await dialog.get_by_role("button", name="Delete my account for good").click()
    await expect(dialog.get_by_text("That is not your handle.")).to_be_visible()
    await dialog.get_by_label("Type your handle").fill(handle)
    await dialog.get_by_role("button", name="Delete my account for good").click()
    await expect(dialog.get_by_text("This is not your password.")).to_be_visible()
    await dialog.get_by_label("Your password").fill(ada.password)
    await dialog.get_by_role("button", name="Delete my account for good").click()
    await expect(page).to_have_url("/")
    await ada.keeps_no_replica()
    await expect(bob.page.get_by_text("2 members")).to_be_visible()
    await bob.page.reload()
    await bob.reads("Farewell")
    await expect(bob.message("Farewell")).to_contain_text("Deleted account")
    await bob.say("Who was that?")
    await cleo.open("Harbour")
    await cleo.reads("Farewell", "Who was that?")
    await ada.sign_in()
    await expect(page.get_by_text("The address or the password is wrong.")).to_be_visible()
