/** The part of the crypto machine that the replica uses: the machine itself, or the one in the Worker. */
import type { Machine } from '../crypto/machine.ts';

export type Crypto = Pick<
	Machine,
	| 'me'
	| 'newConversationKey'
	| 'addPrivateKeys'
	| 'found'
	| 'link'
	| 'advance'
	| 'follow'
	| 'judgeIdentity'
	| 'judgeKey'
	| 'seal'
	| 'openMany'
	| 'share'
	| 'sealNote'
	| 'openNote'
	| 'safetyNumber'
>;
