/** Every word of the interface, in one place, so that translations can follow. */
import { chats } from './strings.chats';

export const strings = {
	name: 'Hubbub',
	chats,

	shell: {
		skip: 'Skip to the content',
		menu: 'Main menu',
		guestMenu: 'Pages',
		home: 'Start page',
		chats: 'Chats',
		people: 'People',
		explore: 'Explore',
		settings: 'Settings',
		about: 'About',
		news: 'News',
		leaderboard: 'Leader-board',
		reports: 'Reports',
		signIn: 'Sign in',
		register: 'Make an account',
		opening: 'Opening your conversations…',
		update: 'A newer version of this page is here.',
		reload: 'Reload to update',
		account: (name: string) => `${name}: your account`,
		unread: (count: number) => `${count} unread`,
		profile: 'Your page',
		signOut: 'Sign out…',
		day: 'Switch to the light theme',
		night: 'Switch to the dark theme'
	},
	toasts: { region: 'Messages of the app', close: 'Close this message' },
	dialog: { close: 'Close' },
	menu: { chosen: 'chosen' },
	field: { showPassword: 'Show password' },
	presence: { online: 'online', idle: 'away', offline: 'offline', hidden: 'hidden', unknown: 'unknown' },
	connection: {
		live: 'Up to date',
		syncing: 'Catching up…',
		offline: 'Offline',
		needs_sign_in: 'Sign in again',
		waiting: (count: number) => `${count} waiting to be sent`
	},

	landing: {
		title: 'A chat of your own',
		lead: 'Talk with your friends and the people you work with. What you write is encrypted in your browser, and everything works when the network does not.',
		signIn: 'Sign in',
		register: 'Make an account',
		lobby: 'Look into the lobby',
		open: 'Go to your conversations',
		points: [
			{
				icon: 'lock' as const,
				title: 'Yours to read, nobody else’s',
				text: 'Private conversations and groups are end-to-end encrypted. The server keeps them and cannot read them.'
			},
			{
				icon: 'cloud-off' as const,
				title: 'Works without a network',
				text: 'Open it in a tunnel, read everything, write. What you wrote is sent once you are back, once and in order.'
			},
			{
				icon: 'shield-check' as const,
				title: 'Know whom you talk to',
				text: 'Each of you has a safety number to compare. When a key changes, you are told before anything is sent.'
			},
			{
				icon: 'people' as const,
				title: 'On a server you choose',
				text: 'It is free software that runs on one small machine: a friend’s, your club’s, or your company’s.'
			}
		],
		how: 'How it protects you, and what it cannot do',
		why: 'What it gives you',
		sample: {
			label: 'An example of a conversation',
			title: 'Saturday walk',
			members: '3 members',
			today: 'Today',
			messages: [
				{ who: 'Mira', text: 'The early train, then? It leaves at 7:42.', mine: false },
				{ who: 'Jonas', text: 'In. I’ll bring the coffee.', mine: false },
				{ who: '', text: 'No signal up here, but I’m in too.', mine: true }
			],
			sent: 'Sent when you were back online'
		}
	},

	account: {
		name: 'Your name',
		nameHint: 'How others see you. You can change it at any time.',
		address: 'E-mail address',
		addressHint: 'It is how you sign in. Strangers do not see it.',
		password: 'Password',
		newPassword: 'New password',
		currentPassword: 'Current password',
		passwordHint: 'A few words in a row are easier to remember than odd signs. It never leaves this browser.',
		length: {
			label: 'Length of the password',
			short: (least: number) => `Too short: at least ${least} characters`,
			fair: 'Long enough. Longer is safer.',
			good: 'A good length',
			great: 'A very good length'
		},
		wrong: {
			name: 'Tell us how to call you.',
			nameLong: 'A name has at most 128 characters.',
			address: 'That is not an e-mail address. It looks like ada@example.org.',
			passwordMissing: 'Enter your password.',
			passwordShort: (least: number) => `The password needs at least ${least} characters.`,
			passwordLong: 'A password has at most 1024 characters.',
			same: 'That is the password you already have.'
		}
	},

	register: {
		title: 'Make an account',
		lead: 'A minute, and you are talking.',
		submit: 'Make my account',
		busy: 'Making your keys…',
		have: 'You have an account?',
		signIn: 'Sign in'
	},

	code: {
		title: 'Your recovery code',
		lead: 'These 24 words open your messages where nothing else does: on a new device, or when a password is lost. They are shown this once: nobody else has them, not even the server.',
		words: 'The 24 words, in order',
		copy: 'Copy',
		copied: 'The words are copied. Paste them into a place that only you open.',
		copyFailed: 'Copying was not allowed here. Write the words down, or download them.',
		download: 'Download',
		print: 'Print',
		file: 'hubbub-recovery-code.txt',
		fileHead: (whose: string, server: string) =>
			`Recovery code of ${whose} for Hubbub at ${server}\n\nWhoever has these 24 words and can sign in as you can read your messages.\nKeep them on paper or in a password manager.\n`,
		keep: 'Keep them where only you look: on paper, or in a password manager. Lost words and a lost password together mean lost messages.',
		next: 'I have saved them',
		check: 'Let us make sure',
		checkLead: 'Type three of the words, from where you saved them.',
		word: (place: number) => `Word number ${place}`,
		wrong: (place: number) => `That is not word number ${place}. Look where you saved it.`,
		back: 'Show the words again',
		done: 'Finish',
		doneSettings: 'Done',
		saved: 'Your recovery code is saved.'
	},

	login: {
		title: 'Welcome back',
		lead: 'Sign in to your conversations.',
		submit: 'Sign in',
		busy: 'Signing in…',
		none: 'No account yet?',
		register: 'Make one',
		forgot: 'Forgot your password?',
		again: 'Your sign-in has ended. Sign in again to go on; what you wrote is kept.'
	},

	recover: {
		title: 'Open your messages',
		lead: 'You are signed in, but what you signed in with does not open the key of your messages: you came by a link, your password was changed from outside, or your passkey cannot open it. The 24 words of your recovery code do.',
		words: 'Your 24 words',
		wordsHint: 'With blanks between them, in order. Capital letters do not matter.',
		password: 'Your password',
		passwordHint:
			'From now on it opens your messages again. If you signed in with a passkey, words or password alone are enough.',
		anewPasskey: 'Your passkey is asked once more; without one, you must have signed in within the last five minutes.',
		submit: 'Open my messages',
		busy: 'Opening…',
		count: (count: number) => `${count} of 24 words`,
		wrongCount: (count: number) => `A recovery code has 24 words; these are ${count}.`,
		lost: 'The words are lost',
		anewTitle: 'Start anew?',
		anewText:
			'You keep your account, your name and your conversations, but what was written until now stays closed for ever: nobody can open it. The people you talk to are told that your identity has changed.',
		anewConfirm: 'I understand that my old messages are lost to me',
		anewMissing: 'Confirm first that your old messages are lost to you.',
		anew: 'Start anew',
		opened: 'Your messages are open again.',
		signOut: 'Sign out instead',
		wrongPassword: 'That is not the password you signed in with.'
	},

	settings: {
		title: 'Settings',
		profile: 'Profile',
		profileLead: 'What others see of you.',
		displayName: 'Name',
		about: 'About you',
		aboutHint: 'A line or two, for whoever opens your page.',
		handle: (name: string) => `Your handle is ${name}`,
		save: 'Save',
		saved: 'Saved',
		unchanged: 'Nothing was changed yet.',
		picture: 'Picture',
		choosePicture: 'Choose a picture',
		replacePicture: 'Choose another',
		removePicture: 'Remove',
		usePicture: 'Use this picture',
		dropPicture: 'Not this one',
		preview: 'This is how others will see it.',
		pictureHint: 'PNG, JPEG or WebP, at most 2 MB.',
		pictureWrong: 'That is not a PNG, JPEG or WebP picture.',
		pictureLarge: 'The picture is larger than 2 MB.',
		pictureSaved: 'Your picture is changed.',
		pictureRemoved: 'Your picture is removed.',
		looks: 'Appearance',
		theme: 'Theme',
		day: 'Day',
		night: 'Night',
		textSize: 'Text size',
		textSizeValue: (percent: number) => `${percent} %`,
		textSample: 'The quick brown fox writes to the lazy dog.',
		reset: 'Back to 100 %',
		privacy: 'Privacy',
		hidden: 'Do not show when I am here',
		hiddenHint: 'To the people you talk to, you look offline.',
		security: 'Password and keys',
		changePassword: 'Change password',
		changePasswordText: 'Changing it signs out your other browsers and ends your tokens.',
		passwordChanged: 'Your password is changed. Your other browsers are signed out.',
		newCode: 'New recovery code',
		newCodeText: 'Makes 24 new words. The old ones stop working.',
		newCodeAsk: 'Enter your password to make a new recovery code.',
		makeCode: 'Make a new code',
		wrongPassword: 'That is not your password.',
		codeLost: 'Your recovery code was not confirmed',
		codeLostText:
			'It was shown here, but nobody typed it back. Make a new one now, while your password still opens your messages.',
		session: 'Signing out',
		signInAnew: 'Sign in once more',
		signInAnewText: 'What is set here takes a sign-in of the last five minutes, as you have no password.',
		signOut: 'Sign out',
		signOutText:
			'Takes your messages off this browser. They stay on the server, encrypted: to read them here again you need your password, a passkey that opens them, or your 24 words.',
		signOutAll: 'Sign out everywhere',
		signOutAllText: 'Ends every sign-in of yours, on every device, at once.',
		signOutTitle: 'Sign out?',
		signOutWaiting: (count: number) =>
			count === 1
				? 'Something that you wrote or changed was not sent yet. It will be lost.'
				: `${count} things that you wrote or changed were not sent yet. They will be lost.`,
		signOutAllTitle: 'Sign out everywhere?',
		signOutAllAsk: 'Every browser and device where you are signed in is signed out, this one too.',
		cancel: 'Cancel',
		more: 'About this app'
	},

	about: {
		title: 'About Hubbub',
		lead: 'A chat for people who would like to keep their conversations to themselves.',
		parts: [
			{
				title: 'What it does',
				text: [
					'You talk to one person or to a group. What you write is kept on your own device first, so that everything opens at once, with or without a network. When there is one, your devices and those of the others catch up.'
				]
			},
			{
				title: 'How it protects you',
				text: [],
				list: [
					'Private conversations and groups are encrypted end to end: only the people in them can read what is said. The server keeps sealed messages.',
					'Your password stays in this browser. The server gets something worked out from it, which opens none of your messages.',
					'Every message and every change of who belongs to a group is signed. Your browser checks the signatures, and says so when one is wrong.',
					'The safety number of a conversation is the same for both of you. Compare it once, over another way, and you know that nobody stands in between.'
				]
			},
			{
				title: 'What it cannot do',
				text: [],
				list: [
					'Who runs the server sees who talks with whom, when and how much, and the names of people and groups.',
					'Who serves you this page could serve you a changed one. Use a server of somebody you trust.',
					'Who gets hold of your keys can read your earlier messages too.',
					'It does not protect a device that somebody else holds unlocked, nor what the others pass on.'
				]
			},
			{
				title: 'If you lose your password',
				text: [
					'Nobody can send you a new one that opens your messages: that is the point. A letter to your address sets a new password, which signs you in. Your messages are then opened by the 24 words of your recovery code, or by a device that is still signed in. So keep the code.'
				]
			}
		] as { title: string; text: string[]; list?: string[] }[],
		conduct: 'The code of conduct of this server',
		license: 'Hubbub is free software under the Apache License 2.0.',
		version: (version: string) => `This server runs version ${version}.`
	},
	news: { title: 'News', none: 'There is no news yet.', back: 'All news' },

	error: {
		notFound: 'There is no such page',
		notFoundText: 'The address may have a slip in it, or the page has moved.',
		failed: 'This page could not be opened',
		failedText: 'It may be that the network is gone and this part was not loaded before.',
		home: 'To the start page',
		chats: 'To your chats',
		retry: 'Try again'
	},

	insecure: {
		title: 'This page needs HTTPS',
		lead: 'Hubbub encrypts in your browser, and browsers only allow that on a secure connection. Here it came over plain HTTP, so nothing could be kept private: it stops before you enter anything.',
		you: 'If you came here to chat',
		youText: 'Try the same address with https:// in front.',
		tryIt: 'Open with https://',
		operator: 'If this server is yours',
		operatorText:
			'Put it behind TLS: with nginx in front, or by giving Hubbub a certificate itself. On the machine it runs on, http://localhost works without.',
		guide: 'How to set up TLS'
	}
};

export { codeOf, problems, sentence } from './problems';
