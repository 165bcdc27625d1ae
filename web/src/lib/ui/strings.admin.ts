// What is said to the admins of a server.

export const admin = {
	reports: 'Reports',
	audit: 'Audit log',
	lead: 'What people reported, oldest first.',
	auditLead: 'What moderators and admins did, latest first. Nothing of it can be changed.',
	all: 'Show closed ones, too',
	none: 'Nothing was reported',
	noneOpen: 'Nothing waits to be looked at',
	noneAudit: 'Nothing was done yet',
	by: (name: string) => `Reported by ${name}`,
	about: (name: string) => `About ${name}`,
	excerpt: 'What they show of the message',
	resolution: 'What you decided',
	missing: 'Say what you decided.',
	resolve: 'Close the report',
	resolved: (name: string, what: string) => `${name}: ${what}`,
	closed: 'The report is closed.',
	more: 'Load more',
	notAdmin: 'Only admins see this page',
	chats: 'To your chats',
	somebody: 'somebody',
	when: 'When',
	who: 'Who',
	what: 'What',
	whom: 'Whom',
	detail: 'In their words'
};
