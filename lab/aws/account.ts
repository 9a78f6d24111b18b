import type { AccountIdentity } from '../ports';

export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

/** What the lab pretends to be where the assembly leaves it open. */
const DEFAULT_ACCOUNT_ID = '123456789012';
const DEFAULT_REGION = 'eu-west-1';

/** The one account and region of a lab: those that the stack was synthesized for, else the usual ones of documentation. */
export class Account implements AccountIdentity {
  readonly zones: readonly string[];

  constructor(
    readonly accountId = DEFAULT_ACCOUNT_ID,
    readonly region = DEFAULT_REGION,
  ) {
    this.zones = ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
  }

  /** `arn:aws:<service>:<region>:<account>:<rest>`. */
  arn(service: string, rest: string): string {
    return `arn:${PARTITION}:${service}:${this.region}:${this.accountId}:${rest}`;
  }

  /** IAM and STS have no region in their ARNs. */
  globalArn(service: 'iam' | 'sts', rest: string): string {
    return `arn:${PARTITION}:${service}::${this.accountId}:${rest}`;
  }
}
