"""What text may be."""

from __future__ import annotations

from hubbub.wire.errors import BadInput, InvalidText, TooLarge


def check_text(text: str, name: str, longest: int, *, shortest: int = 0) -> str:
    """`text` when it has `shortest` to `longest` characters and no NUL, which PostgreSQL cannot keep.

    Raises `InvalidText`, `TooLarge` or `BadInput`, naming the field.
    """
    if "\0" in text:
        raise InvalidText(f"{name} contains a NUL character.")
    if len(text) > longest:
        raise TooLarge(f"{name} is longer than {longest} characters.")
    if len(text) < shortest:
        raise BadInput(f"{name} is shorter than {shortest} characters.")
    return text
