"""Coming in where only certain addresses may: they are proven before anything else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.test_mail import follow
from tests.browser.visitors import Visitors
from tests.server import ServerProcess

LISTED = {"HUBBUB_ORIGINS": "*", "HUBBUB_ALLOWED_ADDRESSES": r".*@example\.org"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """For addresses of one domain."""
    with ServerProcess(tmp_path_factory.mktemp("server"), environment=LISTED) as server:
        yield server


async def test_who_joins_saves_the_words_confirms_the_address_and_signs_in(
    visitors: Visitors, server: ServerProcess
) -> None:
    sue = await visitors.arrive()
    await sue.register("Sue")
    await expect(sue.page.get_by_role("heading", name="Confirm your address")).to_be_visible()
    await expect(sue.page.get_by_text(f"the letter that we sent to {sue.email}")).to_be_visible()
    await sue.sign_in()
    await expect(
        sue.page.get_by_text("Confirm your address first: a letter with a link was sent to it.")
    ).to_be_visible()
    await follow(sue.page, server, sue.email, "Confirm your address")
    await sue.page.get_by_role("button", name="Confirm the address").click()
    await expect(sue.page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    await sue.sign_in()
    await expect(sue.page.get_by_role("heading", name="No conversations yet")).to_be_visible()
