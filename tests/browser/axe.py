"""What axe-core finds on a page: rules of WCAG that a program can check."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Locator

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# The theme is an attribute of the document; what differs by it is contrast alone.
RUN = """async part => {
  const root = document.documentElement;
  const theme = root.dataset.theme;
  const found = [];
  // Colours fade one level of the document after the other.
  const moves = () => document.getAnimations().some(({ playState }) => playState === 'running');
  const still = async () => {
    for (let frame = 0, calm = 0; frame < 100 && calm < 3; frame++, calm = moves() ? 0 : calm + 1)
      await new Promise(requestAnimationFrame);
  };
  const run = async options => {
    await still();
    const { violations } = await axe.run(part, { resultTypes: ['violations'], ...options });
    for (const { id, impact, help, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      for (const { html, any, all, none } of nodes) {
        const why = [...any, ...all, ...none].map(check => check.message).join('; ');
        found.push(`${root.dataset.theme}: ${id}: ${help}: ${html.slice(0, 200)} (${why.slice(0, 240)})`);
      }
    }
  };
  await run({});
  root.dataset.theme = theme === 'night' ? 'day' : 'night';
  await run({ runOnly: ['color-contrast', 'link-in-text-block'] });
  root.dataset.theme = theme;
  return found;
}"""


async def barriers(part: Locator) -> list[str]:
    """What is serious or critical in this part of a page, in either theme, in sentences."""
    page = part.page
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(SCRIPT.read_text())  # by the debugger, which the page's policy does not bind
    return [f"{page.url}: {found}" for found in await part.evaluate(RUN)]
