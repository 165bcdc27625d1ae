import { error } from '@sveltejs/kit';
import { newsPages, parted } from '../pages';

export async function load({ params }: { params: { page: string } }) {
	const page = newsPages.find(({ name }) => name === params.page);
	if (!page) error(404);
	return { day: page.day, ...parted(await page.read()) };
}
