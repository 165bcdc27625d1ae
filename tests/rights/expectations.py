"""Who may do what: one row for every HTTP route and every event of every kind of topic.

A row's columns are the standings below. What stands in it is `OK`, or the code of the refusal. A conversation's row
is about one that OWNER began with MEMBER and FORMER, who has left; OUTSIDER is signed in and was never in it;
GUEST is not signed in. `NOBODY` is where there can be no such person.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

OK: Final = "ok"
NOBODY: Final = "nobody"
STANDINGS: Final = ("owner", "member", "former", "outsider", "guest")

UNMATCHED: Final = "unmatched topic"
THREE_UNMATCHED: Final = (UNMATCHED, UNMATCHED, UNMATCHED)
FOUR_UNMATCHED: Final = (UNMATCHED, *THREE_UNMATCHED)

WRONG: Final = "wrong_kind"
# Shaped like one. None of the conversations here is sealed: `tests/sync/test_sharing.py` has who may share in those.
A_COPY: Final = f"{'A' * 43}.{'A' * 107}"

# API tokens of OWNER's: one that reads, one that writes too, one that writes in another conversation alone.
TOKENS: Final = ("reader token", "writer token", "token for another conversation")
Reach = Literal["any", "read", "write", "none"]
OUT: Final = "out_of_scope"


def reaches(standing: str, reach: Reach) -> bool:
    """Whether a token of this standing reaches what is reached so."""
    if reach == "any" or standing == TOKENS[2]:
        return reach == "any"
    return reach == "read" or (reach == "write" and standing == TOKENS[1])


# `{name}` in payloads, paths and bodies is filled in from the world of the test.
Document = dict[str, Any]


class SocketRow(NamedTuple):
    """`topic`: `phoenix`, `system`, `user` (OWNER's own), or the kind of a conversation."""

    topic: str
    event: str
    payload: Document
    expected: tuple[str, str, str, str, str]

    @property
    def name(self) -> str:
        return f"{self.topic} {self.event}"

    @property
    def reach(self) -> Reach:
        """Which API tokens of OWNER's reach it."""
        if self.topic == "phoenix" or self.event == "phx_leave":
            return "any"
        if self.event == "set_encryption_keys":
            return "none"
        return "read" if self.event in {"phx_join", "sync"} else "write"


class HttpRow(NamedTuple):
    """`expected` are codes of problems, or `OK` for any success. `path` is that of the OpenAPI document.

    `alone`: what it does ends sign-ins, so it is tried with accounts of its own. `reach`: which API tokens of OWNER's
    reach it; `any` is where nobody looks at them.
    """

    method: str
    path: str
    query: Document
    body: Document | None
    expected: tuple[str, str, str, str, str]
    alone: bool = False
    reach: Reach = "none"

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path} {'&'.join(self.query)}".strip()


def _members(event: str, payload: Document, owner: str = OK, member: str = OK, *, topic: str) -> SocketRow:
    """A row of an event of a conversation: nobody else gets into its topic."""
    return SocketRow(topic, event, payload, (owner, member, *THREE_UNMATCHED))


def _of_every_conversation(topic: str) -> list[SocketRow]:
    return [
        SocketRow(topic, "phx_join", {}, (OK, OK, "not_member", "not_member", "unauthorized")),
        SocketRow(topic, "phx_leave", {}, (OK, OK, OK, OK, OK)),
        _members("edit_message", {"message_group_id": "{message}", "{form}": "{said}"}, OK, "not_owner", topic=topic),
        _members("delete_message", {"message_group_id": "{message}"}, OK, "not_owner", topic=topic),
        _members("send_message", {"{form}": "{said}"}, topic=topic),
        _members("share_copies", {"copies": {"{message}": {"{member}": A_COPY}}}, WRONG, WRONG, topic=topic),
        _members("start_typing", {}, topic=topic),
        _members("finish_typing", {}, topic=topic),
        _members("read_conversation", {}, topic=topic),
        _members("sync", {}, topic=topic),
    ]


def _of_groups(topic: str) -> list[SocketRow]:
    return [
        *_of_every_conversation(topic),
        _members("change_alias", {"alias": "Besties"}, topic=topic),
        _members("change_expiry", {"expires_in": 60}, topic=topic),
        _members("modify_conversation", {"new_members": ["{outsider}"]}, topic=topic),
        _members("leave_conversation", {}, topic=topic),
        _members("remove_member", {"user_id": "{owner}"}, "forbidden", "forbidden", topic=topic),
    ]


