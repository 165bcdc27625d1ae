"""The body of every HTTP resource: what is sent and what is answered (seed 003; Hubbub protocol, section 5).

Keys beyond the seed's are additions; the seed's own are never renamed or left out. Unknown keys of requests
are ignored, so that clients may be newer than the server.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hubbub.wire.documents import JsonObject, check_document
from hubbub.wire.errors import BadInput
from hubbub.wire.events import Changed, ChoiceRow, ConversationRow, Lifetime, MessageRow
from hubbub.wire.keys import UUID, Kdf, Slot, SlotName
from hubbub.wire.links import Link
from hubbub.wire.sessions import DeviceName
from hubbub.wire.signing import b64u_decode

LONGEST_TOKEN = 512
LONGEST_CREDENTIAL = 1364  # 1,023 bytes as base64url (WebAuthn level 3, 4)
MOST_RECENTS = 50
DERIVED_BYTES = 32

Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
        description="An e-mail address; compared without regard to case.",
        examples=["test@example.com"],
    ),
]
CredentialId = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_CREDENTIAL, description="Of a WebAuthn credential, as base64url.")
]
Password = Annotated[str, Meta(min_length=1, max_length=1024, examples=["VerySecurePassword1!"])]
NewPassword = Annotated[str, Meta(min_length=8, max_length=1024, examples=["VerySecurePassword2!"])]
DisplayName = Annotated[str, Meta(min_length=1, max_length=128, examples=["My Cool Name"])]
RefreshToken = Annotated[str, Meta(min_length=1, max_length=LONGEST_TOKEN)]
OperationId = Annotated[str, Meta(min_length=1, max_length=64, description="Made by the client; makes a repeat safe.")]
InvitationCode = Annotated[
    str, Meta(min_length=1, max_length=128, description="Of an invitation, where one is needed to register.")
]
NewId = Annotated[str, Meta(pattern=f"^{UUID}$", description="A UUID, in lower case.")]
CaptchaSolution = Annotated[
    str,
    Meta(max_length=4096, description="What `/auth/captcha` asks for, solved: base64, as altcha's widget makes it."),
]
NewDisplayName = Annotated[
    str, Meta(min_length=1, max_length=128, pattern=r"\S", description="Blanks around it are taken off.")
]
About = Annotated[str, Meta(max_length=500, description="What the user says of themselves.")]
Theme = Literal["day", "night"]
Magnification = Annotated[float, Meta(ge=0.7, le=1.4)]
Agreement = Literal["none", "open", "accepted"]
Period = Literal["day", "week", "all"]
Recent = Annotated[str, Meta(min_length=1, max_length=512)]
Id = Annotated[str, Meta(min_length=36, max_length=36)]
Reason = Annotated[str, Meta(max_length=1000, description="Shown to those whom it concerns.")]
Recents = Annotated[list[Recent], Meta(max_length=MOST_RECENTS)]


class Body(msgspec.Struct, kw_only=True):
    """What a client sends. Text with NUL characters is refused here, for every field at once."""

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            check_document(getattr(self, field), field)


# --- what is sent -------------------------------------------------------------------------------------------


class Assertion(Body, kw_only=True):
    """What an authenticator answered to a challenge: an AuthenticationResponseJSON of WebAuthn level 3, 5.1."""

    id: CredentialId
    response: AssertionResponse


class AssertionResponse(Body, kw_only=True, rename="camel"):
    client_data_json: Annotated[str, Meta(min_length=1, max_length=8192)] = msgspec.field(name="clientDataJSON")
    authenticator_data: Annotated[str, Meta(min_length=1, max_length=8192)]
    signature: Annotated[str, Meta(min_length=1, max_length=4096)]
    user_handle: Annotated[str, Meta(max_length=128)] | None = None


class Proof(Body, kw_only=True):
    """That it is really the owner of the account who asks: the current `password` as it is sent to sign in, or what a
    `passkey` answered to `POST /api/passkeys/proof`. Empty: that the sign-in is younger than five minutes.
    """

    password: Password | None = None
    passkey: Assertion | None = None


class Login(Body, kw_only=True):
    """`device_proof`, of an earlier answer, says that this device was signed in to the account before: then the wrong
    passwords that others try do not count against it.
    """

    email: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Password
    device_name: DeviceName | None = None
    device_proof: Annotated[str, Meta(max_length=128)] | None = None
    captcha: CaptchaSolution | None = None


class Refresh(Body, kw_only=True):
    """`op_id` makes a repeat of the same exchange, within five minutes, give the same answer."""

    token: RefreshToken
    op_id: OperationId | None = None


class Prelogin(Body, kw_only=True):
    email: Annotated[str, Meta(min_length=1, max_length=254)]


class SetPassword(Body, kw_only=True):
    """With `kdf`, `new_password` is what the client derived by it, and `slot` the account key under the rest.

    A change that brings no `slot` deletes the old one; one without `kdf` says that the password is sent as it is typed.
    """

    new_password: NewPassword
    new_password_confirmation: Password
    kdf: Kdf | None = None
    slot: Slot | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kdf is not None:
            _require_derived(self.new_password, "new_password")
        elif self.slot is not None:
            raise BadInput("slot: it is opened by what kdf gives; send both.")


class ChangePassword(SetPassword, kw_only=True):
    """In place of the current `password` there may be another `proof`: an account may have none."""

    password: Password | None = None
    proof: Proof | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_proof(self.password, self.proof)


class DeleteAccount(Body, kw_only=True):
    """`messages`: what becomes of what one wrote: it is removed everywhere, or stays under no name. `leaves`: by the id
    of each sealed group that one is in, the signed link that leaves it; where it is missing, or comes too late, one
    stays a member there without a name until another takes one out.
    """

    messages: Literal["remove", "keep"]
    leaves: Annotated[dict[str, list[JsonObject]], Meta(max_length=1000)] = {}
    password: Password | None = None
    proof: Proof | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_proof(self.password, self.proof)


def require_proof(password: Password | None, proof: Proof | None) -> None:
    """Raise `BadInput` when neither is there."""
    if password is None and proof is None:
        raise BadInput("password: send the current one, or another proof.")


class ChangeProfile(Body, kw_only=True):
    """What is left out stays as it is."""

    hidden: bool | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET
    magnification: Magnification | UnsetType = UNSET
    recents: Recents | UnsetType = UNSET
    display_name: NewDisplayName | UnsetType = UNSET
    about: About | UnsetType = UNSET
    op_id: OperationId | UnsetType = UNSET


class NewIdentityKey(Body, kw_only=True):
    """The next entry of the user's history of identity keys; keys and signatures are base64url."""

    ik: Annotated[str, Meta(min_length=43, max_length=43)]
    seq: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    signature: Annotated[str, Meta(min_length=86, max_length=86)]
    previous_signature: Annotated[str, Meta(min_length=86, max_length=86)] | None = None
    wrapped_seed: Annotated[str, Meta(min_length=1, max_length=1024)] | None = None


