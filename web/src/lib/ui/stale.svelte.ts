/** What was wrong with a field holds until something else is typed, and again from the next submit on. */
export class Staleness {
	/** Something was typed since the form was last sent. */
	stale = $state(false);

	/** For `{@attach}` on the field. */
	follow = (field: HTMLInputElement | HTMLTextAreaElement) => {
		const typed = () => (this.stale = true);
		const sent = () => (this.stale = false);
		field.addEventListener('input', typed);
		field.form?.addEventListener('submit', sent, true);
		return () => {
			field.removeEventListener('input', typed);
			field.form?.removeEventListener('submit', sent, true);
		};
	};
}
