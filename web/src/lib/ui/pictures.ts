/** Where pictures of users are. */

let origin = '';

/** The origin of the API as the server's config.json names it; empty: our own. */
export function picturesAt(api: string): void {
	origin = api;
}

/** The address of a picture by its hash, 64 or 256 pixels wide; one that is an address already stays as it is. */
export function pictureUrl(picture: string, size: 64 | 256): string {
	return picture.includes(':') ? picture : `${origin}/pictures/${picture}/${size}.webp`;
}
