"""Rooms: how long they last, and under which names people are in them (seed 002).

A conversation lasts as long as its policies say: `idle_after` seconds (None: idleness does not end it) after the last
message or join, and until `ends_at` (None: for good) at the latest. Times are milliseconds since 1970.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from itertools import count
from typing import Literal

from hubbub.domain.text import check_text
from hubbub.wire.errors import InvalidText
from hubbub.wire.signing import b64u_decode

Reason = Literal["idle", "age", "closed"]

LONGEST_NAME = 64
LONGEST_KEY = 240  # of a name, as it is compared, before a number is added
MOST_PARTICIPANTS = 200
SEALING = 12 + 16  # bytes that AES-256-GCM adds: nonce and tag
LONGEST_CHARACTER = 4  # bytes of UTF-8

ZERO_WIDTH_JOINER = "\u200d"
# Letters and marks that nothing is seen of, beside those whose category says so.
UNSEEN = {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u2800", "\u3164", "\uffa0"}


# --- how long ---------------------------------------------------------------------------------------------------------


def due(now: int, idle_after: int | None, ends_at: int | None) -> int | None:
    """When a conversation ends in which something happened `now`, and nothing does after."""
    if idle_after is None:
        return ends_at
    idle = now + idle_after * 1000
    return idle if ends_at is None else min(idle, ends_at)


def is_over(due_at: int | None, now: int) -> bool:
    """Whether it has ended, swept away already or not."""
    return due_at is not None and due_at <= now


def reason(due_at: int, ends_at: int | None) -> Reason:
    """Why a conversation ended that was due."""
    return "age" if ends_at is not None and ends_at <= due_at else "idle"


# --- names ------------------------------------------------------------------------------------------------------------


def wished_name(text: str) -> str:
    """The name as others see it: no control characters, nothing that turns the writing round, single spaces.

    Raises `InvalidText`, `TooLarge`, `BadInput`.
    """
    shown = "".join(one for one in unicodedata.normalize("NFC", text) if _is_shown(one))
    name = check_text(" ".join(shown.split()), "name", LONGEST_NAME, shortest=1)
    if not 1 <= len(name_key(name)) <= LONGEST_KEY:
        raise InvalidText("name has nothing that can be seen, or expands to too much.")
    return name


def _is_shown(character: str) -> bool:
    """Joiners stay, for they make emoji."""
    return character.isspace() or character == ZERO_WIDTH_JOINER or not unicodedata.category(character).startswith("C")


def name_key(name: str) -> str:
    """The name as it is compared: two that look the same for their case, width or invisible characters are one."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(one for one in folded if not _is_unseen(one)).split())


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or character in UNSEEN or "VARIATION SELECTOR" in unicodedata.name(character, "")


def unique_name(wished: str, taken: Collection[str]) -> str:
    """`wished`, or else the first of "Ada 2", "Ada 3", … whose key is not among `taken`."""
    numbered = (f"{wished} {number}" for number in count(2))
    return wished if name_key(wished) not in taken else next(one for one in numbered if name_key(one) not in taken)


# --- text -------------------------------------------------------------------------------------------------------------


def check_body(text: str, longest: int, *, encrypted: bool) -> str:
    """`text` when it is what may be said in a room: 1 to `longest` characters, sealed or not.

    In an encrypted room it is base64url of nonce and ciphertext, as long as the longest text would become. Raises
    `InvalidText`.
    """
    most = -(-(longest * LONGEST_CHARACTER + SEALING) * 4 // 3) if encrypted else longest
    if not 1 <= len(text) <= most or "\0" in text:
        raise InvalidText(f"The text has 1 to {most} characters, and no NUL.")
    if encrypted:
        _require_sealed(text)
    return text


def _require_sealed(text: str) -> None:
    try:
        sealed = b64u_decode(text)
    except ValueError:
        sealed = b""
    if len(sealed) <= SEALING:
        raise InvalidText("The text of an encrypted room is base64url of nonce and ciphertext.")
