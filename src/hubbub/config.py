"""Settings: `hubbub.toml`, then `HUBBUB_*` variables, then the flags of the command line; the later wins.

Every field of `Settings` is a key of the file and, in capitals after `HUBBUB_`, a variable; `web_name` and its kind are
`name` in the table `[web]` of the file. What is wrong is told all at once, one line a problem, and never shows the
value of a secret. docs/reference/settings.md is made from here.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import urlsplit

import msgspec
import re2
from msgspec import Meta

PREFIX = "HUBBUB_"
CONFIG_VARIABLE = "HUBBUB_CONFIG"
DEFAULT_FILE = Path("hubbub.toml")
TABLES = ("web",)
SECRET = {"secret": True}
DATABASE_SCHEMES = {"sqlite", "postgresql", "postgres", "postgresql+psycopg"}
REDIS_SCHEMES = {"redis", "rediss", "unix"}
SMTP_PORTS = {"smtp": 587, "smtps": 465}
LONGEST_CONDUCT = 65_536
SWITCHES = {
    "on": True,
    "yes": True,
    "true": True,
    "1": True,
    "off": False,
    "no": False,
    "false": False,
    "0": False,
}

Text = Annotated[str, Meta(max_length=4096)]
Share = Annotated[float, Meta(gt=0, le=1_000_000)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an operator can choose. An empty text or list means: not set."""

    host: Annotated[Text, Meta(description="Address to listen on; `0.0.0.0` for every interface.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    data: Annotated[Text, Meta(description="Folder of the SQLite database and of the keys made on first start.")] = (
        "data"
    )
    public_url: Annotated[Text, Meta(description="Where people reach the server, as they type it.")] = (
        "http://localhost:8000"
    )
    database_url: Annotated[
        Text,
        Meta(
            description="`postgresql://user:password@host/name`. Not set: SQLite in the data folder.",
            extra=SECRET,
        ),
    ] = ""
    pool_size: Annotated[int, Meta(ge=2, le=1000, description="Connections to PostgreSQL, per worker.")] = 10
    redis_url: Annotated[
        Text,
        Meta(
            description="`redis://host:6379/0`: carries pushes between processes. Not set: one process.",
            extra=SECRET,
        ),
    ] = ""
    secret_key: Annotated[
        Text,
        Meta(
            description="Signs tokens. SQLite: made on first start. PostgreSQL: required (`hubbub secret`).",
            extra=SECRET,
        ),
    ] = ""
    vault_key: Annotated[
        Text,
        Meta(
            description="Seals private keys in the database; losing it loses them. Made as `secret_key` is.",
            extra=SECRET,
        ),
    ] = ""
    origins: Annotated[
        list[str],
        Meta(description="Origins of pages that may use the server besides `public_url`; `*` for any."),
    ] = []
    tls_cert: Annotated[Text, Meta(description="PEM file of the certificate chain; with `tls_key` serves TLS.")] = ""
    tls_key: Annotated[Text, Meta(description="PEM file of the certificate's private key.")] = ""
    trusted_proxies: Annotated[
        list[str],
        Meta(description="Addresses of reverse proxies whose `X-Forwarded-For` and `-Proto` are believed."),
    ] = []
    workers: Annotated[
        int,
        Meta(ge=1, le=256, description="Processes on the one port; more than 1 needs PostgreSQL and Redis."),
    ] = 1
    drain_seconds: Annotated[int, Meta(ge=1, le=600, description="How long a stop may take before it is forced.")] = 10
    mail_from: Annotated[
        Text, Meta(description="Who letters come from: `chat@example.org`, or `My chat <chat@example.org>`.")
    ] = ""
    smtp_url: Annotated[
        Text,
        Meta(
            description="`smtp://user:password@host:587` (STARTTLS) or `smtps://…:465` (TLS): the mail server. Not "
            "set: letters are written to `mail` in the data folder.",
            extra=SECRET,
        ),
    ] = ""
    smtp_verify: Annotated[bool, Meta(description="`off` takes whatever certificate the mail server shows.")] = True
    log_format: Annotated[
        Literal["auto", "console", "json"], Meta(description="`auto`: console on a terminal, JSON elsewhere.")
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")
    ] = "info"
    metrics_token: Annotated[
        Text,
        Meta(description="Bearer token that opens `/metrics` to other machines than this one.", extra=SECRET),
    ] = ""
    require_envelopes: Annotated[bool, Meta(description="Begin only sealed conversations (signed links and keys).")] = (
        False
    )
    rate_limits: Annotated[bool, Meta(description="`off` lifts every rate limit: for measuring only.")] = True
    messages_per_second: Annotated[Share, Meta(description="Writes per user and second, in the long run.")] = 20.0
    message_burst: Annotated[int, Meta(ge=1, le=1_000_000, description="Writes that a user may make at once.")] = 60
    max_frame: Annotated[int, Meta(ge=4096, le=64 * 1024 * 1024, description="Bytes of one message on a socket.")] = (
        256 * 1024
    )
    max_unsent: Annotated[
        int,
        Meta(
            ge=65536,
            le=1024**3,
            description="Bytes that wait for a slow reader before it is closed with 1013.",
        ),
    ] = 1024 * 1024
    max_body: Annotated[int, Meta(ge=1, le=1_000_000, description="Characters of a plaintext message.")] = 4000
    max_members: Annotated[int, Meta(ge=2, le=4096, description="Members of a secure group.")] = 256
    password_memory: Annotated[
        int,
        Meta(
            ge=8192,
            le=1_048_576,
            description="KiB that hashing a password takes (Argon2id, 3 passes). A change counts for each account from "
            "its next sign-in on. Less than 19456 is for passwords alone that clients stretch themselves.",
        ),
    ] = 65_536
    conduct_file: Annotated[
        Text, Meta(description="Code of conduct in Markdown, to which each user agrees. Not set: there is none.")
    ] = ""
    registration: Annotated[
        Literal["open", "invited", "closed"],
        Meta(description="Who may make an account: anyone, who has an invitation, or nobody (docs/howto/joining.md)."),
    ] = "open"
    allowed_addresses: Annotated[
        list[str],
        Meta(
            description="Regular expressions (RE2), of which one has to match the whole address of a new account; "
            "nobody signs in then before the link in a letter has shown that the address is theirs. Those with a comma "
            "are for the file. Not set: any address."
        ),
    ] = []
    invitations: Annotated[
        Literal["admins", "anyone"],
        Meta(description="Whose invitations let people in while `registration` is invited."),
    ] = "admins"
    registration_hook: Annotated[
        Text,
        Meta(
            description="`package.module:function` or an address with https:// that is asked before an account is made "
            "and may refuse it. Not set: nobody is asked.",
            extra=SECRET,
        ),
    ] = ""
    captcha: Annotated[
        bool, Meta(description="Proof of work of who registers or signs in: always on the pages, else past a limit.")
    ] = True
    channel_creators: Annotated[
        Literal["anyone", "admins"], Meta(description="Who may begin channels; `hubbub users promote` makes admins.")
    ] = "anyone"
    cache_entries: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Conversations whose latest page and members stay in memory.")
    ] = 4096
    rooms_per_user: Annotated[int, Meta(ge=1, le=100_000, description="Rooms that a user may have at a time.")] = 10
    room_idle_seconds: Annotated[
        int, Meta(ge=1, le=604_800, description="Seconds without a message or a join after which a room ends.")
    ] = 300
    room_longest_seconds: Annotated[
        int, Meta(ge=1, le=2_419_200, description="Seconds after which a room ends, whatever is going on in it.")
    ] = 43_200
    room_history: Annotated[int, Meta(ge=1, le=10_000, description="Messages of a room that are kept.")] = 500
    room_body: Annotated[int, Meta(ge=1, le=16_000, description="Characters of a message in a room.")] = 1000
    tombstone_days: Annotated[
        int, Meta(ge=1, le=3650, description="How long deletions are remembered for clients that were away.")
    ] = 30
    operation_days: Annotated[
        int, Meta(ge=1, le=3650, description="How long a repeated write is recognised as one.")
    ] = 30

    web_name: Annotated[str, Meta(min_length=1, max_length=64, description="What the web client calls itself.")] = (
        "Hubbub"
    )
    web_logo: Annotated[
        Text, Meta(description="Picture that the web client shows beside its name. Not set: its own.")
    ] = ""
    web_accent: Annotated[Text, Meta(description="Colour of the web client's buttons and links. Not set: its own.")] = (
        ""
    )
    web_api: Annotated[
        Text,
        Meta(
            description="Origin of the API, where the web client is served from another; that server's `origins` then "
            "name this one's. Not set: the client's own."
        ),
    ] = ""

    @property
    def data_folder(self) -> Path:
        return Path(self.data)

    @property
    def on_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def conduct(self) -> str | None:
        """The code of conduct, read anew; None: there is none."""
        return _text_of(self.conduct_file) if self.conduct_file else None

    @property
    def all_origins(self) -> list[str]:
        """Origins that browsers may come from: that of `public_url`, then `origins`."""
        split = urlsplit(self.public_url)
        own = f"{split.scheme}://{split.netloc}"
        return [own, *(origin.rstrip("/") for origin in self.origins if origin.rstrip("/") != own)]