class NewUserKey(Body, kw_only=True):
    """The user's own conversation key: a JWK, signed by the identity key, and its private part wrapped by
    the client.
    """

    public_key: JsonObject
    private_key: JsonObject | None = None


class RegisterKeys(Body, kw_only=True):
    """`slots` replace those of the same names, which takes the current `password` as it is sent to sign in, or another
    `proof`. Slots that come with a new `identity` are all that are left: the account key is a new one, too.
    """

    identity: NewIdentityKey | None = None
    user_key: NewUserKey | None = None
    slots: Annotated[dict[SlotName, Slot], Meta(min_length=1)] | None = None
    password: Password | None = None
    proof: Proof | None = None


class FirstSlots(Body, kw_only=True):
    password: Slot
    recovery: Slot


class RecoverySlot(Body, kw_only=True):
    recovery: Slot


class Registration(Body, kw_only=True):
    """What an account is made of, whichever is the first way into it. Keys are made for an `id` of the client's."""

    email: Email
    display_name: DisplayName | None = None
    id: Annotated[str, Meta(min_length=36, max_length=36, description="A fresh UUID.")] | None = None
    identity: NewIdentityKey | None = None
    user_key: NewUserKey | None = None
    device_name: DeviceName | None = None
    invitation: InvitationCode | None = None
    captcha: CaptchaSolution | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_id("identity", "user_key")

    def _require_id(self, *names: str) -> None:
        for name in names:
            if self.id is None and getattr(self, name) is not None:
                raise BadInput(f"{name}: it is made for the id of the account; send both.")


class Register(Registration, kw_only=True):
    """With `kdf`, `password` is what the client derived by it."""

    password: NewPassword
    kdf: Kdf | None = None
    slots: FirstSlots | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kdf is not None:
            _require_derived(self.password, "password")
        elif self.slots is not None:
            raise BadInput("slots: the password slot is opened by what kdf gives; send both.")
        self._require_id("slots")


def _require_derived(password: str, name: str) -> None:
    """A client that says `kdf` and sends what was typed has a mistake that must not go unnoticed."""
    try:
        b64u_decode(password, DERIVED_BYTES)
    except ValueError:
        raise BadInput(f"{name}: with kdf it is what was derived, {DERIVED_BYTES} bytes as base64url.") from None


