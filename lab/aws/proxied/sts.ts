import type { Account } from '../account';
import { NotEmulatedError } from '../gateway/aws-error';
import type { Call, Service } from '../gateway/call';
import { queryReply } from '../gateway/dialect';

/** STS: only who am I, which needs no permission. */
export class StsService implements Service {
  readonly name = 'sts';

  constructor(private readonly account: Account) {}

  prepare(call: Call) {
    const action = new URLSearchParams(call.body.toString('utf8')).get('Action') ?? '';
    if (action !== 'GetCallerIdentity') throw new NotEmulatedError(`sts:${action}`);
    return {
      action: 'sts:GetCallerIdentity',
      demands: [],
      run: () =>
        Promise.resolve(
          queryReply('sts', action, call.requestId, {
            Arn: call.principal.arn,
            UserId: call.principal.arn.split('/').at(-1) ?? '',
            Account: this.account.accountId,
          }),
        ),
    };
  }
}
