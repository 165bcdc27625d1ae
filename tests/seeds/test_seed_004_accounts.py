"""Seed 004, accounts: a token of fifteen minutes in a header, one of thirty days in a cookie, each good once."""

from __future__ import annotations

import base64
import json
import secrets
import time
import tomllib
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest

from hubbub.auth.terms import COOKIE_TERMS
from hubbub.auth.tokens import Tokens
from tests.chat import Chat
from tests.folder_servers import Doors
from tests.people import People, conversation
from tests.server import ServerProcess

COOKIE = "__Host-hubbub-refresh"
PASSWORD = "VerySecurePassword1!"
MONTH = 30 * 24 * 60 * 60
QUARTER = 15 * 60
LOBBY = "00000000-0000-7000-8000-006c6f626279"


class Browser:
    """A page of seed 004: it keeps `Authorization` in `localStorage.auth`, and its browser the cookie."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.email = f"dante.{secrets.token_hex(6)}@example.com"
        self.auth: str | None = None
        self.cookie: str | None = None
        self.morsel: Morsel[str] | None = None

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"Sec-Fetch-Site": "same-origin", **headers}
        if self.auth is not None:
            sent["Authorization"] = self.auth
        if self.cookie:
            sent["Cookie"] = f"{COOKIE}={self.cookie}"
        async with httpx.AsyncClient(base_url=self.server.url, trust_env=False, timeout=30) as http:
            answer = await http.request(method, path, json=body, headers=sent)
        self.auth = answer.headers.get("authorization", self.auth)
        for header in answer.headers.get_list("set-cookie"):
            if (morsel := SimpleCookie(header).get(COOKIE)) is not None:
                self.morsel, self.cookie = morsel, morsel.value
        return answer

    async def register(self) -> dict[str, Any]:
        body = {"email": self.email, "name": "Dante Lav", "password": PASSWORD}
        answer = await self.ask("POST", "/api/register", body)
        assert answer.status_code == 200, answer.text
        account: dict[str, Any] = answer.json()
        return account

    @property
    def claims(self) -> dict[str, Any]:
        assert self.auth is not None
        payload = self.auth.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def wait_until_it_expires(self) -> None:
        """As if fifteen minutes went by: the same token, issued so much earlier."""
        issued = int(time.time()) - QUARTER - 5
        tokens = Tokens(secret_of(self.server))
        self.auth = "Bearer " + tokens.issue(self.claims["sub"], self.claims["fam"], issued, COOKIE_TERMS)


def secret_of(server: ServerProcess) -> bytes:
    text = server.environment.get("HUBBUB_SECRET_KEY")
    if text is None:
        text = tomllib.loads((server.folder / "data" / "secrets.toml").read_text())["secret_key"]
    return base64.urlsafe_b64decode(text + "=")


@pytest.fixture
async def page(doors: Doors) -> Browser:
    """A page whose visitor has just registered."""
    browser = Browser(doors.first)
    await browser.register()
    return browser


async def works(browser: Browser) -> bool:
    assert browser.auth is not None
    async with httpx.AsyncClient(base_url=browser.server.url, trust_env=False, timeout=30) as http:
        answer = await http.get("/api/users", headers={"Authorization": browser.auth})
    return answer.status_code == 200


# --- registering and signing in -----------------------------------------------------------------------------------


async def test_registering_fails_if_the_address_exists_and_is_200_otherwise(doors: Doors) -> None:
    """ "This fails if the email already exists and otherwise returns a 200 status code." """
    browser = Browser(doors.first)
    account = await browser.register()
    assert account == {"id": account["id"], "email": browser.email, "name": "Dante Lav"}
    again = Browser(doors.second)
    body = {"email": browser.email.upper(), "name": "Other", "password": PASSWORD}
    refused = await again.ask("POST", "/api/register", body)
    assert refused.json()["code"] == "email_taken"
    assert (again.auth, again.cookie) == (None, None)


async def test_signing_in_checks_address_and_password(page: Browser, doors: Doors) -> None:
    """ "It first validates the users password & email... and checks if the given password matches" """
    other = Browser(doors.second)
    for email, password in ((page.email, "wrong password"), ("nobody@example.com", PASSWORD)):
        refused = await other.ask("POST", "/api/login", {"email": email, "name": "Dante", "password": password})
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
        assert (other.auth, other.cookie) == (None, None)
    answer = await other.ask("POST", "/api/login", {"email": page.email, "name": "Dante", "password": PASSWORD})
    assert answer.status_code == 200
    assert await works(other)


async def test_the_access_token_lives_15_minutes_and_says_who_it_is(page: Browser) -> None:
    """ "This token is short-lived (15 minutes) and contains information about the user (id, email & name)." """
    claims = page.claims
    assert claims["exp"] - claims["iat"] == QUARTER
    assert (claims["id"], claims["email"], claims["name"]) == (claims["sub"], page.email, "Dante Lav")
    page.wait_until_it_expires()
    assert not await works(page)


async def test_the_refresh_token_is_a_cookie_that_scripts_cannot_read(page: Browser) -> None:
    """ "...a 1-time use refresh token returned as an HttpOnly cookie. This is a long-lived (30 day)" token."""
    morsel = page.morsel
    assert morsel is not None
    assert (morsel["httponly"], morsel["secure"], morsel["samesite"]) == (True, True, "Lax")
    assert (morsel["max-age"], morsel["path"], morsel["domain"]) == (str(MONTH), "/", "")


# --- renewing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/refresh_credentials", f"/api/messages?conversation_id={LOBBY}"])
async def test_stale_credentials_are_made_anew_and_the_request_goes_through(page: Browser, path: str) -> None:
    """ "...middleware for validating these tokens, and re-generating the auth & refresh token" """
    before = page.cookie
    page.wait_until_it_expires()
    answer = await page.ask("GET", path)
    assert answer.status_code in (200, 204), answer.text
    assert page.cookie != before
    assert await works(page)
    assert page.claims["exp"] - page.claims["iat"] == QUARTER


async def test_while_the_token_lives_nothing_is_spent(page: Browser) -> None:
    """ "...will automatically refresh the credentials if needed" """
    before = (page.auth, page.cookie)
    assert (await page.ask("GET", "/api/refresh_credentials")).status_code == 204
    assert (page.auth, page.cookie) == before


async def test_a_page_that_has_lost_its_token_gets_one_by_the_cookie(page: Browser) -> None:
    page.auth = None
    assert (await page.ask("GET", "/api/refresh_credentials")).status_code == 204
    assert await works(page)


async def test_a_refresh_token_is_good_once(page: Browser, doors: Doors) -> None:
    """ "1-time use": who uses a spent one ends the whole sign-in, the thief's too."""
    stolen, page.auth = page.cookie, None
    await page.ask("GET", "/api/refresh_credentials")
    thief = Browser(doors.second)
    thief.cookie = stolen
    assert (await thief.ask("GET", "/api/refresh_credentials")).status_code == 401
    assert thief.auth is None
    page.auth = None
    assert (await page.ask("GET", "/api/refresh_credentials")).status_code == 401