class AcceptConduct(Body, kw_only=True):
    """`version` is that of the text which was shown."""

    version: Annotated[str, Meta(min_length=1, max_length=64)]


class ChatRegister(Body, kw_only=True):
    """Seed 004's registration."""

    email: Email
    name: DisplayName
    password: NewPassword
    invitation: InvitationCode | None = None
    captcha: CaptchaSolution | None = None


class ChatLogin(Body, kw_only=True):
    """Seed 004's sign-in; its clients send a `name`, too, which tells nothing."""

    email: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Password
    captcha: CaptchaSolution | None = None


class NewChatPassword(Body, kw_only=True):
    """`current_password` is needed where the keys of an account hang on it (where `kdf` was set), and five minutes
    after signing in.
    """

    password: NewPassword
    current_password: Password | None = None


# --- what is answered ---------------------------------------------------------------------------------------


class OwnUser(msgspec.Struct, kw_only=True):
    """A user as they see themselves; also the row `settings` of their stream. The address of a bot is empty.

    `confirmed`: the address is proven to be theirs. `picture` names it in `/pictures/{picture}/256.webp`; null: there
    is none. `conduct`: whether they agreed to the code of conduct as it is now; `none`: this server has none.
    """

    id: str
    email: str
    confirmed: bool
    display_name: str
    about: str
    picture: str | None
    hidden: bool
    theme: Theme
    magnification: float
    recents: list[str]
    name: str
    admin: bool
    conduct: Agreement


class PublicUser(msgspec.Struct, kw_only=True):
    """A user as another one sees them. `email` is null unless the two share a conversation into which one is let by
    its members: a private one or a group that not anyone may join. `picture` is as in `OwnUser`. `bot`: it is a
    program's account.
    """

    id: str
    email: str | None
    display_name: str
    name: str
    about: str
    picture: str | None
    bot: bool


class ChatAccount(msgspec.Struct, kw_only=True):
    """An account as seed 004 knows it; the credentials are in the headers `Authorization` and `Set-Cookie`."""

    id: str
    email: str
    name: str


class Stretching(msgspec.Struct, kw_only=True):
    """How to stretch the password that belongs to an address; made up where nothing is known of the address."""

    kdf: Kdf


class SignedIn(msgspec.Struct, kw_only=True):
    """`conversations`: those that the user is a member of; `users`: everyone else in those into which one is let by
    their members. Who is in the others is told where one joins them. `device_proof` is for the device's next sign-in.
    """

    user: OwnUser
    conversations: list[ConversationRow]
    users: list[PublicUser]
    auth_token: str
    refresh_token: str
    device_proof: str


class Profile(msgspec.Struct, kw_only=True):
    hidden: bool
    theme: Theme
    magnification: float
    recents: list[str]
    display_name: str
    about: str


class OwnPicture(msgspec.Struct, kw_only=True):
    """`picture` names it in `/pictures/{picture}/256.webp`."""

    picture: str


class UserPage(msgspec.Struct, kw_only=True):
    """`page_token` is null on the last page."""

    items: list[PublicUser]
    page_token: str | None


class PrivateConversation(msgspec.Struct, kw_only=True):
    conversation_id: str | None


class ChoiceList(msgspec.Struct, kw_only=True):
    """All that one set for oneself, by kind and id."""

    items: list[ChoiceRow]


ChannelTitle = Annotated[str, Meta(min_length=1, max_length=128)]
ChannelAbout = Annotated[str, Meta(max_length=1000, description="What is talked about in it.")]
Reading = Annotated[Literal["members", "anyone"], Meta(description="`anyone`: also without an account.")]
Posting = Annotated[Literal["members", "moderators"], Meta(description="Who may write; its owner may in any case.")]


class ChangeRole(Body, kw_only=True):
    role: Literal["moderator", "member"]


class NewSanction(Body, kw_only=True):
    """`until` (RFC 3339 in UTC) is when it ends by itself. `links`: to ban a member of a sealed group takes a signed
    link that removes them.
    """

    reason: Reason = ""
    until: datetime | None = None
    links: Annotated[list[Link], Meta(max_length=1)] = []


class SanctionRow(msgspec.Struct, kw_only=True):
    """What a moderator decided: `mute`, the user may not write; `ban`, they may not come in."""

    user_id: str
    kind: Literal["mute", "ban"]
    moderator_id: str
    reason: str
    until: str | None
    inserted_at: str


class SanctionList(msgspec.Struct, kw_only=True):
    items: list[SanctionRow]


class NewRemoval(Body, kw_only=True):
    reason: Reason = ""


