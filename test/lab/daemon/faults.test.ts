import { beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_LIST, HEAL } from '../../../lab/daemon/fault-list';
import { Faults, type FaultTargets } from '../../../lab/daemon/faults';
import type { Victim } from '../../../lab/daemon/machine-fault';
import type { MachineFaults } from '../../../lab/daemon/machine-faults';
import type { ServiceFaults } from '../../../lab/daemon/service-faults';

const done: string[] = [];
const machines = {
  inject: (name: string, { machineId }: Victim, peers?: readonly string[]) => {
    done.push(`${name} ${machineId}${peers === undefined ? '' : ` from ${peers.join()}`}`);
    return Promise.resolve();
  },
  heal: ({ machineId, leaderPid }: Victim) => {
    done.push(`heal ${machineId}${leaderPid === undefined ? ' (off)' : ''}`);
    return Promise.resolve();
  },
} as unknown as MachineFaults;
const services = {
  inject: (name: string, service: string) => void done.push(`${name} ${service}`),
  heal: (service: string) => void done.push(`heal ${service}`),
} as unknown as ServiceFaults;

let victims: Record<string, Victim>;
const targets: FaultTargets = {
  isMachine: (target) => target.split(',').every((each) => ['a', 'b', 'c'].includes(each)),
  resolve: (target) => Promise.resolve(target.split(',')),
  victim: (slot) => victims[slot],
  places: (peer) => [`place-of-${peer}`],
};
let faults: Faults;

const victim = (slot: string, machineId: string, leaderPid = 1): Victim => ({
  slot,
  machineId,
  leaderPid,
  address: '10.0.0.1',
});

beforeEach(() => {
  done.length = 0;
  victims = { a: victim('a', 'i-a'), b: victim('b', 'i-b') };
  faults = new Faults(machines, services, targets, () => undefined);
});

describe('A fault', () => {
  test('hits every machine that is meant', async () => {
    const report = await faults.inject({ name: 'power-off', target: 'a,b' });
    expect(report).toMatchObject({ slot: 'a', instanceId: 'i-a', machines: { a: 'i-a', b: 'i-b' } });
    expect(done).toEqual(['power-off i-a', 'power-off i-b']);
  });

  test('of the network can be limited to peers, no other can', async () => {
    await faults.inject({ name: 'partition', target: 'a', peers: ['b', 'client'] });
    expect(done).toEqual(['partition i-a from place-of-b,place-of-client']);
    await expect(faults.inject({ name: 'pause', target: 'a', peers: ['b'] })).rejects.toThrow(
      'pause is not between machines, so --from does not go with it. It goes with partition, deaf, mute, loss.',
    );
  });

  test('of AWS is done to a service, and says so when it is given a machine', async () => {
    await faults.inject({ name: 'outage', target: 'dynamodb' });
    expect(done).toEqual(['outage dynamodb']);
    await expect(faults.inject({ name: 'outage', target: 'a' })).rejects.toThrow('outage is a fault of AWS');
  });

  test('without an end takes no duration', async () => {
    await expect(faults.inject({ name: 'terminate', target: 'a', forMs: 1 })).rejects.toThrow('terminate has no end');
  });

  test('is refused, and nothing is done, when one of the machines is off', async () => {
    victims['b'] = { ...victim('b', 'i-b'), leaderPid: undefined };
    await expect(faults.inject({ name: 'freeze', target: 'a,b' })).rejects.toThrow(
      'The machine of slot b, i-b, is off.',
    );
    expect(done).toEqual([]);
  });
});

describe('Healing', () => {
  test('a slot also ends what was done to a machine that was replaced meanwhile', async () => {
    await faults.inject({ name: 'lose-zone', target: 'a' });
    victims['a'] = victim('a', 'i-new');
    done.length = 0;
    await faults.inject({ name: HEAL, target: 'a' });
    expect(done).toEqual(['heal i-a (off)', 'heal i-new']);
    done.length = 0;
    await faults.inject({ name: HEAL, target: 'a' });
    expect(done).toEqual(['heal i-new']);
  });

  test('works while the slot has no machine at all', async () => {
    await faults.inject({ name: 'lose-zone', target: 'a' });
    delete victims['a'];
    done.length = 0;
    await faults.inject({ name: HEAL, target: 'a' });
    expect(done).toEqual(['heal i-a (off)']);
  });

  test('ends a service’s faults too', async () => {
    await faults.inject({ name: HEAL, target: 'dynamodb' });
    expect(done).toEqual(['heal dynamodb']);
  });
});

test('Every fault is in the documents.', () => {
  const text = readFileSync(join(__dirname, '../../../docs/lab.md'), 'utf8');
  for (const name of [...Object.keys(FAULT_LIST), HEAL]) expect(text).toContain(`| \`${name}\` `);
});
