/** What pages ask of the browser about passkeys. */
export { fillsIn, hasPasskeys, stopFillingIn } from '../realtime/authenticator.ts';
