"""Finding users."""

from __future__ import annotations

from hubbub.auth.actor import Actor
from hubbub.auth.page_tokens import PageTokens
from hubbub.domain.text import check_text
from hubbub.storage import users
from hubbub.storage.engine import Reader
from hubbub.storage.users import Place
from hubbub.wire.errors import NotFound
from hubbub.wire.resources import PublicUser, UserPage

LONGEST_SEARCH = 128


class Directory:
    """Pages of users, each as the one who asks may see them."""

    def __init__(self, *, reader: Reader, page_tokens: PageTokens) -> None:
        self._reader = reader
        self._page_tokens = page_tokens

    async def page(self, actor: Actor, page_token: str | None, size: int, search: str | None) -> UserPage:
        """`size` users after those of the page that gave `page_token`, oldest account first.

        `search` is text in the handle or the display name. Raises `InvalidPageToken`, `InvalidText`.
        """
        wanted = check_text((search or "").strip(), "q", LONGEST_SEARCH)
        listing = f"users?q={wanted}"
        after = self._page_tokens.read(listing, actor.user_id, page_token, Place) if page_token else None
        items, place = await self._reader.run(users.users_page, actor.user_id, after, size, wanted or None)
        following = self._page_tokens.make(listing, actor.user_id, place) if place else None
        return UserPage(items=items, page_token=following)

    async def find(self, actor: Actor, id_or_name: str) -> PublicUser:
        """One user by id or handle, in any case. Raises `NotFound`, `InvalidText`."""
        wanted = check_text(id_or_name.lower(), "user", LONGEST_SEARCH)
        found = await self._reader.run(users.find, actor.user_id, wanted)
        if found is None:
            raise NotFound("There is no such user.")
        return found