async def test_two_requests_of_one_page_at_once_are_one_renewal(page: Browser, doors: Doors) -> None:
    """Both bring the same expired token and the same cookie: neither is taken for a thief."""
    page.wait_until_it_expires()
    twin = Browser(doors.second)
    twin.auth, twin.cookie = page.auth, page.cookie
    for browser in (page, twin):
        assert (await browser.ask("GET", "/api/refresh_credentials")).status_code == 204
    assert (page.auth, page.cookie) == (twin.auth, twin.cookie)
    assert await works(page)


@pytest.mark.parametrize("cookie", ["forged", "a" * 5000, "%00", '"', "\\u0000"])
async def test_a_forged_cookie_gives_nothing(page: Browser, cookie: str) -> None:
    page.auth, page.cookie = None, cookie
    assert (await page.ask("GET", "/api/refresh_credentials")).status_code in (400, 401)
    assert page.auth is None


async def test_a_forged_token_is_not_made_good_by_the_cookie(page: Browser) -> None:
    before, page.auth = page.cookie, "Bearer forged"
    assert (await page.ask("GET", "/api/refresh_credentials")).json()["code"] == "invalid_token"
    assert page.cookie == before


# --- pages of somebody else's -------------------------------------------------------------------------------------

FOREIGN = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]


