// What is said of what one has here: taking it along, and deleting the account.

export const data = {
	title: 'Your data',
	take: 'Take your data along',
	takeText:
		'Everything that this server has of you, and what you wrote, opened here. As a page to read, and as data for programs.',
	takeButton: 'Prepare my data',
	taking: 'Fetching and opening…',
	page: 'Save the page',
	json: 'Save the data',
	ready: (count: number) =>
		count === 1 ? 'Ready, with 1 message of yours.' : `Ready, with ${count} messages of yours.`,
	closed: (count: number) =>
		count === 1
			? '1 message could not be opened in this browser; it is in the data as it is stored.'
			: `${count} messages could not be opened in this browser; they are in the data as they are stored.`,
	delete: 'Delete the account',
	deleteText: 'For good. Nobody can sign in to it any more, and nobody reads your name.',
	deleteTitle: 'Delete your account?',
	deleteLead: 'This cannot be taken back, by nobody. Take your data along first, if you want to keep it.',
	messages: 'What becomes of what you wrote',
	remove: 'Remove it everywhere',
	removeHint: 'Your messages go from all conversations, and from the devices of others when they connect.',
	keep: 'Leave it without a name',
	keepHint: 'Others go on reading it, as written by a “Deleted account”.',
	handle: (name: string) => `Type your handle, ${name}, to show that you mean it`,
	wrongHandle: 'That is not your handle.',
	password: 'Your password',
	without:
		'You are asked for your passkey, if you have one; without one you must have signed in within the last five minutes.',
	wrongPassword: 'This is not your password.',
	submit: 'Delete my account for good',
	busy: 'Deleting…',
	done: 'Your account is deleted.',
	cancel: 'Cancel',

	of: (name: string) => `What ${name} has here`,
	made: (when: string) => `Made on ${when}.`,
	profile: 'Profile',
	wrote: 'What you wrote',
	unreadable: 'Could not be opened',
	further: 'Everything else that the server has of you is in the file for programs.'
};
