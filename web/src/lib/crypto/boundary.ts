// Comlink copies errors as plain ones: a refusal keeps its code and its class across the Worker's boundary.

import { transferHandlers, type TransferHandler } from 'comlink';
import { Refused, type RefusedCode } from './refused.ts';

type Carried = { refused: RefusedCode; sentence: string } | { other: unknown };

/** Both sides call this before the first message. */
export function carryRefusals(): void {
	const plain = transferHandlers.get('throw') as TransferHandler<{ value: unknown }, unknown>;
	transferHandlers.set('throw', {
		canHandle: plain.canHandle,
		serialize(thrown: { value: unknown }): [Carried, Transferable[]] {
			if (thrown.value instanceof Refused) {
				return [{ refused: thrown.value.code, sentence: thrown.value.sentence }, []];
			}
			const [other, transfer] = plain.serialize(thrown);
			return [{ other }, transfer];
		},
		deserialize(carried: Carried): never {
			if ('refused' in carried) throw new Refused(carried.refused, carried.sentence);
			throw plain.deserialize(carried.other);
		}
	} as TransferHandler<{ value: unknown }, Carried>);
}
