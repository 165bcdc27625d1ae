"""Coming in where one has to be invited, with the proof of work that pages always do."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Request, expect

from tests.browser.visitors import Visitor, Visitors
from tests.server import ServerProcess, command

INVITED = {"HUBBUB_ORIGINS": "*", "HUBBUB_REGISTRATION": "invited", "HUBBUB_CAPTCHA": "on"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Where one has to be invited, and proves work."""
    with ServerProcess(tmp_path_factory.mktemp("server"), environment=INVITED) as server:
        yield server


def invitation(server: ServerProcess) -> str:
    """The part of the link that a person opens, without the address."""
    done = subprocess.run(command("invite"), env=server.environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix(server.url)


def sent_to(visitor: Visitor, path: str) -> list[Any]:
    """The bodies that the page sends there from now on."""
    bodies: list[Any] = []

    def hear(request: Request) -> None:
        if request.url.endswith(path) and request.method == "POST":
            bodies.append(request.post_data_json)

    visitor.page.on("request", hear)
    return bodies


async def test_who_was_invited_comes_in_once(visitors: Visitors) -> None:
    link = await asyncio.to_thread(invitation, visitors.server)
    new, late = await visitors.arrive(), await visitors.arrive()
    page, registrations, sign_ins = new.page, sent_to(new, "/auth/register"), sent_to(new, "/auth/login")
    await page.goto("/register")
    await expect(page.get_by_role("heading", name="By invitation")).to_be_visible()
    await expect(page.get_by_label("E-mail address")).to_have_count(0)
    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_text("You were invited. Welcome!")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="Checked: you are no machine.")).to_be_visible()
    await new.apply("Hermione")
    await new.save_words()
    await expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()
    [registration] = registrations
    assert registration["invitation"] == link.partition("#invite=")[2]
    assert registration["captcha"]
    await new.sign_out()
    await new.keeps_no_replica()
    await new.sign_in("a wrong password")
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="Checked: you are no machine.")).to_be_visible()
    await new.enter()
    await expect(page.get_by_role("heading", name="Chats")).to_be_visible()
    proofs = [sign_in["captcha"] for sign_in in sign_ins]
    assert all(proofs)
    assert len(set(proofs)) == 2  # each is good for one try

    await late.page.goto(link)
    await late.apply("Draco")
    await expect(
        late.page.get_by_text("This invitation is not good, or no more. Ask for another link.")
    ).to_be_visible()
