import { AUTHORITATIVE_ANSWER, type Answer, type Packet, type Question, type SoaData } from 'dns-packet';
import type { DnsRecord } from '../ports';
import { ADDRESS } from './addresses';

export interface Zone {
  /** Lower case, without a trailing dot. */
  readonly name: string;
  readonly records: readonly DnsRecord[];
}

const NO_SUCH_NAME = 3;
const AWS_NAME = /(^|\.)(amazonaws\.com|api\.aws)$/;
const AWS_TTL_SECONDS = 60;

/** What Route 53 gives a zone that has no SOA record of its own to show. */
const DEFAULT_SOA: SoaData = {
  mname: 'ns-0.awsdns-00.com',
  rname: 'awsdns-hostmaster.amazon.com',
  serial: 1,
  refresh: 7200,
  retry: 900,
  expire: 1_209_600,
  minimum: 86_400,
};
const DEFAULT_SOA_TTL_SECONDS = 900;

/** The whole answer to a query, from the zones alone: no name of the world outside exists. */
export function answer(query: Packet, zones: readonly Zone[]): Packet {
  const question = query.questions?.[0];
  const response: Packet = {
    type: 'response',
    id: query.id ?? 0,
    questions: query.questions ?? [],
    flags: AUTHORITATIVE_ANSWER,
  };
  if (question === undefined) return response;
  const name = question.name.toLowerCase();
  if (AWS_NAME.test(name)) {
    const address: Answer = { type: 'A', name: question.name, ttl: AWS_TTL_SECONDS, data: ADDRESS.gateway };
    return question.type === 'A'
      ? { ...response, answers: [address] }
      : { ...response, authorities: [soa('amazonaws.com')] };
  }
  const zone = closestZone(name, zones);
  if (zone === undefined) return { ...response, flags: AUTHORITATIVE_ANSWER | NO_SUCH_NAME, authorities: [soa('.')] };
  const { answers, exists } = lookUp(question, zone);
  if (answers.length > 0) return { ...response, answers };
  return {
    ...response,
    flags: AUTHORITATIVE_ANSWER | (exists ? 0 : NO_SUCH_NAME),
    authorities: [soa(zone.name, zone.records)],
  };
}

function closestZone(name: string, zones: readonly Zone[]): Zone | undefined {
  return zones
    .filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`))
    .sort((left, right) => right.name.length - left.name.length)[0];
}

function lookUp(question: Question, zone: Zone): { answers: Answer[]; exists: boolean } {
  const answers: Answer[] = [];
  let name = question.name.toLowerCase();
  // A chain of aliases inside the zone is followed, as far as no name comes twice.
  for (const seen = new Set<string>(); !seen.has(name);) {
    seen.add(name);
    const here = zone.records.filter((record) => record.name.toLowerCase() === name);
    const alias = here.find((record) => record.type === 'CNAME');
    if (alias === undefined || question.type === 'CNAME') {
      answers.push(...here.filter((record) => record.type === question.type).flatMap(toAnswers));
      return { answers, exists: here.length > 0 || hasNamesBelow(name, zone) };
    }
    answers.push(...toAnswers(alias));
    name = (alias.values[0] ?? '').replace(/\.$/, '').toLowerCase();
  }
  return { answers, exists: true };
}

/** A name without records of its own exists when something stands below it (RFC 8020). */
function hasNamesBelow(name: string, zone: Zone): boolean {
  return name === zone.name || zone.records.some((record) => record.name.toLowerCase().endsWith(`.${name}`));
}

function toAnswers(record: DnsRecord): Answer[] {
  const common = { name: record.name, ttl: record.ttlSeconds };
  switch (record.type) {
    case 'A':
      return record.values.map((data) => ({ ...common, type: 'A', data }));
    case 'TXT':
      return record.values.map((value) => ({ ...common, type: 'TXT', data: characterStrings(value) }));
    case 'CNAME':
      return record.values.map((data) => ({ ...common, type: 'CNAME', data: data.replace(/\.$/, '') }));
    case 'NS':
      return record.values.map((data) => ({ ...common, type: 'NS', data: data.replace(/\.$/, '') }));
    case 'SOA':
      return record.values.map((value) => ({ ...common, type: 'SOA', data: parseSoa(value) }));
  }
}

/** Route 53 writes TXT values as strings in quotes, separated by spaces, with `\"` and `\\` inside. */
function characterStrings(value: string): string[] {
  const quoted = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)];
  if (quoted.length === 0) return [value];
  return quoted.map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
}

/** The negative answer's SOA: its TTL is how long the absence may be remembered (RFC 2308). */
function soa(zoneName: string, records: readonly DnsRecord[] = []): Answer {
  const record = records.find((each) => each.type === 'SOA');
  const data = record?.values[0] === undefined ? DEFAULT_SOA : parseSoa(record.values[0]);
  const ttl = Math.min(record?.ttlSeconds ?? DEFAULT_SOA_TTL_SECONDS, data.minimum ?? DEFAULT_SOA_TTL_SECONDS);
  return { type: 'SOA', name: zoneName, ttl, data };
}

function parseSoa(value: string): SoaData {
  const [mname = '', rname = '', serial, refresh, retry, expire, minimum] = value.trim().split(/\s+/);
  return {
    mname: mname.replace(/\.$/, ''),
    rname: rname.replace(/\.$/, ''),
    serial: Number(serial),
    refresh: Number(refresh),
    retry: Number(retry),
    expire: Number(expire),
    minimum: Number(minimum),
  };
}
