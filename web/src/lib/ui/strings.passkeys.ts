// What is said of passkeys: signing in, registering, and in the settings.

export const passkeys = {
	title: 'Passkeys',
	lead: 'Sign in with your fingerprint, face or PIN instead of a password. Nothing has to be typed, and no other page can use it.',
	signIn: 'Sign in with a passkey',
	waiting: 'Waiting for your passkey…',
	or: 'or',
	register: 'Make my account with a passkey',
	withoutPassword: 'Do without a password',
	withoutHint:
		'Whenever you sign in, we send you a link. There is no password to remember, but keep the 24 words that come next: on a new device they open your messages.',
	withPassword: 'Use a password instead',
	withPasskey: 'Use a passkey instead',
	registerHint: 'Your device asks for your fingerprint, face or PIN. There is no password to remember.',
	none: 'You have no passkey yet.',
	add: 'Add a passkey',
	name: 'Name of the passkey',
	nameHint: 'So that you know it again: the device that keeps it, for example.',
	added: 'The passkey is added.',
	rename: 'Rename',
	renamed: 'The passkey has its new name.',
	remove: 'Remove',
	removed: 'The passkey is removed. It signs nobody in any more.',
	removeTitle: 'Remove this passkey?',
	removeText: (name: string) =>
		`“${name}” will not sign you in any more. Your device may go on offering it until you delete it there, too.`,
	used: (when: string) => `Last used ${when}`,
	unused: 'Not used yet',
	opens: 'Opens your messages',
	opensNot: 'Signs in only: your messages are opened by your password or your recovery code',
	copied: 'It was used from two places, so there may be a copy of it. Remove it.',
	prove: 'Show first that it is you',
	proveText: 'You signed in a while ago. Enter your password, use a passkey that you have, or sign in anew.',
	proveLink: 'Sign in anew by a link',
	provePasskey: 'Use a passkey',
	defaultName: 'My passkey',
	wrongName: 'Give it a name.'
};
