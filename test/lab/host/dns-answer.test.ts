import { expect, test } from '@jest/globals';
import { answer, type Zone } from '../../../lab/host/dns-answer';

const zone: Zone = {
  name: 'db.internal',
  records: [
    {
      name: 'db.internal',
      type: 'SOA',
      ttlSeconds: 900,
      values: ['ns-1.example. host.example. 1 7200 900 1209600 60'],
    },
    { name: 'writer.db.internal', type: 'A', ttlSeconds: 1, values: ['10.0.0.1'] },
    { name: 'reader.db.internal', type: 'A', ttlSeconds: 1, values: ['10.0.0.2', '10.0.0.3'] },
    { name: '_guard.db.internal', type: 'TXT', ttlSeconds: 1, values: ['"a \\"quoted\\" word" "and more"'] },
    { name: 'alias.db.internal', type: 'CNAME', ttlSeconds: 5, values: ['writer.db.internal.'] },
    { name: 'deep.below.db.internal', type: 'A', ttlSeconds: 1, values: ['10.0.0.4'] },
  ],
};
const ask = (name: string, type: 'A' | 'AAAA' | 'TXT' = 'A', zones: readonly Zone[] = [zone]) => {
  const {
    answers = [],
    authorities = [],
    flags = 0,
  } = answer({ type: 'query', id: 7, questions: [{ name, type }] }, zones);
  return { answers, authorities, code: flags & 15 };
};

test('A record answers with its time to live, whatever the case of the question.', () => {
  expect(ask('Writer.DB.internal').answers).toEqual([
    { name: 'writer.db.internal', type: 'A', ttl: 1, data: '10.0.0.1' },
  ]);
  expect(ask('reader.db.internal').answers).toHaveLength(2);
});

test('Strings of a TXT record lose their quotes and keep what is inside.', () => {
  expect(ask('_guard.db.internal', 'TXT').answers).toMatchObject([{ data: ['a "quoted" word', 'and more'] }]);
});

test('An alias is followed inside the zone.', () => {
  expect(ask('alias.db.internal').answers).toMatchObject([
    { type: 'CNAME', data: 'writer.db.internal', ttl: 5 },
    { type: 'A', data: '10.0.0.1', ttl: 1 },
  ]);
});

test('A missing name is remembered as absent for the minimum of the SOA record, not for its time to live.', () => {
  const missing = ask('nobody.db.internal');
  expect(missing.code).toBe(3);
  expect(missing.authorities).toMatchObject([{ type: 'SOA', name: 'db.internal', ttl: 60 }]);
});

test('A name without records of the type exists all the same, also when it only has names below.', () => {
  expect(ask('writer.db.internal', 'AAAA')).toMatchObject({ code: 0, answers: [] });
  expect(ask('below.db.internal')).toMatchObject({ code: 0, answers: [] });
});

test('AWS is at the gateway, by IPv4 only; the rest of the world does not exist.', () => {
  expect(ask('account.ddb.eu-west-1.amazonaws.com').answers).toMatchObject([{ type: 'A', data: '198.51.100.1' }]);
  expect(ask('dynamodb.eu-west-1.amazonaws.com', 'AAAA')).toMatchObject({ code: 0, answers: [] });
  expect(ask('notamazonaws.com').code).toBe(3);
  expect(ask('debian.org').code).toBe(3);
});
