"""The only place that wires the parts together: from settings to a server that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple, TypeVar

import structlog
import uvloop
from litestar import Router
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import Engine, event, text

from hubbub.actions.accounts import Accounts
from hubbub.actions.administration import Administration
from hubbub.actions.admission import Admission
from hubbub.actions.api_tokens import TokenMaking
from hubbub.actions.asserting import Asserting
from hubbub.actions.bots import Bots
from hubbub.actions.channels import Channels
from hubbub.actions.chats import Chats
from hubbub.actions.choices import Choices
from hubbub.actions.closing import Closing
from hubbub.actions.composing import Composer
from hubbub.actions.conduct import Conduct, code_of
from hubbub.actions.conversation_keys import ConversationKeys
from hubbub.actions.departing import Departing
from hubbub.actions.directory import Directory
from hubbub.actions.documents import Documents
from hubbub.actions.email_addresses import EmailAddresses
from hubbub.actions.expiring import Expiring
from hubbub.actions.exporting import Exporting
from hubbub.actions.forgotten import Forgotten
from hubbub.actions.groups import Groups
from hubbub.actions.invitations import Invitations
from hubbub.actions.join_requests import JoinRequests
from hubbub.actions.joining import Joining
from hubbub.actions.leaderboard import Leaderboards
from hubbub.actions.lifetimes import Lifetimes
from hubbub.actions.links import Links
from hubbub.actions.listings import Listings
from hubbub.actions.mail_queue import MailQueue
from hubbub.actions.mail_sending import MailSending
from hubbub.actions.mailing import Mailing
from hubbub.actions.membership import Membership
from hubbub.actions.messages import Messages
from hubbub.actions.moderation import Moderation
from hubbub.actions.new_passwords import NewPasswords
from hubbub.actions.passing import Passing
from hubbub.actions.passkeys import Passkeys
from hubbub.actions.pictures import Pictures
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.actions.proving import Proving
from hubbub.actions.publishing import Publisher, conversation_topic
from hubbub.actions.pulling import Pulling
from hubbub.actions.reactions import Reactions
from hubbub.actions.read_marks import ReadMarks
from hubbub.actions.removals import Removals
from hubbub.actions.reports import Reports
from hubbub.actions.room_expelling import RoomExpelling
from hubbub.actions.room_joining import RoomJoining
from hubbub.actions.room_talk import RoomTalk
from hubbub.actions.rooms import RoomLimits, Rooms, RoomView
from hubbub.actions.sessions import Sessions
from hubbub.actions.sharing import Sharing
from hubbub.actions.signing_in import SigningIn
from hubbub.actions.starting import Starting
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.actions.user_keys import UserKeys
from hubbub.auth.api_tokens import ApiTokens
from hubbub.auth.captcha import Captcha
from hubbub.auth.ceremonies import Ceremonies
from hubbub.auth.challenges import Challenges
from hubbub.auth.credentials import Credentials
from hubbub.auth.guessing import Guessing
from hubbub.auth.limits import Addresses, MemoryLimiter, NoLimits, Rule
from hubbub.auth.page_tokens import PageTokens
from hubbub.auth.passwords import Passwords, argon2id
from hubbub.auth.refreshing import RefreshTokens
from hubbub.auth.registration_hook import RegistrationHook
from hubbub.auth.revocations import Revocations
from hubbub.auth.tickets import Tickets
from hubbub.auth.tokens import Tokens
from hubbub.bus.counts import CountStore
from hubbub.bus.counts_memory import MemoryCounts
from hubbub.bus.memory import MemoryBus
from hubbub.bus.port import Bus, Published
from hubbub.bus.presence import PresenceStore
from hubbub.bus.presence_memory import MemoryPresence
from hubbub.collecting import Collecting
from hubbub.config import Settings, WrongSettings
from hubbub.database import database, require_current
from hubbub.first_start import Keys, keys_of
from hubbub.gateway.attendance import Attendance
from hubbub.gateway.channel import Channel
from hubbub.gateway.channels.conversation import ConversationChannel
from hubbub.gateway.channels.room import RoomChannel
from hubbub.gateway.channels.system import SystemChannel
from hubbub.gateway.channels.user import UserChannel
from hubbub.gateway.connection import Connection
from hubbub.gateway.counting import Counting
from hubbub.gateway.gateway import ROOM, Gateway
from hubbub.gateway.livechat import ChatDoor
from hubbub.gateway.presence import Presence
from hubbub.gateway.reference import asyncapi
from hubbub.gateway.topics import Topics
from hubbub.http.address_routes import Mailboxes
from hubbub.http.app import create_app
from hubbub.http.bearer import signed_in, without_cookies
from hubbub.http.chat_entries import chat_entries
from hubbub.http.client_settings import client_settings_routes
from hubbub.http.documentation import BEARER, socket_documentation
from hubbub.http.group_directory import GroupWriting, group_directory
from hubbub.http.operations import Check, Readiness, observed, operations_router
from hubbub.http.user_directory import Users, user_directory
from hubbub.http.web_client import FOLDER, WebClient, beside
from hubbub.mail.composing import Letterhead
from hubbub.mail.delivering import Delivery
from hubbub.mail.folder import FolderDelivery
from hubbub.mail.smtp import SmtpDelivery, relay
from hubbub.monitoring import Metrics
from hubbub.serving import serve
from hubbub.storage.engine import Reader, open_writing_engine
from hubbub.storage.lobby import LOBBY_ID, ensure_lobby
from hubbub.storage.memberships import readers_among
from hubbub.storage.meta import read_epoch
from hubbub.storage.migrate import is_current, migrate
from hubbub.storage.operations import RequestMac
from hubbub.storage.pictures import PictureStore
from hubbub.storage.rosters import Rosters
from hubbub.storage.sweep import DAY, Ages, Sweep
from hubbub.storage.vault import Vault, WrongVaultKey, unlock
from hubbub.storage.writer import Writer
from hubbub.wire.joining import MadeInvitation, NewInvitation

T = TypeVar("T")
log = structlog.get_logger("hubbub.app")


class Worker(NamedTuple):
    """Which of several processes this is. They answer each other in `folder`; `lifeline` ends with the supervisor."""

    number: int = 0
    folder: Path | None = None
    lifeline: int | None = None


# --- the server -------------------------------------------------------------------------------------------------------


def run(settings: Settings, bound: socket, worker: Worker = Worker()) -> None:  # noqa: B008
    """Serve on the bound socket until a signal. Raises `WrongSettings` or `Unavailable` when it cannot begin."""
    keys = keys_of(settings)
    with database(settings) as engine:
        epoch = _prepare(engine, settings)
        uvloop.run(Server(settings, keys, engine, epoch, worker).run(bound))


def _prepare(engine: Engine, settings: Settings) -> str:
    """Make sure that the database is this version's; returns its epoch."""
    if settings.on_sqlite:
        migrate(engine)
    with engine.begin() as connection:
        require_current(connection)
        return read_epoch(connection)


