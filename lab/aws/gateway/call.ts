import type { Principal } from '../iam/principal';
import type { Demand } from '../iam/demand';

/** One request as it came over the wire, after its signature was checked. */
export interface Call {
  readonly requestId: string;
  readonly service: string;
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly sourceAddress: string;
  readonly principal: Principal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A call that was understood: what it needs permission for, and how to carry it out. */
export interface PreparedCall {
  /** IAM action, `dynamodb:PutItem`; for the log. */
  readonly action: string;
  /** Each must be allowed. Empty for the few actions that need no permission. */
  readonly demands: readonly Demand[];
  run(): Promise<Reply>;
}

/** An emulated or proxied service. `prepare` throws an `AwsError` for what the lab or AWS refuses to understand. */
export interface Service {
  /** The name in the SigV4 credential scope; also what fault injection calls it. */
  readonly name: string;
  prepare(call: Call): PreparedCall;
}
