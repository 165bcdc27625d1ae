"""Accounts: the rows of `users`, and who may see what of whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select, tuple_, update

from hubbub.storage import choices, meta
from hubbub.storage.schema import conversations, memberships, user_changes, users
from hubbub.storage.unique import insert_unless_taken
from hubbub.storage.user_stream import SETTINGS, advance
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import BadInput, EmailTaken, IdTaken, InvalidCredentials, NotFound
from hubbub.wire.events import Author, Changed
from hubbub.wire.ids import is_id
from hubbub.wire.keys import Kdf
from hubbub.wire.resources import Agreement, OwnUser, PublicUser

LARGEST_PRESENCE_GROUP = 100
LONGEST_EMAIL_KEY = 320


class Account(msgspec.Struct, frozen=True):
    """What signing in needs to know."""

    id: str
    password_hash: str | None  # None: the account has no password
    disabled: bool


class NewAccount(msgspec.Struct, frozen=True):
    """`handles` are tried in order; give enough that one is free. A bot has an owner, and no address."""

    id: str
    email: str
    display_name: str
    password_hash: str | None
    kdf: Kdf | None
    handles: list[str]
    about: str = ""
    owner_id: str | None = None


class Mailbox(msgspec.Struct, frozen=True):
    """The address of an account; `confirmed`: whoever owns the account reads what is sent there."""

    email: str
    confirmed: bool
    display_name: str
    disabled: bool


class Place(msgspec.Struct, frozen=True):
    """Where a page ends, of users or of channels: `inserted_at` in milliseconds, and the id."""

    inserted_at: int
    id: str


def email_key(email: str) -> str:
    """An address as it is compared: by RFC 5321 the part before the @ may differ in case, in practice none
    does.
    """
    return email.strip().casefold()


def checked_email(email: str) -> str:
    """The address as it is kept. Raises `BadInput` when it is too long to be compared."""
    if len(email_key(email)) > LONGEST_EMAIL_KEY:  # some letters are several when case is folded
        raise BadInput("email is too long.")
    return email.strip()


# --- one account --------------------------------------------------------------------------------------------


def account_by_email(connection: Connection, email: str) -> Account | None:
    return _account(connection, users.c.email_key == email_key(email))


def account_by_id(connection: Connection, user_id: str) -> Account | None:
    return _account(connection, users.c.id == user_id)


def _account(connection: Connection, condition: Any) -> Account | None:
    row = connection.execute(select(users.c.id, users.c.password_hash, users.c.disabled).where(condition)).one_or_none()
    return Account(*row) if row else None


def address_of(connection: Connection, user_id: str) -> str:
    """The address of an account; empty where it has none, or there is no such account."""
    return connection.execute(select(users.c.email).where(users.c.id == user_id)).scalar() or ""


def mailbox(connection: Connection, user_id: str) -> Mailbox | None:
    row = connection.execute(
        select(users.c.email, users.c.confirmed_at, users.c.display_name, users.c.disabled).where(users.c.id == user_id)
    ).one_or_none()
    return Mailbox(row.email, row.confirmed_at is not None, row.display_name, row.disabled) if row else None


def kdf_by_email(connection: Connection, email: str) -> Kdf | None:
    """How clients stretch the password of this address; None for nobody's, and where it is sent as it is typed."""
    return _kdf(connection, users.c.email_key == email_key(email))


def kdf_by_id(connection: Connection, user_id: str) -> Kdf | None:
    return _kdf(connection, users.c.id == user_id)


def _kdf(connection: Connection, condition: Any) -> Kdf | None:
    stored = connection.execute(select(users.c.kdf).where(condition)).scalar()
    return None if stored is None else msgspec.json.decode(stored, type=Kdf)


def _kdf_column(kdf: Kdf | None) -> str | None:
    return None if kdf is None else msgspec.json.encode(kdf).decode()


def unknown(connection: Connection, ids: Iterable[str]) -> list[str]:
    """Those of the ids that are no account's, in the order given."""
    wanted = list(ids)
    found = set(connection.execute(select(users.c.id).where(users.c.id.in_(wanted))).scalars())
    return [user for user in wanted if user not in found]


