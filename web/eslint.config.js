// Lint, and the import rule of the web client: routes -> ui, state -> live -> replica -> realtime, crypto -> wire.
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

/** Which layers of src/lib each layer may not import; Svelte stays above the replica. */
const forbidden = {
	wire: ['realtime', 'crypto', 'replica', 'live', 'state', 'ui'],
	crypto: ['realtime', 'replica', 'live', 'state', 'ui'],
	realtime: ['crypto', 'replica', 'live', 'state', 'ui'],
	replica: ['live', 'state', 'ui'],
	live: ['state', 'ui'],
	state: ['ui'],
	// What a page shows is described in state/model.ts: types alone.
	ui: ['realtime', 'crypto', 'replica', 'live', 'state(?!/model)']
};
const withoutSvelte = ['wire', 'crypto', 'realtime', 'replica', 'live'];

const layers = Object.entries(forbidden).map(([layer, others]) => ({
	files: [`src/lib/${layer}/**`],
	rules: {
		'no-restricted-imports': [
			'error',
			{
				patterns: [
					{
						regex: `^(#lib|(\\.\\./)+)/?(${others.join('|')})(/|$)`,
						message: 'Layers import downwards only: routes -> ui, state -> live -> replica -> realtime, crypto -> wire.'
					},
					{ regex: '^#lib/.*routes|/routes/', message: 'Pages are imported by nobody.' },
					...(withoutSvelte.includes(layer)
						? [{ regex: '^(svelte|\\$app)(/|$)', message: 'Plain TypeScript here: no Svelte below the state layer.' }]
						: []),
					...(layer === 'crypto'
						? [{ regex: '^(dexie|phoenix)$', message: 'No network, no database: bytes in, bytes out.' }]
						: [])
				]
			}
		],
		...(layer === 'crypto'
			? { 'no-restricted-globals': ['error', 'fetch', 'XMLHttpRequest', 'WebSocket', 'indexedDB', 'localStorage'] }
			: {})
	}
}));

export default ts.config(
	{ ignores: ['build/', '.svelte-kit/', 'node_modules/', 'src/lib/wire/types.ts'] },
	...ts.configs.recommended,
	...svelte.configs['flat/recommended'],
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser } }
	},
	{
		rules: {
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
			'svelte/no-navigation-without-resolve': 'off',
			'no-console': 'error',
			eqeqeq: 'error'
		}
	},
	...layers
);
