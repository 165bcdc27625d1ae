"""axe finds nothing serious on any page: in both themes, at a desk and on a phone, with real content on them."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.axe import barriers
from tests.browser.outside import set_password_without_slot
from tests.browser.visitors import Visitor, Visitors

GUEST_PAGES = {
    "/": "A chat of your own",
    "/about": "About Hubbub",
    "/news": "News",
    "/no/such/page": "There is no such page",
    "/login": "Welcome back",
    "/forgot": "Forgot your password?",
    "/reset#token": "A new password",
    "/link": "Sign in by a link",
    "/link#token": "Sign in by a link",
    "/confirm#token": "Confirm your address",
    "/address#token": "Another address",
    "/register": "Make an account",
}
RICH = """**Look** at `this`, and at https://example.org/a/page:

```python
print("hello")  # in a block of code
```

> quoted
1. one
2. two"""


@pytest.fixture(params=[False, True], ids=["desk", "phone"])
def phone(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class Inspector:
    """Looks at what is on the screen, and remembers what it found."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.found: list[str] = []

    async def look(self, waited_for: Locator) -> None:
        """At the whole page, once this is to be seen."""
        await expect(waited_for).to_be_visible()
        self.found += await barriers(self._page.locator("html"))

    async def look_at(self, address: str, heading: str) -> None:
        await self._page.goto(address)
        await self.look(self._page.get_by_role("heading", name=heading).first)

    async def look_and_close(self, dialog: Locator) -> None:
        await expect(dialog).to_be_visible()
        self.found += await barriers(dialog)
        await self._page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()


async def test_what_guests_see(visitors: Visitors, phone: bool) -> None:
    someone = await visitors.arrive(phone=phone)
    page, inspector = someone.page, Inspector(someone.page)
    for address, heading in GUEST_PAGES.items():
        await inspector.look_at(address, heading)
    await page.get_by_role("button", name="Make my account").click()
    await inspector.look(page.get_by_text("Tell us how to call you."))
    assert inspector.found == []


async def test_what_is_seen_on_the_way_in(visitors: Visitors, phone: bool) -> None:
    someone, again, insecure = [
        await visitors.arrive(phone=phone, host=host) for host in ("127.0.0.1",) * 2 + ("hubbub.test",)
    ]
    page, inspector = someone.page, Inspector(someone.page)
    await page.goto("/register")
    await someone.apply("Gisela")
    await expect(page.get_by_role("heading", name="Your recovery code")).to_be_visible()
    await inspector.look(page.get_by_role("list", name="The 24 words, in order"))
    someone.words = await someone.words_shown()
    await page.get_by_role("button", name="I have saved them").click()
    await page.get_by_role("button", name="Finish").click()
    await inspector.look(page.get_by_text("That is not word number").first)
    await set_password_without_slot(visitors.server.url, someone, "another password, set from outside")
    recovering = Inspector(again.page)
    await again.is_also(someone).sign_in()
    await recovering.look(again.page.get_by_role("heading", name="Open your messages"))
    await again.page.get_by_role("button", name="The words are lost").click()
    await recovering.look_and_close(again.page.get_by_role("dialog", name="Start anew?"))
    without_tls = Inspector(insecure.page)
    await without_tls.look_at("/", "This page needs HTTPS")
    assert inspector.found + recovering.found + without_tls.found == []


async def test_what_people_see_of_conversations(visitors: Visitors, phone: bool) -> None:
    heidi, ivan = await visitors.arrive(phone=phone), await visitors.arrive()
    await ivan.register("Ivan")
    await heidi.register("Heidi")
    page, inspector = heidi.page, Inspector(heidi.page)
    await inspector.look(page.get_by_role("heading", name="No conversations yet"))
    await heidi.find(ivan)
    await inspector.look(heidi.composer("Ivan"))
    await talk(heidi, ivan)
    await inspector.look(heidi.message("Answered"))
    await heidi.choose("Answered")
    await inspector.look_and_close(page.get_by_role("dialog", name="Message actions"))
    await heidi.choose("Answered", "Reply")
    await inspector.look(page.get_by_text("Reply to Ivan"))
    await page.get_by_role("button", name="Insert an emoji").click()
    await inspector.look(
        page.get_by_role("group", name="Emoji", exact=True).get_by_role("button", name="grinning face").first
    )
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await inspector.look_and_close(page.get_by_role("dialog", name="Go to"))
    await page.goto("/safety/ivan")
    await inspector.look(page.get_by_role("figure", name="Your safety number"))
    await page.get_by_role("button", name="mark as verified").click()
    await inspector.look(page.get_by_text("You have verified Ivan."))
    await inspector.look_at("/chats", "Chats")
    assert inspector.found == []


async def talk(one: Visitor, other: Visitor) -> None:
    """A conversation with everything in it: marks of every kind, an edit, a deletion, a reply, a reaction."""
    for text in ("Hello", RICH, "To be edited", "To be deleted"):
        await sends(one, text)
    await one.sees("To be deleted")
    await other.open(one.name)
    await other.react("Hello", "👍")
    await other.reply("Hello", "Answered")
    await one.sees("Answered")
    await one.remove("To be deleted")


async def sends(someone: Visitor, text: str) -> None:
    """By the button, for a phone's Enter makes a new line."""
    await someone.composer().fill(text)
    await someone.page.get_by_role("button", name="Send").click()


