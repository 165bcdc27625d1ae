"""Takes what is on the screen, in both themes, and lays all of it side by side on one sheet."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw
from playwright.async_api import Page

THEMES = ("day", "night")
# Waits until nothing moves any more and everything is painted.
STILL = """async (theme) => {
    const root = document.documentElement, label = `Switch to the ${theme === "night" ? "dark" : "light"} theme`;
    if (root.dataset.theme !== theme) document.querySelector(`[aria-label="${label}"]`)?.click();
    root.dataset.theme = theme;
    await Promise.all(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => null)));
    await Promise.all([...document.images].map((one) => one.decode().catch(() => null)));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
ACROSS = 6
CELL = (320, 260)


class Camera:
    """Writes `<name>-<desktop|phone>-<day|night>.png` into the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)

    async def take(self, page: Page, name: str) -> None:
        """The page as it is, once in each theme; the theme before it comes back."""
        size = "phone" if (page.viewport_size or {"width": 0})["width"] < 720 else "desktop"
        before = await page.evaluate("() => document.documentElement.dataset.theme")
        for theme in THEMES:
            await page.evaluate(STILL, theme)
            file = self.folder / f"{name}-{size}-{theme}.png"
            await page.screenshot(path=file, caret="initial")
            self.taken.append(file)
        await page.evaluate(STILL, before)

    def sheet(self) -> Path:
        """All pictures on one, small, with their names below."""
        files = sorted(self.taken)
        rows = -(-len(files) // ACROSS)
        sheet = Image.new("RGB", (CELL[0] * ACROSS, CELL[1] * rows), "#808080")
        draw = ImageDraw.Draw(sheet)
        for number, file in enumerate(files):
            x, y = number % ACROSS * CELL[0], number // ACROSS * CELL[1]
            with Image.open(file) as picture:
                small = picture.convert("RGB")
            small.thumbnail((CELL[0] - 12, CELL[1] - 30))
            sheet.paste(small, (x + (CELL[0] - small.width) // 2, y + 6))
            draw.text((x + 8, y + CELL[1] - 18), file.stem, fill="white")
        written = self.folder / "contact-sheet.png"
        sheet.save(written)
        return written


def keep(picture: Path, as_: Path, largest: int = 60_000) -> None:
    """A copy for the documentation: WebP, as good as fits into `largest` bytes."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    for quality in range(90, 20, -10):
        image.save(as_, "WEBP", quality=quality, method=6)
        if as_.stat().st_size <= largest:
            return
    raise ValueError(f"{as_.name} does not fit into {largest} bytes")
