"""Signing in: where every way in ends. A sign-in begins a family of refresh tokens, and refreshing keeps it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from hubbub.actions.mailing import Mailing
from hubbub.actions.rows import conversation_row
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.auth.guessing import Guessing
from hubbub.auth.refreshing import RefreshTokens
from hubbub.auth.revocations import Revocations
from hubbub.auth.terms import TERMS, Terms
from hubbub.auth.tokens import Tokens
from hubbub.mail.letters import StolenSignIn
from hubbub.storage import conversations, families, memberships, users
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import InvalidToken, NotFound, Unconfirmed
from hubbub.wire.events import ConversationRow
from hubbub.wire.ids import new_id
from hubbub.wire.resources import OwnUser, PublicUser, Refresh, SignedIn


class SigningIn:
    """Whoever has proved who they are is given tokens here, whichever way they proved it."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        tokens: Tokens,
        refresh_tokens: RefreshTokens,
        revocations: Revocations,
        guessing: Guessing,
        mailing: Mailing,
        letters: TokensByMail,
        confirmed_first: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._revocations = revocations
        self._guessing = guessing
        self._mailing = mailing
        self._letters = letters
        self._confirmed_first = confirmed_first

    async def begin(
        self,
        account: users.Account,
        terms: Terms = TERMS,
        device: str = "",
        also: Callable[[Transaction], None] | None = None,
    ) -> SignedIn:
        """Begin a new family on `device`, which is what its user will know it by (`http.devices`).

        `also` is done before it in the same transaction, and may refuse. Raises `InvalidCredentials` when the password
        was changed, or the account shut, since `account` was read; and `Unconfirmed` where the address has to be proven
        first: then a letter is on its way to it.
        """
        family_id, refresh_token = new_id(), self._refresh_tokens.first()

        def change(transaction: Transaction) -> int | None:
            users.require_unchanged(transaction.connection, account)
            if also is not None:
                also(transaction)
            if self._is_unconfirmed(transaction, account.id):
                self._letters.remind(transaction, account.id)
                return None
            stored = self._refresh_tokens.stored(refresh_token)
            return families.begin_family(transaction, account, family_id, stored, terms.refresh, device)

        at = await self._writer.write(change, users=[account.id])
        if at is None:
            raise Unconfirmed()
        return await self._answer(families.Exchange(account.id, family_id, at), refresh_token, terms)

    async def refresh(self, asked: Refresh, terms: Terms = TERMS) -> SignedIn:
        """Exchange a refresh token for new tokens. Raises `InvalidToken`, `ExpiredToken`; and `Unconfirmed`, which
        leaves the token as good as it was.

        A token is good for one exchange; a second use ends its family, access tokens too, unless it repeats
        the first with the same `op_id` within five minutes (Hubbub protocol, section 5). The owner is told by mail.
        """
        spent = self._refresh_tokens.stored(asked.token)
        owner = await self._reader.run(families.owner_of_token, spent)
        if owner is None:
            raise InvalidToken()
        successor = self._refresh_tokens.successor(asked.token, asked.op_id)

        def change(transaction: Transaction) -> families.Exchange | families.Reused:
            stored = self._refresh_tokens.stored(successor)
            with transaction.connection.begin_nested():  # a refusal leaves nothing of the exchange
                outcome = families.exchange(transaction, spent, asked.op_id, stored, terms.refresh)
                if isinstance(outcome, families.Exchange) and self._is_unconfirmed(transaction, owner):
                    raise Unconfirmed()
            if isinstance(outcome, families.Reused):  # either of the two may be a thief
                self._mailing.queue(transaction, StolenSignIn(), users.address_of(transaction.connection, owner))
            return outcome

        outcome = await self._writer.write(change, users=[owner])
        if isinstance(outcome, families.Reused):
            self._revocations.apply([outcome.revocation])
            raise InvalidToken("This refresh token was used before; sign in again.")
        return await self._answer(outcome, successor, terms)

    def _is_unconfirmed(self, transaction: Transaction, user_id: str) -> bool:
        """Whether this server asks that the address is proven, and it is not: somebody else's may match the list."""
        if not self._confirmed_first:
            return False
        mailbox = users.mailbox(transaction.connection, user_id)
        return mailbox is not None and not mailbox.confirmed

    async def _answer(self, granted: families.Exchange, refresh_token: str, terms: Terms) -> SignedIn:
        user, mine, others = await self._reader.run(_overview, granted.user_id)
        about = {"id": user.id, "email": user.email, "name": user.display_name} if terms.telling else None
        return SignedIn(
            user=user,
            conversations=mine,
            users=others,
            auth_token=self._tokens.issue(granted.user_id, granted.family_id, granted.at // 1000, terms, about),
            refresh_token=refresh_token,
            device_proof=self._guessing.proof(user.email, granted.family_id),
        )


def _overview(connection: Connection, user_id: str) -> tuple[OwnUser, list[ConversationRow], list[PublicUser]]:
    """The user, their conversations in id order, and everyone else in those."""
    user = users.own_user(connection, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    mine = conversations.load(connection, [row for row, _ in memberships.memberships_of(connection, user_id)])
    rows = [conversation_row(mine[key]) for key in sorted(mine)]
    return user, rows, users.acquaintances(connection, user_id)
