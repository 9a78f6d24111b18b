import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Account } from '../../../lab/aws/account';
import { Background } from '../../../lab/aws/background';
import { parseRate, RuleStore } from '../../../lab/aws/events/rule';
import type { FunctionSpec } from '../../../lab/aws/functions/function';
import { nodeBinaryFor } from '../../../lab/aws/functions/node-binary';
import { FunctionStore } from '../../../lab/aws/functions/store';
import { LogStore } from '../../../lab/aws/logs/store';
import { CredentialStore } from '../../../lab/aws/iam/credentials';
import { QUICK_TIMES } from './support/test-region';
import { until } from './support/until';

const HANDLER = `
const { appendFileSync } = require('node:fs');
let count = 0;
exports.handler = async (event, context) => {
  count += 1;
  console.log('called', event.say);
  if (event.throws) throw new RangeError(event.throws);
  if (event.hog) { globalThis.hoard = []; for (;;) { globalThis.hoard.push(Buffer.alloc(4e6, 1)); await new Promise((r) => setTimeout(r, 5)); } }
  if (event.exit) process.exit(7);
  if (event.ticks) setInterval(() => appendFileSync(event.ticks, '.'), 5);
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  return { count, pid: process.pid, remaining: context.getRemainingTimeInMillis(), name: context.functionName,
    env: { region: process.env.AWS_REGION, key: process.env.AWS_ACCESS_KEY_ID, own: process.env.OWN, host: process.env.HOME } };
};
`;

