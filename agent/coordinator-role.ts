import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Route53Zone } from '../coordinator/adapters/route53';
import { ClusterScalingGroups } from '../coordinator/adapters/scaling-groups';
import type { Clock } from '../coordinator/clock';
import { Coordinator } from '../coordinator/coordinator';
import { resolverNames } from '../coordinator/dns-check';
import { probeNode, type CredentialsSource } from '../coordinator/node-probes';
import { StallMeter } from '../coordinator/stall-meter';
import { TIMING } from '../coordinator/timing';
import type { Slot } from '../core/member';
import { ROLE } from '../core/names';
import type { Policy } from '../core/policy';
import { Register } from '../register';
import type { NodeConfig } from './config';
import type { TlsLayout } from './layout';
import type { Log } from './log';
import type { Role } from './stand-in';

export interface CoordinatorRoleOptions {
  readonly config: NodeConfig;
  /** As they are now: with others than at its beginning this term of the role ends. */
  readonly slots: () => readonly Slot[];
  readonly policy: Policy;
  readonly tls: TlsLayout;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The coordinator as a node runs it, with clients of its own: what one of them waits for keeps the agent from nothing.
 * Probes log in with the node's own client certificate: a node needs no secret, and no secret store, to coordinate.
 */
export function coordinatorRole({ config, slots, policy, tls, clock, log }: CoordinatorRoleOptions): Role {
  const watched = slots();
  const client = { region: config.region };
  const register = new Register({ tableName: config.registerTable, client, timeouts: TIMING.register });
  const zone = new Route53Zone({ hostedZoneId: config.hostedZoneId, zoneName: config.zoneName, client });
  const groups = new ClusterScalingGroups(config.cluster, client);
  const stalls = new StallMeter(clock);
  const credentials = nodeCredentials(tls);
  const coordinator = new Coordinator({
    by: `agent of ${config.slot}`,
    slots: watched,
    zoneName: config.zoneName,
    policy,
    register,
    makeProbes: (target, onLost) => probeNode(target, credentials, onLost),
    zone,
    names: resolverNames(),
    groups,
    stalledMs: (windowMs) => stalls.worstMs(windowMs),
    freshEpoch: randomUUID,
    clock,
    log,
  });
  return {
    wake: () => coordinator.wake(),
    get isBusy() {
      return coordinator.isBusy;
    },
    run: async (isOver) => {
      try {
        await coordinator.run(() => isOver() || slots().join() !== watched.join());
      } finally {
        stalls.stop();
        for (const each of [register, zone, groups]) each.close();
      }
    },
  };
}

/** By its own client certificate. Read each time: it is renewed under way. */
export function nodeCredentials({ replication }: TlsLayout): CredentialsSource {
  return {
    get: async () => ({
      user: ROLE.replication,
      certificate: await readFile(replication.certificate, 'utf8'),
      key: await readFile(replication.key, 'utf8'),
    }),
    forget: () => undefined,
  };
}
