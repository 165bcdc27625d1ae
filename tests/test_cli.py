"""The command `hubbub`, as an operator types it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from hubbub.cli import commands
from hubbub.config import FIELDS, is_key
from hubbub.settings_reference import as_markdown, as_toml
from hubbub.storage.engine import open_engine, sqlite_url
from hubbub.storage.meta import read_epoch
from tests.server import ServerProcess
from tests.services import wait_until

PASSWORD = "VerySecurePassword1!"

Hubbub = Callable[..., Result]


@pytest.fixture
def hubbub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hubbub:
    """Runs the command in an empty folder; keyword arguments are variables."""
    monkeypatch.chdir(tmp_path)
    for name in [field.variable for field in FIELDS.values()]:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(commands, list(arguments), env=environment)

    return run


def epoch(folder: Path) -> str:
    engine = open_engine(sqlite_url(folder))
    with engine.begin() as connection:
        found = read_epoch(connection)
    engine.dispose()
    return found


# --- without a database


def test_the_version(hubbub: Hubbub) -> None:
    assert re.fullmatch(r"hubbub \d+\.\d+\.\d+\S*\n", hubbub("--version").output)


@pytest.mark.parametrize("command", ["serve", "migrate", "new-epoch", "sweep", "secret", "settings", "users"])
def test_every_command_is_listed_and_explains_itself(hubbub: Hubbub, command: str) -> None:
    assert command in hubbub("--help").output
    assert hubbub(command, "--help").exit_code == 0


def test_a_fresh_pair_of_keys_each_time(hubbub: Hubbub) -> None:
    first, second = hubbub("secret").output, hubbub("secret").output
    found = re.fullmatch(r"HUBBUB_SECRET_KEY=(\S+)\nHUBBUB_VAULT_KEY=(\S+)\n", first)
    assert found
    assert is_key(found[1])
    assert is_key(found[2])
    assert len({*first.split(), *second.split()}) == 4


def test_the_settings_are_printed_as_page_and_as_file(hubbub: Hubbub) -> None:
    assert hubbub("settings").output == as_markdown()
    assert hubbub("settings", "--toml").output == as_toml()


@pytest.mark.parametrize("command", [["serve"], ["migrate"], ["sweep"], ["users", "list"]])
def test_wrong_settings_end_every_command_with_a_sentence(hubbub: Hubbub, command: list[str]) -> None:
    done = hubbub(*command, HUBBUB_PORT="a harbour", HUBBUB_PROT="1")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "HUBBUB_PORT: 'a harbour' is not a whole number from 0 to 65535.",
        "HUBBUB_PROT: there is no such setting; did you mean HUBBUB_PORT?",
    ]


def test_an_option_can_be_wrong_too(hubbub: Hubbub) -> None:
    done = hubbub("serve", "--workers", "2")
    assert done.exit_code == 2
    assert "workers = 2 needs Redis: set HUBBUB_REDIS_URL, or keep to 1." in done.stderr


# --- the database


def test_a_database_is_made_by_migrate_for_its_owner_alone(hubbub: Hubbub, tmp_path: Path) -> None:
    assert hubbub("migrate").output == "The database is current.\n"
    assert hubbub("migrate").exit_code == 0
    assert (tmp_path / "data/hubbub.db").stat().st_mode & 0o077 == 0


def test_a_restored_backup_gets_a_new_epoch(hubbub: Hubbub, tmp_path: Path) -> None:
    hubbub("migrate")
    before = epoch(tmp_path / "data")
    assert hubbub("new-epoch").exit_code == 0
    assert epoch(tmp_path / "data") != before


@pytest.mark.parametrize("command", [["new-epoch"], ["sweep"], ["users", "list"]])
def test_commands_on_a_database_that_is_not_there_say_what_to_do(hubbub: Hubbub, command: list[str]) -> None:
    done = hubbub(*command)
    assert done.exit_code == 2
    assert "run `hubbub migrate` first" in done.stderr


def test_a_database_that_cannot_be_reached_is_told_in_a_sentence(hubbub: Hubbub) -> None:
    done = hubbub("migrate", HUBBUB_DATABASE_URL="postgresql://nobody:swordfish@127.0.0.1:1/none")
    assert done.exit_code == 1
    assert done.stderr == "The database cannot be reached, does not answer, or has no room.\n"


def test_a_sweep_says_how_much_went(hubbub: Hubbub) -> None:
    hubbub("migrate")
    done = hubbub("sweep", "--older-than", "0")
    assert "messages: 0\n" in done.output
    assert done.exit_code == 0


# --- accounts


def register(server: ServerProcess, name: str) -> dict[str, object]:
    answer = httpx.post(
        f"{server.url}/auth/register",
        json={
            "email": f"{name}@example.org",
            "display_name": name,
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
        },
    )
    answer.raise_for_status()
    return dict(answer.json())


def login(server: ServerProcess, name: str) -> httpx.Response:
    return httpx.post(f"{server.url}/auth/login", json={"email": f"{name}@example.org", "password": PASSWORD})


def test_accounts_are_found_by_part_of_their_name(hubbub: Hubbub, server: ServerProcess) -> None:
    for name in ("Odysseus", "Penelope"):
        register(server, name)
    data = {"HUBBUB_DATA": str(server.folder / "data")}
    everyone, one = hubbub("users", "list", **data).output, hubbub("users", "list", "--q", "PENEL", **data).output
    assert "odysseus" in everyone
    assert "odysseus" not in one
    assert "Penelope@example.org" in one
    assert "argon2" not in everyone


def test_an_administrator_is_made_and_unmade(hubbub: Hubbub, server: ServerProcess) -> None:
    register(server, "Circe")
    data = {"HUBBUB_DATA": str(server.folder / "data")}
    assert hubbub("users", "promote", "circe", **data).output == "circe: admin\n"
    assert login(server, "Circe").json()["user"]["admin"] is True
    assert hubbub("users", "demote", "CIRCE@example.org", **data).output == "circe: an ordinary account\n"
    assert login(server, "Circe").json()["user"]["admin"] is False


def test_a_disabled_account_is_out_at_once_until_it_is_enabled(hubbub: Hubbub, server: ServerProcess) -> None:
    token = register(server, "Scylla")["auth_token"]
    data = {"HUBBUB_DATA": str(server.folder / "data")}

    def refused() -> bool:
        answer = httpx.get(f"{server.url}/api/users", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code == 401

    assert not refused()
    assert hubbub("users", "disable", "scylla", **data).output == "scylla: disabled\n"
    wait_until(refused, "the token is refused", seconds=5)
    assert login(server, "Scylla").status_code == 401
    assert hubbub("users", "enable", "scylla", **data).output == "scylla: an ordinary account\n"
    assert login(server, "Scylla").status_code == 200


def test_a_deleted_account_is_gone_for_good(hubbub: Hubbub, server: ServerProcess) -> None:
    register(server, "Charybdis")
    data = {"HUBBUB_DATA": str(server.folder / "data")}
    assert (
        hubbub("users", "delete", "charybdis", "--messages", "keep", "--yes", **data).output == "charybdis: deleted\n"
    )
    assert login(server, "Charybdis").status_code == 401
    assert "charybdis" not in hubbub("users", "list", **data).output.casefold()
    assert hubbub("users", "delete", "charybdis", "--messages", "keep", "--yes", **data).exit_code == 1


def test_an_account_that_is_not_there(hubbub: Hubbub) -> None:
    hubbub("migrate")
    done = hubbub("users", "promote", "nobody")
    assert done.exit_code == 1
    assert done.stderr == "There is no account 'nobody'; `hubbub users list` shows them.\n"


# --- what refuses to start


@pytest.mark.postgres
def test_on_postgresql_serve_wants_keys_and_a_current_schema(hubbub: Hubbub, postgres_url: str) -> None:
    keys = dict(line.split("=") for line in hubbub("secret").output.split())
    unset = hubbub("serve", "--port", "0", HUBBUB_DATABASE_URL=postgres_url)
    assert (unset.exit_code, unset.stderr.count("must be set")) == (2, 2)
    behind = hubbub("serve", "--port", "0", HUBBUB_DATABASE_URL=postgres_url, **keys)
    assert behind.exit_code == 2
    assert "run `hubbub migrate` first" in behind.stderr


def test_another_vault_key_is_refused(tmp_path: Path, hubbub: Hubbub) -> None:
    with ServerProcess(tmp_path) as server:
        server.stop()
    other = dict(line.split("=") for line in hubbub("secret").output.split())
    with pytest.raises(AssertionError, match="HUBBUB_VAULT_KEY"):
        ServerProcess(tmp_path, environment=other)


def test_a_port_that_is_taken_is_named(server: ServerProcess, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=f"Cannot listen on 127.0.0.1:{server.port}: Address already in use"):
        ServerProcess(tmp_path, environment={"HUBBUB_PORT": str(server.port)})
