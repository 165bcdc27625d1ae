/** How long a message may last, in seconds: within what the server allows, 5 seconds to 28 days. */
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const TIMES = [5, 30, 5 * MINUTE, HOUR, 8 * HOUR, DAY, 7 * DAY, 28 * DAY];
