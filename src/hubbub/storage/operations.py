"""Remembered answers: what makes a repeated write harmless (Hubbub protocol, section 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import insert, select

from hubbub.storage.schema import operations
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import IdTaken

_encode = msgspec.json.Encoder(order="deterministic").encode


class Request(NamedTuple):
    """Who asks for what, once: `scope` is the conversation, or the user for what is theirs alone."""

    scope: str
    user_id: str
    op_id: str | None
    mac: str


class Answer(NamedTuple):
    """What an answer is rebuilt from, and the version that the write took; `repeated` when it was taken before."""

    reference: str
    version: int
    repeated: bool = False


class RequestMac:
    """HMACs requests, so that a repeat is recognised without keeping what it said."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, digest_size=32, person=b"hubbub-request").digest()

    def __call__(self, *request: Any) -> str:
        """A keyed digest of JSON-ready values, the same for the same values, as 32 hexadecimal digits."""
        return hashlib.blake2b(_encode(request), key=self._key, digest_size=16).hexdigest()


def once(transaction: Transaction, request: Request, do: Callable[[], tuple[str, int]]) -> Answer:
    """Run `do` unless this request was already accepted; remember what it gives: reference and version.

    Raises `IdTaken` when the op_id belongs to another request of the user's, and whatever `do` raises.
    """
    if request.op_id is None:
        return Answer(*do())
    row = transaction.connection.execute(
        select(operations.c.request_mac, operations.c.reference, operations.c.version).where(
            operations.c.scope == request.scope,
            operations.c.user_id == request.user_id,
            operations.c.op_id == request.op_id,
        )
    ).first()
    if row is not None:
        if row.request_mac != request.mac:
            raise IdTaken()
        return Answer(row.reference, row.version, repeated=True)
    reference, version = do()
    transaction.connection.execute(
        insert(operations).values(
            scope=request.scope,
            user_id=request.user_id,
            op_id=request.op_id,
            request_mac=request.mac,
            reference=reference,
            version=version,
            at=transaction.now,
        )
    )
    return Answer(reference, version)
