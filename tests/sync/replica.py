"""A client's side of sync, as the protocol has it (section 2), and nothing more clever."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]  # a change: kind, id, version, deleted, data
Page = dict[str, Any]  # the answer of a pull


class Replica:
    """One stream, a conversation's or the user's own: its rows by kind and id, tombstones too, up to `cursor`."""

    def __init__(self) -> None:
        self.cursor = 0
        self.rows: dict[tuple[str, str], Row] = {}
        self._early: dict[int, list[Row]] = {}

    def push(self, version: int, changes: Iterable[Row]) -> None:
        """At or below the cursor: ignored. The next one: applied. Above: it waits for those between."""
        if version > self.cursor:
            self._early.setdefault(version, list(changes))
            self._apply_what_follows()

    def pulled(self, page: Page, since: int) -> None:
        """A page that was asked for with the cursor `since`; pushes may have moved this replica's meanwhile."""
        versions = [row["version"] for row in page["changes"]]
        assert versions == sorted(versions), "a page is in the order of versions"
        assert all(since < version <= page["cursor"] for version in versions), "a page ends at its cursor"
        self._keep(page["changes"])
        self.cursor = max(self.cursor, page["cursor"])
        self._apply_what_follows()

    def live(self, kind: str) -> dict[str, Any]:
        """The data of the rows of one kind that are not deleted, by id."""
        return {id: row["data"] for (of, id), row in self.rows.items() if of == kind and not row["deleted"]}

    def _apply_what_follows(self) -> None:
        while (changes := self._early.pop(self.cursor + 1, None)) is not None:
            self._keep(changes)
            self.cursor += 1
        self._early = {version: rows for version, rows in self._early.items() if version > self.cursor}

    def _keep(self, changes: Iterable[Row]) -> None:
        for row in changes:
            place = (row["kind"], row["id"])
            if place not in self.rows or self.rows[place]["version"] < row["version"]:
                self.rows[place] = row
