"""What the project's own files promise: locks that hold, documents that name what exists."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PINNED = re.compile(r"^([a-z0-9.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    """Name and hashes of every package in the lock."""
    lock = (ROOT / "requirements.lock").read_text()
    return {name: hashes for name, _, hashes in PINNED.findall(lock)}


def test_every_line_of_the_lock_is_a_pin_with_hashes_or_a_comment() -> None:
    rest = PINNED.sub("", (ROOT / "requirements.lock").read_text())
    assert [line for line in rest.splitlines() if line.strip() and not line.lstrip().startswith("#")] == []


def test_the_lock_has_all_that_the_project_asks_for(pins: dict[str, str]) -> None:
    project = _toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(each for extra in extras for each in extra)]
    assert {_name(requirement) for requirement in asked} - pins.keys() == set()


def test_no_lock_carries_an_address() -> None:
    locks = [(ROOT / "requirements.lock").read_text(), json.dumps(list(_node_packages().values()))]
    assert [re.findall(r"\w+://\S+|--\w*index-url|--find-links", lock) for lock in locks] == [[], []]


def test_node_packages_are_checked_too() -> None:
    packages = _node_packages()
    assert "node_modules/phoenix" in packages
    assert [path for path, package in packages.items() if "integrity" not in package] == []


def _node_packages() -> dict[str, dict[str, Any]]:
    """What the lock installs, without what it says of how to thank the authors; our own are not of it."""
    packages: dict[str, dict[str, Any]] = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    own = {path for path, package in packages.items() if package.get("link") or "node_modules/" not in path}
    return {
        path: {name: value for name, value in package.items() if name != "funding"}
        for path, package in packages.items()
        if path not in own
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_link_to_what_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!\w+:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_targets_that_make_has(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", document.read_text(), re.MULTILINE)) <= targets


def test_the_map_names_every_package() -> None:
    unnamed = {"hubbub", "versions"}  # the root, and a heap of migrations that Alembic numbers
    packages = [path.parent for path in (ROOT / "src").rglob("__init__.py")]
    written = (ROOT / "docs" / "map.md").read_text()
    assert [
        path for path in packages if path.name not in unnamed and f"`{path.relative_to(ROOT)}/`" not in written
    ] == []


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def _name(requirement: str) -> str:
    """`psycopg` of `psycopg[binary]>=3.2`, as the lock writes it."""
    return re.split(r"[\[<>=~! ]", requirement)[0].lower().replace("_", "-")