def _reactions(topic: str, on: str, off_by_owner: str, off_by_member: str) -> list[SocketRow]:
    payload: Document = {"message_group_id": "{message}", "emoji": "+1"}
    return [
        _members("react", payload, on, on, topic=topic),
        _members("unreact", payload, off_by_owner, off_by_member, topic=topic),
    ]


def _keys(topic: str, expected: str) -> SocketRow:
    return _members("set_encryption_keys", {"public_key": {}, "private_key": {}}, expected, expected, topic=topic)


def _of_rooms() -> list[SocketRow]:
    """In a room OWNER and MEMBER take part, with tickets of their own; FORMER shows one of another room."""
    said = {"id": "{fresh}", "content": "hello"}
    return [
        SocketRow("room", "phx_join", {}, (OK, OK, "unauthorized", "unauthorized", "unauthorized")),
        SocketRow("room", "phx_leave", {}, (OK, OK, OK, OK, OK)),
        _members("send_message", said, "invalid_signature", "invalid_signature", topic="room"),
        _members("start_typing", {}, topic="room"),
        _members("finish_typing", {}, topic="room"),
    ]


EVERYONE_SIGNED_IN: Final = (OK, OK, OK, OK, UNMATCHED)

SOCKET: Final[list[SocketRow]] = [
    SocketRow("phoenix", "heartbeat", {}, (OK, OK, OK, OK, OK)),
    SocketRow("system", "phx_join", {}, (OK, OK, OK, OK, "unauthorized")),
    SocketRow("system", "phx_leave", {}, (OK, OK, OK, OK, OK)),
    SocketRow("system", "set_hidden", {"hidden": False}, EVERYONE_SIGNED_IN),
    SocketRow("system", "set_status", {"status": "idle"}, EVERYONE_SIGNED_IN),
    SocketRow("system", "set_display_name", {"display_name": "Somebody"}, EVERYONE_SIGNED_IN),
    SocketRow("system", "start_group_conversation", {"user_ids": [], "open": True}, EVERYONE_SIGNED_IN),
    SocketRow("system", "start_private_conversation", {"other_user_id": "{stranger}"}, EVERYONE_SIGNED_IN),
    SocketRow("user", "phx_join", {}, (OK, "forbidden", "forbidden", "forbidden", "unauthorized")),
    SocketRow("user", "phx_leave", {}, (OK, OK, OK, OK, OK)),
    SocketRow("user", "sync", {}, (OK, *FOUR_UNMATCHED)),
    *_of_groups("open"),
    *_reactions("open", OK, OK, "not_found"),
    _keys("open", WRONG),
    *_of_every_conversation("channel"),
    *_reactions("channel", OK, OK, "not_found"),
    _keys("channel", WRONG),
    _members("change_alias", {"alias": "Besties"}, OK, "not_owner", topic="channel"),
    _members("change_expiry", {"expires_in": 60}, OK, "not_owner", topic="channel"),
    _members("modify_conversation", {"new_members": ["{outsider}"]}, WRONG, WRONG, topic="channel"),
    _members("leave_conversation", {}, topic="channel"),
    *_of_rooms(),
    _members("remove_member", {"user_id": "{owner}"}, "forbidden", "forbidden", topic="channel"),
    *_of_groups("secure"),
    *_reactions("secure", WRONG, WRONG, WRONG),
    _keys("secure", OK),
    *[
        row._replace(expected=(*row.expected[:2], NOBODY, *row.expected[3:]))
        for row in (  # nobody leaves one
            *_of_every_conversation("private"),
            *_reactions("private", WRONG, WRONG, WRONG),
            _keys("private", OK),
            _members("change_alias", {"alias": "Besties"}, WRONG, WRONG, topic="private"),
            _members("change_expiry", {"expires_in": 60}, topic="private"),
            _members("modify_conversation", {"new_members": ["{outsider}"]}, WRONG, WRONG, topic="private"),
            _members("leave_conversation", {}, WRONG, WRONG, topic="private"),
            _members("remove_member", {"user_id": "{owner}"}, WRONG, WRONG, topic="private"),
        )
    ],
]