async def test_what_people_see_of_groups(visitors: Visitors, phone: bool) -> None:
    jana, kurt = await visitors.arrive(phone=phone), await visitors.arrive()
    await kurt.register("Kurt")
    await jana.register("Jana")
    page, inspector = jana.page, Inspector(jana.page)
    await inspector.look_at("/groups/new", "New group")
    await jana.begin_group("Rowing", [kurt])
    await sends(jana, "Who rows on Sunday?")
    await kurt.open("Rowing")
    await kurt.say("I do")
    await jana.sees("I do")
    await inspector.look(jana.message("I do"))
    await jana.about_group()
    await inspector.look(page.get_by_role("region", name="About this group"))
    for button, dialog in [
        ("Add people", "Add people"),
        ("Change the name", "Change the name"),
        ("Leave the group", "Leave this group?"),
    ]:
        await page.get_by_role("button", name=button).click()
        await inspector.look_and_close(page.get_by_role("dialog", name=dialog))
    assert inspector.found == []


async def test_what_strangers_see_of_the_lobby_and_of_rooms(visitors: Visitors, phone: bool) -> None:
    nora, guest = await visitors.arrive(), await visitors.arrive(phone=phone)
    await nora.register("Nora")
    page, inspector = guest.page, Inspector(guest.page)
    await inspector.look_at("/channels/no-such-channel", "There is no such channel")
    await inspector.look_at("/rooms/no-such-room", "There is no such room")
    await nora.page.goto("/channels/lobby")
    await nora.names_it("A subject")
    greeting = f"Good morning to a {'phone' if phone else 'desk'}"
    await sends(nora, greeting)
    await page.goto("/channels/lobby")
    await inspector.look(guest.message(greeting))
    link = await nora.makes_room("Tea", encrypted=True)
    await inspector.look_at(f"/{link.split('#')[0]}", "The key of this room is missing")
    await page.goto(f"/{link}")
    await inspector.look(page.get_by_role("heading", name="Come into Tea"))
    await page.get_by_role("button", name="Come in").click()
    await inspector.look(page.get_by_text("Choose a name first."))
    await guest.comes_in("Olaf")
    await sends(guest, "Tea, please")
    await nora.sees("Tea, please")
    await inspector.look(guest.message("Tea, please"))
    if phone:
        await page.get_by_role("button", name="About this room").click()
        await inspector.look_and_close(page.get_by_role("dialog", name="About this room"))
    assert inspector.found == []


async def test_what_people_see_of_what_there_is_to_find(visitors: Visitors, phone: bool) -> None:
    quentin, rita = await visitors.arrive(phone=phone), await visitors.arrive()
    await rita.register("Rita")
    await quentin.register("Quentin")
    page, inspector = quentin.page, Inspector(quentin.page)
    title = "Mushrooms" if phone else "Berries"
    await rita.begins_channel(title)
    await quentin.explores("Channels")
    await inspector.look(quentin.found(title))
    await page.get_by_role("button", name="New channel").click()
    await inspector.look_and_close(page.get_by_role("dialog", name="New channel"))
    await quentin.found(title).get_by_role("link", name=title).click()
    await inspector.look(page.get_by_text("Subscribe to read what is said here."))
    await page.goto("/channels/lobby")
    await inspector.look(quentin.writes())
    await quentin.page.goto("/explore?in=rooms")
    await inspector.look(page.get_by_label("Link of a room"))
    await page.get_by_role("button", name="New room").click()
    await inspector.look_and_close(page.get_by_role("dialog", name="New room"))
    assert inspector.found == []


async def test_what_people_see_of_each_other(visitors: Visitors, phone: bool) -> None:
    otto, petra = await visitors.arrive(phone=phone), await visitors.arrive()
    await petra.register("Petra")
    await otto.register("Otto")
    page, inspector = otto.page, Inspector(otto.page)
    await inspector.look_at("/people", "People")
    await page.get_by_role("searchbox").fill("Petra")
    await inspector.look(page.get_by_role("link", name="Petra").first)
    await inspector.look_at("/people/petra", "Petra")
    await page.goto("/people/petra")
    await page.get_by_role("button", name="More about this person").click()
    await page.get_by_role("menuitem", name="Block").click()
    await inspector.look_and_close(page.get_by_role("dialog", name="Block Petra?"))
    await inspector.look_at("/people/nobody-of-this-name", "There is nobody of this name")
    await inspector.look_at("/leaderboard", "Leader-board")
    await inspector.look_at("/admin/reports", "Only admins see this page")
    assert inspector.found == []


async def test_what_people_see_of_their_settings(visitors: Visitors, phone: bool) -> None:
    lars = await visitors.arrive(phone=phone)
    await lars.register("Lars")
    page, inspector = lars.page, Inspector(lars.page)
    await inspector.look_at("/settings", "Settings")
    for button, dialog in [
        ("Change password", "Change password"),
        ("Make a new code", "New recovery code"),
        ("Sign out", "Sign out?"),
        ("Sign out everywhere", "Sign out everywhere?"),
    ]:
        await page.get_by_role("button", name=button, exact=True).click()
        await inspector.look_and_close(page.get_by_role("dialog", name=dialog))
    if not phone:
        await page.get_by_role("button", name="Lars: your account").click()
        await inspector.look_and_close(page.get_by_role("menu"))
    await page.keyboard.press("Shift+?")
    await inspector.look_and_close(page.get_by_role("dialog", name="Keyboard"))
    await lars.lose_network()
    await inspector.look(page.get_by_text("Offline").first)
    assert inspector.found == []
