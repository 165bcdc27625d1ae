"""The documents are true: what they show runs, what they list is all there is, what they name exists."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shlex
import sys
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from hubbub.http.problems import MethodNotAllowed
from hubbub.wire.errors import CLOSE_ADVICE, CloseCode, Refusal, refusals
from tests.people import PASSWORD, People, Person, conversation, start_open_group
from tests.phoenix import Refused
from tests.reference_page import tables
from tests.server import ServerProcess

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
WRITTEN_FOR = "127.0.0.1:8000"
PATIENCE = 30.0


@pytest.fixture
async def people(server: ServerProcess) -> AsyncIterator[People]:
    async with People(server) as people:
        yield people


# --- what is shown runs -----------------------------------------------------------------------------------------------


async def test_the_first_conversation_of_the_readme(server: ServerProcess, tmp_path: Path) -> None:
    for command in re.findall(r"^    (curl .*-d .*)$", _read("README.md"), re.MULTILINE):
        assert (await _curl(command, server)).status_code == 200, command
    script = tmp_path / "hello.py"
    script.write_text(_example("README.md", "python", server))
    async with _running(sys.executable, script) as running:
        said, _ = await running.communicate()
    assert said.decode() == "Bob hears: Hello Bob\n"
    assert "It prints `Bob hears: Hello Bob`." in _read("README.md")


async def test_the_probe_of_the_readme(server: ServerProcess) -> None:
    [(command, answer)] = re.findall(r"^    (curl \S+/readyz) +# (.*)$", _read("README.md"), re.MULTILINE)
    assert (await _curl(command, server)).json() == json.loads(answer)


async def test_the_bot_answers(server: ServerProcess, people: People, tmp_path: Path) -> None:
    [ada] = await people.sign_up("Ada")
    bodies = {
        path: json.loads(body)
        for path, body in re.findall(r"8000(/api/\w+) .*?-d '(.*?)'", _read("docs/howto/bot.md"), re.DOTALL)
    }
    bot = (await ada.post("/api/bots", bodies["/api/bots"])).json()
    token = (await ada.post("/api/tokens", {**bodies["/api/tokens"], "bot_id": bot["id"]})).json()["token"]
    script = tmp_path / "bot.py"
    script.write_text(_example("docs/howto/bot.md", "python", server))
    a = await ada.arrive()
    async with _running(sys.executable, script, BOT=bot["id"], TOKEN=token) as running:
        await _until(running, "ready")
        begun = await a.ask("system:general", "start_group_conversation", {"user_ids": [bot["id"]], "open": True})
        topic = conversation(begun["conversation_id"])
        await a.join(topic)
        await _until(running, "listening")
        await a.ask(topic, "send_message", {"content": "hello"})
        heard = await a.wait_for(topic, "new_message", lambda payload: payload["message"]["sender"] == bot["id"])
        assert heard["message"]["content"] == "You said: hello"


async def test_the_room_of_two_guests(server: ServerProcess, people: People, tmp_path: Path) -> None:
    [ada] = await people.sign_up("Ada")
    script = tmp_path / "room.py"
    script.write_text(_example("docs/howto/rooms.md", "python", server))
    async with _running(sys.executable, script, EMAIL=ada.email, PASSWORD=PASSWORD) as running:
        said, _ = await running.communicate()
    assert textwrap.indent(said.decode(), "    ") in _read("docs/howto/rooms.md")
    assert said.decode().endswith("not_found\n")


async def test_the_rest_of_a_group(server: ServerProcess, tmp_path: Path) -> None:
    script = tmp_path / "rest.py"
    script.write_text(_example("docs/howto/rest.md", "python", server))
    async with _running(sys.executable, script) as running:
        said, _ = await running.communicate()
    assert textwrap.indent(said.decode(), "    ") in _read("docs/howto/rest.md")
    assert said.decode().endswith("405\n")


async def test_the_page_of_the_npm_client(server: ServerProcess, people: People, tmp_path: Path, node: Path) -> None:
    [ada] = await people.sign_up("Ada")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    script = tmp_path / "hello.mjs"
    script.write_text(_example("docs/howto/javascript.md", "javascript", server))
    async with _running(node, script, EMAIL=ada.email, PASSWORD=PASSWORD) as running:
        said, _ = await running.communicate()
    assert said.decode() == "heard: Hello\n"


async def test_a_backup_is_restored_as_the_document_says(tmp_path: Path) -> None:
    backing_up, restoring = re.findall(r"(?:^    .+\n)+", _read("docs/howto/backup.md"), re.MULTILINE)
    with ServerProcess(tmp_path) as server:
        async with People(server) as people:
            ada, bob = await people.sign_up("Ada", "Bob")
            a = await ada.arrive()
            topic = conversation(await start_open_group(a, bob))
            await a.join(topic)
            await a.ask(topic, "send_message", {"content": "before"})
            await _shell(backing_up, tmp_path)
            await a.ask(topic, "send_message", {"content": "after"})
            epoch = (await a.ask(topic, "sync"))["epoch"]
        server.stop()
        await _shell(restoring, tmp_path)
        server.start()
        async with People(server) as people:
            restored = Person(people, ada.answer, ada.password)
            await restored.sign_in()
            a = await restored.arrive()
            document = await a.join(topic)
            assert [message["content"] for message in document["messages"]["items"]] == ["before"]
            with pytest.raises(Refused) as refused:
                await a.ask(topic, "sync", {"cursor": 1, "epoch": epoch})
            assert refused.value.reason == "cursor_expired"


async def _shell(commands: str, folder: Path) -> None:
    """In `folder`, by the environment that runs the tests."""
    script = textwrap.dedent(commands).replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    async with _running("bash", "-euc", script, cwd=folder) as running:
        said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()


async def _curl(command: str, server: ServerProcess) -> httpx.Response:
    """What curl would send; not every machine has it."""
    _, *words = shlex.split(command.replace(WRITTEN_FOR, f"127.0.0.1:{server.port}"))
    url = next(word for word in words if word.startswith("http"))
    body = words[words.index("-d") + 1] if "-d" in words else None
    headers = dict([words[words.index("-H") + 1].split(": ", 1)]) if "-H" in words else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request("POST" if body else "GET", url, content=body, headers=headers)


def _example(document: str, language: str, server: ServerProcess) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)```", _read(document), re.DOTALL)
    assert WRITTEN_FOR in code
    return str(code).replace(WRITTEN_FOR, f"127.0.0.1:{server.port}")


@contextlib.asynccontextmanager
async def _running(
    *command: str | Path, cwd: Path | None = None, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    surroundings: Mapping[str, str] = {"PATH": os.environ["PATH"], **environment}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=surroundings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _until(process: asyncio.subprocess.Process, line: str) -> None:
    assert process.stdout is not None
    said = []
    while text := await process.stdout.readline():
        said.append(text.decode().strip())
        if said[-1] == line:
            return
    raise AssertionError(f"it never said {line!r}: {said}")


# --- what is listed is all there is -----------------------------------------------------------------------------------


async def test_the_page_of_the_socket_lists_everything(people: People) -> None:
    document = (await people.http.get("/schema/asyncapi.json")).json()
    page = _read("docs/reference/socket.md")
    for prefix, rows in tables(document):
        address = document["channels"][prefix]["address"]
        section = page.split(f"\n## `{address}`\n")[1].split("\n## ")[0]
        written = re.findall(r"^\| `.*$", section, re.MULTILINE)
        assert written == rows, address
    for name, value in document["x-limits"].items():
        [line] = [line for line in page.splitlines() if line.startswith("| ") and f"`{name}`" in line]
        assert re.search(rf"\b{value:g}\b" if value < 1000 else rf"\b{value}\b", line), line


def test_the_page_of_the_socket_lists_every_close_code() -> None:
    codes = {value for name, value in vars(CloseCode).items() if name.isupper()}
    assert codes == CLOSE_ADVICE.keys()
    written = re.findall(r"^\| (\d{4}) \| (.*) \|$", _read("docs/reference/socket.md"), re.MULTILINE)
    assert written == [(str(code), advice) for code, advice in CLOSE_ADVICE.items()]


def test_the_page_of_errors_lists_every_refusal() -> None:
    rows = re.findall(r"^\| `(.*?)` \| (\d+) \| (.*?) \| (.+?) \|$", _read("docs/reference/errors.md"), re.MULTILINE)
    written = {code: (int(status), sentence) for code, status, sentence, _ in rows}
    all_refusals: list[type[Refusal]] = [*refusals(), MethodNotAllowed]
    known = {refusal.code: (refusal.status, refusal.sentence) for refusal in all_refusals}
    assert written == known
    assert len(rows) == len(known)


def test_the_map_lists_every_module() -> None:
    page = _read("docs/map.md")
    source = ROOT / "src" / "hubbub"
    modules = [path.relative_to(source) for path in source.rglob("*.py") if path.name != "__init__.py"]
    unlisted = [path for path in modules if "versions" not in path.parts and f"| `{path}` |" not in page]
    assert unlisted == []
    listed = re.findall(r"^\| `([\w/]+\.py)` \|", page, re.MULTILINE)
    assert [name for name in listed if not (source / name).exists() and not (ROOT / name).exists()] == []
    rows = re.findall(r"^\| `([\w./]+)` \|", page, re.MULTILINE)
    assert [name for name, times in Counter(rows).items() if times > 1] == []


def test_the_walk_leads_through_files_that_exist_and_say_what_it_says() -> None:
    walk = _read("docs/map.md").split("## One message, eight files")[1].split("\n## ")[0]
    steps = re.findall(r"^\d\. `([\w/]+\.py)`", walk, re.MULTILINE)
    assert len(steps) == 8
    for name, function in re.findall(r"`([\w/]+\.py)`(?:, `([\w.]+)`)?", walk):
        source = (ROOT / "src" / "hubbub" / name).read_text()
        assert not function or re.search(rf"(def|class) {function.rpartition('.')[2]}\b", source), (name, function)


# --- what is named exists ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_anchors_lead_to_headings(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#]*)#([^)]+)\)", document.read_text()):
        page = (document.parent / target) if target else document
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, anchor


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_and_sources_that_are_named_exist(document: Path) -> None:
    for path, test in re.findall(r"`((?:tests|src|bench|deploy|docs)/[\w./-]+)(?:::(\w+))?`", document.read_text()):
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(), (path, test)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_settings_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    source = (ROOT / "src" / "hubbub" / "cli.py").read_text()
    commands = set(re.findall(r'command\("([\w-]+)"', source)) | set(re.findall(r"command\(\)\ndef (\w+)", source))
    commands |= set(re.findall(r'add_typer\(\w+, name="(\w+)"', source))
    assert set(re.findall(r"(?:`|bin/|^ {4})hubbub ([a-z][\w-]*)", text, re.MULTILINE)) <= commands
    known = set(re.findall(r"HUBBUB_\w+", _read("docs/reference/settings.md")))
    tests_alone = {"HUBBUB_CONFIG"}
    assert set(re.findall(r"HUBBUB_[A-Z_]+\b", text)) <= known | tests_alone


@pytest.mark.parametrize("file", sorted((ROOT / "deploy").rglob("*.*")), ids=lambda path: path.name)
def test_settings_that_ways_to_run_it_name_exist(file: Path) -> None:
    known = set(re.findall(r"HUBBUB_\w+", _read("docs/reference/settings.md")))
    assert set(re.findall(r"HUBBUB_[A-Z_]+\b", file.read_text())) <= known


def _read(name: str) -> str:
    return (ROOT / name).read_text()
