import { z } from 'zod';
import type { AutoScalingGroup } from '../autoscaling/group';
import type { ResourceContext } from './resource';
import { flag, integer, withoutEffect } from './values';

const policySchema = z.strictObject({
  AutoScalingRollingUpdate: z.strictObject({
    MinInstancesInService: integer.refine((count) => count === 0, 'the lab takes the old instance away first'),
    MaxBatchSize: integer.refine((count) => count === 1, 'the lab replaces one instance at a time').default(1),
    WaitOnResourceSignals: flag.default(false),
    PauseTime: z.string().default('PT0S'),
    // The lab's groups do nothing by themselves while one is updated, but replace what is lost.
    SuspendProcesses: withoutEffect,
    // Of one instance it is all or nothing.
    MinSuccessfulInstancesPercent: withoutEffect,
  }),
  // Schedules change a group's size; here there are none.
  AutoScalingScheduledAction: withoutEffect,
});

/** `PT1H`, `PT5M30S`: what CloudFormation takes. */
export function parseDuration(text: string): number {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text);
  if (match === null) throw new Error(`the pause time ${text} is no duration like PT1H`);
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

/**
 * Replaces a group's instances that were launched from an older launch template, one by one. Source: "UpdatePolicy
 * attribute". The old one goes through its termination hooks; with `WaitOnResourceSignals` the new one has to signal
 * within `PauseTime`, which begins here when the old one is told to go.
 *
 * @throws Error when a new instance signals a failure, or nothing in time: CloudFormation rolls back
 */
export async function rollingUpdate(group: AutoScalingGroup, context: ResourceContext): Promise<void> {
  const { cloud, logicalId, progress, updatePolicy } = context;
  // A group without a policy keeps its instances; whatever replaces them uses the new template.
  if (updatePolicy === undefined) return;
  const { AutoScalingRollingUpdate: policy } = policySchema.parse(updatePolicy);
  const pauseMs = parseDuration(policy.PauseTime) * (cloud.times.templateTimeFactor ?? 1);
  for (const { instance } of group.outdated()) {
    const { instanceId } = instance;
    const window = cloud.signals.await(logicalId);
    const deadline = deadlineAfter(pauseMs, context);
    try {
      progress(`${logicalId}: replaces ${instanceId}`);
      group.terminate(instanceId, 'a rolling update replaces it');
      const heard = policy.WaitOnResourceSignals ? window.first : Promise.resolve(undefined);
      const signal = await cloud.background.orClosed(Promise.race([heard, deadline.over]));
      if (signal === 'over') throw new Error(`no new instance has signaled within ${Math.round(pauseMs / 1000)} s`);
      if (signal?.status === 'FAILURE') throw new Error(`${signal.uniqueId} has signaled a failure`);
      progress(`${logicalId}: ${signal?.uniqueId ?? 'a new instance'} has replaced ${instanceId}`);
    } finally {
      deadline.cancel();
      window.close();
    }
    while (group.member(instanceId) !== undefined) await cloud.background.sleep(cloud.times.groupCheckMs / 10);
  }
}

function deadlineAfter(delayMs: number, { cloud, logicalId }: ResourceContext) {
  let end: (over: 'over') => void = () => undefined;
  const over = new Promise<'over'>((resolve) => (end = resolve));
  const cancel = cloud.background.after(delayMs, `pause of ${logicalId}`, () => end('over'));
  return { over, cancel };
}
