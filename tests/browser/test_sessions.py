"""Looking over where one is signed in, from one browser, and ending what another one began."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.visitors import Visitors


async def test_a_browser_that_is_signed_out_from_another_has_to_sign_in_again(visitors: Visitors) -> None:
    nora, lost, third = await visitors.arrive(), await visitors.arrive(), await visitors.arrive()
    await nora.register("Nora")
    await lost.is_also(nora).sign_in()
    await lost.is_up_to_date()
    page = nora.page
    await page.goto("/settings")
    places = page.get_by_role("region", name="Where you are signed in")
    await expect(places.get_by_role("listitem")).to_have_count(2)
    await expect(places.get_by_role("listitem").filter(has_text="This device")).to_have_count(1)
    await places.get_by_role("button", name="Sign out Chrome on Linux").click()
    await expect(page.get_by_text("Chrome on Linux is signed out.")).to_be_visible()
    await expect(places.get_by_role("listitem")).to_have_count(1)
    await lost.must_sign_in_again()
    await lost.page.get_by_role("link", name="Sign in again").click()
    await expect(lost.page.get_by_role("form", name="Sign in")).to_be_visible()

    await third.is_also(nora).sign_in()
    await third.is_up_to_date()
    await page.reload()
    await expect(places.get_by_role("listitem")).to_have_count(2)
    await places.get_by_role("button", name="Sign out everywhere else").click()
    await third.must_sign_in_again()
    await expect(places.get_by_role("listitem")).to_have_count(1)
    await page.reload()
    await expect(places.get_by_role("listitem")).to_have_count(1)
