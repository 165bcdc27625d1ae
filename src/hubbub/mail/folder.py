"""Letters as files, where no mail server is set: whoever runs the server reads them there."""

from __future__ import annotations

import asyncio
import os
from email.message import EmailMessage
from pathlib import Path

import structlog

from hubbub.mail.delivering import NotAccepted

log = structlog.get_logger("hubbub.mail")


class FolderDelivery:
    """Writes `<id>.eml` into `folder`, for its owner alone. What is there already is the same letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, mail_id: str, message: EmailMessage, to: str) -> None:
        path = self._folder / f"{mail_id}.eml"
        try:
            await asyncio.to_thread(_write, path, message.as_bytes())
        except OSError as error:
            log.warning("mail_not_written", error=type(error).__name__, file=str(path))
            raise NotAccepted from error
        log.info("mail_written", file=str(path))


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: who looks into the folder never sees half a letter."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
