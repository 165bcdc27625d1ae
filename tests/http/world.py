"""The server's HTTP door on a database of its own, with a clock that tests turn."""

from __future__ import annotations

import time
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec
from argon2 import PasswordHasher
from msgspec.structs import replace
from sqlalchemy import Engine

from hubbub.actions.accounts import Accounts
from hubbub.actions.admission import Admission
from hubbub.actions.api_tokens import TokenMaking
from hubbub.actions.asserting import Asserting
from hubbub.actions.bots import Bots
from hubbub.actions.channels import Channels, Creators
from hubbub.actions.choices import Choices
from hubbub.actions.closing import Closing
from hubbub.actions.conduct import Conduct, code_of
from hubbub.actions.departing import Departing
from hubbub.actions.directory import Directory
from hubbub.actions.email_addresses import EmailAddresses
from hubbub.actions.exporting import Exporting
from hubbub.actions.forgotten import Forgotten
from hubbub.actions.groups import Groups
from hubbub.actions.invitations import Invitations
from hubbub.actions.join_requests import JoinRequests
from hubbub.actions.joining import Joining
from hubbub.actions.leaderboard import Leaderboards
from hubbub.actions.links import Links
from hubbub.actions.mail_sending import MailSending
from hubbub.actions.mailing import Mailing
from hubbub.actions.membership import Membership
from hubbub.actions.moderation import Moderation
from hubbub.actions.new_passwords import NewPasswords
from hubbub.actions.passkeys import Passkeys
from hubbub.actions.pictures import Pictures
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.actions.proving import Proving
from hubbub.actions.publishing import Publisher, conversation_topic, presence_topic, user_topic
from hubbub.actions.reactions import Reactions
from hubbub.actions.removals import Removals
from hubbub.actions.reports import Reports
from hubbub.actions.room_expelling import RoomExpelling
from hubbub.actions.room_joining import RoomJoining
from hubbub.actions.room_talk import RoomTalk
from hubbub.actions.rooms import RoomLimits, Rooms, RoomView
from hubbub.actions.sessions import Sessions
from hubbub.actions.signing_in import SigningIn
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.actions.user_keys import UserKeys
from hubbub.auth.actor import Actor
from hubbub.auth.api_tokens import ApiTokens
from hubbub.auth.captcha import Captcha
from hubbub.auth.ceremonies import Ceremonies
from hubbub.auth.challenges import Challenges
from hubbub.auth.credentials import Credentials
from hubbub.auth.guessing import Guessing
from hubbub.auth.limits import Addresses, Limiter, NoLimits, Rule
from hubbub.auth.page_tokens import PageTokens
from hubbub.auth.passwords import Passwords
from hubbub.auth.refreshing import RefreshTokens
from hubbub.auth.registration_hook import RegistrationHook
from hubbub.auth.revocations import Revocations
from hubbub.auth.tickets import Tickets
from hubbub.auth.tokens import Tokens
from hubbub.bus.port import Published
from hubbub.config import Settings
from hubbub.http.address_routes import Mailboxes
from hubbub.http.app import create_app
from hubbub.mail.composing import Letterhead
from hubbub.storage import conversations, memberships
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader, open_engine, sqlite_url
from hubbub.storage.migrate import migrate
from hubbub.storage.operations import RequestMac
from hubbub.storage.pictures import PictureStore
from hubbub.storage.rosters import Rosters
from hubbub.storage.user_stream import CONVERSATION, advance
from hubbub.storage.vault import Vault, unlock
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.events import Pulled
from hubbub.wire.ids import new_id
from hubbub.wire.livechat import ChatHistory
from hubbub.wire.pages import MessagePage
from tests.mail.postman import Postman

SECRET = bytes(range(32))
VAULT_KEY = bytes(range(32, 64))
ORIGIN = "http://localhost:8000"
PASSWORD = "VerySecurePassword1!"


def fresh_database(folder: Path) -> Engine:
    """A new SQLite database in `folder` with the schema in place."""
    (folder / "hubbub.db").write_bytes(_migrated())
    return open_engine(sqlite_url(folder))


@cache
def _migrated() -> bytes:
    """What a migrated database is made of: making it takes longer than most tests."""
    with TemporaryDirectory() as folder:
        engine = open_engine(sqlite_url(Path(folder)))
        migrate(engine)
        engine.dispose()
        return (Path(folder) / "hubbub.db").read_bytes()


