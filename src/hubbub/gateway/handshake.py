"""Who may open a socket: path, version, origin, token (Hubbub protocol, section 1)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from hubbub.auth.actor import Actor
from hubbub.gateway.topics import AnyCodec
from hubbub.gateway.websocket import HandshakeRefused, Request, accept
from hubbub.wire.errors import Refusal
from hubbub.wire.frames import CODECS
from hubbub.wire.livechat import LiveChat

if TYPE_CHECKING:
    from hubbub.gateway.gateway import Gateway
    from hubbub.gateway.livechat import ChatDoor

PATH = "/socket/websocket"
CHAT_PATH = "/ws/chat"
SUBPROTOCOL = "phoenix"
BEARER_PREFIX = "base64url.bearer.phx."
DEFAULT_VERSION = "1.0.0"


class Admitted(NamedTuple):
    """The response of an accepted handshake, and what it settled; no actor: a guest; no door: that of Phoenix."""

    response: bytes
    codec: AnyCodec
    actor: Actor | None
    door: ChatDoor | None = None


def admit(gateway: Gateway, request: Request) -> Admitted:
    """Accept the handshake or raise `HandshakeRefused`."""
    if request.target not in (PATH, CHAT_PATH):
        raise HandshakeRefused(404, "There is no socket here; it is at /socket/websocket.")
    if gateway.draining:
        raise HandshakeRefused(503, "The server is going down; try another one, or later.")
    if not _is_allowed(gateway.origins, request):
        raise HandshakeRefused(403, "This origin may not open sockets; HUBBUB_ORIGINS lists those that may.")
    if request.target == CHAT_PATH:
        return Admitted(accept(request, ()), LiveChat, None, gateway.chat_door)
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    codec = CODECS.get(parameters.get("vsn", DEFAULT_VERSION))
    if codec is None:
        raise HandshakeRefused(403, "vsn is 1.0.0 or 2.0.0.")
    token = token_of(request)
    actor = _actor(gateway, token) if token else None
    return Admitted(accept(request, (SUBPROTOCOL,)), codec, actor)


def token_of(request: Request) -> str | None:
    """The token that a request brings; raises `HandshakeRefused` when it cannot be read."""
    if request.target != PATH:
        return None
    return dict(parse_qsl(request.query, keep_blank_values=True)).get("token") or _offered_token(request)


def _is_allowed(origins: frozenset[str], request: Request) -> bool:
    """Programs send no origin. A page may connect to where it came from, and from the listed origins."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if origin.lower() in origins or "*" in origins:
        return True
    try:
        came_from = urlsplit(origin).netloc
    except ValueError:  # brackets that enclose no address
        return False
    return bool(came_from) and came_from.lower() == request.headers.get("host", "").lower()


def _offered_token(request: Request) -> str | None:
    """The token that a browser sends as a subprotocol, because it can set no headers."""
    for offered in request.headers.get("sec-websocket-protocol", "").split(","):
        name = offered.strip()
        if name.startswith(BEARER_PREFIX):
            return _decoded(name.removeprefix(BEARER_PREFIX))
    return None


def _decoded(text: str) -> str:
    standard = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise HandshakeRefused(403, "The token in the subprotocol is not base64.") from None


def _actor(gateway: Gateway, token: str) -> Actor:
    try:
        return gateway.authenticate(token)
    except Refusal as refusal:
        raise HandshakeRefused(403, refusal.detail) from None
