import type { Lasting } from './model';

/** How long what one writes lasts, by conversation, where one chose another time than is usual there. */
export class Lastings extends Map<string, Pick<Lasting, 'expiresIn' | 'passing'>> {}
