"""Looking for a word wherever a server leaves something: in files, in rows, in what was sent, in any usual writing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, select

from hubbub.storage.schema import metadata


def writings(word: str) -> dict[str, bytes]:
    """How `word` looks in files, by the name of the writing; part of a longer text or not."""
    raw = word.encode()
    found = {
        "as it is": raw,
        "UTF-16": word.encode("utf-16-le"),
        "hexadecimal": raw.hex().encode(),
        "hexadecimal, capitals": raw.hex().upper().encode(),
        "in a URL": quote(word, safe="").encode(),
        "backwards": raw[::-1],
    }
    for before in range(3):  # what stands before it decides how its letters fall into base64's groups of three
        found[f"base64 after {before}"] = _base64(raw, before)
        found[f"base64url after {before}"] = _base64(raw, before).translate(bytes.maketrans(b"+/", b"-_"))
        for again in range(3):
            found[f"base64 twice after {before}, {again}"] = _base64(_base64(raw, before), again)
    return found


def _base64(raw: bytes, before: int) -> bytes:
    """What of the base64 of any text with `raw` at this place is the same whatever stands around it."""
    whole = base64.b64encode(bytes(before) + raw)
    first = -(-8 * before // 6)
    last = 8 * (before + len(raw)) // 6
    return whole[first:last]


def sightings(word: str, places: Iterator[tuple[str, bytes]]) -> list[str]:
    """`place: writing` wherever `word` stands in one of these."""
    known = writings(word)
    return [f"{place}: {name}" for place, content in places for name, form in known.items() if form in content]


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the folders with what is in it."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield str(path.relative_to(folder.parent)), path.read_bytes()


def rows(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Every table as text: a database may compress in its files what is long."""
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            # As tuples: a row shortens what it shows.
            content = "\n".join(repr(tuple(row)) for row in connection.execute(select(table)))
            yield f"table {table.name}", content.encode()
