"""A person without a mouse: keys alone reach the page, and where they are is always to be seen."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

FAR = 40  # presses of Tab after which a person gives up

# How everything looks that Tab could reach, before it is pressed: itself and the two frames around it.
REMEMBER = """() => {
  const look = node => {
    const style = getComputedStyle(node);
    const outline = style.outlineStyle === 'none' ? 'none' : style.outline;
    return { outline, shadow: style.boxShadow, border: style.borderColor, background: style.backgroundColor };
  };
  window.looks = node => [node, node.parentElement, node.parentElement?.parentElement].filter(Boolean).map(look);
  const reachable = document.querySelectorAll('a[href], button, input, textarea, select, summary, [tabindex]');
  window.before = new Map([...reachable].filter(node => node !== document.activeElement)
    .map(node => [node, JSON.stringify(window.looks(node))]));
}"""
# What is wrong where Tab has led, once that is drawn. In a text field the caret shows it, in a marked frame.
ARRIVED = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const box = node.getBoundingClientRect();
  const name = `${node.tagName} ${node.getAttribute('aria-label') || node.innerText || node.id}`.slice(0, 80);
  const inSight = box.width > 1 && box.height > 1 && box.bottom > 0 && box.right > 0 &&
    box.top < innerHeight && box.left < innerWidth;
  if (!inSight) return `${name} has the focus out of sight`;
  const looks = window.looks(node);
  const marked = looks.some(look => look.outline !== 'none' || look.shadow !== 'none');
  const differs = window.before.get(node) !== JSON.stringify(looks);
  if (marked && node.matches('input:not([type=checkbox], [type=radio]), textarea')) return null;
  return differs ? null : `${name} has the focus and does not show it`;
}"""


class Keyboard:
    """The keys of one page. Tab stops that do not show the focus raise `AssertionError`."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def press(self, key: str) -> None:
        await self._page.keyboard.press(key)

    async def type(self, text: str) -> None:
        await self._page.keyboard.type(text)

    async def tab_to(self, wanted: Locator) -> None:
        """Press Tab until `wanted` has the focus."""
        await expect(wanted).to_be_visible()
        for _ in range(FAR):
            if await has_focus(wanted):
                return
            await self._page.evaluate(REMEMBER)
            await self._page.keyboard.press("Tab")
            problem = await self._page.evaluate(ARRIVED)
            assert problem is None, problem
        raise AssertionError(f"not reached by {FAR} presses of Tab: {wanted}")

    async def enter(self, field: Locator, text: str) -> None:
        await self.tab_to(field)
        await self.type(text)

    async def follow(self, link_or_button: Locator) -> None:
        await self.tab_to(link_or_button)
        await self.press("Enter")


async def has_focus(wanted: Locator) -> bool:
    return bool(await wanted.evaluate("node => node === document.activeElement"))
