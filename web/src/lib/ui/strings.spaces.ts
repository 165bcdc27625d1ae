// What is said where people meet: channels and groups to find, the lobby, rooms.
const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);
const counted = (count: number, one: string, many: string) => `${count} ${plural(count, one, many)}`;

export const spaces = {
	back: 'Back',
	opening: 'Opening…',
	retry: 'Try again',
	cancel: 'Cancel',
	connecting: 'Connecting…',
	offline: 'Offline. What is said now is not seen here.',

	channel: {
		members: (count: number) => counted(count, 'subscriber', 'subscribers'),
		public: 'Public: anyone can read it, without an account too.',
		open: 'Not encrypted: the server can read it.',
		reading: 'You are reading along.',
		subscribe: 'Subscribe',
		subscribed: 'You subscribe to it.',
		again: 'You no longer subscribe to this channel. What you could read stays here.',
		closed: 'Subscribe to read what is said here.',
		signIn: 'Sign in to write',
		register: 'Make an account',
		guest: 'You are looking in as a guest.',
		counts: (authorized: number, anonymous: number) =>
			`${counted(authorized, 'person', 'people')}, ${counted(anonymous, 'guest', 'guests')}`,
		copy: 'Copy the address of this channel',
		copied: 'The address is copied.',
		copyFailed: 'Copying was not allowed here. The address is in the address bar.',
		none: 'There is no such channel',
		noneText: 'The name may have a slip in it, or it is for people with an account only.',
		explore: 'Look for channels',
		beginning: (title: string) => `This is the beginning of ${title}.`
	},

	explore: {
		title: 'Explore',
		lead: 'Channels are for everybody here. Groups are for their members. Rooms are for an hour.',
		kinds: 'What to look for',
		channels: 'Channels',
		groups: 'Groups',
		rooms: 'Rooms',
		search: { channels: 'Search channels', groups: 'Search groups' },
		found: {
			channels: (count: number) => `${counted(count, 'channel', 'channels')} shown`,
			groups: (count: number) => `${counted(count, 'group', 'groups')} shown`
		},
		more: 'Show more',
		offline: 'What there is to find is on the server, which cannot be reached just now.',
		subscribe: (title: string) => `Subscribe to ${title}`,
		join: (title: string) => `Join ${title}`,
		ask: (title: string) => `Ask to be let into ${title}`,
		withdraw: (title: string) => `Take back the request to ${title}`,
		short: { subscribe: 'Subscribe', open: 'Open', join: 'Join', ask: 'Ask to be let in', withdraw: 'Take it back' },
		subscribed: 'You subscribe',
		member: 'You are in it',
		requested: 'You asked to be let in',
		members: (count: number) => counted(count, 'member', 'members'),
		secure: 'Encrypted: its members let you in',
		openGroup: 'Open: anyone may join. Not encrypted.',
		askTitle: (title: string) => `Ask to be let into ${title}?`,
		askText: (approvals: number) =>
			approvals === 1
				? 'A member has to agree. They see who you are.'
				: approvals > 1
					? `${approvals} members have to agree. They see who you are.`
					: 'All members have to agree. They see who you are.',
		note: 'What you want to say',
		noteHint: (owner: string | null) =>
			`You can leave it out. It is encrypted: only ${owner ?? 'who began the group'} can read it.`,
		asked: (title: string) => `You asked to be let into ${title}. You will find it among your chats once they agree.`,
		untitled: 'A group without a name',
		withdrawn: 'Your request is taken back.',
		newChannel: 'New channel',
		newChannelText: 'Anyone here can find it, subscribe and write in it. It is not encrypted.',
		channelTitle: 'Name of the channel',
		channelTitleMissing: 'Give it a name.',
		channelTitleLong: 'A name has at most 128 characters.',
		begin: 'Begin the channel',
		newGroup: 'New group',
		none: {
			channels: 'No channels yet',
			groups: 'No groups to be found'
		},
		noneText: {
			channels: 'Begin the first one: everybody here can find it.',
			groups: 'Groups are found here if they were begun so. You can begin one of your own.'
		},
		nothing: (text: string) => `Nothing was found for “${text}”.`,
		nothingText: 'Try fewer letters, or begin one of your own.'
	},

	rooms: {
		lead: 'A room has a link and no members. Whoever has the link comes in, with or without an account; after a while it is gone, with everything that was said.',
		yours: 'Your rooms',
		newRoom: 'New room',
		newTitle: 'New room',
		name: 'Name of the room',
		nameHint: 'You can leave it out.',
		nameLong: 'A name has at most 128 characters.',
		encrypted: 'Encrypt what is said',
		encryptedHint: 'The key is in the link and never reaches the server. Share the whole link.',
		make: 'Make the room',
		joinLabel: 'Link of a room',
		joinHint: 'Paste the whole link, also what stands after the #.',
		joinWrong: 'That is not the link of a room here.',
		join: 'Go to the room',
		untitled: 'A room',
		enterTitle: (title: string) => `Come into ${title}`,
		enterText: 'Choose the name under which the others see you. No account is needed.',
		yourName: 'Your name here',
		yourNameMissing: 'Choose a name first.',
		yourNameLong: 'A name has at most 64 characters.',
		enter: 'Come in',
		entering: 'Opening the door…',
		as: (name: string) => `You are ${name} here.`,
		renamed: (name: string) => `That name was taken: you are ${name} here.`,
		here: (count: number) => counted(count, 'person here', 'people here'),
		people: 'Who is here',
		you: 'you',
		guest: 'guest',
		account: 'has an account',
		share: 'Share the room',
		link: 'The link to this room',
		copy: 'Copy the link',
		copied: 'The link is copied.',
		copyFailed: 'Copying was not allowed here: mark the link and copy it yourself.',
		signed: 'Each message is signed by who wrote it, and checked here.',
		secret: 'Encrypted with the key in the link: the server cannot read it.',
		plain: 'Not encrypted: the server can read it.',
		left: (time: string) => `${time} left`,
		about: 'About this room',
		encryptedShort: 'encrypted',
		idle: (minutes: number) =>
			`It is gone ${counted(minutes, 'minute', 'minutes')} after the last word or the last newcomer.`,
		limit: (count: number) => `The last ${count} messages are kept.`,
		close: 'Close the room',
		closeTitle: 'Close this room?',
		closeText: 'It ends for everybody, and everything that was said is gone.',
		keepOpen: 'Keep it open',
		ended: 'This room has ended',
		endedText: {
			idle: 'Nobody said anything for a while. Nothing of it is left.',
			age: 'It lasted as long as a room may. Nothing of it is left.',
			closed: 'It was closed. Nothing of it is left.',
			other: 'Nothing of it is left.'
		} as Record<string, string>,
		more: (name: string) => `What to do about ${name}`,
		putOut: 'Put out of the room',
		putOutTitle: (name: string) => `Put ${name} out of this room?`,
		putOutText:
			'They hear and say nothing more here, and do not come back under this name or account. A guest with the link can come in as somebody new.',
		keepIn: 'Let them stay',
		wasPutOut: 'You were put out of this room',
		wasPutOutText: 'Whoever began it decided that. You cannot come in again as long as it lasts.',
		none: 'There is no such room',
		noneText: 'It has ended, or the link is not complete.',
		noKey: 'The key of this room is missing',
		noKeyText: 'It is the part of the link after the #. Ask for the whole link.',
		another: 'Make another room',
		home: 'To the start page',
		beginning: 'Whoever has the link can come in. What is said is gone with the room.'
	}
};
