/** What went wrong, in a person's words: by the server's stable codes, and by those of our own cryptography. */

export const problems: Record<string, string> = {
	// The network and the server's state.
	unreachable: 'The server cannot be reached just now. Check your connection and try again.',
	rate_limited: 'That was a little too often. Wait a moment, then try again.',
	unavailable: 'The server is busy just now. Try again in a moment.',
	storage_full: 'The server has no room left, so nothing was stored. Its operator has to make room.',
	internal: 'Something failed on the server. It was recorded there; try again in a while.',
	not_served: 'This server does not offer that yet.',
	method_not_allowed: 'This page and the server are of different versions. Reload the page.',
	unknown_event: 'This page and the server are of different versions. Reload the page.',
	invalid_payload: 'The server did not understand that. Check what you entered, or reload the page.',
	too_large: 'That is too large.',
	invalid_text: 'That text has characters that cannot be stored.',

	// Who is asking.
	unauthorized: 'Sign in first.',
	invalid_credentials: 'The address or the password is wrong.',
	invalid_token: 'Your sign-in has ended. Sign in again.',
	expired_token: 'Your sign-in has ended. Sign in again.',
	token_of_another: 'Somebody else is signed in here. Reload the page.',
	email_taken: 'There is already an account with this address. Sign in instead.',
	id_taken: 'That was already made once. Try again.',
	invalid_passkey: 'The passkey could not be used here. Open this page at its usual address and try again.',
	unknown_passkey: 'This passkey does not sign you in here. Perhaps it was removed; sign in another way.',
	copied_passkey:
		'This passkey was used elsewhere since, so there may be a copy of it. Sign in another way and remove it.',
	passkey_cancelled: 'No passkey was used: it was cancelled, or took too long. Try again.',
	passkey_aborted: 'No passkey was used. Try again.',
	passkey_unsupported: 'This browser, or this device, has no passkeys that can be used here.',
	passkey_exists: 'This device has a passkey for your account already.',
	passkey_elsewhere: 'Passkeys belong to the usual address of this server. Open this page there.',
	passkey_taken: 'This passkey is registered already.',
	stale_challenge: 'That took too long. Try again.',
	fresh_proof_required: 'It is a while since you signed in. Sign in again, then do this within five minutes.',
	last_way_in: 'Nothing else would let you into your account. Add a password or another passkey first.',
	last_admin: 'You are the only administrator of this server. Make somebody else one first.',
	registration_closed: 'This server takes no new accounts.',
	unconfirmed: 'Confirm your address first: a letter with a link was sent to it. Then sign in here.',
	other_browser: 'You asked for this link in another browser. Say that you want to be signed in here.',
	invitation_required: 'You need an invitation to make an account here. Ask somebody who is here for a link.',
	invalid_invitation: 'This invitation is not good, or no more. Ask for another link.',
	address_not_allowed: 'This server does not take accounts with this e-mail address.',
	registration_refused: 'This server does not want to make this account.',
	captcha_required: 'The check that you are no machine did not work out. Try again.',

	// May they, and is it there.
	forbidden: 'You may not do this.',
	out_of_scope: 'This takes a person who is signed in.',
	not_owner: 'Only its owner may change this.',
	not_member: 'There is no such conversation, or you are not in it.',
	not_found: 'There is no such thing, or you may not see it.',
	message_deleted: 'It was deleted meanwhile.',
	conflict: 'It was changed meanwhile. Look at it again.',
	stale_revision: 'The message was changed meanwhile. Look at it again.',
	too_many: 'There are already as many of these as this server allows.',
	not_admin: 'Only admins of this server may do this.',
	foreign_page: 'Another page asked for this in your name, so it was not done.',
	proof_required: 'This name belongs to somebody who was here before. Try again.',
	muted: 'A moderator decided that you may not write here for now.',
	banned: 'A moderator decided that you may not come in here.',
	blocked: 'You and this person do not take messages from each other.',
	you_blocked: 'You blocked this person. Unblock them to write to each other again.',
	wrong_kind: 'This kind of conversation does not allow that.',

	unsupported_picture: 'That is not a PNG, JPEG or WebP picture that can be read.',
	envelopes_required: 'This server only takes conversations that are signed, and this one is not.',

	// What this client sends by itself; when it stays, the versions do not fit.
	invalid_signature: 'The server did not accept the signature. Try again, or reload the page.',
	invalid_key: 'The server did not accept the key. Try again, or reload the page.',
	invalid_envelope: 'The server did not accept the encrypted message. Try again, or reload the page.',
	invalid_link: 'The members were changed meanwhile. Try again.',
	invalid_page_token: 'The list has changed meanwhile. Open it again.',
	stale_members: 'The members were changed meanwhile. Try again.',
	index_ahead: 'This conversation is not up to date here. Try again in a moment.',
	index_behind: 'This conversation is not up to date here. Try again in a moment.',
	cursor_expired: 'This conversation has to be loaded anew. Try again in a moment.',

	// Keys, as this browser checks them.
	weak_kdf: 'The server asked for a weaker protection of your password than is safe, so nothing was sent to it.',
	slot_missing: 'Your password does not open your messages any more. Your recovery code does.',
	slot_wrong: 'This password does not open the key of your messages.',
	wrong_words: 'These are not the words of your recovery code. Look for a slip in one of them.',
	key_swapped: 'The server showed a key that is not the right one, so it was not used.',
	key_unsigned: 'The server showed a key that nobody signed, so it was not used.',
	older_gen: 'The server showed an older key than before, so it was not used.',
	ghost_member: 'The server named a member whom nobody added, so nothing was sent.',
	chain_forked: 'The server showed two histories of who belongs to this conversation, so nothing was sent.',
	chain_invalid: 'The list of who belongs to this conversation is not signed as it should be.',
	identity_invalid: 'The history of this identity does not hold together, so it was not believed.',
	not_proven:
		'You have new keys. What you write here waits until somebody else in this conversation comes online and adds them.',
	identity_changed: 'The identity of this person has changed. Compare the safety number before you write.',
	signature_missing: 'This message is not signed, so it is not shown.',
	signature_wrong: 'The signature of this message is wrong, so it is not shown.',
	header_mismatch: 'This message does not belong here, so it is not shown.',
	replayed: 'This message was already seen elsewhere, so it is not shown.',
	altered: 'This message was changed on its way, so it is not shown.',
	copy_missing: 'This message was written before you came, or not for this key of yours.',
	key_missing: 'The key to this message is not here.',
	not_sealed: 'This message is not encrypted as it should be, so it is not shown.'
};

const UNKNOWN = 'Something went wrong. Try again; if it stays, reload the page.';

const NO_ANSWER: unknown[] = ['Unreachable', 'Silence'];

/** The stable code of something thrown, if it has one. */
export function codeOf(error: unknown): string | null {
	if (typeof error !== 'object' || error === null) return null;
	if ('code' in error && typeof error.code === 'string') return error.code;
	if ('reason' in error && typeof error.reason === 'string') return error.reason;
	return 'name' in error && NO_ANSWER.includes(error.name) ? 'unreachable' : null;
}

/** What went wrong, in a sentence: ours for the code, else the server's own, else that something did. */
export function sentence(error: unknown): string {
	const code = codeOf(error);
	if (code && problems[code]) return problems[code];
	if (code && typeof error === 'object' && error !== null) {
		if ('detail' in error && typeof error.detail === 'string' && error.detail) return error.detail;
		if ('sentence' in error && typeof error.sentence === 'string' && error.sentence) return error.sentence;
	}
	return UNKNOWN;
}
