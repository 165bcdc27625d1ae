/** What one sets for oneself, on every device at once. */
import type { Client } from '../replica/client';

export type ChoiceKind = 'block' | 'watch' | 'mute';

/** `about`: the id of a user, or of the conversation that is muted. Over the network; shown once the server has it. */
export function choose(client: Client, kind: ChoiceKind, about: string, on: boolean): Promise<void> {
	return client.api.ask(on ? 'PUT' : 'DELETE', `/api/choices/${kind}/${about}`);
}
