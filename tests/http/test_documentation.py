"""The OpenAPI document: whole, self-contained, and true of the server (checked by schemathesis)."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.http.world import Person, World
from tests.services import free_port

ROUTES = {
    ("post", "/auth/register"),
    ("post", "/auth/prelogin"),
    ("post", "/auth/login"),
    ("post", "/auth/refresh"),
    ("get", "/auth/captcha"),
    ("post", "/auth/passkey/begin"),
    ("post", "/auth/passkey/finish"),
    ("post", "/auth/passkey/register/begin"),
    ("post", "/auth/passkey/register/finish"),
    ("get", "/api/passkeys"),
    ("post", "/api/passkeys/proof"),
    ("post", "/api/passkeys/begin"),
    ("post", "/api/passkeys"),
    ("patch", "/api/passkeys/{passkey_id}"),
    ("post", "/api/passkeys/{passkey_id}/remove"),
    ("post", "/auth/confirm"),
    ("post", "/auth/password/request"),
    ("post", "/auth/password/confirm"),
    ("post", "/auth/password/reset"),
    ("post", "/api/token/email_confirm"),
    ("post", "/api/token/email_change"),
    ("patch", "/api/email"),
    ("post", "/api/register"),
    ("post", "/api/login"),
    ("get", "/api/refresh_credentials"),
    ("post", "/api/change_password"),
    ("post", "/api/logout"),
    ("post", "/api/signout_all"),
    ("post", "/api/account/delete"),
    ("get", "/api/account/export"),
    ("post", "/auth/link"),
    ("post", "/auth/link/register"),
    ("post", "/auth/link/owner"),
    ("post", "/auth/link/request"),
    ("get", "/api/tokens"),
    ("post", "/api/tokens"),
    ("delete", "/api/tokens/{token_id}"),
    ("get", "/api/bots"),
    ("post", "/api/bots"),
    ("delete", "/api/bots/{bot_id}"),
    ("get", "/api/invitations"),
    ("post", "/api/invitations"),
    ("delete", "/api/invitations/{invitation_id}"),
    ("get", "/api/admin/invitations"),
    ("get", "/api/sessions"),
    ("delete", "/api/sessions"),
    ("delete", "/api/sessions/{session_id}"),
    ("patch", "/api/password"),
    ("patch", "/api/profile"),
    ("put", "/api/profile/picture"),
    ("delete", "/api/profile/picture"),
    ("get", "/pictures/{picture}/{file}"),
    ("get", "/api/messages"),
    ("get", "/api/users"),
    ("get", "/api/users/{user}"),
    ("get", "/api/conversations/private/{user_id}"),
    ("get", "/api/sync"),
    ("get", "/api/channels"),
    ("post", "/api/channels"),
    ("get", "/api/channels/{channel_id}"),
    ("patch", "/api/channels/{channel_id}"),
    ("delete", "/api/channels/{channel_id}"),
    ("put", "/api/channels/{channel_id}/subscription"),
    ("delete", "/api/channels/{channel_id}/subscription"),
    ("get", "/api/rooms"),
    ("post", "/api/rooms"),
    ("get", "/api/rooms/{room_id}"),
    ("delete", "/api/rooms/{room_id}"),
    ("post", "/api/rooms/{room_id}/join"),
    ("delete", "/api/rooms/{room_id}/participants/{participant_id}"),
    ("get", "/api/rooms/{room_id}/messages"),
    ("post", "/api/rooms/{room_id}/messages"),
    ("get", "/api/leaderboard"),
    ("get", "/api/conduct"),
    ("put", "/api/conduct"),
    ("put", "/api/conversations/{conversation_id}/members/{user_id}"),
    ("delete", "/api/conversations/{conversation_id}/members/{user_id}"),
    ("get", "/api/conversations/{conversation_id}/sanctions"),
    ("put", "/api/conversations/{conversation_id}/sanctions/{user_id}/{kind}"),
    ("delete", "/api/conversations/{conversation_id}/sanctions/{user_id}/{kind}"),
    ("put", "/api/conversations/{conversation_id}/messages/{message_id}/removal"),
    ("post", "/api/reports"),
    ("get", "/api/admin/reports"),
    ("post", "/api/admin/reports/{report_id}/resolution"),
    ("get", "/api/admin/audit"),
    ("get", "/api/choices"),
    ("put", "/api/choices/{kind}/{about_id}"),
    ("delete", "/api/choices/{kind}/{about_id}"),
    ("get", "/api/groups"),
    ("get", "/api/groups/{group_id}"),
    ("patch", "/api/groups/{group_id}"),
    ("put", "/api/groups/{group_id}/membership"),
    ("delete", "/api/groups/{group_id}/membership"),
    ("get", "/api/groups/{group_id}/requests"),
    ("delete", "/api/groups/{group_id}/requests/{user_id}"),
    ("put", "/api/groups/{group_id}/picture"),
    ("delete", "/api/groups/{group_id}/picture"),
    ("get", "/api/keys"),
    ("post", "/api/keys"),
    ("get", "/api/keys/{user_id}"),
}


SIGN_IN = ("/api/register", "/api/login")
FOR_GUESTS_TOO = {
    ("get", "/api/messages"),
    ("get", "/api/channels"),
    ("get", "/api/channels/{channel_id}"),
    ("get", "/api/rooms/{room_id}"),
    ("post", "/api/rooms/{room_id}/join"),
    ("get", "/api/rooms/{room_id}/messages"),
    ("post", "/api/rooms/{room_id}/messages"),
}


async def test_every_route_is_described_with_its_errors(world: World) -> None:
    document = (await world.client.get("/schema/openapi.json")).json()
    assert document == (await world.client.get("/schema")).json()
    assert document["openapi"].startswith("3.1")
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert described == ROUTES
    for method, path in ROUTES:
        operation = document["paths"][path][method]
        security: list[Any] = [] if path in SIGN_IN else [{"bearer": []}]
        if (method, path) in FOR_GUESTS_TOO:
            security = [*security, {}]
        assert operation.get("security", []) == (security if path.startswith("/api") else []), path
        assert {"400", "429", "500", "503"} <= operation["responses"].keys(), path
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


async def test_the_limits_of_fields_are_described(world: World) -> None:
    schemas = (await world.client.get("/schema")).json()["components"]["schemas"]
    recents = schemas["ChangeProfile"]["properties"]["recents"]
    assert (recents["maxItems"], recents["items"]["maxLength"]) == (50, 512)
    assert schemas["Register"]["properties"]["password"]["minLength"] == 8


async def test_the_document_refers_to_nothing_elsewhere(world: World) -> None:
    text = (await world.client.get("/schema")).text
    assert set(re.findall(r"https?://[^\"/]+", text)) == {"http://localhost:8000"}


# --- schemathesis -------------------------------------------------------------------------------------------------

# What ends the token of the run would leave nothing but 401 for the rest: each runs alone. Ids come from answers.
ENDS_TOKENS = (
    "/api/logout",
    "/api/signout_all",
    "/api/change_password",
    "/api/account/delete",
    "/api/sessions/{session_id}",
)
# What a schema cannot say, and so may refuse what it allows: a page token that we made, an address that is free, two
# fields that agree or belong together, a signature that verifies, the password, what is in a picture, that 7.0 is no
# whole number.
CONFIG = """
[[operations]]
include-path = ["/api/users", "/api/messages", "/api/password", "/auth/password/reset", "/api/email", "/api/groups"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404"]

[[operations]]
include-path = "/api/conduct"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409"]

[[operations]]
include-path = "/api/profile/picture"
checks.positive_data_acceptance.expected-statuses = ["2xx", "413", "415"]

[[operations]]
include-path = "/api/groups/{group_id}/picture"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "413", "415"]

