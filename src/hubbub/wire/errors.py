"""Every refusal that Hubbub knows, in one tree, and every close code.

A refusal's `code` is stable: clients branch on it. `sentence` is for a person and may change.
HTTP shows it as RFC 9457 problem+json with `status`, the socket as `{"reason": code, ...}` (Hubbub protocol, 3 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """Something that was asked is not done; nothing was changed.

    `detail` replaces the sentence when there is more to say. `current` is the authoritative row that a client
    shows instead of what it tried (a JSON-ready object). `extra` are further keys of the answer.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    sentence: ClassVar[str] = "The request was refused."

    def __init__(self, detail: str | None = None, *, current: Any = None, **extra: Any) -> None:
        super().__init__(detail or self.sentence)
        self.current = current
        self.extra = extra

    @property
    def detail(self) -> str:
        return str(self.args[0])


# --- what was sent cannot be understood ---------------------------------------------------------------------------


class BadInput(Refusal):
    code = "invalid_payload"
    sentence = "The payload does not have the documented shape."


class MalformedFrame(BadInput):
    code = "malformed_frame"
    sentence = "The frame is not a Phoenix message in the version that was agreed."


class BinaryUnsupported(BadInput):
    code = "binary_unsupported"
    sentence = "Binary frames are not served; send text frames."


class InvalidText(BadInput):
    code = "invalid_text"
    sentence = "Text must be valid Unicode without NUL characters."


class TooLarge(BadInput):
    code = "too_large"
    status = 413
    sentence = "That is larger than this server accepts."


class UnsupportedPicture(BadInput):
    code = "unsupported_picture"
    status = 415
    sentence = "This is no PNG, JPEG or WebP picture that can be read."


class UnmatchedTopic(BadInput):
    code = "unmatched topic"
    status = 404
    sentence = "The topic was not joined, or there is no such topic."


class UnknownEvent(BadInput):
    code = "unknown_event"
    status = 404
    sentence = "The topic does not know this event."


class InvalidPageToken(BadInput):
    code = "invalid_page_token"
    sentence = "The page token was not made by this server for this list."


class InvalidSignature(BadInput):
    code = "invalid_signature"
    status = 403
    sentence = "A signature is missing or does not verify."


class InvalidKey(BadInput):
    code = "invalid_key"
    status = 422
    sentence = "The key does not have the documented shape, or its signature does not verify."


class InvalidEnvelope(BadInput):
    code = "invalid_envelope"
    status = 422
    sentence = "The sealed message does not match the request, or its signature does not verify."


class InvalidLink(BadInput):
    code = "invalid_link"
    status = 422
    sentence = "A link of the membership chain is missing, out of order, or does not verify."


# --- who is asking ------------------------------------------------------------------------------------------------


class Unauthorized(Refusal):
    code = "unauthorized"
    status = 401
    sentence = "Sign in first."


class InvalidCredentials(Unauthorized):
    code = "invalid_credentials"
    sentence = "The address or the password is wrong."


class InvalidPasskey(Unauthorized):
    code = "invalid_passkey"
    sentence = "What the passkey answered does not hold for this server."


class UnknownPasskey(InvalidPasskey):
    """Also the answer where the account is shut, so that nobody learns which are."""

    code = "unknown_passkey"
    sentence = "This passkey signs nobody in here; perhaps it was removed."


class CopiedPasskey(InvalidPasskey):
    code = "copied_passkey"
    sentence = "This passkey was used elsewhere since, so there may be a copy of it: sign in another way and remove it."


class InvalidToken(Unauthorized):
    code = "invalid_token"
    sentence = "The token is not valid; sign in again."


class ExpiredToken(InvalidToken):
    code = "expired_token"
    sentence = "The token has expired; refresh it or sign in again."


class TokenOfAnother(Unauthorized):
    code = "token_of_another"
    status = 403
    sentence = "The token belongs to another user than the one who is signed in here."


# --- may they -----------------------------------------------------------------------------------------------------


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    sentence = "You may not do this."


class OutOfScope(Forbidden):
    code = "out_of_scope"
    sentence = "This API token does not reach that."


class ForeignPage(Forbidden):
    code = "foreign_page"
    sentence = "A page of another origin may not use the cookie of this one."


class FreshProofRequired(Forbidden):
    code = "fresh_proof_required"
    sentence = "Show once more that it is you: with your password, with a passkey, or by signing in again."


class NotOwner(Forbidden):
    code = "not_owner"
    sentence = "Only its owner may change this."


class NotAdmin(Forbidden):
    code = "not_admin"
    sentence = "Only an administrator of this server may do this."


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    sentence = "This server takes no new accounts."


class Unconfirmed(Forbidden):
    """Where `allowed_addresses` is set: an account whose address nobody proved yet gets no tokens."""

    code = "unconfirmed"
    sentence = "Confirm your address first, with the link in the letter that was sent to it; then sign in."


class OtherBrowser(Forbidden):
    code = "other_browser"
    sentence = "This link was asked for in another browser; say that you want to be signed in here."


class InvitationRequired(Forbidden):
    code = "invitation_required"
    sentence = "Only who was invited may make an account here."


class InvalidInvitation(Forbidden):
    """The same for one that never was, is used up, has expired or was withdrawn."""

    code = "invalid_invitation"
    sentence = "This invitation is not good, or no more; ask for another one."


class AddressNotAllowed(Forbidden):
    code = "address_not_allowed"
    sentence = "This server does not take accounts with this e-mail address."


