"""The web client: the files of its build, on the API's port (Hubbub protocol, section 5: everything else).

All files are read once, at start: a few hundred small ones, each with the compressed forms that the build left beside
it. So no request touches the disk, and no path can lead out of the folder.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

FOLDER = Path(__file__).parents[1] / "web_client"
SHELL = "index.html"
ROUTES = "routes.json"
MANIFEST = "/manifest.webmanifest"
FOREVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the better first
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".html": "text/html; charset=utf-8",
}
# The one style attribute of SvelteKit's own: it hides from sight where it tells a screen reader of a new page.
ANNOUNCER = "'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='"
INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

Headers = list[tuple[bytes, bytes]]


class File(NamedTuple):
    """`forms` by content encoding; "" is the file as it is. `headers` are those of every answer with it."""

    forms: Mapping[str, bytes]
    headers: Headers
    etag: bytes


class WebClient:
    """Serves the client's files, and its one page for the addresses of its pages.

    `reserved` are the first segments of paths that are the API's. `api` is the origin of the API where it is another
    than the page's, `logo` the address of the operator's picture, if any: the policy lets both through. `name`
    is what the client is called when it is installed.
    """

    def __init__(self, folder: Path, *, reserved: Collection[str], name: str, api: str = "", logo: str = "") -> None:
        self._reserved = frozenset(reserved)
        shell = (folder / SHELL).read_bytes()
        policy = content_security_policy(shell, api=api, logo=logo)
        self._files = dict(_read(folder, policy))
        self._files[MANIFEST] = _called(name, self._files[MANIFEST])
        self._shell = self._files["/" + SHELL]
        self._pages = re.compile("|".join(map(_pattern, json.loads((folder / ROUTES).read_bytes()))))

    def serves(self, scope: Any) -> bool:
        """Whether an HTTP request is the client's to answer: a page or a file that somebody wants to see."""
        path: str = scope["path"]
        if scope["method"] not in {"GET", "HEAD"} or path.split("/", 2)[1] in self._reserved:
            return False
        return path in self._files or self._is_page(path) or b"text/html" in _header(scope, b"accept")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        scope["path_template"] = "web client"
        file = self._files.get(path, self._shell)
        # Of an unknown address the client's own page says so.
        status = 200 if path in self._files or self._is_page(path) else 404
        if status == 200 and file.etag in _header(scope, b"if-none-match"):
            await _answer(send, 304, [*file.headers, (b"etag", file.etag)], b"")
            return
        encoding = _encoding(_header(scope, b"accept-encoding"), file.forms)
        body = file.forms[encoding]
        headers = [*file.headers, (b"etag", file.etag), (b"content-length", str(len(body)).encode())]
        if encoding:
            headers.append((b"content-encoding", encoding.encode()))
        await _answer(send, status, headers, body if scope["method"] == "GET" else b"")

    def _is_page(self, path: str) -> bool:
        return self._pages.fullmatch(path) is not None


def beside(api: Any, client: WebClient) -> Any:
    """The ASGI application that is both."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and client.serves(scope):
            await client(scope, receive, send)
        else:
            await api(scope, receive, send)

    return serve


def content_security_policy(shell: bytes, *, api: str, logo: str) -> str:
    """What the page may load and do: its own files and nothing else; its one inline script is known by its hash.

    `wasm-unsafe-eval` lets Argon2id run as WebAssembly (CSP level 3); it does not let text become script.
    """
    hashes = [f"'sha256-{base64.b64encode(sha256(text).digest()).decode()}'" for text in INLINE_SCRIPT.findall(shell)]
    sockets = [api, re.sub("^http", "ws", api)] if api else []
    picture = [f"{split.scheme}://{split.netloc}"] if (split := urlsplit(logo)).netloc else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'", *hashes],
        "worker-src": ["'self'"],
        "style-src": ["'self'"],
        "style-src-attr": ["'unsafe-hashes'", ANNOUNCER],
        "img-src": ["'self'", "blob:", "data:", *picture, *([api] if api else [])],
        "media-src": ["'self'", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *sockets],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _read(folder: Path, policy: str) -> Iterator[tuple[str, File]]:
    """Every file by its path, as `/_app/version.json`; the page itself also as `/`."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.suffix in ENCODINGS.values() or path.name == ROUTES:
            continue
        name = "/" + path.relative_to(folder).as_posix()
        plain = path.read_bytes()
        compressed = {coding: path.with_name(path.name + ending) for coding, ending in ENCODINGS.items()}
        forms = {"": plain, **{coding: form.read_bytes() for coding, form in compressed.items() if form.exists()}}
        file = File(forms, _headers(path, FOREVER if "/immutable/" in name else ALWAYS_ASK, policy), _etag(plain))
        yield name, file
        if name == "/" + SHELL:
            yield "/", file


def _called(name: str, manifest: File) -> File:
    """The manifest under the operator's name."""
    plain = json.dumps({**json.loads(manifest.forms[""]), "name": name, "short_name": name}).encode()
    return File({"": plain}, manifest.headers, _etag(plain))


def _etag(content: bytes) -> bytes:
    return f'"{sha256(content).hexdigest()[:32]}"'.encode()


def _headers(path: Path, cache_control: str, policy: str) -> Headers:
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {
        "content-type": kind,
        "cache-control": cache_control,
        "vary": "accept-encoding",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _pattern(route: str) -> str:
    """`/dm/[name]` as an expression."""
    return re.sub(r"\\\[[^/]+\\\]", "[^/]+", re.escape(route))


def _header(scope: Any, wanted: bytes) -> bytes:
    return b",".join(value for name, value in scope["headers"] if name == wanted)


def _encoding(accepted: bytes, forms: Mapping[str, bytes]) -> str:
    """The best form that the client takes: `name;q=0` is a refusal (RFC 9110, 12.5.3)."""
    taken = {
        name.strip()
        for name, _, weight in (part.partition(";") for part in accepted.decode("latin-1").lower().split(","))
        if not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    }
    return next((coding for coding in ENCODINGS if coding in taken and coding in forms), "")


async def _answer(send: Any, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
