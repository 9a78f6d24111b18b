import tseslint from 'typescript-eslint';

/** Who may import whom (docs/decisions/0002). The test in test/structure holds the same rule for relative paths of any depth. */
const forbid = (...folders) => [
  'error',
  {
    patterns: folders.map((folder) => ({
      regex: `^(\\.\\./)+${folder}(/|$)`,
      message: `This folder must not import ${folder}/ (docs/decisions/0002).`,
    })),
  },
];

export default tseslint.config(
  { ignores: ['node_modules', 'cdk.out', '**/cdk.out*', '.lab', 'coverage', '**/*.mjs', '**/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['core/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^(?!\\./)', message: 'core/ imports only itself.' }] }],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'console', 'fetch', 'performance'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'core/ has no clock: the snapshot carries the time.' },
        { object: 'Math', property: 'random', message: 'core/ has no randomness: ids come from the shell.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'core/ has no clock.' },
      ],
    },
  },
  {
    files: ['register/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid(
        'lib',
        'coordinator',
        'lambda',
        'agent',
        'cli',
        'lab',
        'simulation',
        'test',
        'bin',
      ),
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid(
        'register',
        'coordinator',
        'lambda',
        'agent',
        'cli',
        'lab',
        'simulation',
        'test',
        'bin',
      ),
    },
  },
  {
    files: ['coordinator/**/*.ts'],
    rules: { 'no-restricted-imports': forbid('lib', 'lambda', 'agent', 'cli', 'lab', 'simulation', 'test', 'bin') },
  },
  {
    files: ['lambda/**/*.ts'],
    rules: { 'no-restricted-imports': forbid('lib', 'agent', 'cli', 'lab', 'simulation', 'test', 'bin') },
  },
  {
    files: ['agent/**/*.ts'],
    rules: { 'no-restricted-imports': forbid('lib', 'lambda', 'cli', 'lab', 'simulation', 'test', 'bin') },
  },
  {
    files: ['cli/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid('lib', 'coordinator', 'lambda', 'agent', 'lab', 'simulation', 'test', 'bin'),
    },
  },
  {
    files: ['simulation/**/*.ts'],
    rules: { 'no-restricted-imports': forbid('lib', 'cli', 'lab', 'test', 'bin') },
  },
  {
    files: ['lab/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid('lib', 'coordinator', 'lambda', 'agent', 'cli', 'simulation', 'test', 'bin'),
    },
  },
);
