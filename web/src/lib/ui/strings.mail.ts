// What is said about letters: a forgotten password, and the address of an account.

export const mail = {
	stale: 'This link was used before, or is too old. Ask for a new one.',
	noToken: 'Something is missing in this address. Open the link of the letter as a whole.',
	toSignIn: 'Sign in',
	toChats: 'To your conversations',

	link: {
		ask: 'Send me a sign-in link',
		asking: 'Sending…',
		sentTitle: 'Look into your mail',
		sent: (address: string) =>
			`If ${address} has an account here, a letter is on its way. Its link signs you in, for a quarter of an hour. Open it in this browser. Look among what was taken for spam, too.`,
		back: 'Back',
		askTitle: 'Sign in by a link',
		askLead: 'We send a link to your address. Open it in this browser, and you are in without a password.',
		title: 'Sign in',
		lead: (address: string) => `This link signs you in as ${address}.`,
		elsewhere: 'You asked for this link in another browser, or somebody else did.',
		elsewhereText: (address: string) =>
			`You can sign in here all the same, as ${address}. Do it only if you want to, in this browser, and got the letter yourself.`,
		submit: 'Sign in',
		anyway: 'Sign in here',
		busy: 'Signing in…',
		first:
			'This is the first time that somebody shows that this address is theirs. Whatever was set up for the account until now ends with it: sign-ins elsewhere, passkeys, a password.',
		stale:
			'This link was used before, a newer one was sent, or it is too old: it is good for a quarter of an hour. Have another one sent.'
	},

	unconfirmed: {
		title: 'Confirm your address',
		text: (address: string) =>
			`Your account is made. Before you can use it, open the link in the letter that we sent to ${address}; then sign in.`
	},

	forgot: {
		title: 'Forgot your password?',
		lead: 'Tell us the address of your account. If there is one, a letter comes with a link that sets a new password.',
		submit: 'Send the letter',
		busy: 'Sending…',
		sentTitle: 'Look into your mail',
		sent: (address: string) =>
			`If ${address} has an account here, a letter is on its way. Its link is good for an hour. Look among what was taken for spam, too.`,
		words:
			'A new password lets you in, but it does not open your old messages: your 24 recovery words do that, or a device on which you are still signed in.',
		again: 'Another address',
		back: 'Back to signing in'
	},

	reset: {
		title: 'A new password',
		lead: 'It signs you in. Everything that is signed in with the old one is signed out.',
		words: 'Have your 24 recovery words at hand: they open your old messages after that, unless this device still can.',
		submit: 'Set it and sign in',
		busy: 'Setting it…',
		stale: 'This link was used before, or is too old. If you have just set a new password with it, sign in with that.',
		ask: 'Ask for a new link',
		done: 'Your password is set.'
	},

	confirm: {
		title: 'Confirm your address',
		lead: 'One click, and this server knows that the letters to this address reach you.',
		submit: 'Confirm the address',
		busy: 'Confirming…',
		doneTitle: 'Your address is confirmed',
		done: 'From now on you sign in with it, and letters about your account come to it.',
		taken: 'This address has become that of another account meanwhile. Sign in with it, or set a new password.'
	},

	address: {
		title: 'Your address',
		none: 'Reading your address',
		confirmed: 'Confirmed: letters reach you there.',
		unconfirmed: 'Not confirmed yet',
		unconfirmedText:
			'Open the link in the letter that we sent there. Without it nobody can tell whether a letter with a new password would reach you.',
		again: 'Send it again',
		againText: 'The letter is lost, or its link too old?',
		sent: (address: string) => `A letter to ${address} is on its way.`,
		change: 'Change the address',
		changeText: 'We send a letter to the address that you have now; its link asks for the new one.',
		ask: 'Send the letter',

		newTitle: 'Another address',
		newLead: 'A letter goes to the new address. Once you open its link, you sign in with that one.',
		newAddress: 'The new address',
		password: 'Your password',
		passkey: 'Your passkey is asked whether it is you.',
		submit: 'Send a letter there',
		busy: 'Sending…',
		signInFirst: 'Sign in in this browser first, then open the link of the letter again.',
		wrongPassword: 'This is not your password.',
		doneTitle: 'Look into your mail',
		done: (address: string) =>
			`A letter to ${address} is on its way. Until you open its link, everything stays as it is.`
	}
};
