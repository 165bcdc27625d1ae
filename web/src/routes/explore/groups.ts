/** A group as `GET /api/groups` shows it to who is looking for one. */
export interface Group {
	id: string;
	title: string;
	about: string;
	picture: string | null;
	encrypted: boolean;
	joining: string;
	approvals: number;
	members: number;
	member: boolean;
	requested: boolean;
}
