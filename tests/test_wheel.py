"""The wheel alone serves the web client: who installs it needs neither Node nor this tree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.server import ServerProcess

ROOT = Path(__file__).parents[1]
# What is made, or is somebody's own, belongs to no tree that is built.
MADE = shutil.ignore_patterns(
    *(".git", ".venv", ".cache", ".*_cache", ".hypothesis", "__pycache__", "node_modules", "data"),
    *("web_client", "build", ".svelte-kit", "dist"),
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by pip from a copy of the sources, in which the client was never built."""
    tree = tmp_path_factory.mktemp("wheel") / "tree"
    shutil.copytree(ROOT, tree, ignore=MADE)
    # The packages are those that are installed here: they are the same for every tree of this lock.
    (tree / "node_modules").symlink_to(ROOT / "node_modules")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    subprocess.run(command, cwd=tree, check=True, capture_output=True, timeout=110)
    [built] = tree.joinpath("dist").glob("*.whl")
    return built


def test_it_contains_the_built_client(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        page = archive.read("hubbub/web_client/index.html").decode()
    asked_for = set(re.findall(r'(?:href|src)="(/[^"?#]+)"', page))
    assert any(path.endswith(".js") for path in asked_for)
    assert [path for path in asked_for if f"hubbub/web_client{path}" not in names] == []
    assert {"hubbub/web_client/service-worker.js", "hubbub/web_client/routes.json"} <= names


def test_a_server_installed_from_it_serves_the_client(wheel: Path, tmp_path: Path) -> None:
    alone = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(alone)
    with ServerProcess(tmp_path, environment={"PYTHONPATH": str(alone)}) as server:
        where = subprocess.check_output(
            [sys.executable, "-c", "import hubbub; print(hubbub.__file__)"], env=server.environment, text=True
        )
        assert Path(where).is_relative_to(alone)
        page = httpx.get(f"{server.url}/groups/new", trust_env=False)
        assert page.status_code == 200
        scripts = re.findall(r'href="(/[^"]+\.js)"', page.text)
        assert scripts
        for script in scripts:
            assert httpx.get(f"{server.url}{script}", trust_env=False).status_code == 200