[[operations]]
include-path = ["/api/groups/{group_id}", "/api/groups/{group_id}/membership"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "422"]

[[operations]]
include-path = ["/auth/register", "/api/register", "/auth/passkey/register/begin", "/auth/link/register"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "409", "422"]

[[operations]]
include-path = "/auth/passkey/register/finish"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "409", "422"]

[[operations]]
include-path = ["/api/channels", "/api/channels/{channel_id}", "/api/leaderboard"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]

[[operations]]
include-path = [
    "/api/rooms",
    "/api/rooms/{room_id}/join",
    "/api/rooms/{room_id}/messages",
    "/api/rooms/{room_id}/participants/{participant_id}",
]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409", "422"]

[[operations]]
include-path = "/api/conversations/{conversation_id}/sanctions/{user_id}/{kind}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409"]

[[operations]]
include-path = ["/api/reports", "/api/admin/reports", "/api/admin/audit"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409"]

[[operations]]
include-path = "/api/invitations"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "409"]

[[operations]]
include-path = ["/api/tokens", "/api/bots"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409", "422"]

[[operations]]
include-path = "/api/account/delete"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "409"]

[[operations]]
include-path = "/api/keys"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "409", "422"]
"""


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """The world on a port."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(world.app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not serving.done()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    "which",
    [
        [each for path in ENDS_TOKENS for each in ("--exclude-path", path)],
        *(["--include-path", path] for path in ENDS_TOKENS),
    ],
    ids=["all the rest", *ENDS_TOKENS],
)
async def test_the_server_does_what_its_document_says(
    address: str, ada: Person, tmp_path: Path, which: list[str]
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(config), "run", f"{address}/schema", *which),
        *("--header", f"Authorization: {ada.headers['Authorization']}"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--no-shrink"),
        *("--generation-database", "none", "--workers", "1", "--no-color", "--warnings", "off"),
        # Text with NUL has a refusal of its own (invalid_text), which no schema can say.
        *("--generation-allow-x00", "false", "--generation-codec", "utf-8"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()[-6000:]
