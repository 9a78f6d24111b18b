import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ClusterRecord } from '../../core/record';
import { watchedSlots } from '../../core/wholeness';
import { Register } from '../../register';
import { systemClock } from '../../coordinator/clock';
import { readConfig } from './config';
import { MonitorCredentials } from '../../coordinator/adapters/monitor-credentials';
import { DnsCheck, resolverNames } from '../../coordinator/dns-check';
import { ending } from './ending';
import { EndpointKeeper } from '../../coordinator/endpoint-keeper';
import { Healer } from '../../coordinator/healer';
import { createLog, type Log } from '../../coordinator/log';
import { Loop } from '../../coordinator/loop';
import { probeNode } from '../../coordinator/node-probes';
import { Observer } from '../../coordinator/observer';
import { Overlap } from './overlap';
import { Route53Zone } from '../../coordinator/adapters/route53';
import { ClusterScalingGroups } from '../../coordinator/adapters/scaling-groups';
import { StallMeter } from '../../coordinator/stall-meter';
import { TIMING } from '../../coordinator/timing';

/** One invocation of the health checker: watches, judges and acts until a newer one has taken over. */
export async function handler(_event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>) {
  const config = readConfig(process.env);
  const clock = systemClock;
  const log = createLog({ cluster: config.cluster, invocation: context.awsRequestId });
  const { zoneName, hostedZoneId } = config;

  const register = new Register({ tableName: config.registerTable, timeouts: TIMING.register });
  const slots = watchedSlots(config.slots, await recordNow(register, log));
  const credentials = new MonitorCredentials(config.monitorSecretArn, () => clock.monotonicMs());
  const zone = new Route53Zone({ hostedZoneId, zoneName });
  const stalls = new StallMeter(clock);
  const observer = new Observer({
    slots,
    zoneName,
    register,
    makeProbes: (target, onLost) => probeNode(target, credentials, onLost),
    clock,
    log,
    onNews: () => loop.wake(),
  });
  const endpoints = new EndpointKeeper({
    zone,
    clock,
    log,
    onWriterInPlace: (guardVersion, wallMs) => loop.tellFlip(guardVersion, wallMs),
  });
  const dns = new DnsCheck({ names: resolverNames(), zoneName, clock, log, onMismatch: () => endpoints.doubt() });
  const groups = new ClusterScalingGroups(config.cluster);
  const healer = new Healer({ groups, clock, log });
  const loop: Loop = new Loop({
    slots,
    policy: DEFAULT_POLICY,
    register,
    observer,
    endpoints,
    dns,
    healer,
    stalledMs: (windowMs) => stalls.worstMs(windowMs),
    freshEpoch: randomUUID,
    clock,
    log,
  });
  const overlap = new Overlap({
    register,
    invocationId: context.awsRequestId,
    isReady: () => observer.hasWatched(TIMING.takeOverAfterMs),
    clock,
    log,
    onOvertaken: () => loop.wake(),
  });

  const endOf = ending(clock, context.getRemainingTimeInMillis(), overlap, loop);
  log.info('started', { slots });
  observer.start();
  overlap.start();
  try {
    await loop.run(() => endOf() !== undefined);
  } finally {
    stalls.stop();
    await Promise.all([overlap.stop(), observer.stop(), endpoints.stop(), dns.stop(), healer.stop()]);
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
