"""Another build of the web client, and a server that serves it: what an operator's next release is to open tabs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import hubbub
from tests.server import ServerProcess

PROGRAM = Path(hubbub.__file__).parent
# The server serves a client without its compressed forms just as well.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.br", "*.gz")
WITH_NAMES = {".js", ".json", ".html", ".css"}


class Releases:
    """A copy of the program in `folder`, which `server` runs from now on, with a client that changes."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.server = server
        self._client = folder / "hubbub" / "web_client"
        shutil.copytree(PROGRAM, folder / "hubbub", ignore=LEFT_OUT)
        server.environment["PYTHONPATH"] = str(folder)
        server.restart()

    def next(self) -> None:
        """The same client, built anew: another version, its files under other names, and those of before gone."""
        version = json.loads((self._client / "_app" / "version.json").read_bytes())["version"]
        hashed = [file for file in (self._client / "_app" / "immutable").rglob("*") if file.is_file()]
        names = "|".join(re.escape(file.name) for file in hashed)
        name = re.compile(rf"(?<![\w.-])({names}|{version})")
        for file in self._client.rglob("*"):
            if file.suffix in WITH_NAMES:
                file.write_text(name.sub(r"n\1", file.read_text()))
        for file in hashed:
            file.rename(file.with_name(f"n{file.name}"))
        self.server.restart()