def insert_account(transaction: Transaction, new: NewAccount) -> str:
    """Store the account under the first handle that is free, and return that. The first of a server is an admin's.

    Raises `EmailTaken` when the address has an account, `IdTaken` when the id is another's, or every handle.
    """
    for handle in new.handles:
        if account_by_email(transaction.connection, new.email):
            raise EmailTaken()
        if account_by_id(transaction.connection, new.id):
            raise IdTaken()
        row = _row_of(new, handle, transaction.now) | {"admin": _is_first(transaction.connection)}
        if insert_unless_taken(transaction.connection, users, row):
            advance(transaction, {new.id: [(SETTINGS, new.id, False)]})
            return handle
    raise IdTaken("This name is taken.")


def _is_first(connection: Connection) -> bool:
    """Whether there is no account yet. Of two that ask at once, in two processes too, one waits for the other."""
    anybody = select(users.c.id).limit(1)
    if connection.execute(anybody).first():
        return False
    meta.wait_in_line(connection)
    return connection.execute(anybody).first() is None


def _row_of(new: NewAccount, handle: str, now: int) -> dict[str, Any]:
    return {
        "id": new.id,
        "name": handle,
        "email": new.email,
        "email_key": email_key(new.email) or None,
        "display_name": new.display_name,
        "search_text": search_text(handle, new.display_name, new.email),
        "password_hash": new.password_hash,
        "kdf": _kdf_column(new.kdf),
        "disabled": False,
        "hidden": False,
        "theme": "day",
        "about": new.about,
        "magnification": 1.0,
        "recents": "[]",
        "owner_id": new.owner_id,
        "version": 0,
        "swept_version": 0,
        "inserted_at": now,
        "updated_at": now,
    }


def search_text(handle: str, display_name: str, email: str) -> str:
    """What `q=` looks through. Never the address: a search must not tell who has which."""
    shown = handle if is_address(display_name, email) else display_name
    return f"{handle}\n{shown}".casefold()


def is_address(display_name: str, email: str) -> bool:
    """Whether the display name gives the address away (seed 003 makes the address the default name)."""
    return bool(email) and email_key(email) in display_name.casefold()


# --- changing one -------------------------------------------------------------------------------------------


def change_settings(transaction: Transaction, user_id: str, values: dict[str, Any]) -> int:
    """Write columns of the user's own row and return the new version of their stream. Raises `NotFound`."""
    if values:
        transaction.connection.execute(
            update(users).where(users.c.id == user_id).values(**values, updated_at=transaction.now)
        )
    heads = advance(transaction, {user_id: [(SETTINGS, user_id, False)]})
    if user_id not in heads:
        raise NotFound("There is no such user.")
    return heads[user_id]


