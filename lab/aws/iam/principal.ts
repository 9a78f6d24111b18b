import type { Account } from '../account';

/** Who makes a call. */
export type Principal =
  | { readonly kind: 'operator'; readonly arn: string }
  | { readonly kind: 'role'; readonly arn: string; readonly roleName: string; readonly sessionName: string };

/** Stands for a human with administrator rights; no policy is evaluated for it. */
export function operator(account: Account): Principal {
  return { kind: 'operator', arn: account.globalArn('iam', 'user/operator') };
}

export function roleSession(account: Account, roleName: string, sessionName: string): Principal {
  const arn = account.globalArn('sts', `assumed-role/${roleName}/${sessionName}`);
  return { kind: 'role', arn, roleName, sessionName };
}
