"""Settings: where they come from, and what a wrong one is told."""

from __future__ import annotations

import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hubbub.config import FIELDS, Settings, WrongSettings, load
from hubbub.first_start import Keys, fresh_key, keys_of
from hubbub.settings_reference import as_markdown, as_toml

ROOT = Path(__file__).parent.parent
KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU"  # 32 bytes
ON_POSTGRES = {"HUBBUB_DATABASE_URL": "postgresql://hubbub:swordfish@db/hubbub"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def problems(environment: dict[str, str] | None = None, toml: str | None = None) -> list[str]:
    if toml is not None:
        Path("hubbub.toml").write_text(toml)
    with pytest.raises(WrongSettings) as caught:
        load(environment or {})
    return caught.value.problems


# --- where they come from


def test_without_anything_the_defaults_hold() -> None:
    settings = load({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://localhost:8000")
    assert settings.on_sqlite


def test_a_variable_wins_over_the_file_and_a_flag_over_both() -> None:
    Path("hubbub.toml").write_text('port = 1\npool_size = 20\nhost = "::1"\n')
    settings = load({"HUBBUB_PORT": "2", "HUBBUB_POOL_SIZE": "30"}, flags={"port": 3, "host": None})
    assert (settings.port, settings.pool_size, settings.host) == (3, 30, "::1")


@pytest.mark.parametrize("how", ["variable", "argument"])
def test_the_file_may_have_another_name(how: str) -> None:
    Path("other.toml").write_text("port = 9\n")
    if how == "variable":
        assert load({"HUBBUB_CONFIG": "other.toml"}).port == 9
    else:
        assert load({"HUBBUB_CONFIG": "absent.toml"}, file=Path("other.toml")).port == 9


def test_what_belongs_together_stands_in_a_table() -> None:
    Path("hubbub.toml").write_text('port = 1\n[web]\nname = "Corner"\naccent = "#A0b1c2"\n')
    settings = load({"HUBBUB_WEB_ACCENT": "#000000", "HUBBUB_WEB_LOGO": "https://a.example:444/l/o.svg"})
    assert (settings.port, settings.web_name, settings.web_accent) == (1, "Corner", "#000000")
    assert (settings.web_logo, settings.web_api) == ("https://a.example:444/l/o.svg", "")


def test_an_empty_variable_is_not_set_even_where_the_file_sets_it() -> None:
    Path("hubbub.toml").write_text('redis_url = "redis://there"\n')
    assert load({"HUBBUB_REDIS_URL": "", "HUBBUB_PORT": ""}).redis_url == ""


@pytest.mark.parametrize(("text", "value"), [("on", True), ("OFF", False), ("true", True), ("0", False), ("no", False)])
def test_switches_take_words(text: str, value: bool) -> None:
    assert load({"HUBBUB_RATE_LIMITS": text}).rate_limits is value
    Path("hubbub.toml").write_text(f'rate_limits = "{text}"\n')
    assert load({}).rate_limits is value


def test_lists_in_variables_have_commas() -> None:
    settings = load({"HUBBUB_ORIGINS": "https://a.example, https://b.example/ ,http://localhost:8000"})
    assert settings.all_origins == ["http://localhost:8000", "https://a.example", "https://b.example"]


def test_numbers_may_be_fractions_where_it_makes_sense() -> None:
    assert load({"HUBBUB_MESSAGES_PER_SECOND": "0.5"}).messages_per_second == 0.5


# --- what is wrong with one


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("HUBBUB_PORT", "http", "HUBBUB_PORT: 'http' is not a whole number from 0 to 65535."),
        ("HUBBUB_PORT", "65536", "HUBBUB_PORT: '65536' is not a whole number from 0 to 65535."),
        ("HUBBUB_RATE_LIMITS", "maybe", "HUBBUB_RATE_LIMITS: 'maybe' is not on or off."),
        ("HUBBUB_LOG_FORMAT", "xml", "HUBBUB_LOG_FORMAT: 'xml' is not one of auto, console, json."),
        ("HUBBUB_PUBLIC_URL", "chat.example", "HUBBUB_PUBLIC_URL: 'chat.example' is not an address that begins"),
        ("HUBBUB_ORIGINS", "https://a.example/x", "HUBBUB_ORIGINS: 'https://a.example/x' is not a list of origins"),
        ("HUBBUB_WEB_NAME", "x" * 65, f"HUBBUB_WEB_NAME: {'x' * 65!r} is not a text of at most 64 characters."),
        ("HUBBUB_WEB_ACCENT", "red", "HUBBUB_WEB_ACCENT: 'red' is not a colour such as #1b6a57."),
        ("HUBBUB_WEB_ACCENT", "#12345", "HUBBUB_WEB_ACCENT: '#12345' is not a colour such as"),
        ("HUBBUB_WEB_API", "https://a.example/", "HUBBUB_WEB_API: 'https://a.example/' is not an origin such as"),
        ("HUBBUB_WEB_API", "ftp://a.example", "HUBBUB_WEB_API: 'ftp://a.example' is not an origin such as"),
        ("HUBBUB_WEB_API", "https://a.example; x", "HUBBUB_WEB_API: 'https://a.example; x' is not an origin"),
        ("HUBBUB_WEB_API", "https://me@a.example", "HUBBUB_WEB_API: 'https://me@a.example' is not an origin"),
        ("HUBBUB_WEB_LOGO", "http://a.example/l.png", "HUBBUB_WEB_LOGO: 'http://a.example/l.png' is not a path that"),
        ("HUBBUB_WEB_LOGO", "//a.example/l.png", "HUBBUB_WEB_LOGO: '//a.example/l.png' is not a path that"),
        ("HUBBUB_WEB_LOGO", "/l.png; x", "HUBBUB_WEB_LOGO: '/l.png; x' is not a path that"),
        ("HUBBUB_WEB_LOGO", "javascript:x", "HUBBUB_WEB_LOGO: 'javascript:x' is not a path that"),
        ("HUBBUB_WEBNAME", "x", "HUBBUB_WEBNAME: there is no such setting; did you mean HUBBUB_WEB_NAME?"),
        ("HUBBUB_PROT", "1", "HUBBUB_PROT: there is no such setting; did you mean HUBBUB_PORT?"),
        ("HUBBUB_port", "1", "HUBBUB_port: there is no such setting; did you mean HUBBUB_PORT?"),
        ("HUBBUB_XYZZY", "1", "HUBBUB_XYZZY: there is no such setting; docs/reference/settings.md lists them."),
        ("HUBBUB_TLS_CERT", "absent.pem", "tls_cert and tls_key belong together: set both, or neither."),
        ("HUBBUB_WORKERS", "2", "workers = 2 needs PostgreSQL: set HUBBUB_DATABASE_URL, or keep to 1."),
        ("HUBBUB_MESSAGE_BURST", "1", "message_burst must be at least messages_per_second."),
    ],
)
def test_a_wrong_value_is_told_in_one_line(variable: str, value: str, sentence: str) -> None:
    assert problems({variable: value})[0].startswith(sentence)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = problems({"HUBBUB_PORT": "x", "HUBBUB_HOTS": "y"}, toml='pool_size = "many"\nworkers = 0\ncolour = 1\n')
    assert found == [
        "pool_size in hubbub.toml: 'many' is not a whole number from 2 to 1000.",
        "workers in hubbub.toml: 0 is not a whole number from 1 to 256.",
        "colour in hubbub.toml: there is no such setting; docs/reference/settings.md lists them.",
        "HUBBUB_HOTS: there is no such setting; did you mean HUBBUB_HOST?",
        "HUBBUB_PORT: 'x' is not a whole number from 0 to 65535.",
    ]


def test_what_is_wrong_in_a_table_is_named_as_it_stands_there() -> None:
    assert problems(toml='web_name = "Corner"\n[web]\naccent = "red"\nnmae = "x"\n[port]\nx = 1\n') == [
        "web_name in hubbub.toml: there is no such setting; did you mean web.name?",
        "web.accent in hubbub.toml: 'red' is not a colour such as #1b6a57.",
        "web.nmae in hubbub.toml: there is no such setting; did you mean web.name?",
        "port in hubbub.toml: {'x': 1} is not a whole number from 0 to 65535.",
    ]


@pytest.mark.parametrize("name", [field.name for field in FIELDS.values() if field.secret])
def test_the_value_of_a_wrong_secret_is_never_shown(name: str) -> None:
    for found in (
        problems({f"HUBBUB_{name.upper()}": "swordfish "}),
        problems(toml=f"{name} = ['swordfish']\n"),
        problems(toml=f'{name} = "swordfish\n'),
    ):
        assert len(found) == 1
        assert "swordfish" not in found[0]


def test_a_file_that_cannot_be_read_is_named() -> None:
    assert problems({"HUBBUB_CONFIG": "absent.toml"}) == [
        "absent.toml: the settings file cannot be read (No such file or directory)."
    ]
    assert problems(toml="port = \n")[0].startswith("hubbub.toml: the settings file is not TOML")


def test_several_workers_need_postgresql_and_redis() -> None:
    assert problems({**ON_POSTGRES, "HUBBUB_WORKERS": "3"}) == [
        "workers = 3 needs Redis: set HUBBUB_REDIS_URL, or keep to 1."
    ]
    assert load({**ON_POSTGRES, "HUBBUB_WORKERS": "3", "HUBBUB_REDIS_URL": "redis://r"}).workers == 3


# --- keys


def test_on_sqlite_the_keys_are_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    settings = load({"HUBBUB_DATA": "new/data"})
    keys = keys_of(settings)
    file = tmp_path / "new/data/secrets.toml"
    assert keys_of(settings) == keys
    assert len(keys.signing) == len(keys.vault) == 32
    assert keys.signing != keys.vault
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["secrets.toml"]


def test_of_several_first_starts_at_once_all_get_the_same_keys() -> None:
    settings, barrier = load({}), threading.Barrier(8)

    def start() -> Keys:
        barrier.wait(10)
        return keys_of(settings)

    with ThreadPoolExecutor(8) as threads:
        started = [threads.submit(start) for _ in range(8)]
        assert len({each.result(10) for each in started}) == 1


def test_keys_that_others_may_read_are_closed_to_them(tmp_path: Path) -> None:
    keys_of(load({}))
    file = tmp_path / "data/secrets.toml"
    file.chmod(0o644)
    keys_of(load({}))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_set_key_wins_over_a_kept_one() -> None:
    kept = keys_of(load({}))
    keys = keys_of(load({"HUBBUB_SECRET_KEY": KEY}))
    assert keys == Keys(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", kept.vault)


def test_damaged_keys_are_not_replaced(tmp_path: Path) -> None:
    keys_of(load({}))
    file = tmp_path / "data/secrets.toml"
    file.write_text('secret_key = "swordfish"\n')
    with pytest.raises(WrongSettings) as caught:
        keys_of(load({}))
    assert "vault_key is missing or damaged" in str(caught.value)
    assert file.read_text() == 'secret_key = "swordfish"\n'


def test_on_postgresql_unset_keys_are_demanded() -> None:
    with pytest.raises(WrongSettings) as caught:
        keys_of(load({**ON_POSTGRES, "HUBBUB_VAULT_KEY": fresh_key()}))
    assert caught.value.problems == [
        "HUBBUB_SECRET_KEY must be set when the database is PostgreSQL, the same for every process; "
        "`hubbub secret` prints a fresh one."
    ]


# --- documents


def test_the_reference_is_what_the_code_says() -> None:
    assert (ROOT / "docs/reference/settings.md").read_text() == as_markdown()
    assert all(f"`{field.variable}`" in as_markdown() for field in FIELDS.values())


def test_the_example_is_what_the_code_says_and_every_line_of_it_works() -> None:
    example = (ROOT / "hubbub.example.toml").read_text()
    assert example == as_toml()
    lines = [line.removeprefix("# ") for line in example.splitlines() if " = " in line or line.startswith("[")]
    Path("hubbub.toml").write_text("\n".join(lines))
    document = tomllib.loads("\n".join(lines))
    web = {f"web.{name}" for name in document.pop("web")}
    assert document.keys() | web == {field.key for field in FIELDS.values()}
    assert load({}) == Settings()
