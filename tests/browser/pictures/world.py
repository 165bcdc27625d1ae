"""A small world to take pictures of: five people, what they said to each other, and what just happened."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from collections.abc import Sequence

import httpx
from PIL import Image, ImageDraw
from playwright.async_api import expect

from hubbub.client.crypto.passwords import derive_secret
from hubbub.domain.handles import slug
from tests.browser.visitors import Visitor, Visitors

GROUP = "Boathouse roof"
# Who says what; to be done with it afterwards is in `World.furnish`.
PAST = [
    (0, "Morning! Did you get the quote for the timber?"),
    (1, "I did. *Larch* is 30 % more than spruce, but it lasts."),
    (1, "They can deliver on the 12th, or two weeks later."),
    (0, "Then larch, and the 12th."),
    (0, "Who has the drawing?"),
    (1, "Amina. I have her numbers here:"),
    (1, "```python\nrafters = 14\nlength = 4.2  # metres, with the overhang\nprint(f'{rafters * length:.1f} m')\n```"),
    (0, "So 58.8 m, and a bit to spare."),
    (1, "I would order 64. Something always splits."),
    (0, "Agreed 👍"),
    (1, "Also: the old gutter is beyond saving. I took it down on Sunday and it came apart in my hands."),
]
TODAY = [
    (0, "Timber is ordered. It comes to 1,840, delivery included."),
    (1, "Very good. I will tell the others."),
    (1, "Nobody has said no yet."),
    (0, "Wait until they see the bill."),
    (1, "Here is how we fixed the last one: https://example.org/roofs/felt-and-battens"),
    (0, "That looks doable."),
    (0, "Do we need scaffolding, or is the `ladder rack` enough for the eaves?"),
    (1, "Ladders for the eaves. For the ridge I want something to stand on."),
    (0, "I can ask my brother."),
    (1, "Please do. Three things are left:\n\n1. felt, two rolls\n2. nails, 90 mm\n3. somebody who brings cake"),
    (0, "I know who brings cake."),
]
IN_GROUP = [
    (0, "Welcome, everybody. Here we plan the roof."),
    (2, "I have put the drawing on the wall of the clubhouse."),
    (4, "Saturday the 13th, then? I can bring two more pairs of hands."),
    (1, "Saturday is good. Start at eight, before it gets hot."),
    (2, "Eight it is."),
]


class World:
    """`people`: the first is the one over whose shoulder one looks. `lost`: Theo, asked for his recovery code."""

    def __init__(self, visitors: Visitors, people: Sequence[Visitor]) -> None:
        self._visitors = visitors
        self.people = people
        self.lost: Visitor
        self.mira, self.jonas, self.amina, self.theo, self.priya = people

    @classmethod
    async def make(cls, visitors: Visitors) -> World:
        names = ["Mira Lindqvist", "Jonas Weber", "Amina Diallo", "Theo Park", "Priya Nair"]
        people = [await visitors.arrive() for _ in names]
        for person, name in zip(people, names, strict=True):
            await person.register(name)
        world = cls(visitors, people)
        await world.mira.page.goto("/settings")
        await world._profile()
        await world._furnish()
        return world

    async def _profile(self) -> None:
        page = self.mira.page
        await page.locator("input[type=file]").set_input_files(
            {"name": "mira.png", "mimeType": "image/png", "buffer": portrait()}
        )
        await page.get_by_role("button", name="Use this picture").click()
        await page.get_by_label("About you").fill("Rows on Tuesdays, mends on Saturdays.")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("Your picture is changed.")).to_be_visible()

    # --- what was said ------------------------------------------------------------------------------------------------

    async def _furnish(self) -> None:
        mira, jonas, amina, theo, _ = self.people
        now = dt.datetime.now().astimezone()
        await self._at(now - dt.timedelta(days=1, hours=1))
        await mira.find(amina)
        await mira.say("Can you bring the drawing on Saturday?")
        await mira.find(theo)
        await mira.say("You are on the list for the keys.")
        await theo.open(mira.name)
        await theo.say("Thank you! I will fetch mine on Friday.")
        await mira.sees("Thank you! I will fetch mine on Friday.")
        await mira.find(jonas)
        await self._say(mira, PAST[0][1])
        await jonas.open(mira.name)
        await self._talk(PAST[1:], said=1)
        await self._at(now)
        await self._talk(TODAY, said=len(PAST))
        await self._mark(mira, jonas)
        await mira.begin_group(GROUP, [jonas, amina, self.priya])
        await self._say(mira, IN_GROUP[0][1])
        for other in (jonas, amina, self.priya):
            await other.open(GROUP)
        await self._talk(IN_GROUP[1:], said=1)
        await has(mira, len(IN_GROUP))
        await amina.open(mira.name)
        await self._lose(theo)

    async def _at(self, moment: dt.datetime) -> None:
        """What is written from now on was written then."""
        await asyncio.gather(*(person.context.clock.set_fixed_time(moment) for person in self.people))

    async def _talk(self, lines: list[tuple[int, str]], said: int) -> None:
        """Everybody waits until they have seen what was said before them; so many messages are there already."""
        for number, (who, text) in enumerate(lines):
            await has(self.people[who], said + number)
            await self._say(self.people[who], text)

    async def _say(self, who: Visitor, text: str) -> None:
        await who.composer().fill(text)
        await who.composer().press("Enter")
        await expect(who.composer()).to_have_value("")

    async def _mark(self, mira: Visitor, jonas: Visitor) -> None:
        """One of everything that can be done with messages."""
        count = len(PAST) + len(TODAY)
        await has(jonas, count)
        await jonas.react("Timber is ordered. It comes to 1,840, delivery included.", "🎉")
        await mira.react("Nobody has said no yet.", "😂")
        await jonas.react("Nobody has said no yet.", "😂")
        await mira.react("Nobody has said no yet.", "❤️")
        await mira.edit("That looks doable.", "That looks doable, even for us.")
        await mira.remove("I can ask my brother.")
        await mira.choose("Ladders for the eaves. For the ridge I want something to stand on.", "Reply")
        await self._say(mira, "My brother has a scaffold tower. He lends it to us for a crate of apples.")
        await has(jonas, count + 1)
        await jonas.react("My brother has a scaffold tower. He lends it to us for a crate of apples.", "👍")
        await jonas.say("Then we have everything. See you at eight!")
        await has(mira, count + 2)

    async def _lose(self, theo: Visitor) -> None:
        """Theo, whom Mira had verified, has lost password and words, and comes back as somebody else, maybe."""
        await self.mira.page.goto(f"/safety/{slug(theo.name)}")
        await self.mira.page.get_by_role("button", name="It is the same: mark as verified").click()
        await lose_slot(theo)
        again = await self._visitors.arrive()
        again.name, again.email = theo.name, theo.email
        await again.sign_in()
        self.lost = again

    async def theo_comes_back(self) -> None:
        await start_anew(self.lost)
        await self.lost.open(self.mira.name)
        await self._say(self.lost, "It is me. My phone fell into the lake.")

    # --- what just happened -------------------------------------------------------------------------------------------

    async def news(self) -> None:
        """Mira, who is not looking, gets messages from two sides."""
        await self._at(dt.datetime.now().astimezone())
        for text in ("I found the long level.", f"@{slug(self.mira.name)} do you still have the plumb line?"):
            await self._say(self.priya, text)
        await self._say(self.amina, "The drawing is in your letterbox.")

    async def jonas_types(self) -> None:
        """Somebody is heard to type for some seconds only."""
        await self._at(dt.datetime.now().astimezone())
        await self.jonas.open(self.mira.name)
        await self.jonas.composer().press_sequentially("Shall I")


async def has(who: Visitor, count: int) -> None:
    """So many messages are on their screen."""
    await expect(who.timeline.get_by_role("article")).to_have_count(count)


async def lose_slot(who: Visitor) -> None:
    """As after the password was set from outside: it no longer opens the account key."""
    async with httpx.AsyncClient(base_url=who.cable.url, trust_env=False, timeout=60) as client:
        kdf = (await client.post("/auth/prelogin", json={"email": who.email})).json()["kdf"]
        secret = derive_secret(who.password, kdf).secret
        answer = await client.post("/auth/login", json={"email": who.email, "password": secret})
        change = {"password": secret, "new_password": secret, "new_password_confirmation": secret, "kdf": kdf}
        token = answer.json()["auth_token"]
        changed = await client.patch("/api/password", json=change, headers={"Authorization": f"Bearer {token}"})
        assert changed.is_success, changed.text


async def start_anew(who: Visitor) -> None:
    """They have lost the words too: another identity from now on."""
    page = who.page
    await page.get_by_role("button", name="The words are lost").click()
    dialog = page.get_by_role("dialog", name="Start anew?")
    await dialog.get_by_label("Your password", exact=True).fill(who.password)
    await dialog.get_by_label("I understand").check()
    await dialog.get_by_role("button", name="Start anew").click()
    await who.save_words()


def portrait() -> bytes:
    """A picture of somebody by a lake, as far as circles can tell."""
    picture = Image.new("RGB", (512, 512), "#8fb8d8")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((360, 50, 450, 140), fill="#ffe3a3")
    draw.polygon([(0, 300), (150, 170), (280, 300)], fill="#6d8fae")
    draw.polygon([(180, 300), (370, 140), (512, 300)], fill="#5b7d9e")
    draw.rectangle((0, 300, 512, 512), fill="#2f6f7a")
    draw.ellipse((120, 360, 392, 640), fill="#d9683f")
    draw.ellipse((166, 150, 346, 380), fill="#5a3a28")
    draw.ellipse((186, 180, 326, 360), fill="#e8b48e")
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
