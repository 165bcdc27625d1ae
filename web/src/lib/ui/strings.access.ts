// What is said where one looks over who can get at one's account.

export const access = {
	sessions: {
		title: 'Where you are signed in',
		reading: 'Looking where you are signed in',
		unknown: 'Unknown device',
		here: 'This device',
		since: (began: string, used: string) => `Signed in: ${began} · Last used: ${used}`,
		end: 'Sign out',
		endAt: (device: string) => `Sign out ${device}`,
		ended: (device: string) => `${device} is signed out.`,
		others: 'Sign out everywhere else',
		othersText: 'Ends every sign-in but this one, at once.',
		othersEnded: 'Every other device is signed out.',
		again: 'Try again'
	},

	bots: { mark: 'bot' }
};
