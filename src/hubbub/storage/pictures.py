"""Pictures on disk: `ab/abcdef…/64.webp` below their folder, named by the hash of what is in them."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from hubbub.wire.errors import StorageFull, Unavailable

log = structlog.get_logger("hubbub.pictures")

FULL = {errno.ENOSPC, errno.EDQUOT}
ATTEMPTS = 3


class PictureStore:
    """Files that never change. Every process that serves the same users has the same folder.

    Methods block; they raise `StorageFull` or `Unavailable` when the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, files: Mapping[int, bytes]) -> None:
        """Have these files, by size, on disk when it returns; those that are there already stay."""
        with _refusing():
            for attempt in range(ATTEMPTS):
                try:
                    self._write(name, files)
                except FileNotFoundError:  # its folder was removed meanwhile
                    if attempt + 1 == ATTEMPTS:
                        raise
                else:
                    return

    def _write(self, name: str, files: Mapping[int, bytes]) -> None:
        place = self._place(name)
        missing = {size: content for size, content in files.items() if not _file(place, size).exists()}
        if not missing:
            return
        place.mkdir(parents=True, exist_ok=True)
        for size, content in missing.items():
            _write_file(_file(place, size), content)
        for folder in (place, place.parent, self._folder, self._folder.parent):
            _sync_folder(folder)

    def read(self, name: str, size: int) -> bytes | None:
        """None: there is no such picture."""
        with _refusing():
            try:
                return _file(self._place(name), size).read_bytes()
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> dict[int, bytes]:
        """Take the files away; the answer is what was in them, by size."""
        place, taken = self._place(name), {}
        with _refusing():
            for file in sorted(place.glob("*.webp")):
                with contextlib.suppress(FileNotFoundError):
                    taken[int(file.stem)] = file.read_bytes()
                    file.unlink()
            with contextlib.suppress(OSError):  # somebody is writing the same picture again
                place.rmdir()
        return taken

    def _place(self, name: str) -> Path:
        return self._folder / name[:2] / name


def _file(place: Path, size: int) -> Path:
    return place / f"{size}.webp"


def _write_file(path: Path, content: bytes) -> None:
    """All of it or nothing, whenever the power fails."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """A new name in a folder lasts once the folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, type(error).__name__)
        log.error("pictures_unavailable", error=name)  # noqa: TRY400  a trace would show nothing but our own calls
        raise (StorageFull() if error.errno in FULL else Unavailable()) from error
