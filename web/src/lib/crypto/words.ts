// The recovery code as words that a person can write down (BIP-39, English).

import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { Refused } from './refused.ts';
import type { Bytes } from './types.ts';

const CODE_BYTES = 32;

/** 24 words for 32 bytes. */
export function wordsOf(code: Bytes): string[] {
	return entropyToMnemonic(code, wordlist).split(' ');
}

/** The 32 bytes of 24 words, in spite of case and spaces. `wrong_words` */
export function codeOf(words: string[]): Bytes {
	try {
		const code = mnemonicToEntropy(words.map((word) => word.trim().toLowerCase()).join(' '), wordlist);
		if (code.length === CODE_BYTES) return code as Bytes;
	} catch {
		// unknown words, or the last one does not fit the others
	}
	throw new Refused('wrong_words');
}
