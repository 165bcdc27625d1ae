// What is said at the door: about invitations, and about the proof that one is no machine.

export const doors = {
	solving: 'Checking in the background that you are no machine…',
	solved: 'Checked: you are no machine.',
	failed: 'The check that you are no machine could not be done. You can go on all the same.',
	invited: 'You were invited. Welcome!',
	closedTitle: 'No new accounts',
	closed: 'This server takes no new accounts. Who has one signs in as ever.',
	invitedTitle: 'By invitation',
	invitationNeeded:
		'Accounts on this server are for who was invited. Ask somebody who is here for a link, and open it in this browser.'
};
