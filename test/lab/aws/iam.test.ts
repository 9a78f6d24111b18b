import { describe, expect, test } from '@jest/globals';
import { Account } from '../../../lab/aws/account';
import type { RequestContext } from '../../../lab/aws/iam/demand';
import { evaluate } from '../../../lab/aws/iam/evaluate';
import { parsePolicy } from '../../../lab/aws/iam/policy';
import { roleSession } from '../../../lab/aws/iam/principal';
import { RoleStore } from '../../../lab/aws/iam/roles';

const TABLE = 'arn:aws:dynamodb:eu-west-1:123456789012:table/register';
const policy = (...statements: object[]) => parsePolicy('test', { Version: '2012-10-17', Statement: statements });
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: TABLE, ...more });
const decide = (statements: object[], context: RequestContext = {}, action = 'dynamodb:PutItem', resource = TABLE) =>
  evaluate(policy(...statements), { action, resource, context }).kind;

describe('a decision', () => {
  test('is no unless a statement allows it', () => {
    expect(decide([])).toBe('denied');
    expect(decide([allow()])).toBe('allowed');
    expect(decide([allow()], {}, 'dynamodb:DeleteItem')).toBe('denied');
    expect(decide([allow()], {}, 'dynamodb:PutItem', `${TABLE}2`)).toBe('denied');
  });

  test('an explicit deny wins over any allow', () => {
    const deny = { Effect: 'Deny', Action: '*', Resource: '*' };
    expect(evaluate(policy(allow(), deny), { action: 'dynamodb:PutItem', resource: TABLE, context: {} })).toEqual({
      kind: 'denied',
      reason: 'with an explicit deny in test, statement 2',
    });
  });

  test('actions match with wildcards and without regard to case, resources with regard to it', () => {
    expect(decide([allow({ Action: 'DynamoDB:put*' })])).toBe('allowed');
    expect(decide([allow({ Action: ['dynamodb:Get?tem', 'dynamodb:P?tItem'] })])).toBe('allowed');
    expect(decide([allow({ Resource: TABLE.toUpperCase() })])).toBe('denied');
    expect(decide([allow({ Resource: 'arn:aws:dynamodb:*:table/*' })])).toBe('allowed');
  });

  test('NotAction and NotResource invert', () => {
    const inverted = { Effect: 'Allow', NotAction: 'dynamodb:Delete*', NotResource: 'arn:aws:s3:::*' };
    expect(decide([inverted])).toBe('allowed');
    expect(decide([inverted], {}, 'dynamodb:DeleteItem')).toBe('denied');
    expect(decide([inverted], {}, 'dynamodb:PutItem', 'arn:aws:s3:::bucket')).toBe('denied');
  });

  test('variables are filled from the request; without a value they match nothing', () => {
    const own = allow({ Resource: 'arn:aws:x:::${aws:PrincipalTag/slot}' });
    const ask = (context: RequestContext) => decide([own], context, 'dynamodb:PutItem', 'arn:aws:x:::a');
    expect(ask({ 'aws:PrincipalTag/slot': ['a'] })).toBe('allowed');
    expect(ask({ 'aws:PrincipalTag/slot': ['b'] })).toBe('denied');
    expect(ask({})).toBe('denied');
  });
});

