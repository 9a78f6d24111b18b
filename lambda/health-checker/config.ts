import * as z from 'zod';
import { parseSlot } from '../../core/member';
import { HEALTH_CHECKER_ENV } from '../../core/names';

const text = z.string().min(1);

const slots = text.transform((list, context) => {
  try {
    return list.split(',').map(parseSlot);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const environment = z
  .object({
    [HEALTH_CHECKER_ENV.cluster]: text,
    [HEALTH_CHECKER_ENV.registerTable]: text,
    [HEALTH_CHECKER_ENV.hostedZoneId]: text,
    [HEALTH_CHECKER_ENV.zoneName]: text,
    [HEALTH_CHECKER_ENV.slots]: slots,
    [HEALTH_CHECKER_ENV.monitorSecretArn]: text,
  })
  .transform((variables) => ({
    cluster: variables[HEALTH_CHECKER_ENV.cluster],
    registerTable: variables[HEALTH_CHECKER_ENV.registerTable],
    hostedZoneId: variables[HEALTH_CHECKER_ENV.hostedZoneId],
    zoneName: variables[HEALTH_CHECKER_ENV.zoneName],
    slots: variables[HEALTH_CHECKER_ENV.slots],
    monitorSecretArn: variables[HEALTH_CHECKER_ENV.monitorSecretArn],
  }));

export type HealthCheckerConfig = z.output<typeof environment>;

/** @throws Error that names every variable that is missing. */
export function readConfig(variables: NodeJS.ProcessEnv): HealthCheckerConfig {
  const result = environment.safeParse(variables);
  if (result.success) return result.data;
  throw new Error(`The health checker's environment is incomplete: ${z.prettifyError(result.error)}`);
}
