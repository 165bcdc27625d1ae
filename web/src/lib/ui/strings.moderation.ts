// What is said where somebody is kept in order.

export const moderation = {
	cancel: 'Cancel',
	done: 'Done.',

	takeAway: {
		title: 'Remove this message for everyone?',
		text: (name: string) =>
			`What ${name} wrote here goes, everywhere. That it was removed, by whom and why, stays visible.`,
		reason: 'Why',
		reasonHint: 'Everybody here can read it. You can leave it out.',
		do: 'Remove it'
	},

	report: {
		title: (name: string) => `Report ${name}`,
		text: 'The admins of this server look at it. Nobody else learns that you did.',
		reason: 'What is wrong',
		missing: 'Say what is wrong.',
		show: 'Show the admins what it says',
		showHint: 'They cannot read encrypted messages. They see only what you leave in the field below.',
		excerpt: 'What they see',
		do: 'Send the report',
		sent: 'Thank you. The admins will look at it.'
	},

	choices: {
		title: 'Blocked and muted',
		none: 'You blocked nobody and muted nothing.',
		blocked: 'Blocked',
		muted: 'Muted',
		watched: 'You are told when they come',
		unblock: (name: string) => `Unblock ${name}`,
		unmute: (title: string) => `No longer mute ${title}`,
		unwatch: (name: string) => `Stop telling me when ${name} comes`,
		short: { unblock: 'Unblock', unmute: 'No longer mute', unwatch: 'Stop' }
	},

	person: {
		watch: 'Tell me when they come',
		unwatch: 'Do not tell me any more',
		more: 'More about this person',
		report: 'Report…',
		block: 'Block…',
		unblock: 'Unblock',
		blocked: 'You blocked this person.',
		came: (name: string) => `${name} is here now.`,
		write: 'Write'
	},

	block: {
		title: (name: string) => `Block ${name}?`,
		text: (name: string) =>
			`${name} cannot write to you any more, and what they write in groups is folded away for you. They are not told. You can undo it in the settings.`,
		do: 'Block',
		blocked: (name: string) => `${name} is blocked.`,
		unblocked: (name: string) => `${name} is not blocked any more.`
	}
};
