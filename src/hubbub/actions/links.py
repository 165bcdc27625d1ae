"""Signing in by a link in a letter (seed 000): no password is necessary.

The session goes to the browser in which the button is pressed, never to the one that asked: who asks for a link to
somebody else's address gains nothing by it. In another browser than the one that asked, the person says once more that
it is to be signed in there.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from hubbub.actions.accounts import Accounts, FirstWayIn
from hubbub.actions.claiming import claim_by_link
from hubbub.actions.mailing import NOBODY
from hubbub.actions.signing_in import SigningIn
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.auth.address_tokens import stored
from hubbub.auth.limits import LINKS, Addresses, Limiter
from hubbub.auth.revocations import Revocations
from hubbub.mail.letters import SignInLink
from hubbub.storage import address_tokens, users
from hubbub.storage.address_tokens import Held
from hubbub.storage.engine import Reader
from hubbub.storage.families import Revocation
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.addresses import AskLink, LinkOwner, RegisterByLink, SignInByLink, TokenHolder, WhoseLink
from hubbub.wire.errors import InvalidToken, OtherBrowser
from hubbub.wire.ids import new_id
from hubbub.wire.keys import Slot, SlotName
from hubbub.wire.resources import SignedIn
from hubbub.wire.signing import b64u


class _Used(NamedTuple):
    """Whom the link signs in, as it was when it was used: whoever is shut out right after that does not come in."""

    account: users.Account | None
    ended: list[Revocation]


class Links:
    """Asking for a link, looking whose it is, signing in by it."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        accounts: Accounts,
        signing_in: SigningIn,
        tokens: TokensByMail,
        limiter: Limiter,
        addresses: Addresses,
        revocations: Revocations,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._accounts = accounts
        self._signing_in = signing_in
        self._tokens = tokens
        self._limiter = limiter
        self._addresses = addresses
        self._revocations = revocations
        self._clock = clock

    async def register(self, asked: RegisterByLink, device: str = "") -> SignedIn:
        """Make an account without a password, and sign it in. Raises as `Accounts.create`."""
        slots: dict[SlotName, Slot] = {} if asked.slots is None else {"recovery": asked.slots.recovery}
        return await self._accounts.create(asked, FirstWayIn(slots), device=device)

    async def ask(self, asked: AskLink) -> None:
        """Have a link sent to this address, if it has an account. Raises `TooFast` for any address alike."""
        await self._limiter.spend(LINKS, self._addresses.key(users.email_key(asked.email)))
        account = await self._reader.run(users.account_by_email, asked.email)
        user_id = account.id if account else new_id()
        await self._writer.write(self._send, user_id, asked, users=[user_id])

    def _send(self, transaction: Transaction, user_id: str, asked: AskLink) -> None:
        mailbox = users.mailbox(transaction.connection, user_id)
        to = NOBODY if mailbox is None or mailbox.disabled else mailbox.email
        about, browser = asked.email.strip(), asked.browser
        self._tokens.send(transaction, user_id, "sign_in", SignInLink, about=about, to=to, browser=browser)

    async def owner(self, asked: WhoseLink) -> LinkOwner:
        """Whose link this is; it stays good. Raises `InvalidToken`, `ExpiredToken`."""
        held = await self._reader.run(address_tokens.held, "sign_in", stored(asked.token), int(self._clock() * 1000))
        user = await self._reader.run(users.own_user, held.user_id)
        if user is None:
            raise InvalidToken()
        holder = TokenHolder(id=user.id, email=user.email, display_name=user.display_name)
        return LinkOwner(user=holder, same_browser=_asked_for(held, asked.secret), first_proof=not user.confirmed)

    async def sign_in(self, asked: SignInByLink, device: str = "") -> SignedIn:
        """Begin a new family on this device; the address is proven, and what let in somebody else before ends.

        Raises `InvalidToken`, `ExpiredToken`, `OtherBrowser`, `Unconfirmed`.
        """
        hashed = stored(asked.token)
        user_id = await self._reader.run(address_tokens.owner, "sign_in", hashed)

        def use(transaction: Transaction) -> _Used:
            held = address_tokens.held(transaction.connection, "sign_in", hashed, transaction.now)
            mailbox = users.mailbox(transaction.connection, user_id)
            if mailbox is None or mailbox.disabled:
                raise InvalidToken()
            if not asked.anyway and not _asked_for(held, asked.secret):
                raise OtherBrowser()
            address_tokens.spend(transaction, hashed)
            ended = claim_by_link(transaction, user_id)
            return _Used(users.account_by_id(transaction.connection, user_id), ended)

        used = await self._writer.write(use, users=[user_id], tell=lambda used: self._revocations.apply(used.ended))
        if used.account is None:
            raise InvalidToken()
        return await self._signing_in.begin(used.account, device=device)


def _asked_for(held: Held, secret: str | None) -> bool:
    """Whether the browser that knows this secret asked for the link."""
    known = b64u(sha256((secret or "").encode()).digest())
    return held.browser is not None and secrets.compare_digest(known, held.browser)
