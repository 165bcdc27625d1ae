"""The command `hubbub`: what an operator can do, each a thin door to `app` or to storage."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from hubbub import app as wiring
from hubbub.actions.administration import Administration, Listed
from hubbub.actions.mail_queue import MailQueue, QueuedMail
from hubbub.config import Settings, WrongSettings, load
from hubbub.database import database
from hubbub.first_start import fresh_key
from hubbub.logs import set_up_logs
from hubbub.serving import listening_socket
from hubbub.settings_reference import as_markdown, as_toml
from hubbub.storage.departures import Departure
from hubbub.storage.meta import renew_epoch
from hubbub.storage.migrate import migrate as migrate_database
from hubbub.storage.sweep import DAY, Ages
from hubbub.supervisor import REFUSED, Supervisor
from hubbub.wire.errors import Refusal
from hubbub.wire.joining import MOST_DAYS, MOST_USES, NewInvitation

T = TypeVar("T")

commands = typer.Typer(
    name="hubbub",
    help="A chat server of your own. `hubbub serve` starts it; every setting is in docs/reference/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
accounts = typer.Typer(help="Look up accounts and change what their owners cannot.", no_args_is_help=True)
commands.add_typer(accounts, name="users")

letters = typer.Typer(help="Letters that could not be sent yet, or at all.", no_args_is_help=True)
commands.add_typer(letters, name="mail")

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file instead of `HUBBUB_CONFIG` or ./hubbub.toml."),
]
DeadLetters = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Dead letters.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter.")]
Who = Annotated[str, typer.Argument(metavar="WHO", help="Handle, e-mail address or id.")]


def main() -> None:
    """The entry point of the command."""
    commands()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hubbub {installed_version('hubbub')}")
        raise typer.Exit


@commands.callback()
def _root(
    version: Annotated[  # noqa: ARG001  (its callback has answered before this runs)
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and end.")
    ] = False,
) -> None:
    os.umask(0o077)  # what is made here, the database above all, is for its owner alone


# --- the server ---------------------------------------------------------------------------------------------


@commands.command()
def serve(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (8000).")] = None,
    data: Annotated[str | None, typer.Option(help="Folder of the database and the keys (./data).")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes on the one port; more than 1 needs PostgreSQL and Redis.")
    ] = None,
) -> None:
    """Start the server.

    Without any setting it serves on http://localhost:8000 and keeps everything in ./data. Settings come from
    hubbub.toml, then from `HUBBUB_*` variables, then from these options; docs/reference/settings.md has them all.

    SIGTERM or Ctrl-C stops it in order: what was acknowledged is on disk, clients are told to reconnect. Once
    more, a second later or after, stops it at once.
    """
    with _explained():
        settings = load(os.environ, file=config, flags={"host": host, "port": port, "data": data, "workers": workers})
        set_up_logs(settings.log_format, settings.log_level)
        raise typer.Exit(_serve(settings))


def _serve(settings: Settings) -> int:
    if settings.workers == 1:
        with listening_socket(settings) as bound:
            wiring.run(settings, bound)
        return 0
    listening_socket(settings).close()  # refuses where another program has the port, which a shared one would not
    with listening_socket(settings, shared=True) as reserved, wiring.metrics_folder() as folder:
        run = partial(_work, settings, reserved.getsockname()[1], folder)
        return Supervisor(settings.workers, run).supervise()


def _work(settings: Settings, port: int, folder: Path, number: int, lifeline: int) -> int:
    try:
        with _explained(), listening_socket(settings, port=port, shared=True) as bound:
            wiring.run(settings, bound, wiring.Worker(number, folder, lifeline))
    except typer.Exit as ended:
        return ended.exit_code
    return 0


# --- the database -------------------------------------------------------------------------------------------


@commands.command()
def migrate(config: ConfigFile = None) -> None:
    """Bring the database to the schema of this version. `serve` does it itself on SQLite."""
    with _explained(), database(load(os.environ, file=config)) as engine:
        migrate_database(engine)
        typer.echo("The database is current.")


@commands.command("new-epoch")
def new_epoch(config: ConfigFile = None) -> None:
    """Say that the database was restored from a backup.

    Run it after restoring and before serving: clients that saw what the backup lacks then build their copies anew,
    instead of mixing them with what comes.
    """
    with _explained(), database(load(os.environ, file=config), current=True) as engine:
        with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
            renew_epoch(connection)
        typer.echo("The database has a new epoch. Restart every server that uses it.")


@commands.command()
def sweep(
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Instead of tombstone_days and operation_days.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Delete now what a running server deletes every hour: old tombstones, remembered answers, expired tokens."""
    with _explained():
        settings = load(os.environ, file=config)
        ages = wiring.ages(settings)
        if older_than is not None:
            ages = Ages(tombstones=older_than * DAY, operations=older_than * DAY)
        gone = asyncio.run(wiring.sweep_once(settings, ages))
        for table, rows in gone.items():
            typer.echo(f"{table}: {rows}")


@commands.command()
def secret() -> None:
    """Print a fresh pair of keys, as variables."""
    typer.echo(f"HUBBUB_SECRET_KEY={fresh_key()}")
    typer.echo(f"HUBBUB_VAULT_KEY={fresh_key()}")


@commands.command()
def settings(
    toml: Annotated[bool, typer.Option("--toml", help="As a file to begin hubbub.toml with.")] = False,
) -> None:
    """Print every setting with its default, what is allowed and what it means."""
    typer.echo(as_toml() if toml else as_markdown(), nl=False)


