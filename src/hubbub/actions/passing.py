"""Messages off the record: they reach who is there now, and are written nowhere (seed 001).

No transaction ever sees what they say: whether they may be said is read, and then they go from memory to the sockets,
through the bus where there are several processes, which publishes and keeps nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection

from hubbub.actions.announcing import as_seen, require_conversation
from hubbub.actions.composing import Composed
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import message_row, raw
from hubbub.actions.sending import check_posting, checked_roster, end_of, require_form, require_may_write
from hubbub.domain import ordering
from hubbub.domain.ordering import Place
from hubbub.storage import conversations, messages, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.messages import Copy, Message
from hubbub.storage.rosters import Rosters
from hubbub.wire.errors import IdTaken, Internal, Refusal, WrongKind
from hubbub.wire.events import Author
from hubbub.wire.ids import NIL_ID, new_id

log = structlog.get_logger("hubbub.passing")

REMEMBERED_FOR = 120.0  # seconds in which a repeat is known as one
MOST_REMEMBERED = 20_000  # a hundred bytes each: never what was said
AT_ONCE = 256

Answered = Callable[[msgspec.Raw | Refusal], None]


class _Word(NamedTuple):
    """What waits to be said, and who waits for the answer."""

    composed: Composed
    id: str
    done: Answered


class _Allowed(NamedTuple):
    """Where it may be said; `place`: where it would stand. `author` is for guests, where anyone may read."""

    conversation: Conversation
    place: Place
    author: Author | None


class _Spoken(NamedTuple):
    """What is remembered: who said it, when (milliseconds), and until when (the loop's clock)."""

    sender: str
    mac: str
    at: int
    place: Place
    expires_at: int | None
    until: float


class Passing:
    """Says what is not to be kept, in the order in which it came; `clock` gives seconds since 1970."""

    def __init__(
        self, reader: Reader, publisher: Publisher, rosters: Rosters, clock: Callable[[], float] = time.time
    ) -> None:
        self._reader = reader
        self._publisher = publisher
        self._rosters = rosters
        self._clock = clock
        self._waiting: list[_Word] = []
        self._speaking: asyncio.Task[None] | None = None
        self._spoken: dict[tuple[str, str], _Spoken] = {}  # by conversation and id, oldest first

    def say(self, composed: Composed, done: Answered) -> None:
        """Tell everyone who is there and may read it; `done` gets `{"message"}` or the refusal.

        A repeat within two minutes, on this process, gets its answer and is not told again. Clients, who may have sent
        it through another, know it by its id.
        """
        self._waiting.append(_Word(composed, composed.id or new_id(), done))
        if self._speaking is None:
            self._speaking = asyncio.get_running_loop().create_task(self._speak())

    async def _speak(self) -> None:
        try:
            while self._waiting:
                words, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                new = [word for word in words if not self._repeats(word)]
                for word, outcome in zip(new, await self._judged(new), strict=True):
                    try:
                        self._settle(word, outcome)
                    except Exception as error:
                        log.exception("passing_failed", error=type(error).__name__)
        finally:
            self._speaking = None

    # --- repeats --------------------------------------------------------------------------------------------------

    def _repeats(self, word: _Word) -> bool:
        """Whether this was said a short while ago, or its id is taken by what was; then it is answered."""
        self._forget()
        spoken = self._spoken.get((word.composed.conversation_id, word.id))
        if spoken is None:
            return False
        same = (spoken.sender, spoken.mac) == (word.composed.sender, word.composed.mac)
        word.done(_answer(word, spoken) if same else IdTaken())
        return True

    def _forget(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._spoken:
            key, oldest = next(iter(self._spoken.items()))
            if oldest.until > now and len(self._spoken) <= MOST_REMEMBERED:
                return
            del self._spoken[key]

    # --- whether it may be said -----------------------------------------------------------------------------------

    async def _judged(self, words: Sequence[_Word]) -> Sequence[_Allowed | Refusal]:
        if not words:
            return []
        try:
            return await self._reader.run(self._judge, words)
        except Refusal as refusal:
            return [refusal] * len(words)
        except Exception as error:
            log.exception("passing_failed", error=type(error).__name__)
            return [Internal()] * len(words)

    def _judge(self, connection: Connection, words: Sequence[_Word]) -> list[_Allowed | Refusal]:
        return [self._outcome(connection, word) for word in words]

    def _outcome(self, connection: Connection, word: _Word) -> _Allowed | Refusal:
        try:
            return self._check(connection, word.composed, word.id)
        except Refusal as refusal:
            return refusal

    def _check(self, connection: Connection, composed: Composed, id: str) -> _Allowed:
        """The rules of a message that is stored, but for its place: it takes none."""
        conversation = require_conversation(conversations.load_one(connection, composed.conversation_id))
        member = self._rosters.members(connection, [(conversation, composed.sender)]).get(
            (conversation.id, composed.sender)
        )
        check_posting(conversation, member)
        now = self._now()
        silent_until = self._rosters.silent_until(connection, conversation, composed.sender, member, now)
        require_may_write(conversation, silent_until, now)
        if messages.load(connection, conversation.id, id, now) is not None:
            raise IdTaken()
        self._check_form(connection, conversation, composed)
        author = users.authors(connection, [composed.sender]) if conversation.reading == "anyone" else {}
        return _Allowed(conversation, _place(conversation, composed), author.get(composed.sender))

    def _check_form(self, connection: Connection, conversation: Conversation, composed: Composed) -> None:
        if conversation.signed:
            raise WrongKind("Where every message is signed for the record, none is off it.")
        if not conversation.encrypted:
            require_form(composed.said.content is not None and composed.said.copies is None, "content")
            return
        if composed.reply_to is not None:
            raise WrongKind("Reply targets of encrypted conversations travel inside envelopes.")
        checked_roster(self._rosters, connection, conversation, composed.said, rev=0)

    # --- saying it ------------------------------------------------------------------------------------------------

    def _settle(self, word: _Word, outcome: _Allowed | Refusal) -> None:
        if self._repeats(word):  # of one that was judged together with it
            return
        if isinstance(outcome, Refusal):
            word.done(outcome)
            return
        composed, conversation, now = word.composed, outcome.conversation, self._now()
        end = end_of(composed.expires_in or conversation.expires_in, now)
        until = asyncio.get_running_loop().time() + REMEMBERED_FOR
        spoken = _Spoken(composed.sender, composed.mac, now, outcome.place, end, until)
        self._spoken[conversation.id, word.id] = spoken
        self._tell(word, spoken, outcome)
        word.done(_answer(word, spoken))

    def _tell(self, word: _Word, spoken: _Spoken, allowed: _Allowed) -> None:
        conversation = allowed.conversation
        told = {"conversation_id": conversation.id}
        if conversation.encrypted:
            for user, text in (word.composed.said.copies or {}).items():
                self._publisher.to_user(user, "new_message", {**told, "message": _row(word, spoken, user, text)})
            return
        author = {} if allowed.author is None else {"author": allowed.author}
        payload = {**told, "message": _row(word, spoken), **author}
        self._publisher.to_conversation(conversation.id, "new_message", payload, conversation.departed_version)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _place(conversation: Conversation, composed: Composed) -> Place:
    """Where it was composed to stand, or where the next message would; for screens, as it takes no place."""
    if composed.index is None:
        return ordering.next_place(conversation.top, composed.sender, composed.device_id or NIL_ID)
    return Place(composed.index, composed.sender, composed.device_id or NIL_ID, composed.position or 0)


def _answer(word: _Word, spoken: _Spoken) -> msgspec.Raw:
    copies = word.composed.said.copies
    row = _row(word, spoken, word.composed.sender, copies.get(word.composed.sender)) if copies else _row(word, spoken)
    return msgspec.Raw(b'{"message":%b}' % bytes(row))


def _row(word: _Word, spoken: _Spoken, reader: str = "", copy: str | None = None) -> msgspec.Raw:
    """The message as this reader sees it; copies have no ids of their own, as nothing can name them."""
    composed = word.composed
    message = Message(
        conversation_id=composed.conversation_id,
        id=word.id,
        owner_id=composed.sender,
        device_id=spoken.place.device_id,
        idx=spoken.place.idx,
        position=spoken.place.position,
        rev=0,
        reply_to=composed.reply_to,
        content=composed.said.content,
        sealed=composed.said.sealed,
        created_version=0,
        version=0,
        deleted=0,
        request_mac=composed.mac,
        inserted_at=spoken.at,
        updated_at=spoken.at,
        expires_at=spoken.expires_at,
        subject=composed.said.subject,
    )
    own = None if copy is None else Copy(composed.conversation_id, word.id, reader, word.id, copy)
    row = message_row(as_seen(message, own))
    row.off_the_record = True
    return raw(row)
