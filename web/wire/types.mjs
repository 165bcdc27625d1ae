// Makes src/lib/wire/types.ts from the JSON Schema on standard input: `make types`. The file is never edited.
import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';

const schema = JSON.parse(readFileSync(0, 'utf8'));
// Fields are described where they are declared, in the server; a title of a field would become a type of its own.
for (const definition of Object.values(schema.definitions)) {
	for (const property of Object.values(definition.properties ?? {})) delete property.title;
}
const types = await compile(schema, 'Wire', {
	additionalProperties: false,
	bannerComment: "/** What crosses the network, made from the server's types by `make types`: never edited. */",
	unreachableDefinitions: true,
	style: { useTabs: true, singleQuote: true, printWidth: 120, trailingComma: 'none' }
});
writeFileSync(
	process.argv[2],
	types
		.replace(/export interface Wire \{\}\n/, '')
		.replaceAll(
			/\/\*\*\n \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "\w+"\.\n \*\/\n/g,
			''
		)
		.replaceAll(
			/ \*\n \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
			''
		)
);
