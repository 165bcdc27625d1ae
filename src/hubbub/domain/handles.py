"""Handles: the unique name of a user, made from the display name or of random words, never from the address.

Source: Hubbub protocol, section 5, last paragraph.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

LONGEST = 32
SHORTEST = 2
ATTEMPTS_BEFORE_WORDS = 4
# Names that would pass for the server's own voice.
RESERVED = frozenset(
    {"admin", "administrator", "moderator", "owner", "system", "server", "support", "security", "root"}
    | {"hubbub", "lobby", "guest", "everyone", "all", "here", "me", "null", "undefined"}
)

_ADJECTIVES = (
    "amber", "brave", "bright", "calm", "clever", "cosy", "curious", "dapper", "eager", "early", "fair",
    "fond", "gentle", "glad", "golden", "happy", "honest", "humble", "jolly", "keen", "kind", "lively",
    "lucky", "mellow", "merry", "mighty", "nimble", "noble", "patient", "plucky", "proud", "quick", "quiet",
    "rapid", "ready", "rosy", "rustic", "silent", "silver", "sincere", "snug", "solid", "spry", "steady",
    "sunny", "swift", "tidy", "true", "upbeat", "vivid", "warm", "wise", "witty", "young", "zesty", "bold",
    "breezy", "crisp", "daring", "fresh", "hardy", "lunar", "polar",
)  # fmt: skip
_ANIMALS = (
    "badger", "bat", "bear", "beaver", "bee", "bison", "bittern", "bunting", "buzzard", "camel", "cat",
    "crane", "cricket", "crow", "curlew", "deer", "dolphin", "dove", "duck", "eagle", "egret", "falcon",
    "ferret", "finch", "fox", "gecko", "goose", "grebe", "gull", "hare", "hawk", "hedgehog", "heron",
    "ibis", "jackdaw", "jay", "kestrel", "kite", "koala", "lark", "lemur", "linnet", "lizard", "lynx",
    "magpie", "marten", "mole", "moth", "newt", "octopus", "otter", "owl", "panda", "petrel", "plover",
    "puffin", "rabbit", "raven", "robin", "seal", "sparrow", "stoat", "swan", "wren",
)  # fmt: skip


def candidates(display_name: str | None) -> Iterator[str]:
    """Handles to try, without end: the display name's, then with digits, then random words.

    A display name with an `@` in it may be an address, and so gives no handle.
    """
    base = slug(display_name) if display_name and "@" not in display_name else None
    if base is not None and base not in RESERVED:
        yield base
    if base is not None:
        for _ in range(ATTEMPTS_BEFORE_WORDS):
            yield f"{base}-{secrets.randbelow(9000) + 1000}"
    while True:
        yield f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_ANIMALS)}-{secrets.randbelow(9000) + 1000}"


def is_handle(text: str) -> bool:
    """Whether somebody may choose this very name."""
    return slug(text) == text and text not in RESERVED


def slug(text: str) -> str | None:
    """`text` as lower-case ASCII letters, digits and single dashes; None when too little is left of it.

    ASCII alone, so that no two handles look alike and each can be typed on every keyboard.
    """
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", bare)[:LONGEST].strip("-")
    return name if len(name) >= SHORTEST else None
