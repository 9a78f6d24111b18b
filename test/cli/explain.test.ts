import { expect, test } from '@jest/globals';
import { CliError } from '../../cli/cli-error';
import { explain } from '../../cli/explain';
import { MalformedItemError, RegisterUnavailableError } from '../../register';

function awsError(name: string, message: string, code?: string): Error {
  return Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });
}

/** As the register tells it: the SDK's own error is the cause. */
const inRegister = (cause: Error) => new RegisterUnavailableError('read cluster/record', cause);

test.each([
  [awsError('ExpiredTokenException', 'expired'), 'Your AWS credentials have expired.', 'aws sso login'],
  [awsError('TokenProviderError', 'Token is expired'), 'Your AWS credentials have expired.', 'aws sso login'],
  [
    awsError('CredentialsProviderError', 'Could not load credentials from any providers'),
    'No AWS credentials are found',
    '--profile',
  ],
  [awsError('UnrecognizedClientException', 'invalid'), 'AWS does not know these credentials.', '--profile'],
  [awsError('SignatureDoesNotMatch', 'no match'), 'AWS refuses the signature: no match', "machine's clock"],
  [awsError('ResourceNotFoundException', 'Table not found'), 'is not there: Table not found', 'The register is gone'],
  [awsError('ValidationError', 'Stack with id X does not exist'), 'Stack with id X does not exist', '--region'],
  [awsError('Error', 'getaddrinfo ENOTFOUND', 'ENOTFOUND'), 'AWS does not answer', 'a way from here to AWS'],
  [awsError('TimeoutError', 'timed out'), 'AWS does not answer: timed out', 'does not need it to serve'],
])('%p is explained, on its own and as a cause', (error, message, help) => {
  for (const thrown of [error, inRegister(error)]) {
    const explained = explain(thrown);
    expect(explained).toBeInstanceOf(CliError);
    expect((explained as CliError).message).toContain(message);
    expect((explained as CliError).help).toContain(help);
  }
});

test('a missing permission is named, with the grant that gives it', () => {
  const denial = awsError(
    'AccessDeniedException',
    'User: arn:aws:sts::123456789012:assumed-role/Dev/jane is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/T because no identity-based policy allows the dynamodb:GetItem action',
  );
  const { message, help } = explain(inRegister(denial)) as CliError;
  expect(message).toBe('arn:aws:sts::123456789012:assumed-role/Dev/jane may not dynamodb:GetItem.');
  expect(help).toContain('The permission dynamodb:GetItem is missing.');
  expect(help).toContain('cluster.grantOperator(grantee)');
  expect(help).toContain('OperatorPolicyArn');
});

test('an item that cannot be read says who may have written it', () => {
  const { message, help } = explain(new MalformedItemError('cluster/record', ['phase: new'])) as CliError;
  expect(message).toBe('cluster/record is malformed: phase: new.');
  expect(help).toContain('a newer version');
});

test('what is not known comes back as it was', () => {
  const error = new TypeError('a defect of ours');
  expect(explain(error)).toBe(error);
});