class WrongSettings(Exception):
    """The settings cannot be used; `problems` has a sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(
    environment: Mapping[str, str], *, file: Path | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """The settings in force.

    `file` is the settings file (default: `HUBBUB_CONFIG`, else `./hubbub.toml` where there is one); `flags`
    are the settings given on the command line, by name. Raises `WrongSettings` with every problem found.
    """
    problems: list[str] = []
    chosen: dict[str, Any] = {}
    for name, source, value in _sources(environment, file, flags or {}, problems):
        _choose(chosen, name, source, value, problems)
    problems += _contradictions(Settings(**chosen)) if not problems else []
    if problems:
        raise WrongSettings(problems)
    return Settings(**chosen)


def _sources(
    environment: Mapping[str, str], file: Path | None, flags: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[str, str, Any]]:
    """`(setting, how to call it in an error, raw value)`, weakest source first."""
    path = file or (Path(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None)
    for key, name, value in _flat(_read(path, problems)):
        yield name, f"{key} in {path or DEFAULT_FILE}", value
    for variable, value in sorted(environment.items()):
        if variable.startswith(PREFIX) and variable != CONFIG_VARIABLE:
            name = variable.removeprefix(PREFIX)
            yield (name.lower() if name.isupper() else variable), variable, value
    for name, value in flags.items():
        if value is not None:
            yield name, f"--{name.replace('_', '-')}", value


def _flat(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Each key as it stands in the file, with the setting that it means: `web.name` is `web_name`."""
    for key, value in document.items():
        if key in TABLES and isinstance(value, dict):
            yield from ((f"{key}.{inner}", f"{key}_{inner}", one) for inner, one in value.items())
        elif key.startswith(tuple(f"{table}_" for table in TABLES)):
            yield key, key.replace("_", ".", 1), value  # no setting: the error says which was meant
        else:
            yield key, key, value


