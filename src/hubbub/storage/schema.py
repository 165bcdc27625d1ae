"""Every table, in one readable place.

Conventions: ids are lower-case UUID text; times are whole milliseconds since 1970 UTC; `version` is the version of the
conversation (or, in user tables, of the user's stream) at which the row last changed (Hubbub protocol, section 2).
Text that takes part in an order or a key compares by bytes, so that every database and every client sorts alike.
Every table but the few global ones is keyed by `conversation_id` or `user_id` first: these are the keys along which
the tables can be spread over nodes (docs/topics/scale.md).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def _id() -> TypeEngine[str]:
    """A UUID as 36 characters, ordered by bytes."""
    return String(36).with_variant(String(36, collation="C"), "postgresql")


def _key(length: int) -> TypeEngine[str]:
    """Short text that is compared by bytes."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _tombstones(name: str, time: str) -> Index:
    """Deleted rows by age, for the sweep alone: it costs nothing while nothing is deleted."""
    deleted = text("deleted != 0")
    return Index(name, time, sqlite_where=deleted, postgresql_where=deleted)


# --- global -------------------------------------------------------------------------------------------------------

# `epoch` (new when a backup is restored), a check value of the vault key, and the version of the code of conduct.
meta = Table(
    "meta",
    metadata,
    Column("name", _key(32), primary_key=True),
    Column("value", Text, nullable=False),
)

# Families (or whole users) whose tokens ended early. Every process reads the new ones once a second.
revocations = Table(
    "revocations",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("user_id", _id(), nullable=False),
    Column("family_id", _id()),  # null: every family of the user
    Column("at", BigInteger, nullable=False),
    Index("revocations_at", "at"),
)

# Letters on their way out. What is in one, and to whom, is sealed under the vault key until it is sent.
mails = Table(
    "mails",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("kind", _key(32), nullable=False),
    Column("state", _key(8), nullable=False),  # waiting, sending, sent, dead
    Column("sealed", Text),  # JSON; null: it is sent, and nothing of it is kept
    Column("tries", Integer, nullable=False),
    # waiting: when it is tried; sending: from when on its process counts as dead; sent, dead: when it is deleted.
    Column("due_at", BigInteger, nullable=False),
    Column("reason", _key(16)),  # why it was not delivered
    Column("code", Integer),  # what the mail server replied
    Column("inserted_at", BigInteger, nullable=False),
    Index("mails_due", "state", "due_at"),
)

