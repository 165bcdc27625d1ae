"""Who may make an account: the bodies about invitations, of challenges, and of what an operator's hook is asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hubbub.wire.resources import About, Body, NewDisplayName

MOST_USES = 1000
MOST_DAYS = 365

Purpose = Literal["register", "login"]


class NewInvitation(Body, kw_only=True):
    """`note` is for who makes it: for whom it is."""

    note: Annotated[str, Meta(max_length=128)] = ""
    uses: Annotated[int, Meta(ge=1, le=MOST_USES, description="Accounts that it is good for.")] = 1
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS, description="For how long.")] = 7


class InvitationRow(msgspec.Struct, kw_only=True):
    """`user_id`: who made it, null: the operator."""

    id: str
    user_id: str | None
    note: str
    uses: int
    used: int
    inserted_at: str
    expires_at: str


class MadeInvitation(msgspec.Struct, kw_only=True):
    """`code` and the `link` that has it are shown this once."""

    invitation: InvitationRow
    code: str
    link: str


class InvitationList(msgspec.Struct, kw_only=True):
    """Those that still let somebody in, the newest first."""

    items: list[InvitationRow]


class ChallengeParameters(msgspec.Struct, kw_only=True, rename="camel"):
    """As altcha has them, version 2: a key is wanted that begins with `keyPrefix` (hexadecimal)."""

    algorithm: str
    nonce: str
    salt: str
    cost: int
    key_length: int
    key_prefix: str
    expires_at: int
    data: dict[str, Any]


class Challenge(msgspec.Struct, kw_only=True):
    """A proof of work, as altcha's widget takes it. Good for one request of its purpose (`parameters.data`)."""

    parameters: ChallengeParameters
    signature: str


class HookQuestion(msgspec.Struct, kw_only=True):
    """What `registration_hook` is asked. `name`: the handle, where a certain one is wanted."""

    email: str
    display_name: str
    name: str | None
    invited: bool


class HookProfile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a hook may say of who registers: nothing that gives them rights."""

    display_name: NewDisplayName | None = None
    about: About | None = None


class HookAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`refuse`: a sentence for the person, who is not let in."""

    refuse: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    profile: HookProfile | None = None
