"""What operators ask when somebody registers: the functions that the tests name in `registration_hook`."""

from __future__ import annotations

import asyncio
from typing import Any


def let_in(_question: dict[str, Any]) -> None:
    return None


async def describe(question: dict[str, Any]) -> dict[str, Any]:
    return {"profile": {"display_name": f" {question['display_name']} of Acme ", "about": f"{question}"}}


def refuse(_question: dict[str, Any]) -> dict[str, Any]:
    return {"refuse": "Ask the office first."}


def fail(question: dict[str, Any]) -> None:
    raise ValueError(question["email"])


def make_admin(_question: dict[str, Any]) -> dict[str, Any]:
    return {"profile": {"admin": True}}


def say_yes(_question: dict[str, Any]) -> bool:
    return True


async def never(_question: dict[str, Any]) -> None:
    await asyncio.Event().wait()


NO_FUNCTION = 7
