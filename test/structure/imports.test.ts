import { describe, expect, test } from '@jest/globals';
import { builtinModules } from 'node:module';
import type { Import } from './imports';
import { importsOf, topFolder, typeScriptFiles } from './imports';

/** Who may import which folders of the repository, besides itself. Nobody imports lab/, simulation/ or test/; a test may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  register: ['core'],
  lib: ['core'],
  bin: ['lib'],
  coordinator: ['core', 'register'],
  lambda: ['core', 'register', 'coordinator'],
  agent: ['core', 'register', 'coordinator'],
  cli: ['core', 'register'],
  lab: ['core', 'register'],
  // It puts the programs together as they are, in a world of its own.
  simulation: ['core', 'register', 'coordinator', 'agent', 'lambda'],
  clients: [],
  examples: ['lib'],
};

/** Where AWS SDK clients stand; an example is somebody else's program. */
const AWS_SDK = /^(register\/|coordinator\/adapters\/|lambda\/[^/]+\/|agent\/adapters\/|cli\/|lab\/|test\/|examples\/)/;

/** Where CDK's constructs stand. */
const CDK = /^(lib\/|bin\/|examples\/|test\/)/;

/** What is wrong with an import, or nothing. */
function faultOf({ from, to, package: name }: Import): string | undefined {
  const folder = topFolder(from);
  if (folder === undefined || folder === 'test') {
    return undefined;
  }
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) {
    return `${folder}/ is not a folder that this test knows`;
  }
  if (to !== undefined) {
    const target = topFolder(to);
    if (target === undefined) {
      return 'a file at the root is imported by nobody';
    }
    return target === folder || allowed.includes(target) ? undefined : `${folder}/ must not import ${target}/`;
  }
  if (name === undefined) {
    return undefined;
  }
  if (folder === 'core') {
    return 'core/ imports only itself';
  }
  if (name.startsWith('@aws-sdk') && !AWS_SDK.test(from)) {
    return 'AWS SDK clients stand only in register/, coordinator/adapters/, lambda/*/, agent/adapters/, cli/ and lab/';
  }
  if ((name === 'aws-cdk-lib' || name === 'constructs') && !CDK.test(from)) {
    return 'constructs stand only in lib/, bin/ and examples/';
  }
  return undefined;
}

const files = typeScriptFiles();
const imports = files.flatMap((file) => importsOf(file));

test('every import keeps the rules of the house', () => {
  const faults = imports.flatMap((one) => {
    const fault = faultOf(one);
    return fault === undefined ? [] : [`${one.from} imports ${one.specifier}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test('the whole house was looked at', () => {
  const folders = new Set(files.map((file) => topFolder(file)));
  for (const folder of [
    'core',
    'register',
    'lib',
    'bin',
    'coordinator',
    'lambda',
    'agent',
    'lab',
    'simulation',
    'test',
  ]) {
    expect(folders).toContain(folder);
  }
  expect(imports.length).toBeGreaterThan(files.length);
});

test("Node's modules are named as such, so that no package can take their place", () => {
  const bare = imports.filter(({ package: name }) => name !== undefined && builtinModules.includes(name));
  expect(bare.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
});

describe('a fault would be found', () => {
  test.each([
    ['core/a.ts', "import { readFileSync } from 'node:fs';", 'core/ imports only itself'],
    ['core/a.ts', "import type { X } from '../register/x';", 'core/ must not import register/'],
    ['core/deep/a.ts', "export * from '../../lib';", 'core/ must not import lib/'],
    ['register/a.ts', "import '../agent/main';", 'register/ must not import agent/'],
    ['lib/a.ts', "const x = await import('../lambda/health-checker/index');", 'lib/ must not import lambda/'],
    ['lib/a.ts', "import x = require('../agent/main');", 'lib/ must not import agent/'],
    ['lib/a.ts', "let x: import('../register/client').Y;", 'lib/ must not import register/'],
    ['lambda/health-checker/a.ts', "require('../../agent/main');", 'lambda/ must not import agent/'],
    ['agent/a.ts', "import { x } from '../lambda/health-checker/index';", 'agent/ must not import lambda/'],
    ['coordinator/a.ts', "import { x } from '../agent/main';", 'coordinator/ must not import agent/'],
    ['coordinator/a.ts', "import { x } from '../lambda/health-checker/index';", 'coordinator/ must not import lambda/'],
    ['lab/a.ts', "import { x } from '../coordinator/loop';", 'lab/ must not import coordinator/'],
    ['coordinator/a.ts', "import { EC2Client } from '@aws-sdk/client-ec2';", 'AWS SDK clients stand only in'],
    ['agent/a.ts', "import { x } from '../lab/ports';", 'agent/ must not import lab/'],
    ['agent/a.ts', "import { x } from '../test/lib/support';", 'agent/ must not import test/'],
    ['lab/a.ts', "import { x } from '../lib';", 'lab/ must not import lib/'],
    ['agent/a.ts', "import { x } from '../simulation/build';", 'agent/ must not import simulation/'],
    ['agent/duties/a.ts', "import { EC2Client } from '@aws-sdk/client-ec2';", 'AWS SDK clients stand only in'],
    ['lib/a.ts', "import { EC2Client } from '@aws-sdk/client-ec2';", 'AWS SDK clients stand only in'],
    ['agent/a.ts', "import { Stack } from 'aws-cdk-lib';", 'constructs stand only in'],
    ['elsewhere/a.ts', "import './b';", 'elsewhere/ is not a folder that this test knows'],
    ['lib/a.ts', "import '../package.json';", 'a file at the root is imported by nobody'],
  ])('%s: %s', (file, text, fault) => {
    expect(importsOf(file, text).map(faultOf)).toEqual([expect.stringContaining(fault)]);
  });

  test.each([
    ['register/a.ts', "import { TABLE } from '../core/names';"],
    ['agent/a.ts', "import { Loop } from '../coordinator/loop';"],
    ['lambda/health-checker/a.ts', "import { Loop } from '../../coordinator/loop';"],
    ['coordinator/adapters/a.ts', "import { EC2Client } from '@aws-sdk/client-ec2';"],
    ['agent/adapters/a.ts', "import { EC2Client } from '@aws-sdk/client-ec2';"],
    ['lib/a.ts', "import { Stack } from 'aws-cdk-lib/core';\nimport '../core/names';\nimport './b';"],
    ['bin/a.ts', "import { PostgresCluster } from '../lib';"],
    ['test/a.ts', "import '../lab/ports';"],
  ])('and nothing else: %s: %s', (file, text) => {
    expect(importsOf(file, text).flatMap((one) => faultOf(one) ?? [])).toEqual([]);
  });
});
