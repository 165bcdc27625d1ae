// Pages are drawn in the browser alone: what they show is in its database.
export const ssr = false;
export const prerender = false;