class Clock:
    """The time, as far ahead of the real one as a test says."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class HeardBus:
    """A bus that keeps what is published, so that a test can look at it."""

    def __init__(self) -> None:
        self.heard: list[Published] = []

    def publish(self, published: Published) -> None:
        self.heard.append(published)

    async def start(self, deliver: Any, interrupted: Any) -> None: ...

    async def listen(self, topic: str) -> None: ...

    def unlisten(self, topic: str) -> None: ...

    async def close(self) -> None: ...

    def on(self, topic: str) -> list[tuple[str, Any]]:
        """`(event, payload)` of what was published on `topic`."""
        return [(one.event, msgspec.json.decode(one.payload)) for one in self.heard if one.topic == topic]


class Reading:
    """The reading parts of other modules: it keeps how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def page(
        self, actor: Actor | None, conversation_id: str, page_token: str | None, page_size: int
    ) -> MessagePage:
        self.asked.append((actor.user_id if actor else None, conversation_id, page_token, page_size))
        return MessagePage(items=[], page_token=None)

    async def lobby_before(self, stamp: int) -> ChatHistory:
        self.asked.append((stamp,))
        return ChatHistory(messages=[])

    async def private_with(self, actor: Actor, user_id: str) -> str | None:
        self.asked.append((actor.user_id, user_id))
        return None

    async def pull(
        self, actor: Actor, conversation_id: str | None, cursor: int, limit: int, epoch: str | None
    ) -> Pulled:
        self.asked.append((actor.user_id, conversation_id, cursor, limit, epoch))
        return Pulled(epoch="e", changes=[], cursor=cursor, more=False)