@pytest.mark.parametrize("headers", [*FOREIGN, {"Origin": "null"}])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/logout", None),
        ("GET", "/api/refresh_credentials", None),
        ("POST", "/api/change_password", {"password": "VerySecurePassword2!"}),
    ],
)
async def test_a_foreign_page_cannot_use_the_cookie(
    page: Browser, method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    before, page.auth = page.cookie, None
    refused = await page.ask(method, path, body, **headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "foreign_page")
    assert (page.auth, page.cookie) == (None, before)
    assert (await page.ask("GET", "/api/refresh_credentials")).status_code == 204, "nothing was spent"


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_foreign_page_cannot_sign_a_visitor_in_as_itself(page: Browser, headers: dict[str, str]) -> None:
    visitor = Browser(page.server)
    refused = await visitor.ask("POST", "/api/login", {"email": page.email, "password": PASSWORD}, **headers)
    assert refused.json()["code"] == "foreign_page"
    assert (visitor.auth, visitor.cookie) == (None, None)


async def test_programs_that_are_no_browsers_need_no_origin(page: Browser) -> None:
    async with httpx.AsyncClient(base_url=page.server.url, trust_env=False) as http:
        answer = await http.get("/api/refresh_credentials", headers={"Cookie": f"{COOKIE}={page.cookie}"})
    assert answer.status_code == 204
    assert answer.headers["authorization"].startswith("Bearer ")


# --- signing out and passwords ------------------------------------------------------------------------------------


async def test_logging_out_takes_cookie_and_tokens_away(page: Browser) -> None:
    """ "...validate the clients credentials, and then... invalidate the users refresh token" """
    spent = page.cookie
    page.wait_until_it_expires()
    assert (await page.ask("POST", "/api/logout")).status_code == 204
    assert page.cookie == ""
    assert page.morsel is not None
    assert page.morsel["max-age"] == "0"
    for cookie in (spent, page.cookie):
        page.auth, page.cookie = None, cookie
        assert (await page.ask("GET", "/api/refresh_credentials")).status_code == 401


async def test_who_is_not_signed_in_cannot_log_out_or_change_a_password(doors: Doors) -> None:
    """ "calls shared/auth to validate the clients credentials" """
    nobody = Browser(doors.first)
    assert (await nobody.ask("POST", "/api/logout")).status_code == 401
    assert (await nobody.ask("POST", "/api/change_password", {"password": PASSWORD})).status_code == 401


async def test_a_changed_password_is_the_password(page: Browser, doors: Doors) -> None:
    """ "...validates & hashes the new password, updating it in MongoDB based on the clients credentials." """
    other = Browser(doors.second)
    await other.ask("POST", "/api/login", {"email": page.email, "password": PASSWORD})
    for short in ("", "seven77"):
        assert (await page.ask("POST", "/api/change_password", {"password": short})).status_code == 400
    assert (await page.ask("POST", "/api/change_password", {"password": "VerySecurePassword2!"})).status_code == 200
    assert await works(page), "who changed it stays signed in"
    other.auth = None
    assert (await other.ask("GET", "/api/refresh_credentials")).status_code == 401, "others do not"
    for password, status in ((PASSWORD, 401), ("VerySecurePassword2!", 200)):
        answer = await Browser(doors.second).ask("POST", "/api/login", {"email": page.email, "password": password})
        assert answer.status_code == status


async def test_where_keys_hang_on_the_password_the_old_one_is_asked_for(people: People, doors: Doors) -> None:
    """A session that was left behind must not take an account over whose keys the password opens."""
    derived = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    kdf = {"salt": "A" * 22, "m": 65536, "t": 3, "p": 4}
    email = f"eve.{secrets.token_hex(6)}@example.com"
    made = await people.http.post("/auth/register", json={"email": email, "password": derived, "kdf": kdf})
    assert made.status_code == 200, made.text
    browser = Browser(doors.first)
    browser.auth = "Bearer " + made.json()["auth_token"]
    refused = await browser.ask("POST", "/api/change_password", {"password": "VerySecurePassword2!"})
    assert refused.json()["code"] == "invalid_credentials"
    body = {"password": "VerySecurePassword2!", "current_password": derived}
    assert (await browser.ask("POST", "/api/change_password", body)).status_code == 200


# --- the accounts are everybody's ---------------------------------------------------------------------------------


async def test_the_account_works_at_every_door(page: Browser, people: People) -> None:
    """The same accounts: seed 003's routes and both sockets take the token."""
    assert page.auth is not None
    token = page.auth.removeprefix("Bearer ")
    socket = await people.open(token=token)
    await socket.join(conversation(LOBBY))
    async with await Chat.connect(page.server) as chat:
        await chat.say("auth", token=page.auth)
        assert (await chat.wait_for("auth"))["user"]["name"] == "Dante Lav"


# --- history ------------------------------------------------------------------------------------------------------


async def test_history_is_the_50_messages_before_a_timestamp(people: People, doors: Doors) -> None:
    """ "...finds the 50 messages that were sent before the lastTimestamp": guests may; exact in JavaScript."""
    [ada] = await people.sign_up("Ada")
    async with await ada.connect() as socket:
        await socket.join(conversation(LOBBY))
        for number in range(55):
            await socket.ask(conversation(LOBBY), "send_message", {"content": str(number), "subject": "Counting"})
    async with People(doors.second) as elsewhere:
        now = time.time_ns() + 60 * 10**9
        latest = (await elsewhere.http.get("/api/messages", params={"lastTimestamp": now})).json()["messages"]
        assert [message["message"] for message in latest] == [str(number) for number in range(5, 55)]
        first = latest[0]
        assert first == {
            "id": first["id"],
            "user": {"id": ada.id, "name": "Ada"},
            "subject": "Counting",
            "message": "5",
            "ts": first["ts"],
        }
        as_javascript_prints_it = f"{float(first['ts']):.17g}"
        asked = {"lastTimestamp": int(float(as_javascript_prints_it))}
        before = (await elsewhere.http.get("/api/messages", params=asked)).json()["messages"]
        assert [message["message"] for message in before[-5:]] == ["0", "1", "2", "3", "4"]
        assert first["id"] not in {message["id"] for message in before}


@pytest.mark.parametrize("stamp", ["", "-1", "yesterday", "1e99", str(2**63)])
async def test_a_timestamp_is_a_whole_number(people: People, stamp: str) -> None:
    assert (await people.http.get("/api/messages", params={"lastTimestamp": stamp})).status_code == 400


async def test_before_the_first_there_is_nothing(people: People) -> None:
    assert (await people.http.get("/api/messages", params={"lastTimestamp": 0})).json() == {"messages": []}
