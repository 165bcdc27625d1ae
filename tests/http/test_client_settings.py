"""/config.json: what the web client is told before anybody signs in."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path

import httpx

from tests.server import ServerProcess

VERSION = installed_version("hubbub")
# Who may join, where the operator says nothing of it.
JOINING = {"registration": "open", "captcha": False}


def told(server: ServerProcess) -> httpx.Response:
    return httpx.get(f"{server.url}/config.json", trust_env=False)


def test_a_server_that_says_nothing_of_itself_is_called_hubbub(server: ServerProcess) -> None:
    answer = told(server)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    shown = {"name": "Hubbub", "logo": None, "accent": None, "api": "", "version": VERSION, "conduct": None}
    assert answer.json() == {**shown, **JOINING}


def test_what_the_operator_says_is_told(tmp_path: Path) -> None:
    chosen = {"name": "Café Corner", "logo": "https://a.example/logo.svg", "accent": "#aa0011"}
    api = "https://api.example"
    (tmp_path / "hubbub.toml").write_text(
        "[web]\n" + "".join(f'{name} = "{value}"\n' for name, value in chosen.items()), "utf-8"
    )
    (conduct := tmp_path / "conduct.md").write_text("# Be kind", "utf-8")
    environment = {"HUBBUB_WEB_API": api, "HUBBUB_CONDUCT_FILE": str(conduct)}
    with ServerProcess(tmp_path, environment=environment) as server:
        version = sha256(b"# Be kind").hexdigest()
        assert told(server).json() == {**chosen, "api": api, "version": VERSION, "conduct": version, **JOINING}
        page = httpx.get(server.url, headers={"Accept": "text/html"}, trust_env=False)
        policy = page.headers["content-security-policy"].split("; ")
        assert f"connect-src 'self' {api} wss://api.example" in policy
        (pictures,) = [directive for directive in policy if directive.startswith("img-src ")]
        assert {"https://a.example", api} <= set(pictures.split())
