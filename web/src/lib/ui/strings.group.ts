// What is said beside a group, about it and its members.

export const group = {
	cancel: 'Cancel',
	save: 'Save',
	saved: 'Saved.',
	roles: { owner: 'owner', moderator: 'moderator', member: '' } as Record<string, string>,
	muted: 'may not write',
	waiting: 'Waiting to be let in',
	given: (given: number, needed: number) => `${given} of ${needed} ${needed === 1 ? 'approval' : 'approvals'}`,
	needs: (needed: number) =>
		needed === 1 ? 'One member lets somebody in.' : `${needed} members have to agree to somebody new.`,
	approve: (name: string) => `Let ${name} in`,
	approved: 'You agreed',
	decline: (name: string) => `Decline ${name}`,
	agreed: 'You agreed.',
	declined: 'Declined.',
	noteLocked: (why: string | null) =>
		why === 'key_missing'
			? 'There is a note. Only who began the group can read it.'
			: why === 'unreachable'
				? 'There is a note, which cannot be opened just now.'
				: 'There is a note, but it is not what they wrote.',
	asks: (name: string, title: string) => `${name} asks to be let into ${title}`,
	look: 'Look',

	edit: 'Picture and description',
	about: 'About this group',
	aboutHint: 'What it is for. Who looks for groups can read it.',
	listed: 'Others find it by searching',
	listedHint: 'Name, picture and description are then seen by everybody on this server.',
	choosePicture: 'Choose a picture',
	removePicture: 'Remove the picture',
	pictureHint: 'PNG, JPEG or WebP, at most 2 MB.',
	pictureWrong: 'That is not a PNG, JPEG or WebP picture of at most 2 MB.',

	more: (name: string) => `More about ${name}`,
	makeModerator: 'Make a moderator',
	makeMember: 'No longer a moderator',
	mute: 'Let them read only…',
	unmute: 'Let them write again',
	remove: 'Take out…',
	ban: 'Ban for good…',
	done: 'Done.',
	titles: {
		mute: (name: string) => `${name} may only read?`,
		remove: (name: string) => `Take ${name} out?`,
		ban: (name: string) => `Ban ${name}?`
	},
	texts: {
		mute: 'They stay and read along, but cannot write until a moderator lifts it.',
		remove: 'They keep what they could read. They can be brought in again.',
		ban: 'They are taken out, and cannot come in again until a moderator lifts it.'
	},
	sanctions: 'Banned and muted',
	sanctioned: { mute: 'may not write', ban: 'may not come in' },
	decided: (by: string, until: string | null) => `By ${by}, ${until ? `until ${until}` : 'until it is lifted'}.`,
	lift: { mute: (name: string) => `Let ${name} write again`, ban: (name: string) => `Lift the ban on ${name}` },
	lifted: { mute: 'They may write again.', ban: 'They may come in again.' },
	reason: 'Why',
	reasonHint: 'They and the moderators can read it. You can leave it out.',
	doing: { mute: 'Let them read only', remove: 'Take out', ban: 'Ban' },

	terms: {
		kind: 'Who comes in, and who can read it',
		sealed: 'Secure',
		sealedText: 'Encrypted. Members let others in.',
		open: 'Open',
		openText: 'Not encrypted. Anyone comes in and reads everything.',
		approvals: 'Who has to agree to somebody new',
		one: 'One member',
		some: 'Several members',
		all: 'All members',
		count: 'How many',
		listed: 'Others find it by searching',
		about: 'What it is for',
		aboutHint: 'You can leave it out.',
		more: 'More choices'
	}
};
