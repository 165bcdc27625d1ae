"""/config.json: what the web client is told by who runs the server, before anybody signs in."""

from __future__ import annotations

from litestar import Router, get

from hubbub.config import Settings
from hubbub.http.documentation import errors
from hubbub.wire.resources import ClientSettings


def client_settings_routes(settings: Settings, version: str, conduct: str | None) -> Router:
    """`settings` of the table `web`; `version` is the server's, `conduct` that of its code of conduct, if any."""
    shown = ClientSettings(
        name=settings.web_name,
        logo=settings.web_logo or None,
        accent=settings.web_accent or None,
        api=settings.web_api,
        version=version,
        conduct=conduct,
        registration=settings.registration,
        captcha=settings.captcha,
    )

    @get("/config.json", responses=errors(), summary="How the web client presents itself, and where the API is")
    async def client_settings() -> ClientSettings:
        return shown

    return Router("/", route_handlers=[client_settings], tags=["operations"])