class Server:
    """Every part of one process, made in the order in which they need each other."""

    def __init__(self, settings: Settings, keys: Keys, engine: Engine, epoch: str, worker: Worker) -> None:
        self._settings = settings
        self._worker = worker
        self._metrics = Metrics()
        self._collecting = Collecting(self._metrics, worker.number, worker.folder)
        event.listen(engine, "after_cursor_execute", self._metrics.query)
        self._reader = Reader(engine, threads=4 if settings.on_sqlite else settings.pool_size - 1)
        self._writing = open_writing_engine(engine)
        if self._writing is not engine:
            event.listen(self._writing, "after_cursor_execute", self._metrics.query)
        self._writer = Writer(self._writing, observe=self._metrics.batch)
        self._sweep = Sweep(self._reader, self._writer, ages(settings)) if worker.number == 0 else None
        self._bus, present, attending, counts = _carriers(settings)
        self._publisher = Publisher(self._bus)
        self._expiring = Expiring(self._reader, self._writer, self._publisher) if worker.number == 0 else None
        self._closing = Closing(self._reader, self._writer, self._publisher)
        self._presence = Presence(present, self._reader, self._publisher)
        self._vault = Vault(keys.vault)
        self._mac = RequestMac(keys.signing)
        self._page_tokens = PageTokens(keys.signing)
        self._make_tokens(keys)
        self._limiter = _limiter(settings)
        self._addresses = Addresses(keys.signing)
        self._sending = Rule("sending", settings.messages_per_second, settings.message_burst)
        self._rosters = Rosters(settings.cache_entries, self._metrics.cache)
        self._writer.on_rollback(self._rosters.forget)
        self._make_credentials(keys)
        self._make_mail()
        self._make_doors(keys)
        self._make_identity(keys)
        self._conduct = self._make_conduct()
        self._documents = Documents(
            self._reader,
            self._rosters,
            self._vault,
            self._page_tokens,
            epoch,
            entries=settings.cache_entries,
            counted=self._metrics.cache,
        )
        self._passing = Passing(self._reader, self._publisher, self._rosters)
        self._membership = Membership(
            self._writer, self._publisher, self._rosters, self._mac, max_members=settings.max_members
        )
        self._departing = Departing(
            reader=self._reader,
            writer=self._writer,
            proving=self._proving,
            mailing=self._mailing,
            pictures=self._pictures,
            membership=self._membership,
            reactions=Reactions(self._writer, self._publisher, self._mac),
            publisher=self._publisher,
            revocations=self._revocations,
        )
        self._moderation = Moderation(self._reader, self._writer, self._publisher, self._rosters, self._mac)
        self._starting = Starting(
            self._writer,
            self._publisher,
            self._vault,
            self._mac,
            max_members=settings.max_members,
            envelopes_required=settings.require_envelopes,
        )
        composer = Composer(self._mac, settings.max_body)
        self._messages = Messages(self._writer, self._publisher, self._rosters, self._mac, composer, self._passing)
        self._make_groups()
        self._pulling = Pulling(self._reader, self._rosters, self._vault, epoch)
        self._topics = Topics(self._bus, self._readers_among)
        self._topics.overhear = self._presence.overhear
        self._make_rooms(keys, epoch, attending)
        self._counting = Counting(counts, self._tell_count)
        self._channels = self._make_channels()
        self._gateway = Gateway(
            self._topics,
            self._channels,
            self._tokens,
            self._revocations,
            self._metrics,
            ChatDoor(self._channels["conversation"], self._reader),
            self._counting.tally,
            api_tokens=self._api_tokens,
            origins=frozenset(settings.all_origins),
            max_frame=settings.max_frame,
            max_unsent=settings.max_unsent,
            limited=settings.rate_limits,
        )
        self._http = observed(self._make_http(), self._metrics, settings.trusted_proxies)
        self._watch()

    async def run(self, bound: socket) -> None:
        """Start what runs by itself, serve, and stop it again in the opposite order."""
        asyncio.get_running_loop().set_exception_handler(_report)
        async with contextlib.AsyncExitStack() as running:
            await self._start(running)
            _settle_memory()
            log.info("ready", public_url=self._settings.public_url, listening=_address(bound))
            await serve(
                self._http,
                partial(Connection, self._gateway),
                self._settings,
                bound,
                drain=self._gateway.drain,
                lifeline=self._worker.lifeline,
            )
        log.info("stopped")

    async def _start(self, running: contextlib.AsyncExitStack) -> None:
        running.callback(self._reader.close)
        self._gateway.start()
        await self._bus.start(self._topics.deliver, self._gateway.resync)
        running.push_async_callback(self._bus.close)
        running.push_async_callback(self._limiter.close)
        self._counting.start()
        running.push_async_callback(self._counting.close)
        await self._presence.start()
        running.push_async_callback(self._presence.close)
        await self._attendance.start()
        running.push_async_callback(self._attendance.close)
        self._writer.start()
        running.callback(self._writing.dispose)
        running.push_async_callback(self._writer.close)  # before the bus: what is committed last is still published
        try:
            await unlock(self._vault, self._reader, self._writer)
        except WrongVaultKey as wrong:
            raise WrongSettings([str(wrong)]) from wrong
        await ensure_lobby(self._reader, self._writer)
        await self._mail_sending.start()
        running.push_async_callback(self._mail_sending.close)
        await self._conduct.start()
        await self._revocations.start()
        running.push_async_callback(self._revocations.stop)
        await self._collecting.start()
        running.callback(self._collecting.close)
        running.push_async_callback(self._closing.stop)
        running.push_async_callback(self._departing.stop)
        if self._sweep is not None:
            leaving = asyncio.get_running_loop().create_task(self._departing.forever(), name="departing")
            running.callback(leaving.cancel)
            finishing = asyncio.get_running_loop().create_task(self._closing.forever(), name="closing")
            running.callback(finishing.cancel)
            sweeping = asyncio.get_running_loop().create_task(self._sweep.forever(), name="sweep")
            running.callback(sweeping.cancel)
            ending = asyncio.get_running_loop().create_task(self._rooms.end_forever(), name="ending rooms")
            running.callback(ending.cancel)
        if self._expiring is not None:
            expiring = asyncio.get_running_loop().create_task(self._expiring.forever(), name="expiring")
            running.callback(expiring.cancel)

    # --- parts that are made of several others --------------------------------------------------------------------

    def _make_credentials(self, keys: Keys) -> None:
        self._passwords = Passwords(argon2id(self._settings.password_memory))
        self._credentials = Credentials(self._reader, self._passwords, keys.signing)
        self._guessing = Guessing(self._limiter, keys.signing)

    def _make_doors(self, keys: Keys) -> None:
        """Who may make an account, and what is asked of everybody who registers or signs in."""
        settings = self._settings
        self._admission = Admission(
            self._reader,
            RegistrationHook(settings.registration_hook),
            registration=settings.registration,
            inviters=settings.invitations,
            allowed_addresses=settings.allowed_addresses,
        )
        self._invitations = Invitations(self._reader, self._writer, settings.public_url, settings.invitations)
        self._work = ProofOfWork(self._writer, self._limiter, Captcha(keys.signing), on=settings.captcha)

    def _make_tokens(self, keys: Keys) -> None:
        self._tokens = Tokens(keys.signing)
        self._revocations = Revocations(self._reader)
        self._api_tokens = ApiTokens(self._reader, self._writer, self._revocations)

    def _make_identity(self, keys: Keys) -> None:
        """The ways into an account, and accounts themselves."""
        reader, writer, vault = self._reader, self._writer, self._vault
        ceremonies = Ceremonies(Challenges(keys.signing), self._settings.public_url, self._settings.all_origins)
        asserting = Asserting(reader, writer, ceremonies)
        self._signing_in = SigningIn(
            reader=reader,
            writer=writer,
            tokens=self._tokens,
            refresh_tokens=RefreshTokens(keys.signing),
            revocations=self._revocations,
            guessing=self._guessing,
            mailing=self._mailing,
            letters=self._tokens_by_mail,
            confirmed_first=bool(self._settings.allowed_addresses),
        )
        self._proving = Proving(
            reader=reader, writer=writer, credentials=self._credentials, ceremonies=ceremonies, asserting=asserting
        )
        self._accounts = Accounts(
            reader=reader,
            writer=writer,
            signing_in=self._signing_in,
            new_passwords=self._new_passwords,
            tokens=self._tokens_by_mail,
            passwords=self._passwords,
            credentials=self._credentials,
            proving=self._proving,
            guessing=self._guessing,
            vault=vault,
            revocations=self._revocations,
            publisher=self._publisher,
            request_mac=self._mac,
            admission=self._admission,
        )
        self._passkeys = Passkeys(
            reader=reader,
            writer=writer,
            vault=vault,
            ceremonies=ceremonies,
            asserting=asserting,
            proving=self._proving,
            signing_in=self._signing_in,
            accounts=self._accounts,
        )
        self._pictures = Pictures(reader=reader, store=PictureStore(self._settings.data_folder / "pictures"))

    def _make_conduct(self) -> Conduct:
        text = self._settings.conduct
        return Conduct(self._reader, self._writer, self._accounts, None if text is None else code_of(text))

    def _make_mail(self) -> None:
        settings = self._settings
        letterhead = Letterhead(sender=settings.mail_from, name=settings.web_name, public_url=settings.public_url)
        self._mail_sending = MailSending(
            reader=self._reader,
            writer=self._writer,
            vault=self._vault,
            letterhead=letterhead,
            delivery=_delivery(settings, letterhead.sender),
            alone=settings.on_sqlite,
        )
        self._mailing = Mailing(self._vault)
        self._mailing.on_queued(self._mail_sending.wake)
        self._tokens_by_mail = TokensByMail(self._mailing)
        self._new_passwords = NewPasswords(
            writer=self._writer,
            passwords=self._passwords,
            vault=self._vault,
            mailing=self._mailing,
            limiter=self._limiter,
            revocations=self._revocations,
        )

    def _make_mailboxes(self) -> Mailboxes:
        forgotten = Forgotten(
            reader=self._reader,
            writer=self._writer,
            tokens=self._tokens_by_mail,
            new_passwords=self._new_passwords,
            credentials=self._credentials,
            limiter=self._limiter,
            addresses=self._addresses,
        )
        addresses = EmailAddresses(
            reader=self._reader,
            writer=self._writer,
            accounts=self._accounts,
            admission=self._admission,
            mailing=self._mailing,
            tokens=self._tokens_by_mail,
            proving=self._proving,
            limiter=self._limiter,
            addresses=self._addresses,
        )
        links = Links(
            reader=self._reader,
            writer=self._writer,
            accounts=self._accounts,
            signing_in=self._signing_in,
            tokens=self._tokens_by_mail,
            limiter=self._limiter,
            addresses=self._addresses,
            revocations=self._revocations,
        )
        return Mailboxes(forgotten, addresses, links)

    def _make_rooms(self, keys: Keys, epoch: str, attending: PresenceStore) -> None:
        settings, view = self._settings, RoomView(self._settings.public_url)
        limits = RoomLimits(
            per_user=settings.rooms_per_user,
            idle_after=settings.room_idle_seconds,
            longest=settings.room_longest_seconds,
            history=settings.room_history,
        )
        self._tickets = Tickets(keys.signing)
        self._rooms = Rooms(self._reader, self._writer, self._publisher, self._mac, view, limits)
        self._room_joining = RoomJoining(self._reader, self._writer, self._tickets, view)
        self._room_talk = RoomTalk(
            reader=self._reader,
            writer=self._writer,
            publisher=self._publisher,
            rosters=self._rosters,
            mac=self._mac,
            view=view,
            epoch=epoch,
            longest=settings.room_body,
            limiter=self._limiter,
            sending=self._sending,
        )
        self._attendance = Attendance(
            attending,
            self._topics,
            self._publisher,
            registered=self._room_talk.registered,
            ended=self._rooms.gone,
            put_out=self._rooms.put_out_of,
        )
        self._topics.attendance_changed = self._attendance.changed

    def _make_groups(self) -> None:
        self._joining = Joining(self._writer, self._publisher)
        self._join_requests = JoinRequests(self._reader, self._writer, self._publisher)
        self._groups = Groups(
            reader=self._reader,
            writer=self._writer,
            publisher=self._publisher,
            joining=self._joining,
            requests=self._join_requests,
            membership=self._membership,
            page_tokens=self._page_tokens,
        )

    def _rest(self) -> Router:
        """Seed 001's routes."""
        listings = Listings(self._reader)
        chats = Chats(
            reader=self._reader,
            messages=self._messages,
            documents=self._documents,
            starting=self._starting,
            limiter=self._limiter,
            sending=self._sending,
        )
        writing = GroupWriting(listings, self._groups, self._membership, self._starting, self._limiter)
        handlers = [
            *user_directory(listings, Users(listings, self._accounts, self._work, self._limiter, self._addresses)),
            *group_directory(listings, writing),
            *chat_entries(chats),
        ]
        guards = [
            signed_in(
                self._tokens, self._api_tokens, self._revocations, self._limiter, self._addresses, without_cookies
            )
        ]
        return Router("/", route_handlers=handlers, guards=guards, security=BEARER, tags=["rest"])

    def _make_channels(self) -> dict[str, Channel]:
        writer, publisher, vault, mac = self._writer, self._publisher, self._vault, self._mac
        conversation = ConversationChannel(
            messages=self._messages,
            reactions=Reactions(writer, publisher, mac),
            sharing=Sharing(writer, publisher, self._rosters, mac),
            membership=self._membership,
            lifetimes=Lifetimes(writer, publisher, mac),
            moderation=self._moderation,
            keys=ConversationKeys(writer, publisher, vault, mac),
            read_marks=ReadMarks(writer, publisher),
            documents=self._documents,
            pulling=self._pulling,
            publisher=publisher,
            topics=self._topics,
            counting=self._counting,
            limiter=self._limiter,
            sending=self._sending,
        )
        room = RoomChannel(
            talk=self._room_talk, tickets=self._tickets, attendance=self._attendance, publisher=publisher
        )
        self._topics.put_out = room.put_out
        return {
            "system": SystemChannel(self._accounts, self._starting, self._presence, self._limiter),
            "user": UserChannel(self._pulling),
            "conversation": conversation,
            ROOM: room,
        }

    async def _readers_among(self, conversation_id: str, user_ids: set[str]) -> tuple[set[str] | None, int]:
        return await self._reader.run(readers_among, conversation_id, user_ids)

    def _tell_count(self, payload: bytes) -> None:
        """Each process counts for itself, so its own sockets are told without the bus."""
        self._topics.deliver([Published(conversation_topic(LOBBY_ID), "user_count", payload)])

    def _make_http(self) -> Any:
        readiness = Readiness(self._checks())
        operations = partial(operations_router, readiness, self._collecting.collect, self._settings.metrics_token)
        version = installed_version("hubbub")
        client_settings = partial(client_settings_routes, self._settings, version, self._conduct.version)
        socket_document = asyncapi(
            self._channels, version=version, public_url=self._settings.public_url, limits=socket_limits(self._settings)
        )
        mine: dict[str, Any] = {
            "sessions": Sessions(self._reader, self._writer, self._revocations),
            "passkeys": self._passkeys,
            "bots": Bots(self._reader, self._writer, self._vault, self._revocations),
            "invitations": self._invitations,
        }
        token_making = TokenMaking(self._reader, self._writer, self._revocations)
        api = create_app(
            **mine,
            exporting=Exporting(reader=self._reader, tokens=token_making, **mine),
            accounts=self._accounts,
            signing_in=self._signing_in,
            departing=self._departing,
            proving=self._proving,
            work=self._work,
            mailboxes=self._make_mailboxes(),
            keys=UserKeys(reader=self._reader, writer=self._writer, vault=self._vault, proving=self._proving),
            directory=Directory(reader=self._reader, page_tokens=self._page_tokens),
            messages=self._documents,
            conversations=self._documents,
            sync=self._pulling,
            channels=Channels(
                reader=self._reader,
                writer=self._writer,
                publisher=self._publisher,
                joining=self._joining,
                membership=self._membership,
                page_tokens=self._page_tokens,
                mac=self._mac,
                creators=self._settings.channel_creators,
            ),
            closing=self._closing,
            conduct=self._conduct,
            leaderboards=Leaderboards(self._reader),
            choices=Choices(self._reader, self._writer, self._publisher),
            moderation=self._moderation,
            removals=Removals(self._writer, self._publisher),
            reports=Reports(reader=self._reader, writer=self._writer, page_tokens=self._page_tokens),
            groups=self._groups,
            join_requests=self._join_requests,
            pictures=self._pictures,
            rooms=self._rooms,
            room_joining=self._room_joining,
            room_expelling=RoomExpelling(self._writer, self._publisher),
            room_talk=self._room_talk,
            tokens=self._tokens,
            api_tokens=self._api_tokens,
            token_making=token_making,
            revocations=self._revocations,
            limiter=self._limiter,
            addresses=self._addresses,
            origins=self._settings.all_origins,
            public_url=self._settings.public_url,
            version=version,
            further_routes=lambda: [
                operations(),
                client_settings(),
                socket_documentation(socket_document),
                self._rest(),
            ],
        )
        settings = self._settings
        if not FOLDER.exists():
            log.warning("no_web_client", hint="`make web` builds it; the API is served without")
            return api
        reserved = {route.path.split("/")[1] for route in api.routes} | {"socket", "ws"}
        client = WebClient(
            FOLDER, reserved=reserved, name=settings.web_name, api=settings.web_api, logo=settings.web_logo
        )
        return beside(api, client)

    def _checks(self) -> dict[str, Check]:
        checks: dict[str, Check] = {"database": partial(self._reader.run, _answers)}
        if not self._settings.on_sqlite:
            checks["migrations"] = partial(self._reader.run, is_current)
        if self._settings.redis_url:
            checks["redis"] = self._bus_works
        return checks

    async def _bus_works(self) -> bool:
        return bool(getattr(self._bus, "connected", True))

    def _watch(self) -> None:
        watch, writer, bus = self._metrics.watch, self._writer, self._bus
        watch("writer_batches", "Transactions committed.", lambda: writer.batches, counter=True)
        watch("writer_changes", "Changes committed.", lambda: writer.committed, counter=True)
        watch("writer_pending", "Changes that wait for their answer.", lambda: writer.pending)
        mail = self._mail_sending
        watch("mails_sent", "Letters handed over.", lambda: mail.sent.value, counter=True)
        watch("mails_failed", "Tries to hand a letter over that failed.", lambda: mail.failed.value, counter=True)
        if self._worker.number == 0:  # of the database, so that one worker counts for all
            watch("mails_waiting", "Letters that are not sent yet.", lambda: mail.queue.undelivered)
            watch("mails_dead", "Letters that were given up: `hubbub mail list`.", lambda: mail.queue.dead)
        watch("sockets", "Sockets that are open.", lambda: self._gateway.open_sockets)
        if self._settings.redis_url:
            dropped, interruptions = (partial(getattr, bus, name) for name in ("dropped", "interruptions"))
            watch("bus_publishes_dropped", "Publishes that may not have reached Redis.", dropped, counter=True)
            watch("bus_interruptions", "Times that Redis was lost and found again.", interruptions, counter=True)


