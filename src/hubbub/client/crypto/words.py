"""A recovery code as 24 words that a person can write down: BIP-39, English.

Source: Hubbub's design of keys and envelopes, section 2; Bitcoin Improvement Proposal 39.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files

from hubbub.client.crypto.refused import Refused

CODE_BYTES = 32
COUNT = 24  # 256 bits of code and 8 bits of checksum, 11 bits a word


def words_of(code: bytes) -> list[str]:
    """The words of a code of 32 bytes."""
    bits = int.from_bytes(code + sha256(code).digest()[:1])
    return [_words()[bits >> 11 * place & 0x7FF] for place in reversed(range(COUNT))]


def code_of(words: Sequence[str]) -> bytes:
    """The code of what a person typed, whatever its case and the spaces around it.

    Raises `Refused`: `wrong_words`, for a word that is none, one too few, or a checksum that does not fit.
    """
    numbers = _numbers()
    typed = [unicodedata.normalize("NFKD", word).strip().lower() for word in words]
    if len(typed) != COUNT or not all(word in numbers for word in typed):
        raise Refused("wrong_words")
    bits = 0
    for word in typed:
        bits = bits << 11 | numbers[word]
    raw = bits.to_bytes(CODE_BYTES + 1)
    code = raw[:CODE_BYTES]
    if raw[CODE_BYTES] != sha256(code).digest()[0]:
        raise Refused("wrong_words")
    return code


@cache
def _words() -> list[str]:
    return files(__package__).joinpath("english.txt").read_text(encoding="ascii").split()


@cache
def _numbers() -> dict[str, int]:
    return {word: number for number, word in enumerate(_words())}
