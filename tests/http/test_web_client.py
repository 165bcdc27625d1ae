"""The web client as a browser gets it: pages, files, what may be kept and what the page may do."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.server import ServerProcess

A_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def browser(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=A_BROWSER) as client:
        yield client


@pytest.fixture(scope="module")
def page(browser: httpx.Client) -> httpx.Response:
    return browser.get("/")


def _script(page: httpx.Response) -> str:
    [path] = re.findall(r'import\("(/_app/immutable/entry/start\.[^"]+)"\)', page.text)
    return str(path)


def _policy(response: httpx.Response) -> dict[str, list[str]]:
    directives = (directive.split() for directive in response.headers["content-security-policy"].split("; "))
    return {name: sources for name, *sources in directives}


def test_the_page_is_asked_for_anew_each_time(browser: httpx.Client, page: httpx.Response) -> None:
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    again = browser.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/chats", "/dm/ada", "/groups/0198c0de-0000-7000-8000-000000000001", "/settings"])
def test_an_address_of_a_page_can_be_opened_directly(browser: httpx.Client, page: httpx.Response, path: str) -> None:
    opened = browser.get(path)
    assert (opened.status_code, opened.content) == (200, page.content)


@pytest.mark.parametrize("path", ["/no-such-page", "/dm", "/dm/ada/more", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"])
def test_an_unknown_page_is_a_404_that_the_client_draws(browser: httpx.Client, page: httpx.Response, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.content) == (404, page.content)


def test_a_program_is_told_of_an_unknown_path_in_json(server: ServerProcess) -> None:
    answer = httpx.get(server.url + "/no-such-page")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_api_stays_the_apis(browser: httpx.Client) -> None:
    answer = browser.get("/api/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert browser.post("/chats").status_code == 404


def test_files_with_a_hash_in_their_name_are_kept_forever(browser: httpx.Client, page: httpx.Response) -> None:
    script = browser.get(_script(page))
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/service-worker.js", "/manifest.webmanifest", "/_app/version.json"])
def test_files_without_one_are_asked_for_anew(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_the_smallest_form_that_the_browser_takes(server: ServerProcess, page: httpx.Response) -> None:
    path = _script(page)

    def size(accepted: str) -> tuple[str, int]:
        with httpx.stream("GET", server.url + path, headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join(answer.iter_raw())
            assert int(answer.headers["content-length"]) == len(raw)
            assert answer.headers["vary"] == "accept-encoding"
            return answer.headers.get("content-encoding", ""), len(raw)

    (brotli, smallest), (zipped, small), (plain, large) = map(size, ["gzip, br", "gzip, br;q=0", "identity"])
    assert (brotli, zipped, plain) == ("br", "gzip", "")
    assert max(smallest, small) < large
    with httpx.stream("GET", server.url + path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert len(gzip.decompress(b"".join(answer.iter_raw()))) == large


def test_head_says_what_get_would(browser: httpx.Client) -> None:
    got, asked = browser.get("/"), browser.head("/")
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"]


def test_nothing_inline_runs_but_the_one_script_that_the_page_brings(page: httpx.Response) -> None:
    policy = _policy(page)
    [inline] = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    known = f"'sha256-{base64.b64encode(sha256(inline.encode()).digest()).decode()}'"
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'", known]
    assert policy["style-src"] == ["'self'"]
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]


def test_scripts_carry_the_policy_too_for_workers_take_it_from_there(
    browser: httpx.Client, page: httpx.Response
) -> None:
    script = browser.get(_script(page))
    assert _policy(script) == _policy(page)
    assert script.headers["x-content-type-options"] == "nosniff"


def test_an_api_of_another_origin_and_a_logo_are_let_through_and_the_app_has_its_name(tmp_path: Path) -> None:
    elsewhere = {
        "HUBBUB_WEB_NAME": "Choir",
        "HUBBUB_WEB_API": "https://api.example.org",
        "HUBBUB_WEB_LOGO": "https://pictures.example.org/logo.svg",
    }
    with ServerProcess(tmp_path, environment=elsewhere) as server:
        policy = _policy(httpx.get(server.url))
        manifest = httpx.get(server.url + "/manifest.webmanifest").json()
    assert policy["connect-src"] == ["'self'", "https://api.example.org", "wss://api.example.org"]
    assert {"https://api.example.org", "https://pictures.example.org"} < set(policy["img-src"])
    assert (manifest["name"], manifest["short_name"], manifest["start_url"]) == ("Choir", "Choir", "/")
