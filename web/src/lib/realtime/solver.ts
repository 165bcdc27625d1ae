/** The Worker that solves challenges: altcha's own, which waits for one and answers with what it found. */
import 'altcha/workers/pbkdf2';
