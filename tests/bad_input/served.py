"""The events that the server takes, read from the server itself: a new one is tried without being named here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from hubbub.app import Server as HubbubServer
from hubbub.app import Worker
from hubbub.config import Settings
from hubbub.first_start import keys_of
from hubbub.storage.engine import open_engine, sqlite_url

TEXT, NUMBER, SWITCH, TEXTS, DOCUMENT, DOCUMENTS, TEXTS_BY_NAME, TEXTS_BY_TWO_NAMES = (
    *("text", "number", "switch", "texts", "document", "documents", "texts by name", "texts by two names"),
)


class Field(NamedTuple):
    name: str
    kind: str
    required: bool
    nullable: bool


class ServedEvent(NamedTuple):
    """`prefix` is that of the topic: system, user or conversation; or `room`."""

    prefix: str
    name: str
    fields: tuple[Field, ...]


def served_events() -> list[ServedEvent]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=folder)
        engine = open_engine(sqlite_url(Path(folder)))
        server = HubbubServer(settings, keys_of(settings), engine, "epoch", Worker())
        found = [
            ServedEvent(prefix, name, tuple(_fields(event.decode.__self__.type)))  # type: ignore[attr-defined]
            for prefix, channel in server._gateway._channels.items()
            for name, event in channel.events.items()
        ]
        engine.dispose()
    return found


def _fields(payload: type[msgspec.Struct]) -> Iterator[Field]:
    for field in msgspec.structs.fields(payload):
        kinds = [_kind(kind) for kind in _alternatives(inspect.type_info(field.type))]
        [kind] = [kind for kind in kinds if kind is not None]
        yield Field(field.name, kind, field.required, None in kinds)


def _alternatives(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(kind, inspect.Metadata):
        return _alternatives(kind.type)
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return tuple(one for one in kinds if not _is_unset(one))


def _is_unset(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) and kind.cls is msgspec.UnsetType


def _kind(kind: inspect.Type) -> str | None:
    if isinstance(kind, inspect.NoneType):
        return None
    if isinstance(kind, inspect.ListType):
        return TEXTS if isinstance(kind.item_type, inspect.StrType) else DOCUMENTS
    if isinstance(kind, inspect.DictType):
        if isinstance(kind.value_type, inspect.DictType):
            return TEXTS_BY_TWO_NAMES
        return TEXTS_BY_NAME if isinstance(kind.value_type, inspect.StrType) else DOCUMENT
    simple: dict[type[Any], str] = {
        inspect.StrType: TEXT,
        inspect.IntType: NUMBER,
        inspect.BoolType: SWITCH,
    }
    return simple[type(kind)]
