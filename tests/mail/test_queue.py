"""The queue of letters, under a clock that tests turn: again where nobody has the letter, never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from hubbub.actions.mail_queue import MailQueue, QueuedMail
from hubbub.actions.mail_sending import MOST_TRIES, MailSending, pause
from hubbub.actions.mailing import NOBODY, Mailing
from hubbub.mail.composing import Letterhead
from hubbub.mail.delivering import NotAccepted, NotDelivered, Refused, Uncertain
from hubbub.mail.letters import Letter, PasswordChanged, ResetPassword
from hubbub.storage import mails
from hubbub.storage.engine import Reader, open_engine, sqlite_url
from hubbub.storage.schema import mails as table
from hubbub.storage.sweep import Sweep
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Internal, NotFound
from tests.http.world import VAULT_KEY, Clock, fresh_database
from tests.mail.postman import Postman

ADA = "ada@example.com"
TOKEN = "t0ken-that-nobody-may-read"
DAY = 86_400
LEASE = mails.LEASE // 1000


class Post:
    """One process: its queue, its sending, its postman."""

    def __init__(self, folder: Path, clock: Clock, postman: Postman, vault_key: bytes = VAULT_KEY) -> None:
        self.folder, self.clock, self.postman = folder, clock, postman
        begun = (folder / "hubbub.db").exists()
        self.engine = open_engine(sqlite_url(folder)) if begun else fresh_database(folder)
        self.reader, self.writer = Reader(self.engine, threads=1), Writer(self.engine, clock)
        vault = Vault(vault_key)
        self.mailing = Mailing(vault)
        self.operator = MailQueue(self.reader, self.writer, vault)
        self.sending = MailSending(
            reader=self.reader,
            writer=self.writer,
            vault=vault,
            letterhead=Letterhead(sender="chat@example.org", name="Chat", public_url="http://localhost"),
            delivery=postman,
            clock=clock,
        )
        self.writer.start()

    async def queue(self, letter: Letter | None = None, to: str = ADA) -> None:
        await self.writer.write(self.mailing.queue, letter or ResetPassword(TOKEN), to)

    async def send_all(self) -> None:
        while await self.sending.once():
            pass

    async def after(self, seconds: float) -> None:
        """What is sent that much later."""
        self.clock.ahead += seconds
        await self.send_all()

    async def stuck(self) -> list[QueuedMail]:
        return await self.operator.undelivered()

    async def close(self) -> None:
        await self.writer.close()
        self.reader.close()
        self.engine.dispose()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    post = Post(tmp_path, Clock(), Postman())
    yield post
    await post.close()


# --- sent once --------------------------------------------------------------------------------------------------------


async def test_a_letter_is_sent_once_and_forgotten(post: Post) -> None:
    await post.queue()
    await post.send_all()
    await post.after(DAY)
    assert [letter["To"] for letter in post.postman.delivered] == [ADA]
    assert await post.stuck() == []
    kept = await post.reader.run(lambda connection: connection.execute(select(table)).one())
    assert (kept.state, kept.sealed) == ("sent", None)
    sweep = Sweep(post.reader, post.writer, clock=post.clock)
    post.clock.ahead += 1
    assert (await sweep.once())["mails"] == 1


async def test_what_is_taken_back_is_not_sent(post: Post) -> None:
    def fail(transaction: Transaction) -> None:
        post.mailing.queue(transaction, PasswordChanged(), ADA)
        raise RuntimeError

    with pytest.raises(Internal):
        await post.writer.write(fail)
    await post.send_all()
    assert not post.postman.tried


async def test_two_processes_send_each_letter_once(post: Post, tmp_path: Path) -> None:
    other = Post(tmp_path, post.clock, post.postman)
    for number in range(50):
        await post.queue(to=f"user{number}@example.com")
    await asyncio.gather(post.send_all(), other.send_all())
    assert sorted(str(letter["To"]) for letter in post.postman.delivered) == sorted(
        f"user{number}@example.com" for number in range(50)
    )
    await other.close()


async def test_a_letter_to_nobody_is_queued_like_any_other_and_sent_nowhere(post: Post) -> None:
    await post.queue(to=NOBODY)
    assert await post.stuck() == [], "an operator is not bothered with it"
    await post.send_all()
    kept = await post.reader.run(lambda connection: connection.execute(select(table.c.state)).scalars().all())
    assert (kept, post.postman.tried) == (["sent"], 0)


# --- again, as long as nobody has it ----------------------------------------------------------------------------------


async def test_it_is_tried_again_with_growing_pauses_under_the_same_id(post: Post) -> None:
    seen: list[str] = []
    post.postman.failures = [NotAccepted(450)] * 3
    await post.queue()
    await post.send_all()
    for tries in (1, 2, 3):
        assert post.postman.tried == tries
        [stuck] = await post.stuck()
        assert (stuck.state, stuck.tries, stuck.reason, stuck.code) == ("waiting", tries, "not_accepted", 450)
        seen.append(f"<{stuck.id}@example.org>")
        await post.after(pause(tries) / 1000 - 1)
        assert post.postman.tried == tries, "not before its time"
        await post.after(1)
    [letter] = post.postman.delivered
    assert {letter["Message-ID"]} == set(seen)


def test_pauses_grow_up_to_an_hour() -> None:
    pauses = [pause(tries) // 1000 for tries in range(1, MOST_TRIES)]
    assert pauses[:3] == [30, 60, 120]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 3600


async def test_it_is_given_up_in_the_end_and_an_operator_brings_it_back(post: Post) -> None:
    post.postman.failures, post.postman.for_ever = [NotAccepted()], True
    await post.queue()
    for _ in range(MOST_TRIES + 5):
        await post.after(3600)
    assert post.postman.tried == MOST_TRIES
    [dead] = await post.stuck()
    assert (dead.state, dead.reason, dead.to) == ("dead", "too_many_tries", ADA)
    post.postman.failures = []
    assert await post.operator.retry([dead.id]) == 1
    await post.send_all()
    assert [letter["Message-ID"] for letter in post.postman.delivered] == [f"<{dead.id}@example.org>"]


# --- never twice ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [Refused(550), Uncertain()])
async def test_what_is_refused_or_uncertain_is_not_tried_again(post: Post, failure: NotDelivered) -> None:
    post.postman.failures = [failure]
    await post.queue()
    await post.after(0)
    for _ in range(3):
        await post.after(DAY)
    assert post.postman.tried == 1
    [dead] = await post.stuck()
    assert (dead.state, dead.reason, dead.code) == ("dead", failure.reason, failure.code)
    assert await post.operator.drop([dead.id]) == 1
    assert await post.stuck() == []


async def test_what_a_dead_process_was_sending_is_given_up(post: Post, tmp_path: Path) -> None:
    await post.queue()
    await post.writer.write(mails.claim, 8)  # and here it dies
    other = Post(tmp_path, post.clock, post.postman)
    await other.after(LEASE - 10)
    assert [stuck.state for stuck in await other.stuck()] == ["sending"]
    await other.after(20)
    assert [(stuck.state, stuck.reason) for stuck in await other.stuck()] == [("dead", "interrupted")]
    assert not post.postman.tried
    await other.close()


async def test_who_counted_as_dead_does_not_overrule_what_was_decided_meanwhile(post: Post) -> None:
    await post.queue()
    [mail] = (await post.writer.write(mails.claim, 8)).claimed
    post.clock.ahead += LEASE + 1
    await post.send_all()
    await post.writer.write(mails.put_back, mail, 0, "not_accepted", None)
    assert [stuck.state for stuck in await post.stuck()] == ["dead"]


async def test_only_dead_letters_are_an_operators(post: Post) -> None:
    await post.queue()
    for change in (post.operator.retry, post.operator.drop):
        with pytest.raises(NotFound):
            await change([])
    await post.send_all()
    assert len(post.postman.delivered) == 1


# --- at rest ----------------------------------------------------------------------------------------------------------


async def test_the_database_shows_neither_address_nor_token(post: Post) -> None:
    post.postman.failures = [Uncertain()]
    await post.queue()
    await post.send_all()
    for file in post.folder.glob("hubbub.db*"):
        content = file.read_bytes()
        assert ADA.encode() not in content
        assert TOKEN.encode() not in content


async def test_what_does_not_open_is_given_up(post: Post, tmp_path: Path) -> None:
    await post.queue()
    other = Post(tmp_path, post.clock, post.postman, vault_key=bytes(32))
    await other.send_all()
    [dead] = await other.stuck()
    assert (dead.state, dead.reason, dead.to) == ("dead", "unreadable", None)
    assert not post.postman.tried
    await other.close()
