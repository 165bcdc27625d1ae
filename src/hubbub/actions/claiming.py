"""The first proof that an address is read by who asks: whoever made the account with it may have been somebody else.

An account can be made with a stranger's address, and be kept at hand until the stranger comes: with a session, a
passkey, an API token. So at the first proof everything ends that was a way in before it. Who made the account
themselves and confirmed their address, as the first letter asks, never meets this.
"""

from __future__ import annotations

from hubbub.storage import address_tokens, api_tokens, families, key_slots, passkeys, users
from hubbub.storage.families import Revocation
from hubbub.storage.writer import Transaction


def claim_by_password(transaction: Transaction, user_id: str) -> None:
    """The user's address is proven by who sets a new password in the same transaction, which ends every sign-in and API
    token; if it was not proven before, passkeys end too. The user must be locked.
    """
    if not _is_proven(transaction, user_id):
        users.confirm(transaction, user_id)
        passkeys.remove_all(transaction, user_id)


def claim_by_link(transaction: Transaction, user_id: str) -> list[Revocation]:
    """The user's address is proven by who signs in by a link; if it was not before, everything ends that let anybody
    in, the password too. The user must be locked.
    """
    if _is_proven(transaction, user_id):
        return []
    users.confirm(transaction, user_id)
    passkeys.remove_all(transaction, user_id)
    address_tokens.revoke_all(transaction, user_id)
    users.drop_password(transaction, user_id)
    key_slots.drop_slot(transaction, user_id, "password")
    return [*families.revoke_all(transaction, user_id), *api_tokens.revoke_all(transaction, user_id)]


def _is_proven(transaction: Transaction, user_id: str) -> bool:
    mailbox = users.mailbox(transaction.connection, user_id)
    return mailbox is None or mailbox.confirmed
