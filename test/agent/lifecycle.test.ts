import { describe, expect, test } from '@jest/globals';
import { Imds } from '../../agent/imds';
import { type GroupApi, HoldBack, leavingOf, Termination, type TerminationHook } from '../../agent/lifecycle';
import { recordedLog } from './support/lines';
import { metadataService } from './support/metadata-service';

const service = metadataService();
const now = Date.parse('2026-11-21T10:00:00Z');
const leaving = () => leavingOf(new Imds({ url: service.url }), now);

describe('whether the instance is about to go', () => {
  test('it stays', async () => {
    expect(await leaving()).toBeUndefined();
    service.values.set('autoscaling/target-lifecycle-state', 'InService');
    expect(await leaving()).toBeUndefined();
  });

  test('Auto Scaling terminates it', async () => {
    service.values.set('autoscaling/target-lifecycle-state', 'Terminated');
    expect(await leaving()).toMatchObject({ kind: 'terminating' });
  });

  test('a spot instance is taken back', async () => {
    service.values.set('spot/instance-action', '{"action":"terminate","time":"2026-11-21T10:02:00Z"}');
    expect(await leaving()).toMatchObject({ kind: 'spot', reason: expect.stringContaining('10:02') });
  });

  test.each([
    ['21 Nov 2026 10:10:00 GMT', undefined, 'active', 'maintenance'],
    ['21 Nov 2026 09:50:00 GMT', undefined, 'active', 'maintenance'],
    ['21 Nov 2026 09:50:00 GMT', '21 Nov 2026 10:00:01 GMT', 'active', 'maintenance'],
    ['21 Nov 2026 07:50:00 GMT', '21 Nov 2026 09:50:00 GMT', 'active', undefined],
    ['28 Nov 2026 10:00:00 GMT', undefined, 'active', undefined],
    ['21 Nov 2026 10:10:00 GMT', undefined, 'completed', undefined],
    ['21 Nov 2026 10:10:00 GMT', undefined, 'canceled', undefined],
  ])('maintenance from %s until %s that is %s', async (NotBefore, NotAfter, State, kind) => {
    const event = { Code: 'system-reboot', NotBefore, NotAfter, Description: 'scheduled reboot', State };
    service.values.set('events/maintenance/scheduled', JSON.stringify([event]));
    expect((await leaving())?.kind).toBe(kind);
  });

  test('no events is an empty list', async () => {
    service.values.set('events/maintenance/scheduled', '[]');
    expect(await leaving()).toBeUndefined();
  });
});

describe('the termination of this instance', () => {
  class Calls implements GroupApi {
    readonly made: string[] = [];
    hook: TerminationHook | undefined = { group: 'Group', name: 'Terminating', heartbeatSeconds: 300 };
    /** Calls that get no answer, then those that find nothing held. */
    silent = 0;
    notHeld = 0;
    terminationHook(): Promise<TerminationHook | undefined> {
      return this.answer('find', this.hook);
    }
    heartbeat(): Promise<void> {
      return this.answer('heartbeat', undefined);
    }
    complete(): Promise<'completed' | 'not-held'> {
      return this.answer('complete', this.notHeld-- > 0 ? 'not-held' : 'completed');
    }
    private answer<T>(call: string, value: T): Promise<T> {
      if (this.silent-- > 0) return Promise.reject(new Error('no answer'));
      this.made.push(call);
      return Promise.resolve(value);
    }
  }

  test('is held back by a heartbeat in every third of the time, then let go once', async () => {
    const api = new Calls();
    let nowMs = 0;
    const termination = new Termination(api, 'i-1', recordedLog().log, () => nowMs);
    await termination.holdBack();
    nowMs = 99_000;
    await termination.holdBack();
    expect(api.made).toEqual(['find', 'heartbeat']);
    nowMs = 100_000;
    await termination.holdBack();
    await termination.letGo();
    await termination.letGo();
    await termination.holdBack();
    expect(api.made).toEqual(['find', 'heartbeat', 'heartbeat', 'complete']);
  });

  test('a heartbeat that failed is sent the next time', async () => {
    const api = new Calls();
    const termination = new Termination(api, 'i-1', recordedLog().log, () => 0);
    api.silent = 1;
    await expect(termination.holdBack()).rejects.toThrow('no answer');
    await termination.holdBack();
    expect(api.made).toEqual(['find', 'heartbeat']);
  });

  test('is let go in the end, though Auto Scaling is silent or does not hold it yet', async () => {
    const api = new Calls();
    const { log, lines } = recordedLog();
    api.silent = 2;
    api.notHeld = 2;
    await new Termination(api, 'i-1', log, () => 0, 1).letGo();
    expect(api.made).toEqual(['find', 'complete', 'complete', 'complete']);
    expect(lines.map(({ reason }) => reason)).toEqual(['Error: no answer', 'The hook Terminating does not hold i-1.']);
  });

  test('without a hook there is nothing to hold', async () => {
    const api = new Calls();
    api.hook = undefined;
    const termination = new Termination(api, 'i-1', recordedLog().log, () => 0);
    await termination.holdBack();
    await termination.letGo();
    expect(new Set(api.made)).toEqual(new Set(['find']));
  });
});

describe('a node whose instance is to go', () => {
  const terminating = { kind: 'terminating', reason: 'Auto Scaling terminates this instance.' } as const;

  test('stays until the register counts on every other slot', () => {
    const missing = ['c'];
    const { log, lines } = recordedLog();
    const holdBack = new HoldBack(
      () => missing,
      log,
      () => 0,
    );
    expect(holdBack.holds(terminating)).toBe(true);
    expect(holdBack.holds(terminating)).toBe(true);
    missing.pop();
    expect(holdBack.holds(terminating)).toBe(false);
    expect(lines.map(({ code, missing: who }) => [code, who])).toEqual([['termination-held', 'c']]);
  });

  test('stays no longer than a quarter of an hour', () => {
    let nowMs = 0;
    const { log, lines } = recordedLog();
    const holdBack = new HoldBack(
      () => ['c'],
      log,
      () => nowMs,
    );
    expect(holdBack.holds(terminating)).toBe(true);
    nowMs = 15 * 60_000 + 1;
    expect(holdBack.holds(terminating)).toBe(false);
    expect(lines.map(({ code }) => code)).toEqual(['termination-held', 'termination-held-long-enough']);
  });

  test.each(['spot', 'maintenance'] as const)('cannot be held against a %s notice', (kind) => {
    const holdBack = new HoldBack(
      () => ['c'],
      recordedLog().log,
      () => 0,
    );
    expect(holdBack.holds({ kind, reason: '' })).toBe(false);
  });
});