def _read(path: Path | None, problems: list[str]) -> dict[str, Any]:
    if path is None and not DEFAULT_FILE.exists():
        return {}
    path = path or DEFAULT_FILE
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: the settings file cannot be read ({error.strerror}).")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # Only the place: the parser's sentence may quote the line, and with it a secret.
        place = getattr(error, "lineno", None)
        problems.append(f"{path}: the settings file is not TOML{f' (line {place})' if place else ''}.")
    return {}


def _choose(chosen: dict[str, Any], name: str, source: str, value: Any, problems: list[str]) -> None:
    field = FIELDS.get(name)
    if field is None:
        problems.append(f"{source}: there is no such setting{_nearest(name, source)}")
    elif value == "":
        chosen.pop(name, None)  # compose files pass an unset variable as an empty one
    else:
        try:
            chosen[name] = msgspec.convert(_prepared(field, value), field.annotation, strict=not isinstance(value, str))
        except msgspec.ValidationError:
            problems.append(_wrong(field, source, value))
        else:
            if (check := CHECKS.get(name)) and not check(chosen[name]):
                problems.append(_wrong(field, source, value))


def _nearest(name: str, source: str) -> str:
    near = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), FIELDS, n=1)
    if not near:
        return "; docs/reference/settings.md lists them."
    field = FIELDS[near[0]]
    return f"; did you mean {field.variable if source.startswith(PREFIX) else field.key}?"


