"""The operator's say in who may make an account: a function of theirs, or an address of theirs, that is asked.

Both are given the question (`HookQuestion`, as JSON has it) and answer alike: nothing, `{"refuse": "a sentence"}`, or
`{"profile": {"display_name": …, "about": …}}`.
"""

from __future__ import annotations

import asyncio
import http.client
import importlib
import inspect
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

from hubbub.config import WrongSettings
from hubbub.wire.errors import RegistrationRefused, Unavailable
from hubbub.wire.joining import HookAnswer, HookProfile, HookQuestion

log = structlog.get_logger("hubbub.registration")

PATIENCE = 10.0  # seconds
LARGEST_ANSWER = 16_384  # bytes

Ask = Callable[[dict[str, Any]], Awaitable[Any]]


class HookFailedError(Exception):
    """What was asked did not answer as it should."""


class RegistrationHook:
    """Asks what the setting `registration_hook` names; nothing where it names nothing.

    Raises `WrongSettings` where there is no such function.
    """

    def __init__(self, named: str, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._ask: Ask | None = None
        if named.startswith("https://"):
            self._ask = partial(_posted, named, patience)
        elif named:
            self._ask = _called(named)

    async def __call__(self, question: HookQuestion) -> HookProfile:
        """What the operator adds to the profile. Raises `RegistrationRefused`, `Unavailable`."""
        if self._ask is None:
            return HookProfile()
        try:
            async with asyncio.timeout(self._patience):
                given = await self._ask(msgspec.to_builtins(question))
            answer = HookAnswer() if given is None else msgspec.convert(given, HookAnswer)
        except Exception as failed:  # noqa: BLE001  whatever is in the operator's function
            # Its kind alone: what it says may quote the address.
            log.warning("registration_hook_failed", error=type(failed).__name__)
            raise Unavailable("It could not be asked whether you may make an account; try again later.") from None
        if answer.refuse is not None:
            raise RegistrationRefused(answer.refuse)
        return answer.profile or HookProfile()


def _called(named: str) -> Ask:
    module, _, name = named.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as missing:
        raise WrongSettings([f"registration_hook: there is no {named!r} to import ({missing})."]) from missing
    if not callable(function):
        raise WrongSettings([f"registration_hook: {named!r} is no function."])

    async def ask(question: dict[str, Any]) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(question)
        return await asyncio.to_thread(function, question)

    return ask


async def _posted(url: str, patience: float, question: dict[str, Any]) -> Any:
    return await asyncio.to_thread(_post, url, patience, msgspec.json.encode(question))


def _post(url: str, patience: float, body: bytes) -> Any:
    """The answer to one request; a redirect is none, for who may be told of addresses is the operator's to say."""
    split = urlsplit(url)
    assert split.hostname is not None  # the settings were checked
    connection = http.client.HTTPSConnection(
        split.hostname, split.port, timeout=patience, context=ssl.create_default_context()
    )
    try:
        path = f"{split.path or '/'}{'?' + split.query if split.query else ''}"
        connection.request("POST", path, body, {"Content-Type": "application/json", "Accept": "application/json"})
        answer = connection.getresponse()
        text = answer.read(LARGEST_ANSWER + 1)
    finally:
        connection.close()
    if answer.status == http.client.NO_CONTENT:
        return None
    if answer.status != http.client.OK or len(text) > LARGEST_ANSWER:
        raise HookFailedError
    return msgspec.json.decode(text)
