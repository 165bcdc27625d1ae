"""What a user takes with them: JSON lines, each told apart by `kind`."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

ExportKind = Literal[
    "account",
    "session",
    "passkey",
    "api_token",
    "bot",
    "invitation",
    "choice",
    "conversation",
    "message",
    "reaction",
    "report",
    "score",
    "end",
]


class ExportLine(msgspec.Struct, kw_only=True):
    """`data` is the object that the API shows of such a thing elsewhere; what belongs to a conversation has its
    `conversation_id`. The last line is of kind `end`: without it, something is missing.
    """

    kind: ExportKind
    data: dict[str, Any]
