// Why the machine says no: a stable code for programs, a sentence for the person.

const SENTENCES = {
	weak_kdf: 'The server asked to protect the password less than is safe. Nothing was sent.',
	slot_missing: 'The password no longer opens your messages. Enter your recovery words.',
	slot_wrong: 'This password does not open your messages.',
	wrong_words: 'These are not the recovery words of this account. Check their spelling and their order.',
	key_swapped: 'The key that the server shows is not that of this person. Nothing was encrypted to it.',
	key_unsigned: 'The key of this person is not signed by them. Nothing was encrypted to it.',
	older_gen: 'The server shows an older key of this person than the one in use. Nothing was encrypted to it.',
	ghost_member: 'The server names someone as a member whom no member has added. They were not trusted.',
	chain_forked: 'The list of members is another than the one seen before. It was not believed.',
	chain_invalid: 'A change of the members does not hold. It was not believed.',
	identity_invalid: 'The history of the keys of this person does not hold together. It was not believed.',
	identity_changed: 'The identity key of this person changed. Compare the safety number, or accept the new key.',
	signature_missing: 'This message is not signed, so nobody knows who wrote it.',
	signature_wrong: 'The signature of this message does not verify: someone else wrote or changed it.',
	header_mismatch: 'This message was written for another place or time than the one where the server shows it.',
	replayed: 'The server shows an old version of this message again, or another text under the same version.',
	altered: 'This message was changed on its way.',
	copy_missing: 'This message was not encrypted for you. Another member can share it with you.',
	key_missing: 'The key for this message is not on this device.',
	not_sealed: 'This is not an encrypted message.'
} as const;

export type RefusedCode = keyof typeof SENTENCES;

/** A refusal of the machine; `sentence` may be shown as it is. */
export class Refused extends Error {
	override readonly name = 'Refused';
	readonly code: RefusedCode;
	readonly sentence: string;

	constructor(code: RefusedCode, sentence: string = SENTENCES[code]) {
		super(`${code}: ${sentence}`);
		this.code = code;
		this.sentence = sentence;
	}
}
