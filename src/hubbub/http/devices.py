"""Which device a request comes from, in its user's words or by what it says of itself."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection

from hubbub.domain.devices import device_name


def device_of(connection: ASGIConnection[Any, Any, Any, Any], given: str | None = None) -> str:
    """The name to keep with a sign-in that `connection` asks for; `given` is the client's own word for it."""
    return device_name(given, connection.headers.get("user-agent", ""))
