"""The two keys that a server must have: made on first start with SQLite, demanded with PostgreSQL.

One box on SQLite should start with one command. Where several processes share a database they must share the
keys too, and only the operator can see to that.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hubbub.config import Settings, WrongSettings, is_key

FILE = "secrets.toml"


class Keys(NamedTuple):
    """`signing` signs tokens and remembers requests; `vault` seals private keys at rest. 32 bytes each."""

    signing: bytes
    vault: bytes


def fresh_key() -> str:
    """32 random bytes as base64url without padding."""
    return secrets.token_urlsafe(32)


def open_data_folder(folder: Path) -> None:
    """Make the data folder where there is none, closed to other users of the machine."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def keys_of(settings: Settings) -> Keys:
    """The keys in force. Raises `WrongSettings` where they must be set and are not."""
    chosen = {"secret_key": settings.secret_key, "vault_key": settings.vault_key}
    if not all(chosen.values()):
        if not settings.on_sqlite:
            raise WrongSettings(
                [
                    f"HUBBUB_{name.upper()} must be set when the database is PostgreSQL, the same for every "
                    f"process; `hubbub secret` prints a fresh one."
                    for name, value in chosen.items()
                    if not value
                ]
            )
        kept = _keep(settings.data_folder)
        chosen = {name: value or kept[name] for name, value in chosen.items()}
    return Keys(_decode(chosen["secret_key"]), _decode(chosen["vault_key"]))


def _keep(folder: Path) -> dict[str, str]:
    """The keys kept in the folder, made now where there are none; of two first starts at once one wins."""
    path = folder / FILE
    if not path.exists():
        open_data_folder(folder)
        _write_once(path, f'secret_key = "{fresh_key()}"\nvault_key = "{fresh_key()}"\n')
    path.chmod(0o600)
    try:
        kept = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        kept = {}
    if wrong := [name for name in ("secret_key", "vault_key") if not is_key(str(kept.get(name, "")))]:
        raise WrongSettings(
            [f"{path}: {name} is missing or damaged; restore the file from a backup." for name in wrong]
        )
    return kept


def _write_once(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(temporary, path)  # unlike a rename, never replaces keys that are in use
    finally:
        Path(temporary).unlink()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
