/** Keys of a condition with the request's values; absent keys are left out. Names compare without regard to case. */
export type RequestContext = Readonly<Record<string, readonly string[]>>;

/** One thing that must be allowed: an action on one resource. */
export interface Demand {
  /** `ec2:AttachVolume`. */
  readonly action: string;
  /** ARN, or `*` for actions that know no resource. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** `aws:ResourceTag/…` and the service's own spelling of the same, for one tagged resource. */
export function tagContext(service: string, tags: Readonly<Record<string, string>>): RequestContext {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, [value]],
      [`${service}:ResourceTag/${key}`, [value]],
    ]),
  );
}