class Person:
    """Someone who is signed in, as their client keeps it: `answer` is the last one that gave tokens."""

    def __init__(self, client: httpx.AsyncClient, answer: dict[str, Any], password: str) -> None:
        self._client = client
        self.answer = answer
        self.password = password

    @property
    def id(self) -> str:
        return str(self.answer["user"]["id"])

    @property
    def email(self) -> str:
        return str(self.answer["user"]["email"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.answer['auth_token']}"}

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self._client.get(path, params=params or None, headers=self.headers)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self._client.post(path, json=body, headers=self.headers)

    async def put(self, path: str, body: Any = None) -> httpx.Response:
        return await self._client.put(path, json=body, headers=self.headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self._client.delete(path, headers=self.headers)

    async def patch(self, path: str, body: Any) -> httpx.Response:
        return await self._client.patch(path, json=body, headers=self.headers)


class World:
    """A server and those who use it. `client` speaks to it without a token."""

    def __init__(
        self,
        folder: Path,
        limiter: Limiter | None = None,
        engine: Engine | None = None,
        creators: Creators = "anyone",
        conduct: str | None = None,
        joining: Settings | None = None,
    ) -> None:
        self.joining = joining or Settings(captcha=False)
        self.clock = Clock()
        self.engine = engine or fresh_database(folder)
        self.reader = Reader(self.engine, threads=2)
        self.writer = Writer(self.engine, self.clock)
        self.bus = HeardBus()
        self.pictures = folder / "pictures"
        self.reading = Reading()
        self.tokens = Tokens(SECRET, self.clock)
        self.revocations = Revocations(self.reader, self.clock, interval=0.02)
        self.api_tokens = ApiTokens(self.reader, self.writer, self.revocations, self.clock)
        # As little work as Argon2 allows: what it costs is not what these tests are about.
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), threads=1)
        self.credentials = Credentials(self.reader, self.passwords, SECRET)
        self.vault = Vault(VAULT_KEY)
        self.guessing = Guessing(limiter or NoLimits(), SECRET)
        self.mailing = Mailing(self.vault)
        self.tokens_by_mail = TokensByMail(self.mailing)
        self.signing_in = SigningIn(
            reader=self.reader,
            writer=self.writer,
            tokens=self.tokens,
            refresh_tokens=RefreshTokens(SECRET),
            revocations=self.revocations,
            guessing=self.guessing,
            mailing=self.mailing,
            letters=self.tokens_by_mail,
            confirmed_first=bool(self.joining.allowed_addresses),
        )
        self.ceremonies = Ceremonies(Challenges(SECRET, self.clock), ORIGIN, [ORIGIN])
        self.asserting = Asserting(self.reader, self.writer, self.ceremonies)
        self.proving = Proving(
            reader=self.reader,
            writer=self.writer,
            credentials=self.credentials,
            ceremonies=self.ceremonies,
            asserting=self.asserting,
            clock=self.clock,
        )
        self.limiter: Limiter = limiter or NoLimits()
        self._make_mail()
        self.accounts = self._accounts()
        self.closing = Closing(self.reader, self.writer, Publisher(self.bus))
        self.picture_files = Pictures(reader=self.reader, store=PictureStore(self.pictures))
        self.departing = self._departing()
        self.creators = creators
        self.conduct = Conduct(self.reader, self.writer, self.accounts, code_of(conduct) if conduct else None)
        self.app = self._app(self.limiter)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://hubbub.test")

    def _make_mail(self) -> None:
        self.postman = Postman()
        self.sending = MailSending(
            reader=self.reader,
            writer=self.writer,
            vault=self.vault,
            letterhead=Letterhead(sender="chat@example.org", name="Chat", public_url=ORIGIN),
            delivery=self.postman,
            clock=self.clock,
        )
        self.new_passwords = NewPasswords(
            writer=self.writer,
            passwords=self.passwords,
            vault=self.vault,
            mailing=self.mailing,
            limiter=self.limiter,
            revocations=self.revocations,
        )

    def _mailboxes(self) -> Mailboxes:
        shared: dict[str, Any] = {
            "reader": self.reader,
            "writer": self.writer,
            "tokens": self.tokens_by_mail,
            "limiter": self.limiter,
            "addresses": Addresses(SECRET),
        }
        return Mailboxes(
            Forgotten(**shared, credentials=self.credentials, new_passwords=self.new_passwords, clock=self.clock),
            EmailAddresses(
                **shared,
                proving=self.proving,
                accounts=self.accounts,
                admission=self._admission(),
                mailing=self.mailing,
            ),
            Links(
                **shared,
                accounts=self.accounts,
                signing_in=self.signing_in,
                revocations=self.revocations,
                clock=self.clock,
            ),
        )

    def _accounts(self) -> Accounts:
        return Accounts(
            reader=self.reader,
            writer=self.writer,
            signing_in=self.signing_in,
            new_passwords=self.new_passwords,
            tokens=self.tokens_by_mail,
            passwords=self.passwords,
            credentials=self.credentials,
            proving=self.proving,
            guessing=self.guessing,
            vault=self.vault,
            revocations=self.revocations,
            publisher=Publisher(self.bus),
            request_mac=RequestMac(SECRET),
            admission=self._admission(),
        )

    def _departing(self) -> Departing:
        publisher = Publisher(self.bus)
        return Departing(
            reader=self.reader,
            writer=self.writer,
            proving=self.proving,
            mailing=self.mailing,
            pictures=self.picture_files,
            membership=Membership(self.writer, publisher, Rosters(100), RequestMac(SECRET)),
            reactions=Reactions(self.writer, publisher, RequestMac(SECRET)),
            publisher=publisher,
            revocations=self.revocations,
        )

    def _admission(self) -> Admission:
        return Admission(
            self.reader,
            RegistrationHook(self.joining.registration_hook),
            registration=self.joining.registration,
            inviters=self.joining.invitations,
            allowed_addresses=self.joining.allowed_addresses,
            clock=self.clock,
        )

    def _passkeys(self) -> Passkeys:
        return Passkeys(
            reader=self.reader,
            writer=self.writer,
            vault=self.vault,
            ceremonies=self.ceremonies,
            asserting=self.asserting,
            proving=self.proving,
            signing_in=self.signing_in,
            accounts=self.accounts,
        )

    def _channels(self) -> Channels:
        publisher, mac = Publisher(self.bus), RequestMac(SECRET)
        return Channels(
            reader=self.reader,
            writer=self.writer,
            publisher=publisher,
            joining=Joining(self.writer, publisher, most=3),
            membership=Membership(self.writer, publisher, Rosters(100), mac),
            page_tokens=PageTokens(SECRET),
            mac=mac,
            creators=self.creators,
        )

    def _rooms(self) -> dict[str, Any]:
        publisher, mac, view = Publisher(self.bus), RequestMac(SECRET), RoomView(ORIGIN, self.clock)
        return {
            "rooms": Rooms(self.reader, self.writer, publisher, mac, view, RoomLimits()),
            "room_joining": RoomJoining(self.reader, self.writer, Tickets(SECRET, self.clock), view),
            "room_expelling": RoomExpelling(self.writer, publisher),
            "room_talk": RoomTalk(
                reader=self.reader,
                writer=self.writer,
                publisher=publisher,
                rosters=Rosters(100),
                mac=mac,
                view=view,
                epoch="e",
                longest=1000,
                limiter=NoLimits(),
                sending=Rule("sending", 20, 60),
            ),
        }

    def _groups(self, requests: JoinRequests) -> Groups:
        publisher = Publisher(self.bus)
        return Groups(
            reader=self.reader,
            writer=self.writer,
            publisher=publisher,
            joining=Joining(self.writer, publisher),
            requests=requests,
            membership=Membership(self.writer, publisher, Rosters(100), RequestMac(SECRET)),
            page_tokens=PageTokens(SECRET),
        )

    def _app(self, limiter: Limiter) -> Any:
        requests = JoinRequests(self.reader, self.writer, Publisher(self.bus))
        mine: dict[str, Any] = {
            "sessions": Sessions(self.reader, self.writer, self.revocations, self.clock),
            "passkeys": self._passkeys(),
            "bots": Bots(self.reader, self.writer, self.vault, self.revocations),
            "invitations": Invitations(self.reader, self.writer, ORIGIN, self.joining.invitations, self.clock),
        }
        token_making = TokenMaking(self.reader, self.writer, self.revocations)
        return create_app(
            **mine,
            exporting=Exporting(reader=self.reader, tokens=token_making, clock=self.clock, **mine),
            accounts=self.accounts,
            signing_in=self.signing_in,
            departing=self.departing,
            proving=self.proving,
            work=ProofOfWork(
                self.writer, limiter, Captcha(SECRET, self.clock), on=self.joining.captcha, clock=self.clock
            ),
            mailboxes=self._mailboxes(),
            keys=UserKeys(reader=self.reader, writer=self.writer, vault=self.vault, proving=self.proving),
            directory=Directory(reader=self.reader, page_tokens=PageTokens(SECRET)),
            messages=self.reading,
            conversations=self.reading,
            sync=self.reading,
            channels=self._channels(),
            closing=self.closing,
            conduct=self.conduct,
            leaderboards=Leaderboards(self.reader, self.clock),
            choices=Choices(self.reader, self.writer, Publisher(self.bus)),
            **self._rooms(),
            moderation=Moderation(self.reader, self.writer, Publisher(self.bus), Rosters(100), RequestMac(SECRET)),
            removals=Removals(self.writer, Publisher(self.bus)),
            reports=Reports(reader=self.reader, writer=self.writer, page_tokens=PageTokens(SECRET)),
            groups=self._groups(requests),
            join_requests=requests,
            pictures=self.picture_files,
            tokens=self.tokens,
            api_tokens=self.api_tokens,
            token_making=token_making,
            revocations=self.revocations,
            limiter=limiter,
            addresses=Addresses(),
            origins=[ORIGIN],
            public_url=ORIGIN,
            version="0",
        )

    async def open(self) -> None:
        self.writer.start()
        await unlock(self.vault, self.reader, self.writer)
        await self.conduct.start()
        await self.revocations.start()

    async def close(self) -> None:
        await self.closing.stop()
        await self.departing.stop()
        await self.revocations.stop()
        await self.client.aclose()
        await self.writer.close()
        self.reader.close()
        self.passwords.close()
        self.engine.dispose()

    # --- people ---------------------------------------------------------------------------------------------------

    async def register(self, email: str, display_name: str | None = None) -> Person:
        body = {"email": email, "password": PASSWORD}
        answer = await self.client.post(
            "/auth/register", json=body if display_name is None else {**body, "display_name": display_name}
        )
        assert answer.status_code == 200, answer.text
        return Person(self.client, answer.json(), PASSWORD)

    async def login(self, email: str, password: str = PASSWORD) -> Person:
        answer = await self.client.post("/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Person(self.client, answer.json(), password)

    async def refresh(self, token: str, op_id: str | None = None) -> httpx.Response:
        body = {"token": token} if op_id is None else {"token": token, "op_id": op_id}
        return await self.client.post("/auth/refresh", json=body)

    async def gather(self, *people: Person, kind: str = "group", alias: str | None = None, plain: bool = False) -> str:
        """A conversation of these people; its id."""
        conversation = _conversation(kind, people[0].id, alias, int(self.clock() * 1000), plain)
        await self.writer.write(_begin, conversation, [person.id for person in people])
        return conversation.id

    async def leave(self, person: Person, conversation_id: str) -> None:
        await self.writer.write(_end, conversation_id, person.id)

    async def letters(self, to: str) -> list[EmailMessage]:
        """What was sent to this address, oldest first, with all that is due now."""
        while await self.sending.once():
            pass
        return self.postman.to(to)

    # --- what was pushed ------------------------------------------------------------------------------------------

    def pushed_to(self, person: Person) -> list[tuple[str, Any]]:
        return self.bus.on(user_topic(person.id))

    def told_in(self, conversation_id: str) -> list[tuple[str, Any]]:
        return self.bus.on(conversation_topic(conversation_id))

    def shown_to(self, person: Person) -> list[tuple[str, Any]]:
        """What came on `system:general` for this person alone."""
        return self.bus.on(presence_topic(person.id))


def _conversation(kind: str, creator_id: str, alias: str | None, now: int, plain: bool) -> Conversation:
    joining = "oneself" if kind == "channel" else "members"
    begun = conversations.begun(new_id(), kind, creator_id, "", encrypted=not plain, alias=alias, joining=joining)
    return replace(begun, inserted_at=now, updated_at=now)


def _begin(transaction: Transaction, conversation: Conversation, members: list[str]) -> None:
    conversations.add(transaction.connection, conversation)
    roles = dict.fromkeys(members, "member")
    memberships.add_members(transaction.connection, conversation, roles, 1, transaction.now)
    advance(transaction, {member: [(CONVERSATION, conversation.id, False)] for member in members})


def _end(transaction: Transaction, conversation_id: str, user_id: str) -> None:
    memberships.end_membership(transaction.connection, conversation_id, user_id, 2)
