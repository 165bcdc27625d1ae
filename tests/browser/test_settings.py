"""What people set for themselves: seen by others, kept over a reload, and known to their other devices."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, expect

from tests.browser.visitors import Visitor, Visitors


async def test_name_and_about_text_are_seen_by_others(visitors: Visitors) -> None:
    tilda, ulrich = await visitors.arrive(), await visitors.arrive()
    await ulrich.register("Ulrich")
    await tilda.register("Tilda")
    await tilda.find(ulrich)
    await tilda.say("Hello")
    await expect(ulrich.listed("Tilda")).to_be_visible()
    page = tilda.page
    await page.goto("/settings")
    form = page.get_by_role("form", name="Profile")
    await form.get_by_label("Name", exact=True).fill("Tilda the Great")
    await form.get_by_label("About you").fill("I sail.\nAnd I bake.")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    await expect(ulrich.listed("Tilda the Great")).to_be_visible()
    await ulrich.open("Tilda the Great")
    await ulrich.page.get_by_role("link", name="Tilda the Great").last.click()
    await expect(ulrich.page.get_by_text("And I bake.")).to_be_visible()
    await page.reload()
    await expect(form.get_by_label("Name", exact=True)).to_have_value("Tilda the Great")
    await expect(form.get_by_label("About you")).to_have_value("I sail.\nAnd I bake.")


async def test_a_picture_is_shown_to_others_until_it_is_removed(visitors: Visitors, tmp_path: Path) -> None:
    vera, wanda = await visitors.arrive(), await visitors.arrive()
    await wanda.register("Wanda")
    await vera.register("Vera")
    await vera.find(wanda)
    await vera.say("Hello")
    await wanda.open("Vera")
    await expect(pictures(wanda)).to_have_count(0)
    await vera.page.goto("/settings")
    await choose_picture(vera, drawn(tmp_path / "me.png", "PNG"))
    await vera.page.get_by_role("button", name="Use this picture").click()
    await expect(vera.page.get_by_text("Your picture is changed.")).to_be_visible()
    await expect(pictures(wanda).first).to_be_visible()
    assert await pictures(wanda).first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    await vera.page.get_by_role("button", name="Remove", exact=True).click()
    await expect(vera.page.get_by_text("Your picture is removed.")).to_be_visible()
    await expect(pictures(wanda)).to_have_count(0)


async def test_what_is_no_picture_is_refused_before_it_is_sent(visitors: Visitors, tmp_path: Path) -> None:
    xaver = await visitors.arrive()
    await xaver.register("Xaver")
    await xaver.page.goto("/settings")
    await choose_picture(xaver, drawn(tmp_path / "me.gif", "GIF"))
    await expect(xaver.page.get_by_text("That is not a PNG, JPEG or WebP picture.")).to_be_visible()
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing that makes sense")
    await choose_picture(xaver, torn)
    await xaver.page.get_by_role("button", name="Use this picture").click()
    await expect(xaver.page.get_by_role("alert")).to_be_visible()
    await expect(xaver.page.get_by_role("button", name="Remove", exact=True)).to_have_count(0)


async def test_looks_and_hiding_survive_a_reload_and_reach_the_other_device(visitors: Visitors) -> None:
    yuki, other, zoe = await visitors.arrive(), await visitors.arrive(), await visitors.arrive()
    await zoe.register("Zoe")
    await yuki.register("Yuki")
    await yuki.find(zoe)
    await yuki.say("Hello")
    await expect(zoe.listed("Yuki").get_by_text("online")).to_be_attached()
    await other.is_also(yuki).sign_in()
    await other.is_up_to_date()
    page = yuki.page
    await page.goto("/settings")
    await page.get_by_role("radio", name="Night").check(force=True)
    size = page.get_by_role("slider", name="Text size")
    await size.focus()
    await size.press("ArrowRight")
    await size.press("ArrowRight")
    await page.get_by_role("switch", name="Do not show when I am here").click()
    await wears(yuki, "night", "1.1")
    await wears(other, "night", "1.1")
    await expect(zoe.listed("Yuki")).to_be_visible()
    await expect(zoe.listed("Yuki").get_by_text("online")).to_have_count(0)
    await page.reload()
    await wears(yuki, "night", "1.1")
    await expect(page.get_by_role("switch", name="Do not show when I am here")).to_be_checked()
    await expect(page.get_by_role("radio", name="Night")).to_be_checked()
    await other.page.goto("/settings")
    await expect(other.page.get_by_role("switch", name="Do not show when I am here")).to_be_checked()


async def wears(someone: Visitor, theme: str, size: str) -> None:
    root = someone.page.locator("html")
    await expect(root).to_have_attribute("data-theme", theme)
    await expect(root).to_have_css("--size", size)


def pictures(someone: Visitor) -> Locator:
    """Pictures of people, as the page that is open shows them; drawn ones are none."""
    return someone.page.get_by_role("main").locator("img[src*='/pictures/']")


async def choose_picture(someone: Visitor, file: Path) -> None:
    async with someone.page.expect_file_chooser() as choosing:
        await someone.page.get_by_role("button", name="Choose").click()
    await (await choosing.value).set_files(file)


def drawn(file: Path, kind: str) -> Path:
    Image.new("RGB", (320, 200), "teal").save(file, kind)
    return file
