"""How a batch of one process travels to the others through Redis."""

from __future__ import annotations

import msgspec

from hubbub.bus.port import Published

PROCESS_BYTES = 16
_SESSION_BYTES = 4
_HEADER_BYTES = PROCESS_BYTES + _SESSION_BYTES

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Published]).decode


def header(process: bytes, session: int) -> bytes:
    """What every batch begins with: the process that sent it, and in which of its sessions."""
    return process + session.to_bytes(_SESSION_BYTES, "big")


def sealed(head: bytes, batch: list[Published]) -> bytes:
    return head + _encode(batch)


def sender(content: bytes) -> tuple[bytes, int]:
    """The process and session of `content`, read without decoding the rest."""
    return content[:PROCESS_BYTES], int.from_bytes(content[PROCESS_BYTES:_HEADER_BYTES], "big")


def opened(content: bytes) -> list[Published]:
    """The batch. Raises `msgspec.MsgspecError` when it is none."""
    return _decode(memoryview(content)[_HEADER_BYTES:])
