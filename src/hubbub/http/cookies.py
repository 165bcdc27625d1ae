"""Credentials as seed 004 carries them: a short access token in a header, a refresh token in a cookie.

Browsers send cookies unasked, so whoever brings one must not come from a page of somebody else's.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.types import Message, Scope

from hubbub.auth.terms import COOKIE_TERMS
from hubbub.wire.errors import ForeignPage
from hubbub.wire.resources import SignedIn

COOKIE: Final = "__Host-hubbub-refresh"  # the prefix: set by this host itself, over TLS, for all of it
DEVICE_COOKIE: Final = "__Host-hubbub-device"  # stays when one signs out: the device was signed in once all the same
DEVICE_SECONDS: Final = 400 * 24 * 60 * 60  # as long as browsers keep any
ATTRIBUTES: Final = "Path=/; HttpOnly; Secure; SameSite=Lax"
OWN_SITE: Final = frozenset({"same-origin", "none"})  # `none`: typed, or from a bookmark
STASH: Final = "hubbub_credentials"

Connection = ASGIConnection[Any, Any, Any, Any]


def refresh_cookie(connection: Connection, origins: frozenset[str]) -> str | None:
    """The refresh token of the request's cookie; raises `ForeignPage` when a page of another origin sent it."""
    token = connection.cookies.get(COOKIE)
    if not token:
        return None
    require_own_page(connection, origins)
    return token


def require_own_page(connection: Connection, origins: frozenset[str]) -> None:
    """Raise `ForeignPage` when a browser says that a page of another origin asks. Programs say nothing of the kind.

    Browsers send `Origin` with all but plain GETs, and `Sec-Fetch-Site` with those.
    """
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    own = _is_own(origin, connection.headers.get("host", ""), origins) if origin else site is None or site in OWN_SITE
    if not own:
        raise ForeignPage()


def _is_own(origin: str, host: str, origins: frozenset[str]) -> bool:
    try:
        came_from = urlsplit(origin).netloc
    except ValueError:  # brackets that enclose no address
        return False
    return origin.lower() in origins or (bool(came_from) and came_from.lower() == host.lower())


def repeat_id(connection: Connection) -> str | None:
    """What makes several requests of a page that bring the same expired token one exchange; None without a token."""
    header = connection.headers.get("authorization")
    return hashlib.sha256(header.encode(errors="replace")).hexdigest() if header else None


# --- what is answered ---------------------------------------------------------------------------------------------


def grant(scope: Scope, signed_in: SignedIn) -> None:
    """Let the answer, whichever it will be, carry these credentials: what they replace is spent."""
    scope[STASH] = [  # type: ignore[typeddict-unknown-key]
        _cookie(COOKIE, signed_in.refresh_token, COOKIE_TERMS.refresh),
        _cookie(DEVICE_COOKIE, signed_in.device_proof, DEVICE_SECONDS),
        (b"authorization", f"Bearer {signed_in.auth_token}".encode()),
    ]


def withdraw(scope: Scope) -> None:
    """Let the answer take the cookie away."""
    scope[STASH] = [_cookie(COOKIE, "", 0)]  # type: ignore[typeddict-unknown-key]


def _cookie(name: str, value: str, seconds: int) -> tuple[bytes, bytes]:
    return b"set-cookie", f"{name}={value}; Max-Age={seconds}; {ATTRIBUTES}".encode()


async def send_credentials(message: Message, scope: Scope) -> None:
    """Put what was granted into the head of the answer: Litestar's hook before anything is sent."""
    headers: Any = scope.get(STASH)
    if headers and message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], *headers]