def _prepared(field: Field, value: Any) -> Any:
    if isinstance(value, str):
        if field.kind is bool:
            return SWITCHES.get(value.strip().lower(), value)
        if field.kind is list:
            return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _wrong(field: Field, source: str, value: Any) -> str:
    shown = "the value" if field.secret else repr(value)[:80]
    return f"{source}: {shown} is not {field.allowed}."


def _contradictions(settings: Settings) -> Iterator[str]:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        yield "tls_cert and tls_key belong together: set both, or neither."
    for name in ("tls_cert", "tls_key"):
        if (path := getattr(settings, name)) and not Path(path).is_file():
            yield f"{name}: there is no file {path!r}."
    if settings.conduct_file and _text_of(settings.conduct_file) is None:
        yield f"conduct_file: {settings.conduct_file!r} is no text of at most {LONGEST_CONDUCT:,} bytes in UTF-8."
    if settings.smtp_url and not settings.mail_from:
        yield "smtp_url needs mail_from: the address that letters come from."
    if settings.workers > 1:
        if settings.on_sqlite:
            yield f"workers = {settings.workers} needs PostgreSQL: set HUBBUB_DATABASE_URL, or keep to 1."
        if not settings.redis_url:
            yield f"workers = {settings.workers} needs Redis: set HUBBUB_REDIS_URL, or keep to 1."
    yield from _wrong_patterns(settings.allowed_addresses)
    if settings.message_burst < settings.messages_per_second:
        yield "message_burst must be at least messages_per_second."


def _wrong_patterns(patterns: list[str]) -> Iterator[str]:
    for pattern in patterns:
        try:
            address_pattern(pattern)
        except re2.error as wrong:
            reason = wrong.args[0].decode(errors="replace")
            yield f"allowed_addresses: {pattern[:80]!r} is no regular expression of RE2 ({reason})."


def _text_of(path: str) -> str | None:
    """What is in the file, where that may be shown."""
    try:
        with Path(path).open("rb") as file:
            read = file.read(LONGEST_CONDUCT + 1)
        return read.decode() if len(read) <= LONGEST_CONDUCT else None
    except (OSError, UnicodeDecodeError):
        return None


class Pattern(Protocol):
    """What `re2.compile` makes."""

    def fullmatch(self, text: str) -> object | None: ...


