"""Counts, and their form for Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hubbub.collecting import Collecting
from hubbub.monitoring import Family, Metrics, exposition


def samples(families: list[Family]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What Prometheus makes of the families."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition(families).decode())
        for sample in family.samples
    }


def test_tallies_and_what_is_watched_are_shown() -> None:
    metrics = Metrics()
    metrics.frames_in.add()
    metrics.frames_in.add(2)
    metrics.cache(hit=True)
    metrics.watch("moons", "Moons.", lambda: 2)
    seen = samples(metrics.families(4))
    worker = (("worker", "4"),)
    assert seen["hubbub_socket_frames_received_total", worker] == 3
    assert seen["hubbub_cache_hits_total", worker] == 1
    assert seen["hubbub_cache_misses_total", worker] == 0
    assert seen["hubbub_moons", worker] == 2


@pytest.mark.parametrize(("size", "bucket"), [(1, "1"), (2, "2"), (3, "4"), (512, "512"), (513, "+Inf")])
def test_a_batch_falls_into_the_buckets_from_its_size_up(size: int, bucket: str) -> None:
    metrics = Metrics()
    metrics.batch(size)
    seen = {
        dict(labels)["le"]: value
        for (name, labels), value in samples(metrics.families(0)).items()
        if name == "hubbub_writer_batch_changes_bucket"
    }
    bounds = list(seen)
    assert [seen[bound] for bound in bounds] == [float(bounds.index(bucket) <= place) for place in range(len(bounds))]


async def test_workers_answer_for_each_other(tmp_path: Path) -> None:
    workers = [Collecting(Metrics(), number, tmp_path) for number in range(3)]
    for worker in workers:
        await worker.start()
    (tmp_path / "7.sock").touch()  # of a worker that died
    for asked in workers:
        seen = samples(await asked.collect())
        assert {dict(labels)["worker"] for name, labels in seen if name == "hubbub_cache_hits_total"} == {"0", "1", "2"}
    workers[1].close()
    seen = samples(await workers[0].collect())
    assert {dict(labels)["worker"] for _, labels in seen} == {"0", "2"}
    for worker in workers:
        worker.close()


async def test_a_worker_takes_the_place_of_one_that_died(tmp_path: Path) -> None:
    (tmp_path / "0.sock").touch()
    worker = Collecting(Metrics(), 0, tmp_path)
    await worker.start()
    assert await Collecting(Metrics(), 1, tmp_path).collect() != []
    worker.close()