def socket_limits(settings: Settings) -> dict[str, int | float]:
    """What clients of the socket have to keep to, by the names of the settings."""
    names = ("max_frame", "max_unsent", "max_body", "room_body", "max_members", "messages_per_second", "message_burst")
    return {name: getattr(settings, name) for name in names}


def _carriers(settings: Settings) -> tuple[Bus, PresenceStore, PresenceStore, CountStore]:
    """The bus, who is online, who is in which room, and how many are connected."""
    if not settings.redis_url:
        return MemoryBus(), MemoryPresence(), MemoryPresence(), MemoryCounts()
    try:  # here and not above: one process does not need the extra
        from hubbub.bus.counts_redis import RedisCounts  # noqa: PLC0415
        from hubbub.bus.presence_redis import RedisPresence  # noqa: PLC0415
        from hubbub.bus.redis import RedisBus  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise WrongSettings(["redis_url needs the extra `redis`: pip install 'hubbub[redis]'."]) from missing
    try:
        url = settings.redis_url
        return RedisBus(url), RedisPresence(url), RedisPresence(url, prefix="hubbub:rooms"), RedisCounts(url)
    except ValueError as wrong:
        raise WrongSettings(["redis_url: the value is not an address of Redis."]) from wrong


def _delivery(settings: Settings, sender: str) -> Delivery:
    if settings.smtp_url:
        return SmtpDelivery(relay(settings.smtp_url), sender=sender, verify=settings.smtp_verify)
    return FolderDelivery(settings.data_folder / "mail")