NEEDS_SIGN_IN: Final = (OK, OK, OK, OK, "unauthorized")
NO_SESSION: Final = (*("not_found",) * 4, "unauthorized")  # `tests/identity/test_sessions.py` has whose one may end
FIVE_INVALID: Final = ("invalid_token", "invalid_token", "invalid_token", "invalid_token", "invalid_token")
READERS: Final = (OK, OK, OK, "not_member", "unauthorized")  # who left reads on what was theirs to read
OWNERS: Final = (OK, "not_owner", "not_owner", "not_owner", "unauthorized")
CLOSERS: Final = (OK, *("not_found",) * 3, "unauthorized")  # after its owner closed it, there is none
SUBSCRIBERS: Final = (OK, OK, "not_member", "not_member", "unauthorized")
# About the owner, whom nobody acts on. `test_moderators.py` has who acts on whom.
ON_OWNER: Final = ("forbidden", "forbidden", "not_member", "not_member", "unauthorized")
MODERATORS: Final = (OK, "forbidden", "not_member", "not_member", "unauthorized")
ADMINS: Final = (*("forbidden",) * 4, "unauthorized")
NO_ADMINS: Final = (*("not_admin",) * 4, "unauthorized")
SAID_BY_OWNER: Final = {"sender": "{user_id}", "target": "{conversation}", "message": "hello"}
SPEAKERS: Final = (OK, *("forbidden",) * 3, "unauthorized")  # in the owner's name
DECIDERS: Final = (OK, "not_owner", "not_member", "not_member", "unauthorized")
DECLINERS: Final = ("not_found", "not_found", "not_member", "not_member", "unauthorized")
EMPTY_BODY: Final = ("invalid_payload", "invalid_payload", "invalid_payload", "invalid_payload", "unauthorized")
NO_PICTURE: Final = (*("unsupported_picture",) * 4, "unauthorized")
FIVE_NOT_FOUND: Final = ("not_found",) * 5
NOBODYS: Final = (*("not_found",) * 4, "unauthorized")
NO_CONDUCT: Final = (*("not_found",) * 4, "unauthorized")
ANYONE: Final = (OK, OK, OK, OK, OK)
OWNER_ENDS_IT: Final = (OK, "not_found", "not_found", "not_found", "unauthorized")
OWNER_PUTS_OUT: Final = (OK, "not_owner", "not_owner", "not_owner", "unauthorized")
ANYONE_ONCE: Final = (OK, *("proof_required",) * 4)  # the same key, which they all know
UNSIGNED: Final = {"id": "{message}", "participant": "{participant}", "text": "hello", "signature": "{signature}"}
FIVE_UNSIGNED: Final = ("invalid_signature",) * 5
FIVE_UNKNOWN: Final = ("unknown_passkey",) * 5
FIVE_FORGED: Final = ("invalid_passkey",) * 5
FORGED: Final = (*FIVE_FORGED[:4], "unauthorized")
NO_PASSKEY: Final = ("not_found", "not_found", "not_found", "not_found", "unauthorized")
KNOWN: Final = {"proof": {"password": "{password}"}}
# Shaped like what authenticators answer; `tests/identity/test_passkeys.py` has those that do.
ANSWERED: Final = {"clientDataJSON": "e30", "authenticatorData": "e30", "signature": "e30"}
AN_ASSERTION: Final = {"id": "AA", "response": ANSWERED}
AN_ATTESTATION: Final = {"id": "AA", "response": {"clientDataJSON": "e30", "attestationObject": "e30"}}
A_PASSKEY: Final = {"id": "{passkey_id}", "name": "Laptop", "credential": AN_ATTESTATION}
A_REGISTRATION: Final = {"id": "{passkey_id}", "email": "{fresh}@example.com"}
CHANGED: Final = "VerySecurePassword2!"
NEW_PASSWORD: Final = {"password": "{password}", "new_password": CHANGED, "new_password_confirmation": CHANGED}
GOING: Final = {"messages": "keep", "password": "{password}"}
NEW_EMAIL: Final = {"token": "made up", "email": "{fresh}@example.com", "password": "{password}"}