class NewReport(Body, kw_only=True):
    """About a message of a conversation, about a conversation as such, or about a user.

    `excerpt`: of an encrypted message, what the reporter shows of it.
    """

    conversation_id: Id | None = None
    message_group_id: Id | None = None
    user_id: Id | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]
    excerpt: Annotated[str, Meta(max_length=4000)] | None = None


class Resolution(Body, kw_only=True):
    resolution: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class ReportRow(msgspec.Struct, kw_only=True):
    """`user_id`: whom it is about, of a message its author. `resolved_by` and `resolved_at` are null while it waits."""

    id: str
    reporter_id: str
    conversation_id: str | None
    message_group_id: str | None
    user_id: str | None
    reason: str
    excerpt: str | None
    resolution: str | None
    resolved_by: str | None
    resolved_at: str | None
    inserted_at: str


class ReportPage(msgspec.Struct, kw_only=True):
    """`page_token` is null on the last page."""

    items: list[ReportRow]
    page_token: str | None


class AuditRow(msgspec.Struct, kw_only=True):
    """That `actor_id` did `action`; `detail` are their own words."""

    id: str
    actor_id: str
    action: str
    conversation_id: str | None
    user_id: str | None
    message_group_id: str | None
    detail: str
    inserted_at: str


class AuditPage(msgspec.Struct, kw_only=True):
    """`page_token` is null on the last page."""

    items: list[AuditRow]
    page_token: str | None


class NewChannel(Body, kw_only=True):
    """`title` is what people read; the `name` in addresses is made from it. `id` is a fresh UUID, for repeats."""

    title: ChannelTitle
    about: ChannelAbout = ""
    id: Annotated[str, Meta(min_length=36, max_length=36, description="A fresh UUID.")] | None = None


class ChangeChannel(Body, kw_only=True):
    """What is left out stays as it is."""

    title: ChannelTitle | UnsetType = UNSET
    about: ChannelAbout | UnsetType = UNSET
    reading: Reading | UnsetType = UNSET
    posting: Posting | UnsetType = UNSET


class Channel(msgspec.Struct, kw_only=True):
    """A channel as one reader sees it; `members` is how many subscribe to it."""

    id: str
    name: str
    title: str
    about: str
    reading: str
    posting: str
    owner_id: str
    inserted_at: str
    members: int
    subscribed: bool


class ChannelPage(msgspec.Struct, kw_only=True):
    """`page_token` is null on the last page."""

    items: list[Channel]
    page_token: str | None


class ConductText(msgspec.Struct, kw_only=True):
    """The code of conduct in Markdown; `version` is another one whenever the text is."""

    text: str
    version: str
    accepted: bool


class Ranked(msgspec.Struct, kw_only=True):
    """A place on the leader-board; who has as many points shares the rank. `reactions` are those that others gave."""

    rank: int
    user: PublicUser
    messages: int
    reactions: int
    points: int


class Leaderboard(msgspec.Struct, kw_only=True):
    """The best first. Who hides when they are online is here all the same: it says what everyone can read."""

    period: Period
    items: list[Ranked]


class NewRoom(Body, kw_only=True):
    """`encrypted`: what is said is sealed by a key in the link, after the `#`, which the server never gets."""

    title: Annotated[str, Meta(max_length=128)] | None = None
    encrypted: bool = False
    id: OperationId | None = None


class JoinProof(Body, kw_only=True):
    """That one has the key: `signature`, by it, over "hubbub-room-join/1", the room and the `nonce` of the refusal."""

    nonce: Annotated[str, Meta(max_length=256)]
    signature: Annotated[str, Meta(max_length=256)]


class JoinRoom(Body, kw_only=True):
    """`name` is a wish; `public_key` is Ed25519, 32 bytes as base64url. `proof` is for a key that was there before."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    public_key: Annotated[str, Meta(min_length=43, max_length=43)]
    proof: JoinProof | None = None


class Participant(msgspec.Struct, kw_only=True):
    """Who takes part in a room: `name` is theirs alone there, `user_id` null for a guest."""

    id: str
    name: str
    user_id: str | None
    public_key: str


class Room(msgspec.Struct, kw_only=True):
    """`link` is for people. It ends `idle_after` seconds after the last message or join, at the latest at `ends_at`,
    `longest` seconds after it began. `history_limit`: messages that are kept. `participants`: everyone who ever joined.
    """

    id: str
    title: str | None
    encrypted: bool
    link: str
    owner_id: str
    ends_at: str
    idle_after: int
    longest: int
    history_limit: int
    participants: list[Participant]
    inserted_at: str


class RoomList(msgspec.Struct, kw_only=True):
    items: list[Room]


class JoinedRoom(msgspec.Struct, kw_only=True):
    """`ticket` is what the participant joins the room's topic with, on the socket; it lasts as long as the room."""

    participant: Participant
    room: Room
    ticket: str