# What lets people in where registration is for who was invited. Of the code there is a hash alone.
invitations = Table(
    "invitations",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("user_id", _id()),  # who made it; null: the operator, from the command line
    Column("code_hash", _key(64), nullable=False, unique=True),
    Column("note", Text, nullable=False),  # for whom it is, in its maker's words
    Column("uses", Integer, nullable=False),  # accounts that it is good for
    Column("used", Integer, nullable=False),
    Column("inserted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("invitations_user", "user_id"),
)

# --- by user ------------------------------------------------------------------------------------------------------

users = Table(
    "users",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("name", _key(64), nullable=False, unique=True),  # the handle, lower case
    Column("email", Text, nullable=False),
    Column("email_key", _key(320), unique=True),  # the address as it is compared; null: a bot, which has none
    Column("display_name", Text, nullable=False),
    Column("search_text", Text, nullable=False),  # handle and display name, case folded
    Column("password_hash", Text),  # null: the account has no password
    # JSON: how clients stretch the password before they send it; null: it is sent as it is typed.
    Column("kdf", Text),
    Column("about", Text, nullable=False),
    Column("picture", _key(64)),  # hash of the picture's content; null: none
    Column("admin", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("theme", String(16), nullable=False),
    Column("magnification", Float, nullable=False),
    Column("recents", Text, nullable=False),  # JSON array of strings
    Column("confirmed_at", BigInteger),  # when the address was proven to be theirs; null: it was not
    Column("conduct_version", _key(64)),  # hash of the code of conduct that they agreed to; null: to none
    Column("owner_id", _id()),  # of a bot: whose it is; null: a person
    Column("departing", _key(8)),  # keep, remove (their messages): the account is deleted, and not all is done yet
    Column("version", BigInteger, nullable=False),  # head of the user's stream
    Column("swept_version", BigInteger, nullable=False),  # newest tombstone of the stream that is gone
    Column("inserted_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("users_page", "inserted_at", "id"),
    Index(
        "users_owner",
        "owner_id",
        sqlite_where=text("owner_id IS NOT NULL"),
        postgresql_where=text("owner_id IS NOT NULL"),
    ),
    Index(
        "users_departing",
        "departing",
        sqlite_where=text("departing IS NOT NULL"),
        postgresql_where=text("departing IS NOT NULL"),
    ),
    Index(
        "users_picture",
        "picture",
        sqlite_where=text("picture IS NOT NULL"),
        postgresql_where=text("picture IS NOT NULL"),
    ),
)

# The latest version of each row of a user's stream: what it says is read from the row's own table.
user_changes = Table(
    "user_changes",
    metadata,
    Column("user_id", _id(), primary_key=True),
    Column("kind", _key(16), primary_key=True),  # conversation, settings, read_mark, private_keys; block, watch, mute
    Column("row_id", _id(), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("user_changes_version", "user_id", "version"),
    Index("user_changes_tombstones", "at", sqlite_where=text("deleted = 1"), postgresql_where=text("deleted")),
)

# A family is what one sign-in began; refreshing keeps the family.
families = Table(
    "families",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("user_id", _id(), nullable=False),
    Column("device", Text, nullable=False),  # what its user knows it by; never an address
    Column("inserted_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("families_user", "user_id"),
)

# Refresh tokens, hashed. A spent one stays until it expires, so that a second use is noticed.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", _key(64), primary_key=True),
    Column("family_id", _id(), nullable=False),
    Column("user_id", _id(), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("spent_at", BigInteger),
    Column("op_id", _key(64)),  # of the refresh that spent it
    Index("refresh_tokens_family", "family_id"),
    Index("refresh_tokens_expiry", "expires_at"),
)

# Tokens that were sent to an address, hashed; each is used once.
address_tokens = Table(
    "address_tokens",
    metadata,
    Column("hash", _key(64), primary_key=True),
    Column("user_id", _id(), nullable=False),
    Column("purpose", _key(16), nullable=False),  # email_confirm, email_change, password_reset, sign_in
    Column("email", Text, nullable=False),  # where it was sent: of that address alone it says something
    Column("browser", _key(43)),  # SHA-256 of what the browser that asked keeps
    Column("expires_at", BigInteger, nullable=False),
    Index("address_tokens_user", "user_id", "purpose"),
    Index("address_tokens_expiry", "expires_at"),
)

# What lets a program act for a user, within limits. Hashed.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("user_id", _id(), nullable=False),  # in whose name: its maker, or a bot of theirs
    Column("hash", _key(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("writes", Boolean, nullable=False),
    Column("conversations", Text),  # JSON array of the ids that it is limited to; null: to none
    Column("inserted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),
    Index("api_tokens_user", "user_id"),
)

# The signed history of a user's identity key (Ed25519); the newest `seq` counts.
identity_keys = Table(
    "identity_keys",
    metadata,
    Column("user_id", _id(), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("public_key", Text, nullable=False),  # b64u, 32 bytes
    Column("wrapped_seed", Text),  # sealed under the vault key
    Column("signature", Text, nullable=False),
    Column("previous_signature", Text),
    Column("inserted_at", BigInteger, nullable=False),
)

# What signs somebody in without a password (WebAuthn): the public key of a credential that an authenticator keeps.
passkeys = Table(
    "passkeys",
    metadata,
    Column("user_id", _id(), primary_key=True),
    Column("id", _id(), primary_key=True),
    Column("credential_id", _key(1364), nullable=False, unique=True),  # b64u, of at most 1,023 bytes
    Column("public_key", Text, nullable=False),  # b64u of a COSE key
    Column("sign_count", BigInteger, nullable=False),  # 0: its authenticator does not count
    Column("transports", Text, nullable=False),  # JSON array: how browsers reach the authenticator
    Column("name", Text, nullable=False),
    Column("used_at", BigInteger),  # null: never
    Column("copied_at", BigInteger),  # when its counter went back, as that of a copy does; null: it never did
    Column("inserted_at", BigInteger, nullable=False),
)

# Challenges that were answered, by their hash, until they expire by themselves: each is good for one answer.
spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("hash", _key(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("spent_challenges_expiry", "expires_at"),
)

# The account key, wrapped by clients under what opens it: `password`, `recovery`, `passkey:{id}`.
key_slots = Table(
    "key_slots",
    metadata,
    Column("user_id", _id(), primary_key=True),
    Column("name", _key(48), primary_key=True),
    Column("slot", Text, nullable=False),  # JSON, sealed under the vault key
    Column("updated_at", BigInteger, nullable=False),
)

# The user's own conversation key, used until a conversation has one of theirs.
user_keys = Table(
    "user_keys",
    metadata,
    Column("user_id", _id(), primary_key=True),
    Column("gen", Integer, primary_key=True),
    Column("public_key", Text, nullable=False),  # JSON
    Column("private_key", Text),  # JSON, sealed under the vault key
    Column("inserted_at", BigInteger, nullable=False),
)

# Remembered answers of writes that carried an `op_id`: a reference and an HMAC of the request, never content.
operations = Table(
    "operations",
    metadata,
    Column("scope", _id(), primary_key=True),  # the conversation, or the user for what is theirs alone
    Column("user_id", _id(), primary_key=True),
    Column("op_id", _key(64), primary_key=True),
    Column("request_mac", _key(64), nullable=False),
    Column("reference", Text, nullable=False),  # what the answer is rebuilt from
    Column("version", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("operations_at", "at"),
)

# --- by conversation ----------------------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("kind", String(8), nullable=False),  # private, group, channel, room
    Column("encrypted", Boolean, nullable=False),
    Column("sealed", Boolean, nullable=False),  # begun with a signed link: nothing unsigned is accepted
    Column("history", String(8), nullable=False),  # all, joined: what a new member of a plaintext one may read
    # Policies (docs/topics/spaces.md): what a kind of conversation is, told in what may be done in it.
    Column("joining", String(8), nullable=False),  # who lets somebody in: members, anyone (also oneself), oneself alone
    Column("changing", String(8), nullable=False),  # who changes what it is called: members, owner
    Column("reading", String(8), nullable=False),  # who may read: members, anyone who knows the id
    Column("posting", String(10), nullable=False),  # who may write: members, moderators, accounts (members or not)
    Column("placing", String(8), nullable=False),  # whose order it is: authors, server
    Column("signed", Boolean, nullable=False),  # each message carries its author's signature (seed 002)
    Column("apart", Boolean, nullable=False),  # private: one of the two blocked the other, so nothing is said in it
    Column("expires_in", Integer),  # seconds that a message lasts unless it says otherwise; null: for good
    Column("history_limit", Integer),  # messages that are kept; null: all
    Column("idle_after", Integer),  # seconds without message or join after which it ends; null: it does not
    Column("ends_at", BigInteger),  # when it ends at the latest; null: never
    Column("name", _key(64), unique=True),  # in addresses, lower case; null: it has none
    Column("alias", Text),
    Column("about", Text, nullable=False),
    Column("picture", _key(64)),  # hash of the picture's content; null: none
    Column("public_key", Text),  # JSON: what join requests are sealed to (seed 001); null: none
    Column("search_text", Text),  # name, alias and about, case folded; null: nobody finds it by searching
    Column("creator_id", _id(), nullable=False),
    Column("request_mac", _key(64), nullable=False),  # of the request that began it, for repeats
    Column("head", BigInteger, nullable=False),  # the conversation's version
    Column("version", BigInteger, nullable=False),  # at which this row last changed
    Column("members_version", BigInteger, nullable=False),  # at which members, roles or keys last changed
    Column("departed_version", BigInteger, nullable=False),  # at which somebody last left
    Column("swept_version", BigInteger, nullable=False),  # newest tombstone that is gone
    Column("top_index", BigInteger, nullable=False),  # never falls
    # The last message in reading order: who goes on in a run is told by it.
    Column("last_owner_id", _id()),
    Column("last_device_id", _id()),
    Column("last_position", BigInteger, nullable=False),
    Column("last_stamp", BigInteger, nullable=False),  # nanoseconds; of the last message where the server places
    Column("due_at", BigInteger),  # when it ends unless somebody writes or joins; null: never
    Column("chain_hash", Text),  # b64u hash of the last link of the membership chain
    Column("approvals", Integer, nullable=False),
    Column("inserted_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(
        "conversations_found",
        "inserted_at",
        "id",
        sqlite_where=text("search_text IS NOT NULL"),
        postgresql_where=text("search_text IS NOT NULL"),
    ),
    Index(
        "conversations_picture",
        "picture",
        sqlite_where=text("picture IS NOT NULL"),
        postgresql_where=text("picture IS NOT NULL"),
    ),
    Index(
        "conversations_ending",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "conversations_ending_of",
        "creator_id",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

# Conversations that were closed for good. Their rows go bit by bit; their ids are not begun anew.
closed_conversations = Table(
    "closed_conversations",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("emptied", Boolean, nullable=False),  # no row of it is left
    Index("closed_conversations_at", "at"),
)

# One private conversation per pair: the pair is the key, lower id first.
private_pairs = Table(
    "private_pairs",
    metadata,
    Column("lower_id", _id(), primary_key=True),
    Column("higher_id", _id(), primary_key=True),
    Column("conversation_id", _id(), nullable=False),
)

# One row per span of membership: who left and came back has two.
memberships = Table(
    "memberships",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("joined_version", BigInteger, primary_key=True),
    Column("left_version", BigInteger),  # null while a member
    Column("joined_top_index", BigInteger, nullable=False),
    Column("role", String(16), nullable=False),  # owner, moderator, member
    Column("silent_until", BigInteger, nullable=False),  # the end of their mute (`sanctions`), for who writes; 0: none
    Column("version", BigInteger, nullable=False),
    Column("inserted_at", BigInteger, nullable=False),
    Index("memberships_user", "user_id", "left_version"),
    Index("memberships_version", "conversation_id", "version"),
)

# The membership chain of a sealed conversation, link by link.
links = Table(
    "links",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("link", Text, nullable=False),  # JSON, as it was sent
    Index("links_version", "conversation_id", "version"),
)

# A member's keys for one conversation; `gen` only rises.
conversation_keys = Table(
    "conversation_keys",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("gen", Integer, primary_key=True),
    Column("kid", Text),
    Column("public_key", Text, nullable=False),  # JSON
    Column("private_key", Text),  # JSON, sealed under the vault key
    Column("version", BigInteger, nullable=False),
    Index("conversation_keys_version", "conversation_id", "version"),
)

messages = Table(
    "messages",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("id", _id(), primary_key=True),  # seed 003's message group
    Column("owner_id", _id(), nullable=False),
    Column("device_id", _id(), nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("reply_to", _id()),
    Column("content", Text),  # plaintext conversations only
    Column("sealed", Text),  # sealed conversations only
    Column("created_version", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("deleted", SmallInteger, nullable=False),
    Column("request_mac", _key(64), nullable=False),  # of the request that sent it, for repeats
    Column("inserted_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),  # when it and its copies go; null: never
    Column("subject", Text),  # seed 004's line above a message
    Column("stamp", BigInteger),  # nanoseconds, a multiple of 1,024, rising; where the server places (seed 004)
    Column("signature", Text),  # b64u, of its author, where messages are signed (seed 002)
    Column("removed_by", _id()),  # the moderator who took its text away; null: nobody
    Column("removed_because", Text),  # as in `removals`, so that a page need not look there
    Index(
        "messages_reading_order",
        "conversation_id",
        "idx",
        "owner_id",
        "device_id",
        "position",
        "id",
    ),
    Index("messages_version", "conversation_id", "version"),
    Index(
        "messages_expiring",
        "expires_at",
        sqlite_where=text("expires_at IS NOT NULL"),
        postgresql_where=text("expires_at IS NOT NULL"),
    ),
    Index(
        "messages_stamped",
        "conversation_id",
        "stamp",
        sqlite_where=text("stamp IS NOT NULL"),
        postgresql_where=text("stamp IS NOT NULL"),
    ),
    _tombstones("messages_tombstones", "updated_at"),
)

# What one recipient gets of a message in an encrypted conversation (seed 003's message).
copies = Table(
    "copies",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("message_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("id", _id(), nullable=False),
    Column("content", Text, nullable=False),
    Column("shared_version", BigInteger),  # at which another member added it; null: it came with the message
    Index(
        "copies_shared",
        "conversation_id",
        "user_id",
        "shared_version",
        sqlite_where=text("shared_version IS NOT NULL"),
        postgresql_where=text("shared_version IS NOT NULL"),
    ),
)

reactions = Table(
    "reactions",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("message_id", _id(), primary_key=True),
    Column("owner_id", _id(), primary_key=True),
    Column("emoji", _key(64), primary_key=True),
    Column("id", _id(), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("deleted", SmallInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("reactions_version", "conversation_id", "version"),
    _tombstones("reactions_tombstones", "updated_at"),
)

read_marks = Table(
    "read_marks",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("read_at", BigInteger, nullable=False),
    Index("read_marks_user", "user_id"),
)

# A moderator's removal of somebody else's message: a row of the moderator's own that refers to it (seed 000).
removals = Table(
    "removals",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("message_id", _id(), primary_key=True),
    Column("owner_id", _id(), nullable=False),  # the moderator
    Column("reason", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("inserted_at", BigInteger, nullable=False),
    Index("removals_version", "conversation_id", "version"),
)

# Who takes part in a room: an account or a guest, under a name that is theirs alone there (seed 002).
participants = Table(
    "participants",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("id", _id(), primary_key=True),  # the owner of their messages
    Column("user_id", _id()),  # null: a guest
    Column("name", Text, nullable=False),
    Column("name_key", _key(256), nullable=False),  # the name as it is compared
    Column("public_key", Text, nullable=False),  # b64u, Ed25519
    Column("inserted_at", BigInteger, nullable=False),
    Column("put_out", Text),  # by whom: `owner`, `admin`; the row stays, so that neither key nor account comes in again
    Index("participants_name", "conversation_id", "name_key", unique=True),
)

# Who asks to be let in where members approve (seed 001).
join_requests = Table(
    "join_requests",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("request", Text),  # sealed to the group's public key; null: nothing was said
    Column("inserted_at", BigInteger, nullable=False),
    Index("join_requests_user", "user_id"),
)

# What moderators decided about somebody in a conversation: `mute` (may not write), `ban` (may not come in).
sanctions = Table(
    "sanctions",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("kind", _key(8), primary_key=True),
    Column("moderator_id", _id(), nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),  # null: until it is lifted
    Column("inserted_at", BigInteger, nullable=False),
)

# What one user set for themselves about another (`block`, `watch`) or about a conversation (`mute`).
choices = Table(
    "choices",
    metadata,
    Column("user_id", _id(), primary_key=True),
    Column("kind", _key(8), primary_key=True),
    Column("about_id", _id(), primary_key=True),
    Column("inserted_at", BigInteger, nullable=False),
    Index("choices_about", "kind", "about_id"),
)

# What users reported, for the moderators of the server.
reports = Table(
    "reports",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("reporter_id", _id(), nullable=False),
    Column("conversation_id", _id()),
    Column("message_id", _id()),
    Column("user_id", _id()),  # whom it is about
    Column("reason", Text, nullable=False),
    Column("excerpt", Text),  # what the reporter chose to show of what the server cannot read
    Column("resolution", Text),
    Column("resolved_by", _id()),
    Column("resolved_at", BigInteger),
    Column("inserted_at", BigInteger, nullable=False),
    Index("reports_open", "resolved_at", "inserted_at", "id"),
)

# What moderators and admins did: who, what, about whom, where. Never changed, never swept.
audit = Table(
    "audit",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("actor_id", _id(), nullable=False),
    Column("action", _key(32), nullable=False),
    Column("conversation_id", _id()),
    Column("user_id", _id()),
    Column("message_id", _id()),
    Column("detail", Text, nullable=False),
    Column("inserted_at", BigInteger, nullable=False),
    Index("audit_page", "inserted_at", "id"),
)

# The leader-board (seed 000): what a user wrote in a channel on a day (UTC), and the reactions of others on that day.
scores = Table(
    "scores",
    metadata,
    Column("conversation_id", _id(), primary_key=True),
    Column("user_id", _id(), primary_key=True),
    Column("day", Integer, primary_key=True),  # days since 1970; 0: all that no period tells apart
    Column("messages", Integer, nullable=False),
    Column("reactions", Integer, nullable=False),
    Index("scores_day", "day"),
)
