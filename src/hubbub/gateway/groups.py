"""Small groups of sockets: a few are a tuple, a fifth of the size of a set, and most groups are one user's sockets."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")

Group = set[T] | tuple[T, ...]

FEW = 8


def added(group: Group[T], one: T) -> Group[T]:
    """The group and `one`; use the result in place of `group`."""
    if isinstance(group, set):
        group.add(one)
        return group
    if one in group:
        return group
    return (*group, one) if len(group) < FEW else {*group, one}


def removed(group: Group[T], one: T) -> Group[T]:
    """The group without `one`; use the result in place of `group`."""
    if isinstance(group, set):
        group.discard(one)
        return group
    return tuple(other for other in group if other is not one)
