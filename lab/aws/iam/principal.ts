import { ACCOUNT_ID, PARTITION } from '../account';

/** Who makes a call. */
export type Principal =
  | { readonly kind: 'operator'; readonly arn: string }
  | { readonly kind: 'role'; readonly arn: string; readonly roleName: string; readonly sessionName: string };

/** Stands for a human with administrator rights; no policy is evaluated for it. */
export const OPERATOR: Principal = { kind: 'operator', arn: `arn:${PARTITION}:iam::${ACCOUNT_ID}:user/operator` };

export function roleSession(roleName: string, sessionName: string): Principal {
  const arn = `arn:${PARTITION}:sts::${ACCOUNT_ID}:assumed-role/${roleName}/${sessionName}`;
  return { kind: 'role', arn, roleName, sessionName };
}