HTTP: Final[list[HttpRow]] = [
    HttpRow("post", "/auth/register", {}, {"email": "{fresh}@example.com", "password": CHANGED}, ANYONE, reach="any"),
    HttpRow("get", "/auth/captcha", {"purpose": "login"}, None, ANYONE, reach="any"),
    HttpRow("post", "/auth/prelogin", {}, {"email": "{email}"}, ANYONE, reach="any"),
    HttpRow("post", "/auth/login", {}, {"email": "{email}", "password": "{password}"}, ANYONE, reach="any"),
    HttpRow("post", "/auth/refresh", {}, {"token": "made up"}, FIVE_INVALID, reach="any"),
    HttpRow("post", "/auth/passkey/begin", {}, None, ANYONE, reach="any"),
    HttpRow("post", "/auth/passkey/finish", {}, {"credential": AN_ASSERTION}, FIVE_UNKNOWN, reach="any"),
    HttpRow("post", "/auth/passkey/register/begin", {}, A_REGISTRATION, ANYONE, reach="any"),
    HttpRow(
        "post", "/auth/passkey/register/finish", {}, {**A_REGISTRATION, "passkey": A_PASSKEY}, FIVE_FORGED, reach="any"
    ),
    HttpRow("post", "/auth/confirm", {}, {"token": "made up"}, FIVE_INVALID, reach="any"),
    HttpRow("post", "/auth/password/request", {}, {"email": "{email}"}, ANYONE, reach="any"),
    HttpRow("post", "/auth/link/register", {}, {"email": "{fresh}@example.com"}, ANYONE, reach="any"),
    HttpRow("post", "/auth/link/request", {}, {"email": "{email}"}, ANYONE, reach="any"),
    HttpRow("post", "/auth/link/owner", {}, {"token": "made up"}, FIVE_INVALID, reach="any"),
    HttpRow("post", "/auth/link", {}, {"token": "made up"}, FIVE_INVALID, reach="any"),
    HttpRow("post", "/auth/password/confirm", {}, {"token": "made up"}, FIVE_INVALID, reach="any"),
    HttpRow("post", "/auth/password/reset", {}, {**NEW_PASSWORD, "token": "made up"}, FIVE_INVALID, reach="any"),
    HttpRow("post", "/api/token/email_confirm", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/token/email_change", {}, None, NEEDS_SIGN_IN),
    HttpRow("patch", "/api/email", {}, NEW_EMAIL, (*("invalid_token",) * 4, "unauthorized")),
    HttpRow(
        "post",
        "/api/register",
        {},
        {"email": "{fresh}@example.com", "name": "F", "password": CHANGED},
        ANYONE,
        reach="any",
    ),
    HttpRow("post", "/api/login", {}, {"email": "{email}", "password": "{password}"}, ANYONE, reach="any"),
    HttpRow("get", "/api/refresh_credentials", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/change_password", {}, {"password": CHANGED}, NEEDS_SIGN_IN, alone=True),
    HttpRow("post", "/api/logout", {}, None, NEEDS_SIGN_IN, alone=True),
    HttpRow("post", "/api/signout_all", {}, None, NEEDS_SIGN_IN, alone=True),
    HttpRow("get", "/api/sessions", {}, None, NEEDS_SIGN_IN),
    HttpRow("delete", "/api/sessions", {}, None, NEEDS_SIGN_IN, alone=True),
    HttpRow("delete", "/api/sessions/{session_id}", {}, None, NO_SESSION),
    HttpRow("get", "/api/tokens", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/tokens", {}, {"name": "Script", "scopes": ["read"]}, NEEDS_SIGN_IN),
    HttpRow("delete", "/api/tokens/{token_id}", {}, None, NO_SESSION),
    HttpRow("get", "/api/bots", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/bots", {}, {"name": "bot-{fresh}", "display_name": "Bot"}, NEEDS_SIGN_IN),
    HttpRow("delete", "/api/bots/{bot_id}", {}, None, NO_SESSION),
    HttpRow("patch", "/api/password", {}, NEW_PASSWORD, NEEDS_SIGN_IN, alone=True),
    HttpRow("post", "/api/account/delete", {}, GOING, NEEDS_SIGN_IN, alone=True),
    HttpRow("get", "/api/account/export", {}, None, NEEDS_SIGN_IN),
    HttpRow("patch", "/api/profile", {}, {"theme": "night"}, NEEDS_SIGN_IN, reach="write"),
    HttpRow("put", "/api/profile/picture", {}, {}, NO_PICTURE, reach="write"),
    HttpRow("delete", "/api/profile/picture", {}, None, NEEDS_SIGN_IN, reach="write"),
    HttpRow("get", "/pictures/{picture}/{file}", {}, None, FIVE_NOT_FOUND, reach="any"),
    HttpRow("get", "/api/passkeys", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/passkeys/proof", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/passkeys/begin", {}, KNOWN, NEEDS_SIGN_IN),
    HttpRow("post", "/api/passkeys", {}, A_PASSKEY, FORGED),
    HttpRow("patch", "/api/passkeys/{passkey_id}", {}, {"name": "Phone"}, NO_PASSKEY),
    HttpRow("post", "/api/passkeys/{passkey_id}/remove", {}, KNOWN, NO_PASSKEY),
    HttpRow("get", "/api/keys", {}, None, NEEDS_SIGN_IN),
    HttpRow("post", "/api/keys", {}, {}, EMPTY_BODY),
    HttpRow("get", "/api/keys/{user_id}", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("get", "/api/users", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("get", "/api/users/{user}", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("get", "/api/messages", {"conversation_id": "{conversation}"}, None, READERS, reach="read"),
    HttpRow("get", "/api/messages", {"lastTimestamp": "0"}, None, ANYONE, reach="read"),
    HttpRow("get", "/api/conversations/private/{user_id}", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("get", "/api/sync", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("get", "/api/sync", {"conversation_id": "{conversation}"}, None, READERS, reach="read"),
    HttpRow("get", "/api/channels", {}, None, ANYONE, reach="read"),
    HttpRow("post", "/api/channels", {}, {"title": "Boats"}, NEEDS_SIGN_IN, reach="write"),
    HttpRow("get", "/api/channels/{channel_id}", {}, None, (OK, OK, OK, OK, "not_found"), reach="read"),
    HttpRow("patch", "/api/channels/{channel_id}", {}, {"title": "Ships"}, OWNERS, reach="write"),
    HttpRow("delete", "/api/channels/{channel_id}", {}, None, CLOSERS, reach="write"),
    HttpRow("put", "/api/channels/{channel_id}/subscription", {}, None, NEEDS_SIGN_IN, reach="write"),
    HttpRow("delete", "/api/channels/{channel_id}/subscription", {}, None, SUBSCRIBERS, reach="write"),
    HttpRow("get", "/api/conduct", {}, None, NO_CONDUCT, reach="read"),
    HttpRow("put", "/api/conduct", {}, {"version": "0"}, NO_CONDUCT),
    HttpRow("get", "/api/leaderboard", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow(
        "put", "/api/conversations/{conversation_id}/members/{user_id}", {}, {"role": "member"}, ON_OWNER, reach="write"
    ),
    HttpRow("delete", "/api/conversations/{conversation_id}/members/{user_id}", {}, None, ON_OWNER, reach="write"),
    HttpRow("get", "/api/conversations/{conversation_id}/sanctions", {}, None, MODERATORS, reach="read"),
    HttpRow("put", "/api/conversations/{conversation_id}/sanctions/{user_id}/{kind}", {}, {}, ON_OWNER, reach="write"),
    HttpRow(
        "delete", "/api/conversations/{conversation_id}/sanctions/{user_id}/{kind}", {}, None, ON_OWNER, reach="write"
    ),
    HttpRow(
        "put", "/api/conversations/{conversation_id}/messages/{message_id}/removal", {}, {}, ON_OWNER, reach="write"
    ),
    HttpRow("post", "/api/invitations", {}, {"note": "for Ada"}, NO_ADMINS),
    HttpRow("get", "/api/invitations", {}, None, NEEDS_SIGN_IN),
    HttpRow("delete", "/api/invitations/{invitation_id}", {}, None, NOBODYS),
    HttpRow("get", "/api/admin/invitations", {}, None, NO_ADMINS),
    HttpRow("post", "/api/reports", {}, {"user_id": "{user_id}", "reason": "Rude"}, NEEDS_SIGN_IN, reach="write"),
    HttpRow("get", "/api/admin/reports", {}, None, ADMINS),
    HttpRow("post", "/api/admin/reports/{report_id}/resolution", {}, {"resolution": "Done"}, ADMINS),
    HttpRow("get", "/api/admin/audit", {}, None, ADMINS),
    HttpRow("get", "/api/choices", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("put", "/api/choices/{kind}/{about_id}", {}, None, NEEDS_SIGN_IN, reach="write"),
    HttpRow("delete", "/api/choices/{kind}/{about_id}", {}, None, NEEDS_SIGN_IN, reach="write"),
    HttpRow("get", "/api/rooms", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("post", "/api/rooms", {}, {"title": "Tea"}, NEEDS_SIGN_IN, reach="write"),
    HttpRow("get", "/api/rooms/{room_id}", {}, None, ANYONE, reach="read"),  # who knows the id; nobody else can say it
    HttpRow("delete", "/api/rooms/{room_id}", {}, None, OWNER_ENDS_IT, reach="write"),
    HttpRow(
        "post",
        "/api/rooms/{room_id}/join",
        {},
        {"name": "Guest", "public_key": "{public_key}"},
        ANYONE_ONCE,
        reach="write",
    ),
    HttpRow("delete", "/api/rooms/{room_id}/participants/{participant_id}", {}, None, OWNER_PUTS_OUT, reach="write"),
    HttpRow("get", "/api/rooms/{room_id}/messages", {}, None, ANYONE, reach="read"),
    HttpRow("post", "/api/rooms/{room_id}/messages", {}, UNSIGNED, FIVE_UNSIGNED, reach="write"),
    HttpRow("get", "/api/groups", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("get", "/api/groups/{group_id}", {}, None, NEEDS_SIGN_IN, reach="read"),
    HttpRow("patch", "/api/groups/{group_id}", {}, {"about": "Boats"}, DECIDERS, reach="write"),
    HttpRow("put", "/api/groups/{group_id}/membership", {}, None, NEEDS_SIGN_IN, reach="write"),
    HttpRow("delete", "/api/groups/{group_id}/membership", {}, None, SUBSCRIBERS, reach="write"),
    HttpRow("get", "/api/groups/{group_id}/requests", {}, None, SUBSCRIBERS, reach="read"),
    HttpRow("delete", "/api/groups/{group_id}/requests/{user_id}", {}, None, DECLINERS, reach="write"),
    HttpRow("put", "/api/groups/{group_id}/picture", {}, {}, NO_PICTURE, reach="write"),
    HttpRow("delete", "/api/groups/{group_id}/picture", {}, None, DECIDERS, reach="write"),
    HttpRow("get", "/user", {}, None, ANYONE, reach="read"),
    HttpRow("get", "/user/{user_name}", {}, None, ANYONE, reach="read"),
    HttpRow(
        "post", "/user/{user_name}", {}, {"about": "Boats"}, (OK, *("forbidden",) * 3, "unauthorized"), reach="write"
    ),
    HttpRow("put", "/user/{user_name}", {}, {"about": "Boats"}, (OK, *("id_taken",) * 4), reach="write"),
    HttpRow("get", "/group", {}, None, ANYONE, reach="read"),
    HttpRow("get", "/group/{group_id}", {}, None, ANYONE, reach="read"),
    HttpRow("post", "/group/{group_id}", {}, {"name": "Besties"}, SUBSCRIBERS, reach="write"),
    HttpRow("put", "/group/{group_id}", {}, {}, EMPTY_BODY, reach="write"),
    HttpRow("get", "/chat/{chat_id}", {}, None, READERS, reach="read"),
    HttpRow("post", "/chat/{chat_id}", {}, SAID_BY_OWNER, SPEAKERS, reach="write"),
    HttpRow("put", "/chat/{chat_id}", {}, SAID_BY_OWNER, SPEAKERS, reach="write"),
    HttpRow("get", "/config.json", {}, None, ANYONE, reach="any"),
    HttpRow("get", "/healthz", {}, None, ANYONE, reach="any"),
    HttpRow("get", "/readyz", {}, None, ANYONE, reach="any"),
    HttpRow("get", "/metrics", {}, None, ANYONE, reach="any"),  # of this machine; from elsewhere a token is asked for
]
