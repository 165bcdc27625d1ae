"""Structured logs that cannot give anybody away.

What people write, who they are and where they connect from stays out of the log by construction: texts are
shown only under names that are known to be harmless, exceptions are shown as where and what kind, never with
their values, and of what libraries log only the template is kept.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

Event = MutableMapping[str, Any]

# Names whose texts are ours: fixed words, names of classes, routes and settings.
HARMLESS = {
    *(
        "event",
        "level",
        "logger",
        "timestamp",
        "exception",
        "error",
        "code",
        "reason",
        "method",
        "route",
        "kind",
    ),
    *(
        "database",
        "bus",
        "revision",
        "check",
        "signal",
        "version",
        "listening",
        "public_url",
        "setting",
        "table",
        "file",
    ),
}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CLASS_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
NOT_SHOWN = "[not shown]"


def set_up_logs(form: Literal["auto", "console", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send every log of this process, ours and the libraries', to `stream` (standard error) in one form."""
    stream = stream or sys.stderr
    console = form == "console" or (form == "auto" and stream.isatty())
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        harmless,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, foreign, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(console, stream),
            ],
            use_get_message=False,
            keep_exc_info=False,
        )
    )
    _route_everything_to(handler, level.upper())


def _renderer(console: bool, stream: TextIO) -> structlog.types.Processor:
    if console:
        return structlog.dev.ConsoleRenderer(colors=stream.isatty())
    return structlog.processors.JSONRenderer(sort_keys=True)


def _route_everything_to(handler: logging.Handler, level: str) -> None:
    logging.raiseExceptions = False  # else logging itself prints values when a record cannot be formatted
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("hubbub").setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "litestar"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
        library.setLevel(logging.WARNING)


# --- processors ---------------------------------------------------------------------------------------------


def harmless(_logger: Any, _method: str, event: Event) -> Event:
    """Keep numbers, ids, and texts under known names; show exceptions without their values."""
    if "exc_info" in event and (error := _exception(event.pop("exc_info"))) is not None:
        event["exception"] = "\n".join(_without_values(error))
    for name, value in event.items():
        if not name.startswith("_") and not _may_be_shown(name, value):
            event[name] = NOT_SHOWN
    return event


def _may_be_shown(name: str, value: Any) -> bool:
    if value is None or isinstance(value, bool | int | float):
        return True
    if not isinstance(value, str):
        return False
    if name == "error":  # the class of an exception: its text may quote what somebody sent
        return _CLASS_NAME.fullmatch(value) is not None
    return name in HARMLESS or _ID.fullmatch(value) is not None


def foreign(_logger: Any, _method: str, event: Event) -> Event:
    """Of a library's record keep the first line of the template; asyncio puts values even there."""
    text = str(event.get("event", "")).partition("\n")[0][:200]
    event["event"] = "event loop reported an error" if event.get("logger") == "asyncio" else text
    if (record := event.get("_record")) is not None and record.exc_info:
        event["exc_info"] = record.exc_info
    return event


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _without_values(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _without_values(cause)
        yield "  then:"
    yield from _places(error.__traceback__)
    yield type(error).__qualname__


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in traceback.walk_tb(trace):
        path = Path(frame.f_code.co_filename)
        yield f"  {'/'.join(path.parts[-3:])}:{line} in {frame.f_code.co_name}"
