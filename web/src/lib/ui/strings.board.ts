// What is said of who writes most.

export const board = {
	title: 'Leader-board',
	lead: 'Who writes most in channels, and is given most reactions there.',
	channel: 'Channel',
	overall: 'All channels',
	period: 'Time',
	periods: { day: 'Today', week: 'This week', all: 'All time' },
	rank: 'Rank',
	person: 'Person',
	messages: 'Messages',
	reactions: 'Reactions',
	points: 'Points',
	none: 'Nobody wrote anything yet',
	noneText: 'Who writes in a channel stands here. Days and weeks are counted in UTC.',
	explore: 'Find a channel',
	retry: 'Try again'
};
