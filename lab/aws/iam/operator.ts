import type { Cloud } from '../cloud';
import { newSuffix } from '../ids';
import type { Credentials, CredentialStore } from './credentials';
import { operator, roleSession } from './principal';

const POLICY_OUTPUT = 'OperatorPolicyArn';
const ROLE = 'lab-operator';
/** Nobody assumes it: its keys are handed out by the lab itself. */
const TRUSTS_NOBODY = { Version: '2012-10-17', Statement: [] };

/**
 * Keys of somebody who runs `holdfast`: with the policy that a stack made for that and nothing else, so that a permission
 * which is missing there is missing here. A stack without such a policy leaves the lab's all-powerful operator.
 */
export function operatorKeys(
  { account, roles, managedPolicies, stacks }: Pick<Cloud, 'account' | 'roles' | 'managedPolicies' | 'stacks'>,
  credentials: CredentialStore,
): Credentials {
  const arns = stacks.list().flatMap(({ outputs }) => {
    const name = Object.keys(outputs).find((each) => each.endsWith(POLICY_OUTPUT));
    return name === undefined ? [] : [outputs[name] ?? ''];
  });
  const documents = arns.flatMap((arn) => {
    const document = managedPolicies.get(arn);
    return document === undefined ? [] : [[arn, document] as const];
  });
  if (documents.length === 0) return credentials.permanent(operator(account));
  const name = `${ROLE}-${newSuffix(8).toLowerCase()}`;
  roles.create(
    { name, arn: account.globalArn('iam', `role/${name}`), id: `AROA${newSuffix(17)}`, tags: {} },
    TRUSTS_NOBODY,
  );
  for (const [arn, document] of documents) roles.attach(name, arn, document);
  return credentials.permanent(roleSession(account, name, 'operator'));
}
