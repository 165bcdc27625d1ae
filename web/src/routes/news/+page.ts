import { newsPages, parted } from './pages';

export async function load() {
	const pages = newsPages.map(async ({ name, day, read }) => ({ name, day, ...parted(await read()) }));
	return { pages: await Promise.all(pages) };
}
