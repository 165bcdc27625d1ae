/** Motion, for who wants it. */

/** `duration` in milliseconds, or none where the person asked their system for less motion. */
export function calm(duration: number): number {
	return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : duration;
}
