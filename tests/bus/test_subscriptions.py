"""When a subscription counts as in force, whatever the wishes and answers overtake."""

from __future__ import annotations

from hubbub.bus.subscriptions import Subscriptions


async def test_an_answer_to_an_earlier_subscribe_does_not_count() -> None:
    subscriptions = Subscriptions()
    subscriptions.want("a")
    assert subscriptions.take_changes() == (["a"], [])
    subscriptions.unwant("a")
    assert subscriptions.take_changes() == ([], ["a"])
    subscriptions.want("a")
    assert subscriptions.take_changes() == (["a"], [])
    coming = subscriptions.coming_into_force("a")
    for _ in range(2):
        subscriptions.answered("a")
        assert not subscriptions.in_force("a")
        assert not coming.done()
    subscriptions.answered("a")
    assert subscriptions.in_force("a")
    assert coming.done()


async def test_wishes_that_cancel_out_are_not_told() -> None:
    subscriptions = Subscriptions()
    subscriptions.want("a")
    coming = subscriptions.coming_into_force("a")
    subscriptions.unwant("a")
    assert subscriptions.take_changes() == ([], [])
    assert coming.done()  # nobody waits for what nobody wants


async def test_a_new_connection_is_told_everything_that_is_wanted() -> None:
    subscriptions = Subscriptions()
    for topic in "abc":
        subscriptions.want(topic)
    subscriptions.take_changes()
    subscriptions.answered("a")
    subscriptions.unwant("b")
    subscriptions.forget_told()
    assert not subscriptions.in_force("a")
    added, removed = subscriptions.take_changes()
    assert (sorted(added), removed) == (["a", "c"], [])


async def test_those_who_wait_outlast_a_lost_connection() -> None:
    subscriptions = Subscriptions()
    subscriptions.want("a")
    subscriptions.take_changes()
    coming = subscriptions.coming_into_force("a")
    subscriptions.forget_told()
    assert not coming.done()
    subscriptions.take_changes()
    subscriptions.answered("a")
    assert coming.done()
