"""Sending what is queued: each letter by one process, again where it certainly was not accepted, never twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from hubbub.actions.mailing import NOBODY
from hubbub.mail.composing import Letterhead
from hubbub.mail.delivering import Delivery, NotAccepted, NotDelivered
from hubbub.mail.letters import decode
from hubbub.monitoring import Tally
from hubbub.storage import mails
from hubbub.storage.engine import Reader
from hubbub.storage.mails import Claimed, Waiting
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Writer
from hubbub.wire.errors import Refusal

log = structlog.get_logger("hubbub.mail")

AT_ONCE = 8
NOWHERE = "nobody@localhost"  # a letter to nobody is written, too
LOOK_EVERY = 5.0  # seconds: for what other processes left, and what is to be tried again
PATIENCE = 5.0  # seconds that a stop waits for a mail server
FIRST_PAUSE = 30_000  # milliseconds; each is twice the one before
LONGEST_PAUSE = 3_600_000
MOST_TRIES = 12  # about five hours


class Unreadable(NotDelivered):
    """What is in the queue does not open under the vault key, or cannot be made a message by this version."""

    reason = "unreadable"


class MailSending:
    """One process's share of the sending. `alone`: no other process uses the database."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        vault: Vault,
        letterhead: Letterhead,
        delivery: Delivery,
        alone: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault
        self._letterhead = letterhead
        self._delivery = delivery
        self._alone = alone
        self._clock = clock
        self._something = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._ending = False
        self.sent, self.failed = Tally(), Tally()
        self.queue = Waiting(0, False, 0)

    async def start(self) -> None:
        """Begin to send, in the background."""
        self._loop = asyncio.get_running_loop()
        if self._alone:  # what was being sent when the last process died
            self._say_lost(await self._writer.write(mails.bury_interrupted, True))
        self._task = self._loop.create_task(self._forever(), name="sending mail")

    def wake(self) -> None:
        """A letter is being queued; from any thread. It is claimed through the writer, so after its commit."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._something.set)

    async def close(self) -> None:
        """Give what is under way a moment, then break it off; what was not handed over yet is sent later."""
        self._ending = True
        self._something.set()
        if self._task is None:
            return
        _, late = await asyncio.wait({self._task}, timeout=PATIENCE)
        for task in self._under_way if late else ():
            task.cancel()
        await asyncio.wait({self._task})

    async def _forever(self) -> None:
        woken = True  # something may have been left from before
        while not self._ending:
            try:
                if woken or await self._is_due():
                    await self._send_all()
            except Refusal as refusal:
                log.warning("mail_queue_failed", code=refusal.code)
            woken = await self._woken()

    async def _send_all(self) -> None:
        while not self._ending and await self.once():
            pass

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await self._something.wait()
        except TimeoutError:
            return False
        self._something.clear()
        return True

    async def _is_due(self) -> bool:
        self.queue = await self._reader.run(mails.waiting, int(self._clock() * 1000))
        return self.queue.due

    async def once(self) -> int:
        """Send what is due now, some at once; how many were claimed."""
        claimed, lost = await self._writer.write(mails.claim, AT_ONCE)
        self._say_lost(lost)
        if claimed:
            self._under_way = {asyncio.get_running_loop().create_task(self._send(mail)) for mail in claimed}
            done, _ = await asyncio.wait(self._under_way)
            self._under_way = set()
            for task in done:
                task.result()  # what could not be written: the letter counts as interrupted when its lease ends
        return len(claimed)

    async def _send(self, mail: Claimed) -> None:
        try:
            await self._deliver(mail)
        except NotDelivered as failure:
            self.failed.add()
            await self._settle_failure(mail, failure)
        else:
            self.sent.add()
            await self._writer.write(mails.mark_sent, mail)

    async def _deliver(self, mail: Claimed) -> None:
        try:
            addressed = decode(self._vault.open(mail.sealed, mails.context(mail.id)))
            message = self._letterhead.compose(addressed.letter, addressed.to or NOWHERE, mail.id, mail.inserted_at)
        except Exception as error:  # whatever it is, the next try would fail alike
            log.exception("mail_not_composed", mail=mail.id, kind=mail.kind)
            raise Unreadable from error
        if addressed.to != NOBODY:
            await self._delivery.deliver(mail.id, message, addressed.to)

    async def _settle_failure(self, mail: Claimed, failure: NotDelivered) -> None:
        again = isinstance(failure, NotAccepted) and mail.tries < MOST_TRIES
        log.warning("mail_not_delivered", mail=mail.id, reason=failure.reason, reply=failure.code, tries=mail.tries)
        if again:
            await self._writer.write(mails.put_back, mail, pause(mail.tries), failure.reason, failure.code)
        else:
            reason = mails.TOO_MANY_TRIES if isinstance(failure, NotAccepted) else failure.reason
            await self._writer.write(mails.bury, mail, reason, failure.code)

    @staticmethod
    def _say_lost(number: int) -> None:
        if number:
            log.warning("mail_interrupted", mails=number)


def pause(tries: int) -> int:
    """Milliseconds until a letter that was tried so often is tried again."""
    return int(min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE))