class RegistrationRefused(Forbidden):
    """`detail` is the sentence of whoever the operator asks."""

    code = "registration_refused"
    sentence = "This server does not want to make this account."


class CaptchaRequired(Refusal):
    """`challenge` is what to solve."""

    code = "captcha_required"
    status = 428
    sentence = "Solve the challenge, and send what you found as captcha."


class Muted(Forbidden):
    code = "muted"
    sentence = "A moderator decided that you may not write here."


class Banned(Forbidden):
    code = "banned"
    sentence = "A moderator decided that you may not come in here."


class NotMember(Forbidden):
    """Also the answer for a conversation that does not exist, so that nobody learns which ids do."""

    code = "not_member"
    status = 404
    sentence = "There is no such conversation, or you are not a member of it."


class Blocked(Forbidden):
    """The same for both sides, so that it does not say who blocked whom."""

    code = "blocked"
    sentence = "You and this user do not take messages from each other."


class NotFound(Refusal):
    code = "not_found"
    status = 404
    sentence = "There is no such thing, or you may not see it."


# --- it conflicts with what is ------------------------------------------------------------------------------------


class Conflict(Refusal):
    code = "conflict"
    status = 409
    sentence = "The request conflicts with the current state."


class LastAdmin(Conflict):
    code = "last_admin"
    sentence = "You are the only administrator; make somebody else one first (`hubbub users promote`)."


class IdTaken(Conflict):
    code = "id_taken"
    sentence = "This id is already used for something else."


class EmailTaken(Conflict):
    code = "email_taken"
    status = 422
    sentence = "This address already has an account."


class PasskeyTaken(Conflict):
    code = "passkey_taken"
    sentence = "This passkey is registered already."


class StaleChallenge(Conflict):
    code = "stale_challenge"
    sentence = "This was begun too long ago, or answered before; begin again."


class LastWayIn(Conflict):
    code = "last_way_in"
    sentence = "Nothing else lets you into your account; add another way in first."


class StaleRevision(Conflict):
    code = "stale_revision"
    sentence = "The message was changed since; look at its current revision."


class StaleMembers(Conflict):
    code = "stale_members"
    sentence = "The recipients are not the members with keys; seal again for the current ones."


class IndexAhead(Conflict):
    code = "index_ahead"
    sentence = "The index is more than one above the highest of the conversation."


class IndexBehind(Conflict):
    code = "index_behind"
    sentence = "The index is below this device's last message, or below the top at joining."


class CursorExpired(Conflict):
    code = "cursor_expired"
    status = 410
    sentence = "The cursor is too old or from another epoch; build the replica anew."


class ProofRequired(Conflict):
    """`nonce` is what to sign."""

    code = "proof_required"
    sentence = "This key takes part already; sign the nonce to show that it is yours."


class WrongKind(Conflict):
    code = "wrong_kind"
    sentence = "This kind of conversation does not allow that."


class EnvelopesRequired(Conflict):
    code = "envelopes_required"
    status = 422
    sentence = "This server begins only sealed conversations; send links and signed keys."


class TooMany(Conflict):
    code = "too_many"
    sentence = "A limit on the number of these has been reached."


# --- not now ------------------------------------------------------------------------------------------------------


class TooFast(Refusal):
    code = "rate_limited"
    status = 429
    sentence = "Too many requests; wait a little."


class Unavailable(Refusal):
    code = "unavailable"
    status = 503
    sentence = "The server cannot do this right now; try again with the same id."


class StorageFull(Unavailable):
    code = "storage_full"
    status = 507
    sentence = "The server has no room left; nothing was stored. Try again later with the same id."


class Internal(Refusal):
    code = "internal"
    status = 500
    sentence = "Something failed on the server; it was recorded."


class CloseCode:
    """WebSocket close codes: whether and when to reconnect (Hubbub protocol, section 1; RFC 6455, 7.4)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL = 1002
    INVALID_TEXT = 1007
    TOO_LARGE = 1009
    INTERNAL = 1011
    RESTART = 1012
    TOO_SLOW = 1013
    SIGN_IN_AGAIN = 4001
    TOO_MANY_REQUESTS = 4029


CLOSE_ADVICE: Mapping[int, str] = {
    CloseCode.NORMAL: "The client closed; nothing to do.",
    CloseCode.GOING_AWAY: "Nothing was heard for 60 seconds: send heartbeats, reconnect.",
    CloseCode.PROTOCOL: "What came was not a WebSocket frame that RFC 6455 allows: mend the client.",
    CloseCode.INVALID_TEXT: "A text frame was not UTF-8: mend the client.",
    CloseCode.TOO_LARGE: "A frame was larger than the server accepts: send less at once.",
    CloseCode.INTERNAL: "Something failed on the server: reconnect, after a while.",
    CloseCode.RESTART: "The server restarts: reconnect.",
    CloseCode.TOO_SLOW: "More was waiting than this reader took: reconnect and resume from the cursor.",
    CloseCode.SIGN_IN_AGAIN: "The token has ended: sign in or refresh, then reconnect with the new one.",
    CloseCode.TOO_MANY_REQUESTS: "Too many frames in a second: wait, then reconnect and send fewer.",
}


def refusals(base: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """Every refusal of this file below `base`, each before those that are more special."""
    here = [one for one in base.__subclasses__() if one.__module__ == __name__]
    return [one for direct in here for one in (direct, *refusals(direct))]
