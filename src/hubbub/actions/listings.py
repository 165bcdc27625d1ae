"""The directories of seed 001, for anyone: users and listed groups without anything that is not public."""

from __future__ import annotations

import msgspec

from hubbub.actions.directory import LONGEST_SEARCH
from hubbub.domain.text import check_text
from hubbub.storage import groups, listings
from hubbub.storage.engine import Reader
from hubbub.storage.groups import FoundGroup
from hubbub.storage.listings import NOBODY, Wanted
from hubbub.wire.errors import NotFound
from hubbub.wire.rest import GroupListing, ListedGroup, ListedUser, UserListing


class Listings:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def users(self, wanted: Wanted) -> UserListing:
        """A page of users. Raises `InvalidText`."""
        found = await self._reader.run(listings.users_wanted, _checked(wanted))
        page = found[: wanted.limit]
        return UserListing(items=page, after=page[-1].name if len(found) > len(page) else None)

    async def user(self, name: str) -> ListedUser:
        """One user by name, in any case. Raises `NotFound`, `InvalidText`."""
        found = await self._reader.run(listings.one_user, check_text(name.lower(), "user_name", LONGEST_SEARCH))
        if found is None:
            raise NotFound("There is no such user.")
        return found

    async def groups(self, wanted: Wanted) -> GroupListing:
        """A page of listed groups. Raises `InvalidText`."""
        found = await self._reader.run(listings.groups_wanted, _checked(wanted))
        page = [_listed(one) for one in found[: wanted.limit]]
        return GroupListing(items=page, after=page[-1].id if len(found) > len(page) else None)

    async def group(self, group_id: str) -> ListedGroup:
        """One group by id, listed or not. Raises `NotFound`."""
        found = await self._reader.run(groups.one, NOBODY, group_id)
        if found is None:
            raise NotFound("There is no such group.")
        return _listed(found)


def _checked(wanted: Wanted) -> Wanted:
    for name in ("q", "name", "display_name", "after"):
        check_text(getattr(wanted, name), name, LONGEST_SEARCH)
    return wanted


def _listed(found: FoundGroup) -> ListedGroup:
    return ListedGroup(
        id=found.id,
        name=found.alias,
        about=found.about,
        picture=found.picture,
        encrypted=found.encrypted,
        joining=found.joining,
        approvals=found.approvals,
        members=found.members,
        public_key=None if found.public_key is None else msgspec.json.decode(found.public_key),
    )
