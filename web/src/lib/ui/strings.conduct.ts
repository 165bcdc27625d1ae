// What is said where people agree on how they treat each other.

export const conduct = {
	title: 'Code of conduct',
	lead: 'Read it once, and agree to it, before you go on.',
	agree: 'I agree',
	agreed: 'You agreed to it.',
	none: 'This server has no code of conduct',
	back: 'To your chats',
	retry: 'Try again'
};
