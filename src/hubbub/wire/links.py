"""One link of the membership chain of a sealed conversation, as it crosses the network."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Action = Literal["create", "add", "approve", "remove", "leave"]


class Link(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What `actor` says and signs about `user` (one link concerns one user).

    `create` begins the chain with its creator; `add` makes `user` a member; `approve` is one member's consent
    to `user`, where more than one is needed; `remove` ends another's membership, `leave` one's own. `user_ik`
    is the identity key of `user` (b64u, 32 bytes), `gen` the generation of the key that is sealed to;
    `remove` and `leave` repeat what the chain has. `signature` is b64u, 64 bytes, over `signing.link_bytes`.
    `approvals` is said by `create` alone: how many members a later newcomer needs, 0 for all of them.
    """

    action: Action
    user: str
    user_ik: str
    gen: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    actor: str
    signature: str
    approvals: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 1
