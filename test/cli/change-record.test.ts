import { describe, expect, test } from '@jest/globals';
import { changeRecord, tell } from '../../cli/change-record';
import { followElection } from '../../cli/follow-election';
import { pauseFailover } from '../../core/operator';
import type { ClusterRecord } from '../../core/record';
import { RegisterUnavailableError, type RecordDraft } from '../../register';
import { B, addressOf, electing, promoting, steady } from '../core/support/records';

/** A register whose record is changed by somebody else before each of the first so many writes. */
function busyRegister(record: ClusterRecord | undefined, disturbances: number) {
  let current = record;
  let left = disturbances;
  return {
    now: () => current,
    readRecord: () => Promise.resolve(current),
    replaceRecord: ({ version }: { version: number }, next: RecordDraft) => {
      if (current !== undefined && left > 0) {
        left -= 1;
        current = { ...current, version: current.version + 1 };
      }
      if (current?.version !== version) return Promise.resolve({ kind: 'refused', found: current } as const);
      current = { ...next, version: version + 1 };
      return Promise.resolve({ kind: 'written', record: current } as const);
    },
  };
}

describe('a change of the record', () => {
  test('is judged again when somebody else was first, and keeps what that one wrote', async () => {
    const register = busyRegister(steady(), 2);
    expect(await changeRecord(register, pauseFailover)).toMatchObject({ kind: 'done', record: { paused: true } });
    expect(register.now()).toMatchObject({ paused: true, version: steady().version + 3 });
  });

  test('that is there already writes nothing', async () => {
    const register = busyRegister(steady({ paused: true }), 0);
    expect(await changeRecord(register, pauseFailover)).toMatchObject({
      kind: 'already',
      reason: 'Automatic failover is paused already.',
    });
    expect(register.now()?.version).toBe(steady().version);
  });

  test('that is refused says why', async () => {
    const refuse = () => ({ kind: 'refused', reason: 'Not now.' }) as const;
    await expect(changeRecord(busyRegister(steady(), 0), refuse)).rejects.toThrow('Not now.');
  });

  test('gives up on a record that never stands still, and has done nothing', async () => {
    const register = busyRegister(steady(), Infinity);
    await expect(changeRecord(register, pauseFailover)).rejects.toThrow('changed 20 times under this command');
    expect(register.now()?.paused).toBe(false);
  });

  test('needs a record', async () => {
    await expect(changeRecord(busyRegister(undefined, 0), pauseFailover)).rejects.toThrow('holds no record');
  });
});

test('what was done stays done when the history cannot be written', async () => {
  const warnings: string[] = [];
  const register = { writeOperation: () => Promise.reject(new Error('no answer')) };
  await tell(register, { kind: 'pause', atMs: 1, by: 'x', term: 1 }, (text) => warnings.push(text));
  expect(warnings).toEqual(['It is done, but could not be added to the history: no answer']);
});

describe('an election that is followed', () => {
  const wished = steady({ switchover: { to: B, by: 'operator', requestedAtMs: 1 } });
  const done = steady({ term: 2, version: 12, primary: { member: B, address: addressOf(B) } });

  async function follow(...records: (ClusterRecord | undefined | Error)[]) {
    const notes: string[] = [];
    const left = [...records];
    const register = {
      readRecord: () => {
        const [next] = left.length > 1 ? left.splice(0, 1) : left;
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
    };
    const giveUpMs = records.length * 200 + 100;
    const outcome = await followElection(register, {
      from: wished,
      giveUpMs,
      note: (text) => notes.push(text.slice(9)),
    });
    return { outcome, notes };
  }

  test('tells each step once, and who is primary in the end', async () => {
    const silence = new RegisterUnavailableError('read', new Error('no answer'));
    const { outcome, notes } = await follow(wished, electing(), silence, electing(), promoting(), done);
    expect(outcome).toMatchObject({ kind: 'over', record: done });
    expect(notes).toEqual([
      'term 2: waiting for pledges; a was primary',
      'term 2: b is being promoted',
      'b is primary (term 2)',
    ]);
  });

  test('is given up when the wish is gone and the term is the old one', async () => {
    expect((await follow(wished, steady({ version: 8 }))).outcome).toEqual({ kind: 'given-up' });
  });

  test('is late when nothing comes of it', async () => {
    expect((await follow(wished)).outcome).toEqual({ kind: 'late', record: wished });
  });

  test('that fails for another reason is an error', async () => {
    await expect(follow(new TypeError('a defect'))).rejects.toThrow('a defect');
  });
});