class NewRoomMessage(Body, kw_only=True):
    """`signature`: of the participant, over "hubbub-room/1", the room, `id` (a fresh UUID), their unique name, `text`.

    In an encrypted room `text` is base64url of nonce and ciphertext.
    """

    id: Annotated[str, Meta(min_length=36, max_length=36)]
    participant: Annotated[str, Meta(min_length=36, max_length=36)]
    text: str
    signature: Annotated[str, Meta(max_length=256)] = ""


class RoomMessages(msgspec.Struct, kw_only=True):
    """Messages of a room, oldest first; `authors` are the participants who wrote them, by id."""

    items: list[MessageRow]
    authors: dict[str, Participant]


class ChangeGroup(Body, kw_only=True):
    """What is left out stays as it is. `public_key`: an X25519 JWK, to which requests to be let in are sealed."""

    about: About | UnsetType = UNSET
    listed: bool | UnsetType = UNSET
    public_key: JsonObject | UnsetType | None = UNSET
    expires_in: Lifetime | UnsetType | None = UNSET


class AskToJoin(Body, kw_only=True):
    """`request`: what one says to the members, sealed to the group's `public_key` (base64url)."""

    request: Annotated[str, Meta(min_length=64, max_length=8192, pattern=r"^[A-Za-z0-9_-]+$")] | None = None


class Group(msgspec.Struct, kw_only=True):
    """A group as one reader sees it; `members` is how many are in it, `member` and `requested` are the reader's own.

    `joining`: `anyone`, or `members`, who let newcomers in, `approvals` of them (0: all). `public_key` is a JWK.
    """

    id: str
    title: str | None
    about: str
    picture: str | None
    encrypted: bool
    joining: str
    approvals: int
    listed: bool
    members: int
    member: bool
    requested: bool
    public_key: JsonObject | None
    owner_id: str
    inserted_at: str


class GroupPage(msgspec.Struct, kw_only=True):
    """`page_token` is null on the last page."""

    items: list[Group]
    page_token: str | None


class JoinRequest(msgspec.Struct, kw_only=True):
    """Somebody asks to be let in; `request` is as in `AskToJoin`."""

    user: PublicUser
    request: str | None
    inserted_at: str


class JoinRequests(msgspec.Struct, kw_only=True):
    """The oldest first."""

    items: list[JoinRequest]


class IdentityEntry(msgspec.Struct, kw_only=True):
    """One identity key of a user's history, `seq` counting from 1; `inserted_at` in RFC 3339."""

    ik: str
    seq: int
    signature: str
    previous_signature: str | None
    inserted_at: str


class OwnIdentityEntry(IdentityEntry, kw_only=True):
    wrapped_seed: str | None


class UserKey(msgspec.Struct, kw_only=True):
    gen: int
    public_key: JsonObject
    inserted_at: str


class OwnUserKey(UserKey, kw_only=True):
    private_key: JsonObject | None


class PublicKeys(msgspec.Struct, kw_only=True):
    """What others encrypt to and check: the whole history of identity keys, oldest first, and the newest
    user key.
    """

    user_id: str
    identity: list[IdentityEntry]
    user_key: UserKey | None


class OwnKeys(msgspec.Struct, kw_only=True):
    """One's own keys with what only the user may have; `user_keys` newest first.

    `kdf` is null where the password is sent as it is typed.
    """

    user_id: str
    identity: list[OwnIdentityEntry]
    user_keys: list[OwnUserKey]
    slots: dict[SlotName, Slot]
    kdf: Kdf | None


class ClientSettings(msgspec.Struct, kw_only=True):
    """What the web client shows of the server. `logo`: a path or an address; `accent`: `#rrggbb`; null: its own.

    `api` is the origin of the API; empty: the page's own. `conduct` is the version of the code of conduct; null: there
    is none, and `/api/conduct` need not be asked. `registration`: who may make an account; `captcha`: whether pages
    solve a challenge for that, and for signing in.
    """

    name: str
    logo: str | None
    accent: str | None
    api: str
    version: str
    conduct: str | None
    registration: Literal["open", "invited", "closed"]
    captcha: bool


class SettingsPush(msgspec.Struct, kw_only=True):
    """Event `settings` on `user:{id}`: one row of the user's stream."""

    user_version: int
    changes: list[Changed]


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """RFC 9457. `code` is stable, for programs; `detail` is a sentence for people and may change."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    current: Any = None
