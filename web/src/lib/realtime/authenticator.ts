/**
 * Passkeys, as the browser has them: makes one, or has one answer. The library that speaks to the browser is loaded when
 * it is first needed. What an authenticator gives by its extension `prf` opens the account key, so it is taken out of the
 * answer before that goes to the server.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/browser';
import type { Assertion, Attestation } from '../wire/types.ts';

type Options = Record<string, unknown>;
type Bytes = Uint8Array<ArrayBuffer>;

/** What every client has authenticators evaluate: a passkey opens its slot wherever it is used. */
const PRF_INPUT = new TextEncoder().encode('hubbub/passkey-prf/1');

export type TroubleCode =
	'passkey_cancelled' | 'passkey_unsupported' | 'passkey_exists' | 'passkey_elsewhere' | 'passkey_aborted';

/** The browser, its authenticator or the person did not do it. */
export class PasskeyTrouble extends Error {
	override readonly name = 'PasskeyTrouble';

	constructor(
		readonly code: TroubleCode,
		cause?: unknown
	) {
		super(code, { cause });
	}
}

/** `prf`: what opens the account key; null: the authenticator has no such thing. */
export interface Made {
	credential: Attestation;
	prf: Bytes | null;
}

export interface Answered {
	credential: Assertion;
	prf: Bytes | null;
}

/** The browser's, or that of a test. Methods throw `PasskeyTrouble`. */
export interface Authenticator {
	create(options: Options): Promise<Made>;
	/** `autofill`: it waits until the person picks a passkey where a name is typed; another question ends it. */
	get(options: Options, autofill?: boolean): Promise<Answered>;
}

/** Whether this browser has passkeys for this page: they are kept by names of servers, not by numbers. */
export function hasPasskeys(): boolean {
	const isNumber = /^[\d.]+$|^\[/.test(location.hostname);
	return typeof globalThis.PublicKeyCredential === 'function' && !isNumber;
}

/** Whether a name field can offer passkeys. */
export async function fillsIn(): Promise<boolean> {
	return hasPasskeys() && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}

export const browserAuthenticator: Authenticator = {
	async create(options) {
		const { startRegistration } = await library();
		const made = await alone(false, () =>
			told(startRegistration({ optionsJSON: withPrf(options) as never }), 'create')
		);
		const prf = prfOf(made) ?? (isEnabled(made) ? await evaluated(options, made.id) : null);
		const { clientDataJSON, attestationObject, transports = [] } = made.response;
		return { credential: { id: made.id, response: { clientDataJSON, attestationObject, transports } }, prf };
	},

	async get(options, autofill = false) {
		const { startAuthentication } = await library();
		const asked = { optionsJSON: withPrf(options) as never, useBrowserAutofill: autofill };
		const answer = await alone(autofill, () => told(startAuthentication(asked), 'get'));
		const { clientDataJSON, authenticatorData, signature, userHandle = null } = answer.response;
		const response = { clientDataJSON, authenticatorData, signature, userHandle };
		return { credential: { id: answer.id, response }, prf: prfOf(answer) };
	}
};

/** Stops waiting for a passkey to be picked where a name is typed. */
export async function stopFillingIn(): Promise<void> {
	if (hasPasskeys()) (await library()).WebAuthnAbortService.cancelCeremony();
}

function library(): Promise<typeof import('@simplewebauthn/browser')> {
	if (!hasPasskeys()) throw new PasskeyTrouble('passkey_unsupported');
	return import('@simplewebauthn/browser');
}

function withPrf(options: Options): Options {
	return { ...options, extensions: { prf: { eval: { first: PRF_INPUT } } } };
}

interface Prf {
	prf?: { enabled?: boolean; results?: { first?: ArrayBuffer | ArrayBufferView } };
}

function prfOf(answer: RegistrationResponseJSON | AuthenticationResponseJSON): Bytes | null {
	const first = (answer.clientExtensionResults as Prf).prf?.results?.first;
	if (!first) return null;
	const raw = ArrayBuffer.isView(first)
		? new Uint8Array(first.buffer as ArrayBuffer, first.byteOffset, first.byteLength)
		: first;
	return new Uint8Array(raw as ArrayBuffer).slice();
}

function isEnabled(made: RegistrationResponseJSON): boolean {
	return (made.clientExtensionResults as Prf).prf?.enabled === true;
}

/** Some authenticators evaluate only where they answer: so this one is asked, for nobody but us. */
async function evaluated(options: Options, id: string): Promise<Bytes | null> {
	const challenge = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
	const allowCredentials = [{ id, type: 'public-key' }];
	const rpId = (options.rp as { id: string }).id;
	const url = challenge.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
	try {
		const asked = { challenge: url, rpId, allowCredentials, userVerification: 'required' };
		return (await browserAuthenticator.get(asked)).prf;
	} catch (error) {
		if (error instanceof PasskeyTrouble) return null; // it signs in all the same
		throw error;
	}
}

/** What waits for the person or for an authenticator: a browser does one such thing at a time. */
let running: Promise<unknown> | null = null;

/** Ends what waits before; but what nobody asked for (`autofill`) gives way. */
async function alone<T>(autofill: boolean, start: () => Promise<T>): Promise<T> {
	if (running && autofill) throw new PasskeyTrouble('passkey_aborted');
	while (running) {
		(await library()).WebAuthnAbortService.cancelCeremony();
		await running.catch(() => {});
	}
	const mine = start();
	running = mine;
	try {
		return await mine;
	} finally {
		running = null;
	}
}

async function told<T>(asked: Promise<T>, what: 'create' | 'get'): Promise<T> {
	try {
		return await asked;
	} catch (error) {
		throw new PasskeyTrouble(codeOf(error as Error, what), error);
	}
}

function codeOf(error: Error, what: 'create' | 'get'): TroubleCode {
	if (error.name === 'AbortError') return 'passkey_aborted';
	if (error.name === 'NotAllowedError') return 'passkey_cancelled';
	if (error.name === 'InvalidStateError' && what === 'create') return 'passkey_exists';
	if (error.name === 'SecurityError') return 'passkey_elsewhere';
	return 'passkey_unsupported';
}
