import { describe, expect, it } from 'vitest';
import type { Challenge } from '../wire/types.ts';
import { proven } from './captcha.ts';
import { Problem } from './problems.ts';

const challenge = { parameters: { nonce: 'n' }, signature: 's' } as unknown as Challenge;
const required = new Problem('captcha_required', 428, 'Solve it.', null, null, null, challenge);
const solved = async (given: Challenge) => `solved ${given.parameters.nonce}`;

describe('what is asked with proof of work', () => {
	it('goes as it is while the server wants none', async () => {
		expect(await proven(null, async (captcha) => captcha, solved)).toBeNull();
		expect(await proven('one', async (captcha) => captcha, solved)).toBe('one');
	});

	it('is asked once more with what the server wanted to be solved', async () => {
		const sent: (string | null)[] = [];
		const answer = await proven(
			'expired',
			async (captcha) => {
				sent.push(captcha);
				if (sent.length === 1) throw required;
				return 'in';
			},
			solved
		);
		expect([answer, sent]).toEqual(['in', ['expired', 'solved n']]);
	});

	it('is not asked for ever, nor for another refusal', async () => {
		let asked = 0;
		const refuse = (refusal: Problem) => async () => {
			asked += 1;
			throw refusal;
		};
		await expect(proven(null, refuse(required), solved)).rejects.toBe(required);
		expect(asked).toBe(2);
		const wrong = new Problem('invalid_credentials', 401, 'Wrong.');
		await expect(proven(null, refuse(wrong), solved)).rejects.toBe(wrong);
		expect(asked).toBe(3);
	});
});
