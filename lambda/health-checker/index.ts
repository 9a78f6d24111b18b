import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { MonitorCredentials } from '../../coordinator/adapters/monitor-credentials';
import { Route53Zone } from '../../coordinator/adapters/route53';
import { ClusterScalingGroups } from '../../coordinator/adapters/scaling-groups';
import { systemClock } from '../../coordinator/clock';
import { Coordinator } from '../../coordinator/coordinator';
import { resolverNames } from '../../coordinator/dns-check';
import { createLog, type Log } from '../../coordinator/log';
import { probeNode } from '../../coordinator/node-probes';
import { StallMeter } from '../../coordinator/stall-meter';
import { TIMING } from '../../coordinator/timing';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ClusterRecord } from '../../core/record';
import { watchedSlots } from '../../core/wholeness';
import { Register } from '../../register';
import { readConfig } from './config';
import { ending } from './ending';
import { Overlap } from './overlap';

/** One invocation of the health checker: coordinates until a newer one has taken over. */
export async function handler(_event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>) {
  const config = readConfig(process.env);
  const clock = systemClock;
  const log = createLog({ cluster: config.cluster, invocation: context.awsRequestId });
  const { zoneName, hostedZoneId } = config;

  const register = new Register({ tableName: config.registerTable, timeouts: TIMING.register });
  const slots = watchedSlots(config.slots, await recordNow(register, log));
  const credentials = new MonitorCredentials(config.monitorSecretArn, () => clock.monotonicMs());
  const zone = new Route53Zone({ hostedZoneId, zoneName });
  const groups = new ClusterScalingGroups(config.cluster);
  const stalls = new StallMeter(clock);
  const coordinator = new Coordinator({
    by: 'health checker',
    slots,
    zoneName,
    policy: DEFAULT_POLICY,
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
  const overlap = new Overlap({
    register,
    invocationId: context.awsRequestId,
    isReady: () => coordinator.hasWatched(TIMING.takeOverAfterMs),
    clock,
    log,
    onOvertaken: () => coordinator.wake(),
  });

  const endOf = ending(clock, context.getRemainingTimeInMillis(), overlap, coordinator);
  log.info('started', { slots });
  overlap.start();
  try {
    await coordinator.run(() => endOf() !== undefined);
  } finally {
    stalls.stop();
    await overlap.stop();
    for (const client of [register, credentials, zone, groups]) client.close();
    log.info('ended', { because: endOf() ?? 'an error' });
  }
}

/** For the slots that it names; without it this invocation watches those that it was configured for. */
async function recordNow(register: Register, log: Log): Promise<ClusterRecord | undefined> {
  try {
    return await register.readRecord();
  } catch (error) {
    log.warning('record-unread', { reason: String(error) });
    return undefined;
  }
}
