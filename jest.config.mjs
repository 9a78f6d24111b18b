const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
  ],
};
const common = { transform, testEnvironment: 'node', injectGlobals: true };

/** unit: no root, any system. simulation: likewise, but long. host: root on the host itself. router: the lab's machines and network, without AWS. machine: inside the Debian 13 image (real PostgreSQL). lab: the live cluster. Run by script/test. lab-all: likewise, but long. Run by npm run test:lab. */
export default {
  randomize: true,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/examples/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/simulation/'],
    },
    // The real programs in simulated clusters: takes all processors by itself.
    { ...common, displayName: 'simulation', testMatch: ['<rootDir>/test/simulation/*.test.ts'] },
    { ...common, displayName: 'host', testMatch: ['<rootDir>/test/**/*.host.ts'] },
    // In a network namespace of its own: unshare --net npx jest --selectProjects router
    { ...common, displayName: 'router', testMatch: ['<rootDir>/test/**/*.router.ts'] },
    { ...common, displayName: 'machine', testMatch: ['<rootDir>/test/**/*.machine.ts'] },
    { ...common, displayName: 'lab', testMatch: ['<rootDir>/test/**/*.scenario.ts'] },
    // Longer ones, not in script/test: npm run test:lab
    { ...common, displayName: 'lab-all', testMatch: ['<rootDir>/test/**/*.rehearsal.ts'] },
  ],
};
