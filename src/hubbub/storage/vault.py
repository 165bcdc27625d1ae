"""The vault: what is secret at rest is sealed once more under a key that is not in the database."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from hubbub.storage.engine import Reader
from hubbub.storage.schema import meta
from hubbub.storage.unique import insert_unless_taken
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.signing import b64u, b64u_decode

PREFIX = "v1."
NONCE_BYTES = 12
CHECK_NAME = "vault_check"
CHECK_TEXT = "hubbub"


class WrongVaultKey(Exception):
    """The vault key is not the one that the database was begun with, or a sealed text was altered."""


class Vault:
    """Seals text with AES-256-GCM under `key` (32 bytes).

    `context` says what the text is and whose (`identity:<user id>:<seq>`); it is authenticated, so that a
    sealed text cannot be moved to another row.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("The vault key has 32 bytes.")
        self._cipher = AESGCM(key)

    def seal(self, text: str, context: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        return PREFIX + b64u(nonce + self._cipher.encrypt(nonce, text.encode(), context.encode()))

    def open(self, sealed: str, context: str) -> str:
        """The text that was sealed for `context`; raises `WrongVaultKey` when that does not open."""
        if not sealed.startswith(PREFIX):
            raise WrongVaultKey("A sealed text is of a version that this server does not know.")
        try:
            raw = b64u_decode(sealed.removeprefix(PREFIX))
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise WrongVaultKey("A sealed text does not open under HUBBUB_VAULT_KEY.") from error


async def unlock(vault: Vault, reader: Reader, writer: Writer) -> None:
    """At the first start store a sealed check text, later prove by it that the vault's key is the same.

    Raises `WrongVaultKey`: with another key every private key in the database would be unreadable.
    """
    sealed = await reader.run(check_value)
    if sealed is None:
        sealed = await writer.write(_store_check, vault.seal(CHECK_TEXT, CHECK_NAME))
    prove(vault, sealed)


def _store_check(transaction: Transaction, sealed: str) -> str:
    insert_unless_taken(transaction.connection, meta, {"name": CHECK_NAME, "value": sealed})
    stored = check_value(transaction.connection)  # another process may have been first
    assert stored is not None
    return stored


def check_value(connection: Connection) -> str | None:
    """The stored check text, sealed; None before the first start."""
    value: str | None = connection.execute(select(meta.c.value).where(meta.c.name == CHECK_NAME)).scalar()
    return value


def prove(vault: Vault, sealed: str) -> None:
    """Raise `WrongVaultKey` unless `sealed`, the stored check text, opens under the vault's key."""
    if vault.open(sealed, CHECK_NAME) != CHECK_TEXT:
        raise WrongVaultKey("HUBBUB_VAULT_KEY is not the key that this database was begun with.")