def _limiter(settings: Settings) -> MemoryLimiter | NoLimits:
    if not settings.rate_limits:
        return NoLimits()
    if not settings.redis_url:
        return MemoryLimiter()
    from hubbub.auth.limits_redis import RedisLimiter  # noqa: PLC0415  one process does not need the extra

    return RedisLimiter(settings.redis_url)


def _settle_memory() -> None:
    """Spare the garbage collector what lives as long as the process, and let it look seldom.

    A frame leaves no cycles behind, but its short-lived objects would start a collection every few frames; measured,
    that was a tenth of the time of a message.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _answers(connection: DatabaseConnection) -> bool:
    return connection.execute(text("SELECT 1")).scalar() == 1


def _report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody awaited failed. asyncio's own report would quote values."""
    error = context.get("exception")
    log.error("unhandled", error=type(error).__name__, exc_info=error)


def _address(bound: socket) -> str:
    host, port, *_ = bound.getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def metrics_folder() -> Iterator[Path]:
    """A folder for the time of a run, in which workers find each other; closed to other users."""
    with tempfile.TemporaryDirectory(prefix="hubbub-") as folder:
        yield Path(folder)


# --- what commands do without a server ---------------------------------------------------------


@asynccontextmanager
async def _access(settings: Settings) -> AsyncIterator[tuple[Reader, Writer]]:
    """Reading and writing without a server around it."""
    with database(settings, current=True) as engine:
        reader, writer = Reader(engine, threads=1), Writer(engine)
        writer.start()
        try:
            yield reader, writer
        finally:
            await writer.close()
            reader.close()


async def administer(settings: Settings, do: Callable[[Administration], Awaitable[T]]) -> T:
    """What `do` makes of the accounts."""
    async with _access(settings) as (reader, writer):
        return await do(Administration(reader, writer))


async def look_after_mail(settings: Settings, do: Callable[[MailQueue], Awaitable[T]]) -> T:
    """What `do` makes of the queue of letters."""
    vault = Vault(keys_of(settings).vault)
    async with _access(settings) as (reader, writer):
        return await do(MailQueue(reader, writer, vault))


async def invite(settings: Settings, asked: NewInvitation) -> MadeInvitation:
    """An invitation of the operator's."""
    async with _access(settings) as (reader, writer):
        return await Invitations(reader, writer, settings.public_url).make(None, asked)


async def sweep_once(settings: Settings, ages: Ages) -> dict[str, int]:
    """Delete what is older than `ages`; rows by table."""
    async with _access(settings) as (reader, writer):
        return await Sweep(reader, writer, ages).once()


def ages(settings: Settings) -> Ages:
    return Ages(tombstones=settings.tombstone_days * DAY, operations=settings.operation_days * DAY)
