"""Whether what arrived has the keys and the types of an example in seed 003; more keys are allowed, none may lack."""

from __future__ import annotations

import re
from typing import Any

ID = "5161cb32-2d85-4846-897d-10c336ce701c"
TIME = "2024-01-01T23:38:41.183Z"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Nullable:
    """What the seed marks as such."""

    def __init__(self, example: Any) -> None:
        self.example = example


def assert_like(actual: Any, example: Any, where: str = "payload") -> None:
    """Fail unless `actual` has the shape of `example`.

    The seed's id and time stand for any id and any time; an object with an id as its key, for an object of such.
    """
    if isinstance(example, Nullable):
        if actual is not None:
            assert_like(actual, example.example, where)
    elif isinstance(example, dict):
        assert isinstance(actual, dict), f"{where} is no object: {actual!r}"
        _assert_object_like(actual, example, where)
    elif isinstance(example, list):
        assert isinstance(actual, list), f"{where} is no array: {actual!r}"
        for place, item in enumerate(actual):
            assert_like(item, example[0], f"{where}[{place}]")
    else:
        _assert_scalar_like(actual, example, where)


def _assert_object_like(actual: dict[str, Any], example: dict[str, Any], where: str) -> None:
    if list(example) == [ID]:
        for key, value in actual.items():
            assert _UUID.fullmatch(key), f"{where} has the key {key!r}, which is no id"
            assert_like(value, example[ID], f"{where}.{key}")
        return
    lacking = example.keys() - actual.keys()
    assert not lacking, f"{where} lacks {sorted(lacking)}: {actual}"
    for key, value in example.items():
        assert_like(actual[key], value, f"{where}.{key}")


def _assert_scalar_like(actual: Any, example: Any, where: str) -> None:
    assert type(actual) is type(example), f"{where} is {actual!r}, not of the type of {example!r}"
    pattern = {ID: _UUID, TIME: _TIME}.get(example) if isinstance(example, str) else None
    assert pattern is None or pattern.fullmatch(actual), f"{where} is {actual!r}, not like {example!r}"
