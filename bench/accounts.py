"""Accounts and open groups for the load to use, made through the doors that everyone has."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bench.client import PATIENCE, Address, connect

PASSWORD = "of-no-account-anywhere-else-1"
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    token: str


# --- accounts ---------------------------------------------------------------------------------------------------------


async def make_accounts(address: Address, count: int) -> list[Account]:
    """That many fresh accounts, signed in."""
    run = secrets.token_hex(4)
    emails = iter([f"{run}.{number}@example.org" for number in range(count)])
    made = await asyncio.gather(*(_register(address, emails) for _ in range(min(AT_ONCE, count))))
    return [account for share in made for account in share]


async def _register(address: Address, emails: Iterator[str]) -> list[Account]:
    """Accounts for as many of the addresses as the others leave, over one connection."""
    reader, writer = await asyncio.open_connection(*address)
    accounts = []
    for email in emails:
        body = msgspec.json.encode({"email": email, "password": PASSWORD, "display_name": email.partition("@")[0]})
        writer.write(
            b"POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        async with asyncio.timeout(PATIENCE):
            signed_in = msgspec.json.decode(await _body(reader))
        accounts.append(Account(signed_in["user"]["id"], signed_in["auth_token"]))
    writer.close()
    return accounts


async def _body(reader: asyncio.StreamReader) -> bytes:
    """The body of one answer, which must be a 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith("http/1.1 200"):
        raise RuntimeError(f"{head}{body.decode(errors='replace')}")
    return body


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
