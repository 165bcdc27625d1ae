// What somebody says who asks to be let into a group, sealed to the group's key and signed by who asks. The signature
// lies inside: the server can neither read a note nor write one in somebody's name.

import { pad, unpad } from './bodies.ts';
import { b64u, concat, fromB64u, fromUtf8, KEY_BYTES, SIGNATURE_BYTES, utf8 } from './bytes.ts';
import { isSignedBy } from './curves.ts';
import type { Recipient } from './envelope.ts';
import { openWith, sealTo } from './hpke.ts';
import { had, type Identity } from './identity.ts';
import type { Keyring } from './keys.ts';
import { Refused } from './refused.ts';
import { noteBytes, noteInfo } from './signing.ts';
import type { B64u, Bytes, Known } from './types.ts';

/** `text` for whoever has the private part of a judged key: b64u(kid || HPKE). */
export async function sealNote(text: string, conversation: string, key: Recipient, author: Identity): Promise<B64u> {
	const { kid, x } = key;
	const said = text.toWellFormed();
	const sig = b64u(await author.sign(noteBytes(conversation, author.user, kid, said)));
	const inside = pad(utf8(JSON.stringify({ text: said, ik: author.ik, sig })));
	const box = await sealTo(x, noteInfo(conversation, author.user, kid), inside);
	return b64u(concat(fromB64u(kid, KEY_BYTES)!, box));
}

/** What `author` said. `altered`, `key_missing`, `signature_wrong` */
export async function openNote(sealed: B64u, conversation: string, author: Known, keys: Keyring): Promise<string> {
	const raw = fromB64u(sealed);
	if (raw === null) throw new Refused('altered');
	const kid = b64u(raw.slice(0, KEY_BYTES));
	const opener = keys.find(kid);
	const padded = await openWith(opener, noteInfo(conversation, author.user, kid), raw.slice(KEY_BYTES));
	const note = padded && readNote(padded);
	if (!note) throw new Refused('altered');
	const { text, ik, signature } = note;
	const signed = noteBytes(conversation, author.user, kid, text);
	if (!had(author, ik) || !(await isSignedBy(ik, signature, signed))) throw new Refused('signature_wrong');
	return text;
}

function readNote(padded: Bytes): { text: string; ik: B64u; signature: Bytes } | null {
	const inside = unpad(padded);
	try {
		const { text, ik, sig } = JSON.parse(fromUtf8(inside!)) as Record<string, unknown>;
		const signature = fromB64u(sig, SIGNATURE_BYTES);
		if (typeof text !== 'string' || !text.isWellFormed() || typeof ik !== 'string') return null;
		return fromB64u(ik, KEY_BYTES) && signature ? { text, ik, signature } : null;
	} catch {
		return null;
	}
}
