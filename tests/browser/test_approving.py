"""Groups into which several members let somebody in."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.outside import in_the_name_of
from tests.browser.visitors import Visitors

NOTE = "It is me, Dora, from the boathouse"


async def test_two_members_have_to_agree_to_who_asks_with_a_note(visitors: Visitors) -> None:
    ada, bob, cleo, dora = await visitors.come("Ada", "Bob", "Cleo", "Dora")
    await ada.begin_group("Harbour", [bob, cleo], approvals=2)
    await ada.say("Welcome")
    await bob.open("Harbour")
    await cleo.open("Harbour")

    # Dora asks by herself, with a note that Ada alone can read, who began the group: neither Bob nor the server.
    group = ada.page.url.rsplit("/", 1)[1]
    await dora.page.goto(f"/groups/{group}")
    await dora.page.get_by_role("button", name="Ask to be let into Harbour").click()
    dialog = dora.page.get_by_role("dialog", name="Ask to be let into Harbour?")
    await expect(dialog.get_by_text("only Ada can read it")).to_be_visible()
    await dialog.get_by_label("What you want to say").fill(NOTE)
    async with dora.page.expect_request(lambda request: request.url.endswith("/membership")) as asked:
        await dialog.get_by_role("button", name="Ask to be let in").click()
    sent = (await asked.value).post_data_json or {}
    assert re.fullmatch(r"[\w-]{200,}", sent["request"])
    await expect(bob.page.get_by_text("Dora asks to be let into Harbour")).to_be_visible()
    await bob.about_group()
    await expect(bob.page.get_by_text("There is a note. Only who began the group can read it.")).to_be_visible()
    shown = await in_the_name_of(visitors.server.url, bob, "GET", f"/api/groups/{group}/requests")
    assert [item["request"] for item in shown["items"]] == [sent["request"]]
    assert not [
        path
        for path in visitors.server.folder.rglob("*")
        if path.is_file() and NOTE in path.read_bytes().decode("utf-8", "replace")
    ]
    await ada.about_group()
    await expect(ada.page.get_by_role("blockquote")).to_have_text(NOTE)
    await expect(bob.page.get_by_text("2 members have to agree to somebody new.")).to_be_visible()
    await bob.page.get_by_role("button", name="Let Dora in").click()
    await expect(bob.page.get_by_text("1 of 2 approvals")).to_be_visible()
    await expect(bob.page.get_by_text("You agreed", exact=True)).to_be_visible()
    await expect(bob.page.get_by_text("3 members", exact=True)).to_be_visible()

    await cleo.about_group()
    await expect(cleo.page.get_by_text("1 of 2 approvals")).to_be_visible()
    await cleo.page.get_by_role("button", name="Let Dora in").click()
    await dora.open("Harbour")
    await ada.say("Hello Dora")
    await dora.reads("Hello Dora")
    for one in (ada, bob, cleo):
        await expect(one.page.get_by_text("4 members")).to_be_visible()


async def test_a_member_declines(visitors: Visitors) -> None:
    ada, dora = await visitors.come("Ada", "Dora")
    bob = await visitors.arrive()
    await bob.register("Bob")
    await ada.begin_group("Harbour", [bob])
    await ada.say("Welcome")
    await ada.has_sent("Welcome")
    group = ada.page.url.rsplit("/", 1)[1]
    await in_the_name_of(visitors.server.url, dora, "PUT", f"/api/groups/{group}/membership")
    await ada.about_group()
    await ada.page.get_by_role("button", name="Decline Dora").click()
    await expect(ada.page.get_by_role("region", name="Waiting to be let in")).to_have_count(0)
    seen = await in_the_name_of(visitors.server.url, dora, "GET", f"/api/groups/{group}")
    assert (seen["requested"], seen["member"]) == (False, False)