describe('conditions', () => {
  const KEYS = 'dynamodb:LeadingKeys';
  const holds = (Condition: object, context: RequestContext) => decide([allow({ Condition })], context) === 'allowed';

  test.each<[string, object, RequestContext, boolean]>([
    ['StringEquals fits', { StringEquals: { k: ['a', 'b'] } }, { k: ['b'] }, true],
    ['StringEquals does not fit', { StringEquals: { k: 'a' } }, { k: ['b'] }, false],
    ['the key is absent', { StringEquals: { k: 'a' } }, {}, false],
    ['the key differs in case', { StringEquals: { K: 'a' } }, { k: ['a'] }, true],
    ['IfExists and absent', { StringEqualsIfExists: { k: 'a' } }, {}, true],
    ['IfExists and wrong', { StringEqualsIfExists: { k: 'a' } }, { k: ['b'] }, false],
    ['negated and absent', { StringNotEquals: { k: 'a' } }, {}, true],
    ['negated and equal', { StringNotEquals: { k: ['a', 'b'] } }, { k: ['a'] }, false],
    ['StringLike', { StringLike: { k: 'a*c' } }, { k: ['abc'] }, true],
    ['ArnLike', { ArnLike: { k: 'arn:aws:x:*' } }, { k: ['arn:aws:x:1'] }, true],
    ['Bool', { Bool: { k: true } }, { k: ['true'] }, true],
    ['Null true and absent', { Null: { k: 'true' } }, {}, true],
    ['Null false and absent', { Null: { k: 'false' } }, {}, false],
    ['Null false and present', { Null: { k: 'false' } }, { k: ['x'] }, true],
    ['NumericLessThan', { NumericLessThan: { k: 10 } }, { k: ['9'] }, true],
    ['several values without a set operator', { StringEquals: { k: ['a', 'b'] } }, { k: ['a', 'b'] }, false],
    ['ForAllValues, all fit', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'b'] }, true],
    ['ForAllValues, one does not', { 'ForAllValues:StringEquals': { k: ['a'] } }, { k: ['a', 'b'] }, false],
    ['ForAllValues is true when absent', { 'ForAllValues:StringEquals': { k: ['a'] } }, {}, true],
    ['ForAnyValue, one fits', { 'ForAnyValue:StringLike': { k: ['a*'] } }, { k: ['b', 'ab'] }, true],
    ['ForAnyValue and absent', { 'ForAnyValue:StringEquals': { k: ['a'] } }, {}, false],
    ['both of two operators', { StringEquals: { k: 'a' }, StringLike: { l: 'x*' } }, { k: ['a'], l: ['y'] }, false],
  ])('%s', (_name, condition, context, expected) => {
    expect(holds(condition, context)).toBe(expected);
  });

  test('leading keys with Null: false let a node write its own partition and deny a call without keys', () => {
    const Condition = { 'ForAllValues:StringEquals': { [KEYS]: ['node#a'] }, Null: { [KEYS]: 'false' } };
    expect(holds(Condition, { [KEYS]: ['node#a'] })).toBe(true);
    expect(holds(Condition, { [KEYS]: ['node#a', 'node#b'] })).toBe(false);
    expect(holds(Condition, {})).toBe(false);
  });
});

describe('what the lab could not judge is refused when the policy is made', () => {
  test.each([
    [{ ...allow(), Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }, 'condition operator IpAddress'],
    [{ Effect: 'Allow', Resource: '*' }, 'exactly one of Action and NotAction'],
    [{ ...allow(), Effect: 'Maybe' }, 'Effect'],
    [{ ...allow(), Conditions: {} }, 'Conditions'],
  ])('%j', (statement, message) => {
    expect(() => policy(statement)).toThrow(message);
  });
});

describe('roles', () => {
  test('hold the policies attached to them and trust the services that they name', () => {
    const account = new Account();
    const roles = new RoleStore(account);
    const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
    roles.create(
      { name: 'r', arn: 'arn:aws:iam::1:role/r', id: 'AROA', tags: {} },
      { Version: '2012-10-17', Statement: [trust] },
    );
    const demand = { action: 'dynamodb:PutItem', resource: TABLE, context: {} };
    expect(roles.decide(roleSession(account, 'r', 's'), demand).kind).toBe('denied');
    roles.attach('r', 'p', { Version: '2012-10-17', Statement: [allow()] });
    expect(roles.decide(roleSession(account, 'r', 's'), demand)).toEqual({ kind: 'allowed', by: 'p, statement 1' });
    expect([roles.trusts('r', 'lambda.amazonaws.com'), roles.trusts('r', 'ec2.amazonaws.com')]).toEqual([true, false]);
  });
});
