"""Text on its way out of the client: Unicode, whatever a keyboard or a file gave."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """`text` with pairs of surrogates joined and halves of such pairs replaced by U+FFFD, as a browser does."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
