"""Group commit: the one way a change reaches the database.

One thread takes whatever is waiting and runs it in one transaction: it locks the conversations and users that the
changes name (in id order, so that two processes cannot wait for each other), lets each change check its rules on what
is locked and write, and commits. Only then does anyone get an answer: acknowledged means on disk.
When the transaction fails it is rolled back and every change runs again under a savepoint of its own, so that one bad
change fails alone (Hubbub protocol, section 3).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from queue import SimpleQueue
from typing import Any, ClassVar, Generic, TypeVar

import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hubbub.storage import schema
from hubbub.storage.engine import is_environmental, is_lock_conflict, refusal_of
from hubbub.wire.errors import Internal, Refusal, Unavailable

T = TypeVar("T")
log = structlog.get_logger("hubbub.writer")

LARGEST_BATCH = 512
LOCK_ATTEMPTS = 5


class Transaction:
    """The open transaction of a batch, with the one time that everything in it happens at."""

    def __init__(self, connection: Connection, now: int) -> None:
        self.connection = connection
        self.now = now  # milliseconds since 1970


class Change(Generic[T]):
    """Something to be done in a transaction.

    `conversations` and `users` name the rows to lock before `apply` runs. `apply` raises a `Refusal` before it writes
    anything, or not at all; it may run more than once, so it keeps nothing in itself.
    """

    conversations: Sequence[str] = ()
    users: Sequence[str] = ()

    def apply(self, transaction: Transaction) -> T:
        raise NotImplementedError

    @classmethod
    def apply_all(cls, transaction: Transaction, changes: Sequence[Change[Any]]) -> list[Any]:
        """Apply neighbours of one class, in order; the outcome of each is its result or its `Refusal`.

        A class whose statements are worth sharing between changes overrides this.
        """
        return [_outcome(change, transaction) for change in changes]


class Call(Change[T]):
    """A change that is a function of the transaction."""

    def __init__(
        self,
        work: Callable[..., T],
        args: tuple[Any, ...],
        conversations: Sequence[str],
        users: Sequence[str],
    ) -> None:
        self._work = work
        self._args = args
        self.conversations = conversations
        self.users = users

    def apply(self, transaction: Transaction) -> T:
        return self._work(transaction, *self._args)


def _outcome(change: Change[Any], transaction: Transaction) -> Any:
    try:
        return change.apply(transaction)
    except Refusal as refusal:
        return refusal


class Writer:
    """Commits changes in batches on a thread of its own; answers arrive on the event loop, in order of submission."""

    _stop: ClassVar[object] = object()

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.time,
        observe: Callable[[int], None] = lambda changes: None,
    ) -> None:
        self._engine = engine.execution_options(sqlite_begin="IMMEDIATE")
        self._clock = clock
        self._observe = observe  # told the size of each batch, on the writer's thread
        self._rolled_back: Callable[[], None] = lambda: None
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending = 0
        self._idle: asyncio.Future[None] | None = None
        self._closing = False
        self.batches = 0
        self.committed = 0

    def start(self) -> None:
        """Begin; called on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def on_rollback(self, callback: Callable[[], None]) -> None:
        """Call `callback`, on the writer's thread, whenever something that was written is taken back."""
        self._rolled_back = callback

    def submit(self, change: Change[T], done: Callable[[T | Refusal], None]) -> None:
        """Queue `change`; `done` is called on the event loop with its result once it is on disk, or its `Refusal`."""
        if self._closing:
            done(Unavailable())
            return
        self._pending += 1
        self._queue.put((change, done))

    def run(self, change: Change[T], tell: Callable[[T], None] | None = None) -> asyncio.Future[T]:
        """Queue `change`; the future has its result once it is on disk, or raises its `Refusal`.

        `tell` is called with the result at once, so in the order of the commits, and even when nobody waits for the
        future any more: what was committed is told.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.submit(change, partial(_resolve, future, tell))
        return future

    def write(
        self,
        work: Callable[..., T],
        /,
        *args: Any,
        conversations: Sequence[str] = (),
        users: Sequence[str] = (),
        tell: Callable[[T], None] | None = None,
    ) -> asyncio.Future[T]:
        """Queue `work(transaction, *args)`, with these rows locked; the future is as that of `run`."""
        return self.run(Call(work, args, conversations, users), tell)

    @property
    def pending(self) -> int:
        """How many changes wait for their answer."""
        return self._pending

    async def close(self) -> None:
        """Finish what is queued, refuse what comes later."""
        self._closing = True
        if self._pending:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._queue.put(self._stop)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    # --- on the writer's thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        while (batch := self._take()) is not None:
            changes = [change for change, _ in batch]
            try:
                outcomes = self._commit(changes)
            except Exception as error:  # noqa: BLE001  whatever failed, everyone who waits gets an answer
                outcomes = [self._failure(error)] * len(batch)
            self._answer([done for _, done in batch], outcomes)

    def _take(self) -> list[tuple[Change[Any], Callable[[Any], None]]] | None:
        first = self._queue.get()
        if first is self._stop:
            return None
        batch = [first]
        while len(batch) < LARGEST_BATCH and not self._queue.empty():
            item = self._queue.get()
            if item is self._stop:
                self._queue.put(item)
                break
            batch.append(item)
        return batch

    def _commit(self, changes: list[Change[Any]]) -> list[Any]:
        """The outcome of each change, all committed together where that works."""
        for attempt in range(LOCK_ATTEMPTS):
            try:
                return self._together(changes)
            except (DBAPIError, PoolTimeout) as error:
                self._rolled_back()
                if is_lock_conflict(error) and attempt + 1 < LOCK_ATTEMPTS:
                    continue
                if is_environmental(error) or len(changes) == 1:
                    raise
                log.warning("batch_failed", changes=len(changes), error=type(error).__name__)
                break
            except Exception as error:
                self._rolled_back()
                log.exception("batch_failed", changes=len(changes), error=type(error).__name__)
                if len(changes) == 1:
                    raise
                break
        return self._one_by_one(changes)

    def _together(self, changes: list[Change[Any]]) -> list[Any]:
        with self._engine.begin() as connection:
            transaction = Transaction(connection, int(self._clock() * 1000))
            _lock(connection, changes)
            outcomes: list[Any] = []
            for _, neighbours in groupby(changes, type):
                alike = list(neighbours)
                outcomes += alike[0].apply_all(transaction, alike)
        self._count(len(changes))
        return outcomes

    def _count(self, changes: int) -> None:
        self.batches += 1
        self.committed += changes
        self._observe(changes)

    def _one_by_one(self, changes: list[Change[Any]]) -> list[Any]:
        outcomes: list[Any] = []
        with self._engine.begin() as connection:
            transaction = Transaction(connection, int(self._clock() * 1000))
            _lock(connection, changes)
            for change in changes:
                try:
                    with connection.begin_nested():
                        outcomes += type(change).apply_all(transaction, [change])
                except Exception as error:  # noqa: BLE001  it fails alone
                    self._rolled_back()
                    outcomes.append(self._failure(error))
        self._count(len(changes))
        return outcomes

    def _failure(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        if isinstance(error, DBAPIError | PoolTimeout) and is_environmental(error):
            log.error("database_unavailable", error=type(error).__name__)
            return refusal_of(error)
        log.error("change_failed", error=type(error).__name__)
        return Internal()

    def _answer(self, answers: list[Callable[[Any], None]], outcomes: list[Any]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._settle, answers, outcomes)

    # --- back on the event loop -----------------------------------------------------------------------------------

    def _settle(self, answers: list[Callable[[Any], None]], outcomes: list[Any]) -> None:
        self._pending -= len(answers)
        for done, outcome in zip(answers, outcomes, strict=True):
            try:
                done(outcome)
            except Exception:
                log.exception("answer_failed")
        if not self._pending and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def _resolve(future: asyncio.Future[Any], tell: Callable[[Any], None] | None, outcome: Any) -> None:
    if tell is not None and not isinstance(outcome, Refusal):
        tell(outcome)
    if future.cancelled():
        return
    if isinstance(outcome, Refusal):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _lock(connection: Connection, changes: Sequence[Change[Any]]) -> None:
    """Lock the named rows in id order, conversations before users. SQLite's one writer holds everything already."""
    if connection.dialect.name == "sqlite":
        return
    for table, ids in (
        (schema.conversations, {row for change in changes for row in change.conversations}),
        (schema.users, {row for change in changes for row in change.users}),
    ):
        if ids:
            connection.execute(select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update())
