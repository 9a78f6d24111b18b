import { describe, expect, it } from '@jest/globals';
import { parseNodeStatus, parseSettings } from '../../../register';

const page = {
  cluster: 'db',
  slot: 'b',
  instanceId: 'i-0123',
  address: '10.0.1.10',
  member: 'b_bbbbbbbb',
  activity: 'following',
  role: 'standby',
  healthy: true,
  reason: null,
  record: { version: 3, term: 1, epoch: 'e', ageMs: 12.5 },
  pledgedTerm: 0,
  postgres: {
    state: 'up',
    stateForMs: 60_000,
    inRecovery: true,
    timeline: 1,
    lsn: '0/3000148',
    receivedLsn: '0/3000148',
    ancestry: [{ timeline: 1, forkLsn: '0/0', firstRecord: '' }],
    fedAgeMs: 120,
    streaming: true,
    doorOpen: false,
    localWriteAgeMs: null,
    quorumAgeMs: null,
  },
  disk: { answerAgeMs: 400, volume: null },
  leaving: false,
  loopLateMs: 0,
};

describe("an agent's page", () => {
  it('is taken as it is', () => {
    expect(parseNodeStatus(JSON.stringify(page), 'The page of slot b')).toEqual(page);
  });

  it('is refused with the field that is wrong', () => {
    const odd = { ...page, postgres: { ...page.postgres, state: 'resting' } };
    expect(() => parseNodeStatus(JSON.stringify(odd), 'The page of slot b')).toThrow(
      /The page of slot b is malformed: postgres.state: /,
    );
  });

  it('is refused when it is no JSON', () => {
    expect(() => parseNodeStatus('<html>', 'The page of slot b')).toThrow(/The page of slot b is malformed: .*JSON/);
  });
});

describe('the settings parameter', () => {
  it('names the value that is not allowed', () => {
    const settings = {
      slots: ['a', 'b', 'c'],
      databaseName: 'app',
      masterUsername: 'app',
      extensions: ['postgis'],
      parameters: { work_mem: '16MB' },
      acks: 1,
      whenNoStandby: 'guess',
      postgresVersion: '17',
    };
    expect(() => parseSettings(JSON.stringify(settings))).toThrow(/whenNoStandby: .*"degrade"\|"block"/);
    expect(parseSettings(JSON.stringify({ ...settings, whenNoStandby: 'block' }))).toEqual({
      ...settings,
      whenNoStandby: 'block',
    });
  });
});
