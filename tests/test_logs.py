"""What a log line may show."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hubbub.logs import NOT_SHOWN, foreign, harmless

ID = "01900000-0000-7000-8000-000000000000"


def shown(**event: Any) -> dict[str, Any]:
    return dict(harmless(None, "info", dict(event)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event", "ready"),
        ("rows", 3),
        ("anything", None),
        ("anything", True),
        ("anything", 0.5),
        ("user", ID),
        ("error", "ConnectionRefusedError"),
        ("code", "not_member"),
    ],
)
def test_numbers_ids_and_fixed_words_are_shown(name: str, value: object) -> None:
    assert shown(**{name: value}) == {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user", "odysseus"),
        ("email", "odysseus@example.org"),
        ("peer", "203.0.113.7"),
        ("payload", {"content": "swordfish"}),
        ("token", b"swordfish"),
        ("error", "ValueError: swordfish"),
        ("error", ValueError("swordfish")),
        ("user", f"{ID} swordfish"),
    ],
)
def test_everything_else_is_not(name: str, value: object) -> None:
    assert shown(**{name: value}) == {name: NOT_SHOWN}


def fail(*, silenced: bool) -> None:
    try:
        int("swordfish")
    except ValueError as error:
        raise RuntimeError("swordfish") from (None if silenced else error)


def failed(*, silenced: bool) -> BaseException:
    """An exception that followed another."""
    with pytest.raises(RuntimeError) as caught:
        fail(silenced=silenced)
    return caught.value


def test_exceptions_are_shown_as_places_and_kinds() -> None:
    trace = shown(event="failed", exc_info=failed(silenced=False))["exception"]
    assert [line for line in trace.splitlines() if not line.startswith(" ")] == ["ValueError", "RuntimeError"]
    assert "tests/test_logs.py" in trace
    assert "swordfish" not in trace


def test_an_exception_that_was_silenced_stays_silent() -> None:
    assert "ValueError" not in shown(event="failed", exc_info=failed(silenced=True))["exception"]


def test_of_a_librarys_record_only_the_template_is_kept() -> None:
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "%s failed", ("swordfish",), None)
    event = foreign(None, "error", {"event": record.msg, "logger": record.name, "_record": record})
    assert harmless(None, "error", event)["event"] == "%s failed"


def test_asyncio_puts_values_into_templates_so_they_go_too() -> None:
    event = foreign(None, "error", {"event": "Task <swordfish> failed\nswordfish", "logger": "asyncio"})
    assert event["event"] == "event loop reported an error"