describe('Lambda functions', () => {
  let directory: string;
  let background: Background;
  let functions: FunctionStore;
  const log: string[] = [];
  const account = new Account();
  const credentials = new CredentialStore();

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-lambda-'));
    await writeFile(join(directory, 'index.js'), HANDLER);
    log.length = 0;
    background = new Background((line) => log.push(line));
    functions = new FunctionStore({
      ...{ account, credentials, background, stateDirectory: directory, caFile: '', enter: () => [] },
      log: (line) => log.push(line),
      logs: new LogStore(),
    });
  });
  afterEach(async () => {
    await background.close();
    await functions.close();
    await rm(directory, { recursive: true });
  });

  const create = (overrides: Partial<FunctionSpec> = {}) =>
    functions.create(
      {
        functionName: 'checker',
        logicalId: 'CheckerFunction1234',
        arn: 'arn:aws:lambda:eu-west-1:123456789012:function:checker',
        roleName: 'role',
        taskRoot: directory,
        handler: 'index.handler',
        memoryMiB: 256,
        timeoutSeconds: 60,
        environment: { OWN: 'yes' },
        logGroupName: 'logs',
        log: { format: 'Text', level: undefined },
        namespaces: ['here'],
        ...overrides,
      },
      process.execPath,
    );
  const call = async (event: object = {}) => {
    const result = await functions.invoke('checker', event);
    if (result.kind === 'failed') throw new Error(`${result.errorType}: ${result.message}`);
    return result.payload as { count: number; pid: number; remaining: number; name: string; env: object };
  };

  test('runs the handler with its own environment and none of the host', async () => {
    create();
    const { count, name, env, remaining } = await call();
    expect({ count, name }).toEqual({ count: 1, name: 'checker' });
    expect(env).toEqual({ region: 'eu-west-1', own: 'yes', key: expect.stringMatching(/^ASIA/) });
    expect(remaining).toBeLessThanOrEqual(60_000);
  });

  test('uses an idle environment again, and another one while it is busy', async () => {
    create();
    const first = await call();
    const again = await call();
    expect(again).toMatchObject({ pid: first.pid, count: 2 });
    const [one, two] = await Promise.all([call({ waitMs: 50 }), call({ waitMs: 50 })]);
    expect(one.pid).not.toBe(two.pid);
  });

  test('an environment is frozen between invocations', async () => {
    create();
    const file = join(directory, 'ticks');
    const { pid } = await call({ ticks: file, waitMs: 20 });
    const isStopped = async () => /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
    await until(isStopped);
    const before = (await readFile(file, 'utf8')).length;
    await call({ waitMs: 40 });
    await until(isStopped);
    expect((await readFile(file, 'utf8')).length).toBeGreaterThan(before);
  });

  test('an error of the handler is a failed invocation, and the environment lives on', async () => {
    create();
    const { pid } = await call();
    await expect(call({ throws: 'too far' })).rejects.toThrow('RangeError: too far');
    expect((await call()).pid).toBe(pid);
  });

  test('a time-out kills the environment', async () => {
    create({ timeoutSeconds: 0.2 });
    await expect(call({ waitMs: 60_000 })).rejects.toThrow('Task timed out after 0.20 seconds');
    expect(functions.logs('checker').join('\n')).toContain('Task timed out after 0.20 seconds');
    create();
    expect((await call()).count).toBe(1);
  });

  test('a crash is a failed invocation', async () => {
    create();
    await expect(call({ exit: true })).rejects.toThrow('Runtime.ExitError: exit status 7');
  });

  test('too much memory kills the environment', async () => {
    create({ memoryMiB: 150 });
    await expect(call({ hog: true })).rejects.toThrow('signal: killed');
  }, 30_000);

  test('a handler that cannot be loaded fails with the reason', async () => {
    create({ handler: 'index.nothing' });
    await expect(call()).rejects.toThrow('index.nothing is undefined or not exported');
  });

  test('the console is logged in the text form of the runtime', async () => {
    create();
    await call({ say: 'hello' });
    await until(() => functions.logs('checker').some((line) => /\tINFO\tcalled hello$/.test(line)));
    expect(functions.logs('CheckerFunction')[0]).toMatch(/^START RequestId: \S+ Version: \$LATEST$/);
  });

  test('the console is logged as JSON where the function asks for it', async () => {
    create({ log: { format: 'JSON', level: 'INFO' } });
    await call({ say: 'hello' });
    await until(() => functions.logs('checker').some((line) => line.startsWith('{')));
    const line = functions.logs('checker').find((each) => each.startsWith('{')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ level: 'INFO', message: 'called hello', requestId: expect.any(String) });
  });

  test('a schedule starts the function again and again, if it is permitted', async () => {
    create();
    const rules = new RuleStore(account, functions, QUICK_TIMES, background, (line) => log.push(line));
    const rule = { arn: 'arn:rule', periodMinutes: 1, targets: [{ functionName: 'checker', input: undefined }] };
    rules.create(rule);
    await until(() => log.some((line) => line.startsWith('DENIED lambda:InvokeFunction')));
    expect(functions.logs('checker')).toEqual([]);
    functions.permit('checker', { principal: 'events.amazonaws.com', sourceArn: 'arn:rule' });
    await until(() => functions.logs('checker').filter((line) => line.startsWith('START')).length > 2);
  });

  test('an outage of Lambda ends what runs and starts nothing until it is over', async () => {
    create();
    const running = call({ waitMs: 60_000 });
    running.catch(() => undefined);
    await until(() => functions.logs('checker').some((line) => line.startsWith('START')));
    functions.setOutage(true);
    await expect(running).rejects.toThrow('Runtime.ExitError: closed');
    await expect(call()).rejects.toThrow('ServiceException: Lambda is down');
    functions.setOutage(false);
    expect((await call()).count).toBe(1);
  });

  test('an outage of schedules starts nothing, and makes up for nothing afterwards', async () => {
    create();
    const rules = new RuleStore(account, functions, QUICK_TIMES, background, (line) => log.push(line));
    rules.setOutage(true);
    const targets = [{ functionName: 'checker', input: undefined }];
    rules.create({ arn: 'arn:rule', periodMinutes: 1, targets });
    // It would be refused, visibly, if it fired; a second rule shows that time has passed.
    const others = new RuleStore(account, functions, QUICK_TIMES, background, (line) => log.push(line));
    others.create({ arn: 'arn:other', periodMinutes: 1, targets });
    await until(() => log.filter((line) => line.endsWith('for arn:other')).length > 5);
    expect(log.some((line) => line.endsWith('for arn:rule'))).toBe(false);
    rules.setOutage(false);
    await until(() => log.some((line) => line.endsWith('for arn:rule')));
  });

  test('an asynchronous event is not tried again when the function says so', async () => {
    create();
    functions.setAsyncConfig('checker', { maximumRetryAttempts: 0, maximumEventAgeSeconds: 60 });
    functions.invokeAsync('checker', { throws: 'once' });
    await until(() => functions.logs('checker').some((line) => line.startsWith('END')));
    expect(functions.logs('checker').filter((line) => line.startsWith('START'))).toHaveLength(1);
  });
});

describe('schedules', () => {
  test('rates are understood, anything else is refused', () => {
    expect([parseRate('rate(1 minute)'), parseRate('rate(2 hours)')]).toEqual([1, 120]);
    expect(() => parseRate('cron(0 12 * * ? *)')).toThrow('the lab knows schedules like rate(1 minute), not cron');
  });
});

describe("the function's Node.js", () => {
  test('is that of its runtime, or another one with a warning', () => {
    const { path, warning } = nodeBinaryFor('nodejs24.x');
    expect(warning === undefined ? path : warning).toMatch(
      /node-linux-(x64|arm64)\/bin\/node$|^WARNING: functions for/,
    );
    expect(nodeBinaryFor('nodejs8.x').warning).toContain('functions for nodejs8.x run on Node');
    expect(() => nodeBinaryFor('python3.13')).toThrow('the lab runs Node.js functions only, not python3.13');
  });
});
