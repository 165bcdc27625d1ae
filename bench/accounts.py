"""Accounts, channels and open groups for the load to use, made through the doors that everyone has."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from bench.asking import AT_ONCE, Door, closing, doors, shared
from bench.client import Address, connect

PASSWORD = "of-no-account-anywhere-else-1"


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    token: str


# --- accounts ---------------------------------------------------------------------------------------------------------


async def make_accounts(address: Address, count: int) -> list[Account]:
    """That many fresh accounts, signed in."""
    run = secrets.token_hex(4)
    with closing(await doors(address, min(AT_ONCE, count))) as opened:
        return await shared(opened, _register, [f"{run}.{number}" for number in range(count)])


async def _register(door: Door, name: str) -> Account:
    body = {"email": f"{name}@example.org", "password": PASSWORD, "display_name": name}
    signed_in = await door.ask("POST", "/auth/register", body)
    return Account(signed_in["user"]["id"], signed_in["auth_token"])


# --- channels ---------------------------------------------------------------------------------------------------------


async def make_channel(address: Address, members: Sequence[Account]) -> str:
    """The id of a channel of the first, to which the others subscribe."""
    owner, *others = members
    with closing(await doors(address)) as opened:
        begun = await opened[0].ask("POST", "/api/channels", {"title": "Very large"}, owner.token)
        path = f"/api/channels/{begun['id']}/subscription"
        await shared(opened, lambda door, other: door.ask("PUT", path, token=other.token), others)
    return str(begun["id"])


# --- open groups ------------------------------------------------------------------------------------------------------


async def make_group(address: Address, members: Sequence[Account]) -> str:
    """The id of an open group of these, owned by the first."""
    (group,) = await make_groups(address, [members])
    return group


async def make_groups(address: Address, groups: Sequence[Sequence[Account]]) -> list[str]:
    """The ids of open groups, each owned by its first member."""
    owned: dict[Account, list[int]] = {}
    for number, members in enumerate(groups):
        owned.setdefault(members[0], []).append(number)
    ids = [""] * len(groups)

    async def begin(owner: Account, numbers: list[int]) -> None:
        client = await connect(address, owner.token)
        await client.join(["system:general"])
        for number in numbers:
            others = [member.id for member in groups[number][1:]]
            begun = await client.ask("system:general", "start_group_conversation", {"user_ids": others, "open": True})
            ids[number] = begun["conversation_id"]
        client.drop()

    await in_turn([begin(owner, numbers) for owner, numbers in owned.items()], 32)
    return ids


async def in_turn(work: Sequence[Coroutine[Any, Any, None]], at_once: int) -> None:
    """Do it all, so much of it at a time."""
    waiting = iter(work)

    async def go_on() -> None:
        for each in waiting:
            await each

    await asyncio.gather(*(go_on() for _ in range(at_once)))
