import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newDeviceKey, openAtRest, sealAtRest } from './atrest.ts';

test('what is sealed at rest comes back', async () => {
	const deviceKey = await newDeviceKey();
	await fc.assert(
		fc.asyncProperty(fc.jsonValue(), fc.string(), async (value, context) => {
			const sealed = await sealAtRest(deviceKey, value, context);
			expect(await openAtRest(deviceKey, sealed, context)).toEqual(JSON.parse(JSON.stringify(value)));
		})
	);
});

test('neither for another context, nor under another key, nor changed', async () => {
	const deviceKey = await newDeviceKey();
	const sealed = await sealAtRest(deviceKey, { text: 'mine' }, 'outbox/1');
	expect(await openAtRest(deviceKey, sealed, 'outbox/2')).toBeUndefined();
	expect(await openAtRest(await newDeviceKey(), sealed, 'outbox/1')).toBeUndefined();
	const ct = sealed.ct.slice();
	ct[0]! ^= 1;
	expect(await openAtRest(deviceKey, { ...sealed, ct }, 'outbox/1')).toBeUndefined();
});

test('the same value is sealed otherwise each time, and the key cannot be read out', async () => {
	const deviceKey = await newDeviceKey();
	const [one, other] = await Promise.all([sealAtRest(deviceKey, 1, ''), sealAtRest(deviceKey, 1, '')]);
	expect(one.iv).not.toEqual(other.iv);
	await expect(crypto.subtle.exportKey('raw', deviceKey)).rejects.toThrow();
});
