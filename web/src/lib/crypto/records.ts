/** The entry of `name` in a record whose names come from outside; null when there is none. */
export function entryOf<Value>(record: Record<string, Value>, name: string): Value | null {
	return Object.hasOwn(record, name) ? record[name]! : null;
}