def address_pattern(text: str) -> Pattern:
    """A pattern of `allowed_addresses`, in any case.

    Everybody who registers chooses the text that it is held against. RE2 takes a time that grows with the length of
    that text alone, whatever the pattern; Python's own `re` may take years. Raises `re2.error`.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    compiled: Pattern = re2.compile(text, options)
    return compiled


# --- what the fields are, read from their annotations -------------------------------------------------------


class Field:
    """One setting as the reference and the errors show it."""

    def __init__(self, declared: msgspec.structs.FieldInfo) -> None:
        self.name = declared.name
        table, _, inner = declared.name.partition("_")
        self.table = table if table in TABLES else ""  # of the file
        self.key = f"{table}.{inner}" if self.table else declared.name
        self.variable = PREFIX + declared.name.upper()
        self.annotation = declared.type
        self.default: Any = declared.default if declared.default is not msgspec.NODEFAULT else []
        self.kind: type = type(self.default)
        info = msgspec.inspect.type_info(declared.type)
        assert isinstance(info, msgspec.inspect.Metadata)
        self.description = str((info.extra_json_schema or {})["description"])
        self.secret = bool((info.extra or {}).get("secret"))
        self.allowed = ALLOWED.get(self.name) or _allowed(info.type)


def _allowed(info: msgspec.inspect.Type) -> str:
    if isinstance(info, msgspec.inspect.IntType):
        return f"a whole number from {info.ge} to {info.le}"
    if isinstance(info, msgspec.inspect.FloatType):
        return f"a number above {info.gt:g} and up to {info.le:.0f}"
    if isinstance(info, msgspec.inspect.BoolType):
        return "on or off"
    if isinstance(info, msgspec.inspect.LiteralType):
        return "one of " + ", ".join(map(str, info.values))
    if isinstance(info, msgspec.inspect.ListType):
        return "a list of texts (in a variable: with commas between)"
    assert isinstance(info, msgspec.inspect.StrType)
    return f"a text of at most {info.max_length} characters"


def is_key(text: str) -> bool:
    """Whether `text` is 32 bytes as base64url, as `hubbub secret` prints them."""
    try:
        return len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) == 32 and text.isascii()
    except (binascii.Error, ValueError):
        return False


def _is_web_address(text: str) -> bool:
    try:
        split = urlsplit(text)
        return split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
    except ValueError:
        return False


def _is_origin(text: str) -> bool:
    return text == "*" or (_is_web_address(text) and urlsplit(text).path in {"", "/"})


def _is_bare_origin(text: str) -> bool:
    return _is_web_address(text) and re.fullmatch(r"https?://[\w.:\[\]-]+", text, re.ASCII) is not None


def _is_hook(text: str) -> bool:
    if text.startswith("https://"):
        return _is_web_address(text)
    return re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", text) is not None


def _is_logo(text: str) -> bool:
    """A path on the server itself, or an address; nothing that could end the place where it is put."""
    return re.fullmatch(r"(https://[\w.-]+(:\d+)?)?/(?!/)[\w.~%/?=&+-]*", text, re.ASCII) is not None


def _is_mail_server(url: str) -> bool:
    try:
        split = urlsplit(url)
        named = bool(split.hostname) and split.port != 0 and bool(split.username) == bool(split.password)
        return split.scheme in SMTP_PORTS and named and not (split.path.strip("/") or split.query or split.fragment)
    except ValueError:
        return False


def _is_sender(text: str) -> bool:
    address = parseaddr(text)[1]
    return text.isprintable() and re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", address, re.ASCII) is not None


CHECKS: dict[str, Callable[[Any], bool]] = {
    "public_url": _is_web_address,
    "database_url": lambda url: "://" in url and url.split("://")[0] in DATABASE_SCHEMES,
    "redis_url": lambda url: "://" in url and url.split("://")[0] in REDIS_SCHEMES,
    "secret_key": is_key,
    "vault_key": is_key,
    "mail_from": _is_sender,
    "smtp_url": _is_mail_server,
    "registration_hook": _is_hook,
    "origins": lambda origins: all(map(_is_origin, origins)),
    "web_logo": _is_logo,
    "web_accent": lambda colour: re.fullmatch(r"#[0-9a-fA-F]{6}", colour) is not None,
    "web_api": _is_bare_origin,
    "metrics_token": lambda token: len(token) >= 16 and token.isascii() and token.isprintable() and " " not in token,
}
ALLOWED = {
    "public_url": "an address that begins with http:// or https://",
    "database_url": "an address that begins with postgresql:// or sqlite:///",
    "redis_url": "an address that begins with redis://, rediss:// or unix://",
    "secret_key": "32 bytes as base64url (`hubbub secret` prints a fresh one)",
    "vault_key": "32 bytes as base64url (`hubbub secret` prints a fresh one)",
    "mail_from": "an e-mail address, with a name before it or not",
    "smtp_url": "an address that begins with smtp:// or smtps://, with both user and password or neither",
    "registration_hook": "a function such as package.module:function, or an address that begins with https://",
    "origins": "a list of origins such as https://chat.example.org, without a path",
    "web_logo": "a path that begins with / or an address that begins with https://",
    "web_accent": "a colour such as #1b6a57",
    "web_api": "an origin such as https://api.example.org, without a path",
    "metrics_token": "a text of 16 to 4096 visible ASCII characters",
}
FIELDS: dict[str, Field] = {declared.name: Field(declared) for declared in msgspec.structs.fields(Settings)}