def searched_as(connection: Connection, user_id: str, display_name: str) -> str:
    """What searches look through once the user has this display name. Raises `NotFound`."""
    row = connection.execute(select(users.c.name, users.c.email).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such user.")
    return search_text(row.name, display_name, row.email)


def require_unchanged(connection: Connection, account: Account) -> None:
    """Raise `InvalidCredentials` when the password was changed since `account` was read; the user must be locked.

    Of two changes at once the second proved a password that is gone.
    """
    if account_by_id(connection, account.id) != account:
        raise InvalidCredentials()


def confirm(transaction: Transaction, user_id: str) -> None:
    """The user's address is proven to be theirs. The user must be locked."""
    unproven = select(users.c.id).where(users.c.id == user_id, users.c.confirmed_at.is_(None))
    if transaction.connection.execute(unproven).first():
        change_settings(transaction, user_id, {"confirmed_at": transaction.now})


def move(transaction: Transaction, user_id: str, email: str) -> None:
    """Give the user another address; the database refuses one that is taken."""
    transaction.connection.execute(
        update(users).where(users.c.id == user_id).values(email=email, email_key=email_key(email))
    )


def replace_password_hash(transaction: Transaction, account: Account, password_hash: str) -> None:
    """Store another hash of the same password. Raises as `require_unchanged`."""
    _set_password(transaction, account, {"password_hash": password_hash})


def change_password(transaction: Transaction, account: Account, password_hash: str, kdf: Kdf | None) -> None:
    """Store the hash of a new password, and how clients stretch that. Raises as `require_unchanged`."""
    _set_password(transaction, account, {"password_hash": password_hash, "kdf": _kdf_column(kdf)})


def drop_password(transaction: Transaction, user_id: str) -> None:
    """From now on nobody signs in with a password. The user must be locked."""
    values = {"password_hash": None, "kdf": None, "updated_at": transaction.now}
    transaction.connection.execute(update(users).where(users.c.id == user_id).values(values))


def _set_password(transaction: Transaction, account: Account, values: dict[str, Any]) -> None:
    require_unchanged(transaction.connection, account)
    transaction.connection.execute(
        update(users).where(users.c.id == account.id).values(**values, updated_at=transaction.now)
    )


def picture_of(connection: Connection, user_id: str) -> str | None:
    return connection.execute(select(users.c.picture).where(users.c.id == user_id)).scalar()


def has_picture(connection: Connection, picture: str) -> bool:
    """Whether it is some user's picture."""
    return connection.execute(select(users.c.id).where(users.c.picture == picture).limit(1)).first() is not None


def is_admin(connection: Connection, user_id: str) -> bool:
    """Whether the account administers the server, and is not shut out."""
    return bool(connection.execute(select(users.c.admin & ~users.c.disabled).where(users.c.id == user_id)).scalar())


def set_admin(transaction: Transaction, user_id: str, admin: bool) -> int:
    """Give or take the right to administer; returns the stream's version. Raises `NotFound`."""
    return change_settings(transaction, user_id, {"admin": admin})


def set_disabled(transaction: Transaction, user_id: str, disabled: bool) -> int:
    """Shut an account out or let it in again; the caller revokes its families. Raises `NotFound`."""
    return change_settings(transaction, user_id, {"disabled": disabled})


# --- as they see themselves ---------------------------------------------------------------------------------


def own_user(connection: Connection, user_id: str) -> OwnUser | None:
    row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
    if row is None:
        return None
    return OwnUser(
        id=row.id,
        email=row.email,
        confirmed=row.confirmed_at is not None,
        display_name=row.display_name,
        about=row.about,
        picture=row.picture,
        hidden=row.hidden,
        theme=row.theme,
        magnification=row.magnification,
        recents=msgspec.json.decode(row.recents, type=list[str]),
        name=row.name,
        admin=row.admin,
        conduct=_agreement(meta.conduct(connection), row.conduct_version),
    )


def _agreement(current: str | None, accepted: str | None) -> Agreement:
    if current is None:
        return "none"
    return "accepted" if accepted == current else "open"


def settings_change(connection: Connection, user_id: str) -> Changed:
    """The row `settings` of the user's stream, as pushes and `sync` show it."""
    version = connection.execute(
        select(user_changes.c.version).where(
            user_changes.c.user_id == user_id,
            user_changes.c.kind == SETTINGS,
            user_changes.c.row_id == user_id,
        )
    ).scalar_one()
    return Changed(kind=SETTINGS, id=user_id, version=version, deleted=False, data=own_user(connection, user_id))


# --- as others see them -------------------------------------------------------------------------------------


def public_users(
    connection: Connection, viewer_id: str, ids: Iterable[str], *, fellows: Collection[str] = frozenset()
) -> list[PublicUser]:
    """These users as `viewer_id` may see them, ordered by id; ids without an account are left out.

    `fellows` are those of whom the caller knows that they share a conversation with the viewer.
    """
    wanted = list(ids)
    if not wanted:
        return []
    rows = connection.execute(select(users).where(users.c.id.in_(wanted)).order_by(users.c.id)).all()
    return seen_by(connection, viewer_id, rows, fellows=fellows)


def find(connection: Connection, viewer_id: str, id_or_name: str) -> PublicUser | None:
    """The user with this id or handle as `viewer_id` may see them; no handle looks like an id."""
    named = users.c.id if is_id(id_or_name) else users.c.name
    rows = connection.execute(select(users).where(named == id_or_name)).all()
    return next(iter(seen_by(connection, viewer_id, rows)), None)


def users_page(
    connection: Connection, viewer_id: str, after: Place | None, size: int, search: str | None
) -> tuple[list[PublicUser], Place | None]:
    """`size` users in order of registration, and where to go on; None on the last page.

    `search` is text that the handle or the display name contains, in any case.
    """
    query = select(users).where(~users.c.disabled).order_by(users.c.inserted_at, users.c.id)
    if after is not None:
        query = query.where(tuple_(users.c.inserted_at, users.c.id) > tuple_(after.inserted_at, after.id))
    if search:
        query = query.where(users.c.search_text.contains(search.casefold(), autoescape=True))
    rows = connection.execute(query.limit(size + 1)).all()
    place = Place(rows[size - 1].inserted_at, rows[size - 1].id) if len(rows) > size else None
    return seen_by(connection, viewer_id, rows[:size]), place


def seen_by(
    connection: Connection, viewer_id: str, rows: Iterable[Row[Any]], *, fellows: Collection[str] = frozenset()
) -> list[PublicUser]:
    """Rows of `users` as the viewer may see them (Hubbub protocol, section 5, last paragraph)."""
    found = list(rows)
    strangers = [row.id for row in found if row.id not in fellows and row.id != viewer_id]
    known = {viewer_id, *fellows, *acquainted(connection, viewer_id, strangers)}
    return [_public(row, row.id in known) for row in found]


def _public(row: Row[Any], known: bool) -> PublicUser:
    hide_name = not known and is_address(row.display_name, row.email)
    return PublicUser(
        id=row.id,
        email=(row.email or None) if known else None,
        display_name=row.name if hide_name else row.display_name,
        name=row.name,
        about=row.about,
        picture=row.picture,
        bot=row.owner_id is not None,
    )


def authors(connection: Connection, ids: Collection[str]) -> dict[str, Author]:
    """These users as anyone may see them, by id."""
    if not ids:
        return {}
    rows = connection.execute(select(users).where(users.c.id.in_(ids)))
    seen = (_public(row, known=False) for row in rows)
    return {user.id: Author(**{name: getattr(user, name) for name in Author.__struct_fields__}) for user in seen}


def acquainted(connection: Connection, viewer_id: str, ids: list[str]) -> set[str]:
    """Those of `ids` who share a conversation with the viewer into which one is let by its members."""
    if not ids:
        return set()
    return set(
        connection.execute(
            select(memberships.c.user_id)
            .where(
                memberships.c.conversation_id.in_(_shared_with(viewer_id)),
                memberships.c.left_version.is_(None),
                memberships.c.user_id.in_(ids),
            )
            .distinct()
        ).scalars()
    )


def _shared_with(user_id: str) -> Select[Any]:
    """The conversations of the user's into which one is let by its members: where anyone comes in by themselves,
    people are strangers.
    """
    return (
        select(memberships.c.conversation_id)
        .join(conversations, conversations.c.id == memberships.c.conversation_id)
        .where(
            memberships.c.user_id == user_id,
            memberships.c.left_version.is_(None),
            conversations.c.joining == "members",
        )
    )


def contacts(connection: Connection, user_id: str) -> list[str]:
    """Who hears of this user's presence and name: the other members of shared private conversations and of
    groups of at most 100 that not anyone may join (Hubbub protocol, section 1), but for those of whom one blocked the
    other. Ordered by id.
    """
    others = memberships.alias()
    one_too_many = (  # not counted to the end: a group may have very many members
        select(others.c.user_id)
        .where(others.c.conversation_id == memberships.c.conversation_id, others.c.left_version.is_(None))
        .limit(1)
        .offset(LARGEST_PRESENCE_GROUP)
        .scalar_subquery()
    )
    shared = connection.execute(_shared_with(user_id).where(one_too_many.is_(None))).scalars().all()
    apart = choices.apart(connection, user_id)
    found = connection.execute(
        select(memberships.c.user_id)
        .where(
            memberships.c.conversation_id.in_(shared),
            memberships.c.left_version.is_(None),
            memberships.c.user_id != user_id,
        )
        .distinct()
        .order_by(memberships.c.user_id)
    ).scalars()
    return [user for user in found if user not in apart]


def acquaintances(connection: Connection, user_id: str) -> list[PublicUser]:
    """Everyone with whom the user shares a conversation that members let people into, with their address, by id."""
    others = select(memberships.c.user_id).where(
        memberships.c.conversation_id.in_(_shared_with(user_id)), memberships.c.left_version.is_(None)
    )
    rows = connection.execute(select(users).where(users.c.id.in_(others), users.c.id != user_id).order_by(users.c.id))
    return [_public(row, known=True) for row in rows]
