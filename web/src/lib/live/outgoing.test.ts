import { expect, test } from 'vitest';
import { Refusal, Silence } from '../realtime/problems.ts';
import { Outgoing, type Saying } from './outgoing.ts';

/** What is sent goes through `answers` one by one; what they throw is thrown. */
function sending(...answers: (Error | null)[]): { outgoing: Outgoing; sent: string[]; settled: () => Promise<void> } {
	const sent: string[] = [];
	const send = async ({ text }: Saying) => {
		sent.push(text);
		const answer = answers.shift();
		if (answer) throw answer;
	};
	const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
	return { outgoing: new Outgoing(send, () => {}), sent, settled };
}

test('what is said is sent in order, and forgotten once it is there', async () => {
	const { outgoing, sent, settled } = sending();
	for (const text of ['one', 'two', 'three']) outgoing.say(text);
	await settled();
	expect(sent).toEqual(['one', 'two', 'three']);
	expect(outgoing.waiting).toEqual([]);
});

test('a refusal stays with its reason and holds nothing up, until it is tried again', async () => {
	const { outgoing, sent, settled } = sending(new Refusal({ reason: 'rate_limited', detail: 'Too fast.' }));
	outgoing.say('one');
	outgoing.say('two');
	await settled();
	expect(outgoing.waiting).toMatchObject([{ text: 'one', refused: { code: 'rate_limited' } }]);
	outgoing.retry(outgoing.waiting[0]!.id);
	await settled();
	expect(sent).toEqual(['one', 'two', 'one']);
	expect(outgoing.waiting).toEqual([]);
});

test('after silence the same is sent again, before what was said later', async () => {
	const { outgoing, sent, settled } = sending(new Silence('conversation:1', 'send_message'));
	outgoing.say('one');
	await settled();
	expect(outgoing.waiting).toMatchObject([{ text: 'one', refused: null }]);
	outgoing.say('two');
	await settled();
	expect(sent).toEqual(['one', 'one', 'two']);
});

test('what one does not want to say any more is not sent', async () => {
	const { outgoing, sent, settled } = sending(new Refusal({ reason: 'forbidden' }));
	outgoing.say('one');
	await settled();
	outgoing.forget(outgoing.waiting[0]!.id);
	outgoing.pump();
	await settled();
	expect(sent).toEqual(['one']);
});
