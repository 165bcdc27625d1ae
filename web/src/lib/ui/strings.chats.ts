// What is said where people talk.
const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);
const list = (names: string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(names);

/** What a place is called that has members. */
type Place = 'group' | 'channel';

export const chats = {
	you: 'You',

	list: {
		title: 'Chats',
		label: 'Conversations',
		find: 'Find',
		findHint: 'Find a conversation, a person or a page (Ctrl+K)',
		newGroup: 'New group',
		lobby: 'Lobby',
		newChat: 'New message',
		empty: 'No conversations yet',
		emptyText: 'Find someone you know by name, or begin a group.',
		findPeople: 'Find people',
		opening: 'Opening your conversations',
		draft: 'Draft:',
		deleted: 'Message deleted',
		unreadable: 'A message that cannot be opened',
		nothing: 'Nothing was said yet',
		left: 'You left',
		from: (name: string) => `${name}:`,
		unread: (count: number) => `${count} unread`,
		mentioned: 'you were mentioned',
		choose: 'Choose a conversation',
		chooseText: 'Or press Ctrl+K to find one, or someone to write to.',
		yesterday: 'Yesterday',
		today: 'Today'
	},

	header: {
		back: 'Back to the conversations',
		details: (place: Place) => `About this ${place}`,
		verified: 'Encrypted, and you compared the safety number',
		encrypted: 'End-to-end encrypted. Compare the safety number to be sure whom you talk to.',
		encryptedGroup: 'End-to-end encrypted: only its members can read it.',
		changed: 'Encrypted, but an identity key has changed',
		unverified: 'Not signed: this conversation was begun by another program, so who wrote what is not proven.',
		open: 'Not encrypted: the server can read it.',
		members: (count: number) => `${count} ${plural(count, 'member', 'members')}`,
		more: 'More about this conversation',
		mute: 'Mute',
		unmute: 'No longer mute',
		muted: 'Muted',
		lasting: 'Disappearing messages…',
		lastingTitle: 'Disappearing messages',
		lastingText:
			'What anybody writes here from now on goes from every device after this time, unless they choose another.',
		goesAfter: (time: string) => `Messages disappear after ${time}`,
		never: 'Never',
		set: 'Set it',
		report: 'Report…',
		block: 'Block…',
		unblock: 'Unblock',
		lastKnown: (state: string) => `${state} when you were last connected`,
		you: 'Notes to yourself'
	},

	timeline: {
		label: (title: string) => `Messages of ${title}`,
		hint: 'Arrow keys move between messages, Enter opens what can be done.',
		loading: 'Loading earlier messages…',
		older: 'Load earlier messages',
		cutOff: 'Earlier messages are on the server, which cannot be reached just now.',
		retry: 'Try again',
		beginning: 'This is the beginning.',
		beginningPrivate: (name: string) => `This is the beginning of your conversation with ${name}.`,
		beginningGroup: (title: string) => `This is the beginning of ${title}.`,
		beginningLock: 'What you write here is encrypted before it leaves this browser.',
		newest: 'To the newest message',
		newestUnread: (count: number) => `${count} new ${plural(count, 'message', 'messages')}: to the newest`,
		toUnread: (count: number) => (count > 0 ? `${count} unread: jump to the first` : 'Jump to the first unread'),
		unread: 'New messages',
		arrived: (name: string, text: string) => `${name}: ${text}`,
		notHere: 'That message is not in this browser.',
		typing: (names: string[]) =>
			names.length > 3 ? 'Several people are typing…' : `${list(names)} ${plural(names.length, 'is', 'are')} typing…`
	},

	message: {
		label: (name: string, when: string) => `${name}, ${when}`,
		edited: 'edited',
		deleted: 'This message was deleted.',
		removed: (name: string, reason: string) => `Removed by ${name}${reason ? `: ${reason}` : ''}`,
		blocked: 'Message of somebody you blocked',
		show: 'Show it',
		passing: 'Off the record',
		goes: (when: string) => `Disappears in ${when}`,
		report: 'Report…',
		block: (name: string) => `Block ${name}`,
		takeAway: 'Remove for everyone…',
		sending: 'Waiting to be sent',
		sent: 'Sent',
		failed: 'Not sent',
		undone: 'Your change was not taken',
		retry: 'Try again',
		discard: 'Discard',
		readBy: (names: string[]) => `Read by ${list(names)}`,
		more: (count: number) => `+${count}`,
		replyTo: (name: string) => `Answers ${name}`,
		replyGone: 'An earlier message',
		replyDeleted: 'A deleted message',
		reaction: (emoji: string, names: string[]) => `${emoji} ${names.length}, from ${list(names)}`,
		addReaction: 'Add a reaction',
		actions: 'Message actions',
		react: 'React',
		reactWith: (emoji: string) => `React with ${emoji}`,
		moreEmoji: 'More emoji',
		reply: 'Reply',
		edit: 'Edit',
		remove: 'Delete',
		copy: 'Copy text',
		copied: 'Copied.',
		copyFailed: 'Copying was not allowed here.',
		more_: 'More',
		removeTitle: 'Delete this message?',
		removeText: 'It is deleted for everyone. That it was there stays visible.',
		keep: 'Keep it'
	},

	composer: {
		label: (title: string) => `Message to ${title}`,
		placeholder: 'Write a message',
		send: 'Send',
		save: 'Save the change',
		emoji: 'Insert an emoji',
		subject: 'Subject',
		addSubject: 'Add a subject',
		dropSubject: 'Leave the subject out',
		replying: (name: string) => `Reply to ${name}`,
		replyingSelf: 'Reply to yourself',
		editing: 'Edit your message',
		cancel: 'Cancel',
		left: (count: number) =>
			count >= 0 ? `${count} characters left` : `${-count} ${plural(-count, 'character', 'characters')} too many`,
		long: (most: number) => `A message has at most ${most.toLocaleString('en')} characters.`,
		lasting: 'How long it lasts',
		forGood: 'For good',
		asUsual: (time: string) => `${time}, as usual here`,
		goesAfter: (time: string) => `Disappears for everybody after ${time}.`,
		offTheRecord: 'Off the record',
		passing: 'Off the record: only who is here now sees it, and nothing keeps it.',
		empty: 'Write something first.',
		files: 'Files cannot be sent yet. They come in a later version.',
		youLeft: 'You left this conversation. What you could read stays here.',
		held: 'What you write now waits to be sent. The notice above says why.'
	},

	emoji: {
		label: 'Emoji',
		search: 'Search emoji',
		recent: 'Used lately',
		none: 'No emoji of that name.',
		failed: 'The emoji could not be loaded. They come with the network.',
		groups: [
			'Smileys and emotion',
			'People and body',
			'',
			'Animals and nature',
			'Food and drink',
			'Travel and places',
			'Activities',
			'Objects',
			'Symbols',
			'Flags'
		]
	},

	keys: {
		changedTitle: (name: string) => `The identity key of ${name} has changed`,
		changedText: (name: string) =>
			`That happens when somebody starts anew, having lost password and recovery code. It could also be somebody else. Compare the safety number with ${name} to be sure.`,
		held: 'What you write waits until you accept.',
		waits: 'What you write waits',
		compare: 'Compare the safety number',
		accept: 'Accept the new key',
		accepted: 'The new key is accepted.',
		disbelieved: 'This list of members cannot be believed'
	},

	safety: {
		title: (name: string) => `Safety number with ${name}`,
		back: 'Back to the conversation',
		lead: (name: string) =>
			`If you and ${name} see the same number, nobody stands between you: not the server, not anyone else. Compare it when you meet, or on a call.`,
		number: 'Your safety number',
		mark: 'It is the same: mark as verified',
		unmark: 'Take the mark back',
		verified: (name: string) => `You have verified ${name}.`,
		verifiedText: 'If their identity key ever changes, nothing is sent until you have looked.',
		unverified: 'Not compared yet',
		unverifiedText: 'Until then the key that was seen first is trusted.',
		unknown: (name: string) =>
			`The identity key of ${name} is not known here yet. It comes with your first conversation.`,
		copy: 'Copy the number',
		copied: 'The number is copied.',
		differs: 'It is not the same?',
		differsText:
			'Then one of you sees another key than the other has. Do not send anything confidential, and ask whether they started anew.',
		saved: 'Marked as verified.',
		taken: 'The mark is taken back.'
	},

	people: {
		title: 'People',
		lead: 'Find someone by their name or handle.',
		search: 'Search people',
		known: 'People you talk to',
		results: 'Found',
		found: (count: number) => `${count} ${plural(count, 'person', 'people')} found`,
		none: (text: string) => `Nobody was found for “${text}”.`,
		noneText: 'Names are searched from their beginning. Who hides from the search is not found here.',
		offline: 'The search needs the network. People you know already are below.',
		searching: 'Searching…',
		message: 'Message',
		safety: 'Safety number',
		verified: 'Verified',
		changed: 'Identity key changed',
		none_: 'There is nobody of this name',
		noneHere: 'Check the handle, or search for their name.',
		offlinePerson: 'This person is not known here, and the server cannot be reached just now.',
		you: 'This is you.',
		editProfile: 'Change your profile',
		groups: 'Groups you share',
		opening: 'Looking for this person'
	},

	group: {
		newTitle: 'New group',
		newLead: 'Choose who is in it. Only its members can read what is written in it, unless you begin an open one.',
		name: 'Name of the group',
		nameHint: 'You can leave it out: then it is called by who is in it.',
		nameLong: 'A name has at most 128 characters.',
		choose: 'Add people',
		chosen: 'Chosen',
		begin: 'Begin the group',
		beginning: 'Making the group…',
		nobody: 'Choose at least one person.',
		takeOut: (name: string) => `Take ${name} out`,
		panel: (place: Place) => `About this ${place}`,
		close: 'Close',
		members: 'Members',
		you: 'you',
		add: 'Add people',
		addTitle: 'Add people',
		addNow: 'Add',
		share: 'Share what was said before',
		shareHint: 'They can then read the messages that this browser has. Otherwise they read from now on.',
		added: (names: string[]) => `${list(names)} ${plural(names.length, 'is', 'are')} now in the group.`,
		proposed: (names: string[]) => `You agreed to ${list(names)}. The others are asked, too.`,
		rename: 'Change the name',
		renameTitle: 'Change the name',
		save: 'Save',
		leave: (place: Place) => `Leave the ${place}`,
		leaveTitle: (place: Place) => `Leave this ${place}?`,
		leaveText: {
			group: 'You keep what you could read. To come back, a member has to add you.',
			channel: 'You keep what you could read. You may subscribe again.'
		},
		stay: 'Stay',
		none: 'There is no such group',
		noneText: 'You are not in it, or it has not reached this browser yet.',
		refused: 'The server did not take the last change'
	},

	arrivals: {
		one: (name: string, count: number) => `${count} new ${plural(count, 'message', 'messages')} in ${name}`,
		many: (count: number, places: number) => `${count} new messages in ${places} conversations`,
		open: 'Open'
	},

	switcher: {
		title: 'Go to…',
		label: 'Find a conversation, a person or a page',
		recent: 'Recent',
		people: 'People',
		groups: 'Groups',
		pages: 'Pages',
		none: 'Nothing by this name. Enter searches all people.',
		found: (count: number) => `${count} ${plural(count, 'place', 'places')}`
	},

	shortcuts: {
		title: 'Keyboard',
		all: [
			['Ctrl + K', 'Go to a conversation, a person or a page'],
			['Alt + ↑ ↓', 'The conversation above or below'],
			['Esc', 'Close, cancel, or back to the message field'],
			['Enter', 'Send'],
			['Shift + Enter', 'A new line'],
			['↑', 'In an empty field: edit your last message'],
			['↑ ↓', 'Among messages: the one above or below'],
			['Enter', 'On a message: what can be done with it'],
			['R', 'On a message: reply'],
			['?', 'This list']
		] as [string, string][]
	}
};