@commands.command()
def invite(
    uses: Annotated[int, typer.Option(min=1, max=MOST_USES, help="Accounts that it is good for.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="For how long.")] = 7,
    config: ConfigFile = None,
) -> None:
    """Print a link that lets somebody make an account while `registration` is `invited`."""
    with _explained():
        settings = load(os.environ, file=config)
        typer.echo(asyncio.run(wiring.invite(settings, NewInvitation(uses=uses, days=days))).link)


# --- accounts -----------------------------------------------------------------------------------------------


@accounts.command("list")
def list_users(
    q: Annotated[str, typer.Option("--q", metavar="TEXT", help="Part of the handle, name or address.")] = "",
    config: ConfigFile = None,
) -> None:
    """Show accounts in order of registration."""
    found = _administer(config, lambda administration: administration.accounts(q))
    table = Table("handle", "display name", "e-mail", "admin", "disabled", "id", box=None)
    for account in found:
        table.add_row(*_shown(account))
    # Not on a terminal, nothing is cut off: the output is for other programs.
    Console(width=None if sys.stdout.isatty() else 400).print(table)


@accounts.command()
def promote(who: Who, config: ConfigFile = None) -> None:
    """Make an account an administrator."""
    _say(_administer(config, lambda administration: administration.set_admin(who, True)))


@accounts.command()
def demote(who: Who, config: ConfigFile = None) -> None:
    """Take the right to administer from an account."""
    _say(_administer(config, lambda administration: administration.set_admin(who, False)))


@accounts.command()
def disable(who: Who, config: ConfigFile = None) -> None:
    """Shut an account out: it is signed out everywhere within a second and cannot sign in."""
    _say(_administer(config, lambda administration: administration.set_disabled(who, True)))


@accounts.command()
def enable(who: Who, config: ConfigFile = None) -> None:
    """Let a disabled account sign in again."""
    _say(_administer(config, lambda administration: administration.set_disabled(who, False)))


@accounts.command()
def delete(
    who: Who,
    messages: Annotated[
        Departure, typer.Option(help="What becomes of their messages: they are removed, or stay without a name.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigFile = None,
) -> None:
    """Delete an account for good: nobody gets in any more, and nobody reads its name."""
    if not yes:
        typer.confirm(f"Delete {who} for good?", abort=True)
    gone = _administer(config, lambda administration: administration.delete(who, messages))
    typer.echo(f"{gone.name}: deleted")


def _administer(config: Path | None, do: Callable[[Administration], Awaitable[T]]) -> T:
    with _explained():
        return asyncio.run(wiring.administer(load(os.environ, file=config), do))
    raise AssertionError


def _shown(account: Listed) -> tuple[str, ...]:
    marks = ("yes" if flag else "" for flag in (account.admin, account.disabled))
    return account.name, account.display_name, account.email, *marks, account.id


def _say(account: Listed) -> None:
    states = [word for word, holds in (("admin", account.admin), ("disabled", account.disabled)) if holds]
    typer.echo(f"{account.name}: {', '.join(states) or 'an ordinary account'}")


# --- mail ---------------------------------------------------------------------------------------------------


@letters.command("list")
def list_mails(config: ConfigFile = None) -> None:
    """Show letters that are dead, then those that are still to be sent."""
    found = _look_after_mail(config, lambda queue: queue.undelivered())
    table = Table("state", "kind", "to", "tries", "reason", "reply", "queued", "id", box=None)
    for mail in found:
        table.add_row(*_shown_mail(mail))
    Console(width=None if sys.stdout.isatty() else 400).print(table)


@letters.command()
def retry(mail_ids: DeadLetters = None, everything: All = False, config: ConfigFile = None) -> None:
    """Send dead letters again. One that is `uncertain` or `interrupted` may have arrived before."""
    count = _look_after_mail(config, lambda queue: queue.retry(_chosen(mail_ids, everything)))
    typer.echo(f"To be sent again: {count}")


@letters.command()
def drop(mail_ids: DeadLetters = None, everything: All = False, config: ConfigFile = None) -> None:
    """Delete dead letters."""
    count = _look_after_mail(config, lambda queue: queue.drop(_chosen(mail_ids, everything)))
    typer.echo(f"Deleted: {count}")


def _chosen(mail_ids: list[str] | None, everything: bool) -> list[str]:
    if bool(mail_ids) == everything:
        raise typer.BadParameter("name dead letters by their ids, or say --all.")
    return mail_ids or []


def _look_after_mail(config: Path | None, do: Callable[[MailQueue], Awaitable[T]]) -> T:
    with _explained():
        return asyncio.run(wiring.look_after_mail(load(os.environ, file=config), do))
    raise AssertionError


def _shown_mail(mail: QueuedMail) -> tuple[str, ...]:
    queued = datetime.fromtimestamp(mail.inserted_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    reply = "" if mail.code is None else str(mail.code)
    return mail.state, mail.kind, mail.to or "?", str(mail.tries), mail.reason or "", reply, queued, mail.id


@contextmanager
def _explained() -> Iterator[Any]:
    """What stands in the way is told in sentences, with exit status 2 for settings and 1 for everything else."""
    try:
        yield
    except WrongSettings as wrong:
        for problem in wrong.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(REFUSED) from None
    except Refusal as refusal:
        typer.echo(refusal.detail, err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    main()
