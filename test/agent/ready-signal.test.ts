import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CloudFormationSignal } from '../../agent/adapters/cloudformation';
import type { CommandResult } from '../../agent/command';
import { isReady, ReadySignal, type SignalApi } from '../../agent/ready-signal';
import { guarantee } from '../../core/guarantee';
import type { NodeStatus } from '../../core/status';
import { A, B, C, electing, steady } from '../core/support/records';
import { temporaryDirectory } from './support/directory';
import { recordedLog } from './support/lines';

describe('a node is ready', () => {
  const status = (change: Partial<NodeStatus> = {}) =>
    ({ member: B, healthy: true, leaving: false, ...change }) as NodeStatus;
  const counted = steady({ guarantees: [guarantee(A, [B, C], 1)] });

  test('when it serves its role and the register counts on it', () => {
    expect(isReady(status(), counted, 1)).toBe(true);
    expect(isReady(status({ member: A }), counted, 1)).toBe(true);
  });

  test('and not before', () => {
    expect(isReady(status({ healthy: false }), counted, 1)).toBe(false);
    expect(isReady(status({ leaving: true }), counted, 1)).toBe(false);
    expect(isReady(status({ member: null }), counted, 1)).toBe(false);
    expect(isReady(status(), steady({ guarantees: [guarantee(A, [C], 1)] }), 1)).toBe(false);
    expect(isReady(status(), electing(), 1)).toBe(false);
    expect(isReady(status(), undefined, 1)).toBe(false);
  });
});

describe('CloudFormation is told that a node is ready', () => {
  const directory = temporaryDirectory();
  const note = () => join(directory.path, 'ready-told');

  class Calls implements SignalApi {
    readonly made: string[] = [];
    silent = 0;
    success(uniqueId: string) {
      if (this.silent-- > 0) return Promise.reject(new Error('no answer'));
      this.made.push(uniqueId);
      return Promise.resolve('taken' as const);
    }
  }
  const signal = (api: SignalApi, instanceId: string) => new ReadySignal(api, instanceId, note(), recordedLog().log);

  test('once, when it is; a signal that got no answer is sent again', async () => {
    const api = new Calls();
    api.silent = 1;
    const ready = signal(api, 'i-1');
    expect(await ready.tell(() => false)).toBe(false);
    await expect(ready.tell(() => true)).rejects.toThrow('no answer');
    expect(await ready.tell(() => true)).toBe(true);
    expect(await ready.tell(() => true)).toBe(true);
    expect(api.made).toEqual(['i-1']);
  });

  test('not again by an agent that was restarted, but by another instance that was made of its image', async () => {
    const api = new Calls();
    await signal(api, 'i-1').tell(() => true);
    expect(await signal(api, 'i-1').tell(() => true)).toBe(true);
    await signal(api, 'i-2').tell(() => true);
    expect(api.made).toEqual(['i-1', 'i-2']);
  });
});

describe('the signal', () => {
  const answering = (result: Partial<CommandResult>) => {
    const asked: (readonly string[])[] = [];
    const options = { region: 'eu-west-1', stackId: 'arn:stack', resource: 'GroupB' };
    const api = new CloudFormationSignal(options, (args) => {
      asked.push(args);
      return Promise.resolve({ code: 0, stdout: '', stderr: '', ...result });
    });
    return { api, asked };
  };

  test('names the stack, the resource and the instance', async () => {
    const { api, asked } = answering({});
    expect(await api.success('i-1')).toBe('taken');
    expect(asked.map((args) => args.join(' '))).toEqual([
      'cloudformation signal-resource --stack-name arn:stack --logical-resource-id GroupB --unique-id i-1 --status SUCCESS',
    ]);
  });

  test('that nobody waits for is no failure', async () => {
    const stderr =
      'An error occurred (ValidationError) when calling the SignalResource operation: Stack arn:stack is in UPDATE_COMPLETE state and cannot be signaled';
    expect(await answering({ code: 254, stderr }).api.success('i-1')).toBe('not-awaited');
  });

  test.each([
    'An error occurred (AccessDenied) when calling the SignalResource operation: not authorized',
    'An error occurred (ValidationError) when calling the SignalResource operation: Stack arn:stack does not exist',
    'Could not connect to the endpoint URL',
  ])('that failed is: %s', async (stderr) => {
    await expect(answering({ code: 254, stderr }).api.success('i-1')).rejects.toThrow(stderr);
  });
});
