"""/api/invitations: who may invite people makes, sees and withdraws what lets them in."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.params import JSONBody, Parameter

from hubbub.actions.invitations import Invitations
from hubbub.http.allowed import allows
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.joining import InvitationList, MadeInvitation, NewInvitation

InvitationId = Annotated[str, Parameter(description="The UUID of the invitation.", schema_extra={"format": "uuid"})]


def invitation_routes(invitations: Invitations) -> Router:
    @post(
        "/invitations",
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 409),
        summary="Invite somebody; the link is shown this once",
    )
    async def invite(request: HubbubRequest, data: JSONBody[NewInvitation]) -> MadeInvitation:
        return await invitations.make(request.user, data)

    @get("/invitations", responses=errors(*SIGNED_IN), summary="One's own invitations that are open")
    async def own_invitations(request: HubbubRequest) -> InvitationList:
        return await invitations.mine(request.user)

    @delete(
        "/invitations/{invitation_id:str}",
        responses=errors(*SIGNED_IN, 404),
        summary="Withdraw an invitation: one's own, and admins anybody's",
    )
    async def withdraw_invitation(request: HubbubRequest, invitation_id: InvitationId) -> None:
        await invitations.withdraw(request.user, require_id(invitation_id, "invitation_id"))

    @get("/admin/invitations", responses=errors(*SIGNED_IN, 403), summary="For admins: all invitations that are open")
    async def all_invitations(request: HubbubRequest) -> InvitationList:
        return await invitations.all(request.user)

    return Router(
        "/",
        route_handlers=[
            allows("/invitations", "GET", "POST"),
            invite,
            own_invitations,
            withdraw_invitation,
            all_invitations,
        ],
        tags=["invitations"],
    )
