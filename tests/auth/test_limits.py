from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from hubbub.auth.limits import Addresses, MemoryLimiter, Rule
from hubbub.auth.passwords import Passwords, argon2id
from hubbub.wire.errors import TooFast, Unavailable

RULE = Rule("rule", 2, 3)  # two a second, three at once


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def spendable(limiter: MemoryLimiter, key: str, rule: Rule = RULE) -> int:
    """How many are granted at once."""
    for granted in range(100):
        try:
            limiter.spend_now(rule, key)
        except TooFast:
            return granted
    raise AssertionError("There is no limit.")


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock)
    assert spendable(limiter, "a") == 3
    clock.now += 1
    assert spendable(limiter, "a") == 2
    clock.now += 0.25
    assert spendable(limiter, "a") == 0
    clock.now += 0.25
    assert spendable(limiter, "a") == 1
    clock.now += 1000
    assert spendable(limiter, "a") == 3


def test_refusals_cost_nothing_and_say_when_to_come_back() -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock)
    slow = Rule("slow", 1 / 60, 1)
    limiter.spend_now(slow, "a")
    for _ in range(5):
        with pytest.raises(TooFast) as refused:
            limiter.spend_now(slow, "a")
        assert refused.value.extra == {"retry_after": 60}
    clock.now += 60
    limiter.spend_now(slow, "a")


def test_keys_and_rules_are_counted_apart() -> None:
    limiter = MemoryLimiter(Clock())
    assert spendable(limiter, "a") == 3
    assert spendable(limiter, "b") == 3
    assert spendable(limiter, "a", Rule("other", 2, 4)) == 4


def test_memory_is_bounded_and_the_active_are_not_forgotten() -> None:
    limiter = MemoryLimiter(Clock(), most_buckets=10)
    assert spendable(limiter, "busy") == 3
    for number in range(1000):
        limiter.spend_now(RULE, f"key {number}")
        assert spendable(limiter, "busy") == 0
        assert len(limiter._buckets) <= 10


def test_an_address_cannot_be_told_from_its_key() -> None:
    addresses = Addresses(bytes(32))
    key = addresses.key("203.0.113.7")
    assert "203" not in key
    assert key == addresses.key("203.0.113.7") == addresses.key("::ffff:203.0.113.7")
    assert key != addresses.key("203.0.113.8")
    assert key != Addresses(bytes([1]) * 32).key("203.0.113.7")


def test_one_ipv6_network_counts_as_one_address() -> None:
    addresses = Addresses()
    assert addresses.key("2001:db8:1:2::1") == addresses.key("2001:db8:1:2:ffff::9")
    assert addresses.key("2001:db8:1:2::1") != addresses.key("2001:db8:1:3::1")
    assert addresses.key(None) == addresses.key("")


# --- passwords ----------------------------------------------------------------------------------------------------


@pytest.fixture
def quick() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_passwords_are_hashed_as_rfc_9106_says_for_little_memory() -> None:
    passwords = Passwords(threads=1)
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "wrong horse")
    passwords.close()


async def test_hashes_of_other_parameters_are_outdated_but_count(quick: PasswordHasher) -> None:
    passwords = Passwords(quick, threads=1)
    assert passwords.is_outdated(argon2id().hash("correct horse"))
    stored = await passwords.hash("correct horse")
    assert not passwords.is_outdated(stored)
    passwords.close()


async def test_no_password_is_that_of_nobody(quick: PasswordHasher) -> None:
    passwords = Passwords(quick, threads=1)
    assert not await passwords.verify(None, "nobody's password")
    assert not await passwords.verify("not a hash", "any")
    passwords.close()


async def test_a_rush_is_refused_and_passes(quick: PasswordHasher) -> None:
    passwords = Passwords(quick, threads=1, most_waiting=3)
    outcomes = await asyncio.gather(*(passwords.hash(f"{n}") for n in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 7
    assert await passwords.hash("later")
    passwords.close()
