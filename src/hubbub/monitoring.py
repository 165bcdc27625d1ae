"""What a process counts about itself, and how /metrics shows it.

Counting must cost nothing next to a frame, so a count is a plain number and becomes a Prometheus sample only
when somebody asks. With several workers each counts alone; the one that is asked collects from the others,
and every sample says whose it is by the label `worker` (sum them: `sum without(worker) (...)`).
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

import msgspec
from prometheus_client import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry

BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Tally:
    """A number that only rises."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, amount: int = 1) -> None:
        self.value += amount


class Sample(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, array_like=True):
    """Samples of one name as they travel between workers. `kind` is counter, gauge or histogram."""

    name: str
    kind: str
    help: str
    samples: list[Sample]


class Metrics:
    """Everything that one process counts. Parts are given the tallies that they raise, or `watch`ed."""

    def __init__(self) -> None:
        self.frames_in = Tally()
        self.frames_out = Tally()
        self.pushes_dropped = Tally()
        self.cache_hits = Tally()
        self.cache_misses = Tally()
        self.queries = Tally()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._batches = [0] * (len(BATCH_BOUNDS) + 1)
        self._batched = 0
        self._watched: list[tuple[str, str, str, Callable[[], float]]] = []
        self._watch_tallies()

    def _watch_tallies(self) -> None:
        for name, text, tally in (
            ("socket_frames_received", "Frames that clients sent.", self.frames_in),
            ("socket_frames_sent", "Frames written to sockets.", self.frames_out),
            (
                "socket_pushes_dropped",
                "Pushes not written because the reader was too slow.",
                self.pushes_dropped,
            ),
            ("database_queries", "Statements executed.", self.queries),
            ("cache_hits", "Reads answered from the cache.", self.cache_hits),
            ("cache_misses", "Reads that had to ask the database.", self.cache_misses),
        ):
            self.watch(name, text, lambda tally=tally: tally.value, counter=True)  # type: ignore[misc]

    def watch(self, name: str, text: str, read: Callable[[], float], *, counter: bool = False) -> None:
        """Show what `read()` answers, under `hubbub_` and `name`, each time somebody asks."""
        self._watched.append((f"hubbub_{name}", text, "counter" if counter else "gauge", read))

    def request(self, method: str, route: str, status: int) -> None:
        """Count one HTTP answer; `route` is the route's template, never the path that was asked for."""
        key = (method, route, status)
        self._requests[key] = self._requests.get(key, 0) + 1

    def cache(self, hit: bool) -> None:
        """Count one look into a cache."""
        (self.cache_hits if hit else self.cache_misses).value += 1

    def query(self, *_execution: object) -> None:
        """Count one statement that the database was given, or one list of rows for it."""
        self.queries.value += 1

    def batch(self, size: int) -> None:
        """Count one committed batch of the writer by its number of changes; on the writer's thread only."""
        self._batches[bisect.bisect_left(BATCH_BOUNDS, size)] += 1
        self._batched += size

    def families(self, worker: int) -> list[Family]:
        """Everything counted so far, labelled with the worker's number."""
        who = {"worker": str(worker)}
        shown = [
            Family(name, kind, text, [Sample(name + ("_total" if kind == "counter" else ""), who, read())])
            for name, text, kind, read in self._watched
        ]
        return [*shown, self._request_family(who), self._batch_family(who)]

    def _request_family(self, who: dict[str, str]) -> Family:
        name = "hubbub_http_requests"
        samples = [
            Sample(f"{name}_total", {"method": method, "route": route, "status": str(status), **who}, count)
            for (method, route, status), count in list(self._requests.items())
        ]
        return Family(name, "counter", "HTTP answers by method, route and status.", samples)

    def _batch_family(self, who: dict[str, str]) -> Family:
        name = "hubbub_writer_batch_changes"
        bounds = [*map(str, BATCH_BOUNDS), "+Inf"]
        rising = list(accumulate(self._batches))
        samples = [Sample(f"{name}_bucket", {**who, "le": le}, n) for le, n in zip(bounds, rising, strict=True)]
        samples += [Sample(f"{name}_count", who, rising[-1]), Sample(f"{name}_sum", who, self._batched)]
        return Family(name, "histogram", "Changes committed together.", samples)


def exposition(families: Iterable[Family]) -> bytes:
    """The families, those of several workers joined by name, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Joined(families))
    return generate_latest(registry)


class _Joined:
    def __init__(self, families: Iterable[Family]) -> None:
        self._families = list(families)

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        joined: dict[str, Metric] = {}
        for family in self._families:
            metric = joined.setdefault(family.name, Metric(family.name, family.help, family.kind))
            for sample in family.samples:
                metric.add_sample(*sample)
        yield from joined.values()
