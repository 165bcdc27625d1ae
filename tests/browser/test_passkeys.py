"""Passkeys with Chromium's virtual authenticator: coming in without a password, and reading what was said before."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Request, expect

from tests.browser.accounts import address_of
from tests.browser.network import Cable
from tests.browser.visitors import DESKTOP, PATIENCE, Visitor
from tests.server import ServerProcess
from tests.services import free_port


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that has a name: passkeys are kept by names of servers."""
    port = free_port()
    named = {"HUBBUB_PUBLIC_URL": f"http://localhost:{port}"}
    with ServerProcess(tmp_path_factory.mktemp("home"), port=port, environment=named) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def people(chromium: Browser, home: ServerProcess) -> AsyncIterator[Callers]:
    async with contextlib.AsyncExitStack() as stack:
        yield Callers(chromium, home, stack)


class Callers:
    """Makes visitors who reach the server at its own name, each with an authenticator of their own."""

    def __init__(self, chromium: Browser, home: ServerProcess, stack: contextlib.AsyncExitStack) -> None:
        self._chromium = chromium
        self._home = home
        self._stack = stack

    async def arrive(self, *, prf: bool = True, fills_in: bool = False) -> tuple[Visitor, CDPSession]:
        context = await self._chromium.new_context(
            base_url=f"http://localhost:{self._home.port}", viewport=DESKTOP, reduced_motion="reduce"
        )
        self._stack.push_async_callback(context.close)
        context.set_default_timeout(PATIENCE)
        if not fills_in:  # the virtual authenticator would pick a passkey before anybody pressed the button
            await context.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
        cable = await self._stack.enter_async_context(Cable(self._home.port))
        visitor = Visitor(context, await context.new_page(), cable)
        return visitor, await authenticator(visitor, prf=prf)


async def authenticator(visitor: Visitor, *, prf: bool) -> CDPSession:
    session = await visitor.context.new_cdp_session(visitor.page)
    await session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True, "hasPrf": prf}
    if prf:
        options["ctap2Version"] = "ctap2_1"
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


async def register(visitor: Visitor, name: str) -> None:
    """Make an account with a passkey and no password."""
    page = visitor.page
    visitor.name, visitor.email = name, address_of(name)
    await page.goto("/register")
    await page.get_by_role("button", name="Use a passkey instead").click()
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("E-mail address").fill(visitor.email)
    await page.get_by_role("button", name="Make my account with a passkey").click()
    await visitor.save_words()


async def leave(visitor: Visitor, session: CDPSession) -> None:
    """Sign out, and have the browser forget all it knows: a fresh one that has the same authenticator."""
    await visitor.sign_out()
    await visitor.keeps_no_replica()
    origin = await visitor.page.evaluate("location.origin")
    # By the session that has the authenticator: another one would take it along when it ends.
    await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})


async def sign_in(visitor: Visitor) -> None:
    await visitor.page.goto("/login")
    await visitor.page.get_by_role("button", name="Sign in with a passkey").click()


async def test_a_passkey_alone_opens_what_was_said_before(people: Callers) -> None:
    (nora, hers), (olga, _) = await people.arrive(), await people.arrive()
    sent: list[Request] = []
    nora.page.on("request", lambda asked: sent.append(asked))  # noqa: PLW0108  Playwright marks what it calls
    await register(nora, "Nora")
    await register(olga, "Olga")
    await nora.find(olga)
    await nora.say("Nobody typed a password")
    await olga.open("Nora")
    await olga.reads("Nobody typed a password")
    await leave(nora, hers)
    await sign_in(nora)
    await nora.open("Olga")
    await nora.reads("Nobody typed a password")
    bodies = [json.loads(one.post_data) for one in sent if "/auth/passkey/" in one.url and one.post_data]
    assert bodies
    assert "prf" not in json.dumps(bodies), "what opens the account key stays in the browser"


async def test_without_prf_the_words_open_the_messages_after_the_passkey_signed_in(people: Callers) -> None:
    (pia, hers), (rosa, _) = await people.arrive(prf=False), await people.arrive()
    await register(pia, "Pia")
    await register(rosa, "Rosa")
    await pia.find(rosa)
    await pia.say("Opened by words")
    await rosa.open("Pia")
    await rosa.reads("Opened by words")
    await leave(pia, hers)
    await sign_in(pia)
    await pia.is_asked_for_words()
    form = pia.page.get_by_role("form", name="Open your messages")
    await expect(form.get_by_label("Your password", exact=True)).to_have_count(0)
    await form.get_by_label("Your 24 words").fill(" ".join(pia.words))
    await form.get_by_role("button", name="Open my messages").click()
    await pia.open("Rosa")
    await pia.reads("Opened by words")


async def test_a_passkey_is_picked_where_the_address_is_typed(people: Callers) -> None:
    tara, hers = await people.arrive(fills_in=True)
    await register(tara, "Tara")
    await leave(tara, hers)
    await tara.page.goto("/login")  # the virtual authenticator picks it at once
    await tara.is_up_to_date()


async def test_passkeys_are_added_named_and_removed_in_the_settings(people: Callers) -> None:
    sara, session = await people.arrive()
    page = sara.page
    await sara.register("Sara")
    await page.goto("/settings")
    await page.get_by_role("button", name="Add a passkey").click()
    dialog = page.get_by_role("dialog", name="Add a passkey")
    await dialog.get_by_label("Name of the passkey").fill("Laptop")
    await dialog.get_by_role("button", name="Add a passkey").click()
    row = page.get_by_role("list", name="Passkeys").get_by_role("listitem")
    await expect(row).to_contain_text("Laptop")
    await expect(row).to_contain_text("Opens your messages")
    await page.get_by_role("button", name="Add a passkey").click()
    await dialog.get_by_role("button", name="Add a passkey").click()
    await expect(dialog.get_by_text("This device has a passkey for your account already.")).to_be_visible()
    await dialog.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Rename: Laptop").click()
    await page.get_by_role("dialog", name="Rename").get_by_label("Name of the passkey").fill("Old laptop")
    await page.get_by_role("dialog", name="Rename").get_by_role("button", name="Rename").click()
    await leave(sara, session)
    await sign_in(sara)
    await page.wait_for_url("**/chats")
    await page.goto("/settings")
    await expect(row).to_contain_text("Last used")
    await page.get_by_role("button", name="Remove: Old laptop").click()
    await page.get_by_role("dialog", name="Remove this passkey?").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("You have no passkey yet.")).to_be_visible()
    await leave(sara, session)
    await sign_in(sara)
    await expect(page.get_by_text("This passkey does not sign you in here.")).to_be_visible()
