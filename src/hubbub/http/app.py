"""The HTTP door: routes of seed 003 and ours, each of which parses, calls one action or query, and renders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import CacheControlHeader
from litestar.types import ControllerRouterHandler

from hubbub.actions.accounts import Accounts
from hubbub.actions.api_tokens import TokenMaking
from hubbub.actions.bots import Bots
from hubbub.actions.channels import Channels
from hubbub.actions.choices import Choices
from hubbub.actions.closing import Closing
from hubbub.actions.conduct import Conduct
from hubbub.actions.departing import Departing
from hubbub.actions.directory import Directory
from hubbub.actions.exporting import Exporting
from hubbub.actions.groups import Groups
from hubbub.actions.invitations import Invitations
from hubbub.actions.join_requests import JoinRequests
from hubbub.actions.leaderboard import Leaderboards
from hubbub.actions.moderation import Moderation
from hubbub.actions.passkeys import Passkeys
from hubbub.actions.pictures import Pictures
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.actions.proving import Proving
from hubbub.actions.removals import Removals
from hubbub.actions.reports import Reports
from hubbub.actions.room_expelling import RoomExpelling
from hubbub.actions.room_joining import RoomJoining
from hubbub.actions.room_talk import RoomTalk
from hubbub.actions.rooms import Rooms
from hubbub.actions.sessions import Sessions
from hubbub.actions.signing_in import SigningIn
from hubbub.actions.user_keys import UserKeys
from hubbub.auth.api_tokens import ApiTokens
from hubbub.auth.limits import Addresses, Limiter
from hubbub.auth.revocations import Revocations
from hubbub.auth.tokens import Tokens
from hubbub.http.account_routes import account_routes, key_routes
from hubbub.http.address_routes import Mailboxes, address_routes, mail_token_routes
from hubbub.http.auth_routes import auth_routes
from hubbub.http.bearer import signed_in
from hubbub.http.channel_routes import channel_routes
from hubbub.http.chat_routes import chat_account_routes, chat_sign_in, renewing
from hubbub.http.choice_routes import choice_routes
from hubbub.http.conduct_routes import conduct_routes
from hubbub.http.cookies import send_credentials
from hubbub.http.documentation import BEARER, documentation
from hubbub.http.group_routes import group_routes
from hubbub.http.invitation_routes import invitation_routes
from hubbub.http.leaderboard_routes import leaderboard_routes
from hubbub.http.link_routes import link_routes
from hubbub.http.moderation_routes import moderation_routes
from hubbub.http.parts import Conversations, Messages, Sync
from hubbub.http.passkey_routes import passkey_routes, passkey_sign_in
from hubbub.http.picture_routes import picture_routes, shown_pictures
from hubbub.http.problems import exception_handlers
from hubbub.http.reading_routes import message_routes, sync_routes, user_routes
from hubbub.http.report_routes import report_routes
from hubbub.http.requests import LARGEST_BODY, HubbubRequest
from hubbub.http.room_routes import room_routes
from hubbub.http.session_routes import session_routes
from hubbub.http.token_routes import bot_routes, token_routes

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")


def create_app(
    *,
    accounts: Accounts,
    signing_in: SigningIn,
    departing: Departing,
    exporting: Exporting,
    passkeys: Passkeys,
    proving: Proving,
    work: ProofOfWork,
    invitations: Invitations,
    mailboxes: Mailboxes,
    keys: UserKeys,
    directory: Directory,
    messages: Messages,
    conversations: Conversations,
    sync: Sync,
    channels: Channels,
    closing: Closing,
    conduct: Conduct,
    leaderboards: Leaderboards,
    choices: Choices,
    moderation: Moderation,
    removals: Removals,
    reports: Reports,
    groups: Groups,
    join_requests: JoinRequests,
    pictures: Pictures,
    rooms: Rooms,
    room_joining: RoomJoining,
    room_expelling: RoomExpelling,
    room_talk: RoomTalk,
    sessions: Sessions,
    tokens: Tokens,
    api_tokens: ApiTokens,
    token_making: TokenMaking,
    bots: Bots,
    revocations: Revocations,
    limiter: Limiter,
    addresses: Addresses,
    origins: Sequence[str],
    public_url: str,
    version: str,
    further_routes: Callable[[], Sequence[ControllerRouterHandler]] = lambda: (),
) -> Litestar:
    """The ASGI application of everything but sockets.

    `origins` are those that browsers may come from (`*`: any). `further_routes` makes routes to serve and document
    beside these; it is called again for the document.
    """

    own = frozenset(origins)

    def routes() -> list[ControllerRouterHandler]:
        api = Router(
            "/api",
            route_handlers=[
                account_routes(accounts, departing, exporting, limiter),
                session_routes(sessions),
                token_routes(token_making),
                bot_routes(bots),
                address_routes(mailboxes, limiter),
                chat_account_routes(accounts, limiter),
                passkey_routes(passkeys, proving, limiter),
                picture_routes(accounts, pictures, limiter),
                key_routes(keys, limiter),
                user_routes(directory),
                message_routes(messages, conversations),
                sync_routes(sync),
                channel_routes(channels, closing),
                room_routes(rooms, room_joining, room_expelling, room_talk, limiter, addresses),
                leaderboard_routes(leaderboards),
                conduct_routes(conduct),
                invitation_routes(invitations),
                choice_routes(choices),
                moderation_routes(moderation, removals),
                report_routes(reports),
                group_routes(groups, join_requests, pictures, limiter),
            ],
            guards=[
                signed_in(
                    tokens, api_tokens, revocations, limiter, addresses, renewing(signing_in, limiter, addresses, own)
                )
            ],
            security=BEARER,
        )
        return [
            auth_routes(accounts, signing_in, work, limiter, addresses),
            passkey_sign_in(passkeys, work, limiter, addresses),
            mail_token_routes(mailboxes, limiter, addresses),
            link_routes(mailboxes.links, work, limiter, addresses),
            chat_sign_in(accounts, work, limiter, addresses, own),
            api,
            shown_pictures(pictures),
            *further_routes(),
        ]

    return Litestar(
        route_handlers=[*routes(), documentation(routes, version, public_url)],
        request_class=HubbubRequest,
        request_max_body_size=LARGEST_BODY,
        exception_handlers=exception_handlers(),
        cors_config=_cors(origins),
        before_send=[send_credentials],
        cache_control=CacheControlHeader(no_store=True),
        openapi_config=None,
        logging_config=None,
    )


def _cors(origins: Sequence[str]) -> CORSConfig:
    """Tokens travel in a header that scripts set: credentials need no leave. Seed 004's cookie is for our own pages."""
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=list(METHODS),  # type: ignore[arg-type]
        allow_headers=["authorization", "content-type"],
        expose_headers=["retry-after"],
        max_age=600,
    )
