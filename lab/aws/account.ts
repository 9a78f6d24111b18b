/** The one account and region that the lab pretends to be. */
export const ACCOUNT_ID = '123456789012';
export const REGION = 'eu-west-1';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';
export const ZONES = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] as const;

/** `arn:aws:<service>:eu-west-1:123456789012:<rest>`. */
export function arn(service: string, rest: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${rest}`;
}

/** IAM has no region in its ARNs. */
export function iamArn(rest: string): string {
  return `arn:${PARTITION}:iam::${ACCOUNT_ID}:${rest}`;
}
