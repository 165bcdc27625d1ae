"""Draws the icons that have to be PNG from the SVG ones: `.venv/bin/python web/icons.py`, after these have changed."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent / "static" / "icons"
WANTED = [("icon", "icon-192", 192), ("icon", "icon-512", 512), ("maskable", "maskable-512", 512)]


def draw() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for source, name, size in WANTED:
            page = browser.new_page(viewport={"width": size, "height": size})
            svg = (FOLDER / f"{source}.svg").read_text().replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)
            page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
            page.screenshot(path=FOLDER / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw()
