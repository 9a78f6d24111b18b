import { FINDINGS } from '../core/finding';
import { slotOf } from '../core/member';
import { isInitialized } from '../core/record';
import { adviceOn } from './advice';
import { any, duration } from './format';
import { electionOf, lossOf, lossText, needText } from './needs';
import { currentView, isBeating, isCoordinated, lastHeardMs, primaryOf, type Situation } from './situation';

/** One thing that is not as it should be. */
export interface Trouble {
  readonly code: string;
  readonly slot?: string;
  /** One sentence: what is. */
  readonly says: string;
  /** What would help. */
  readonly helps: string;
  readonly urgency: number;
}

/** Everything that keeps the cluster from being whole or that an operator should know, the most urgent first. */
export function diagnose(situation: Situation): readonly Trouble[] {
  const found = [
    ...situation.malformed.map((says) => trouble('register-unreadable-item', says)),
    ...ofRecord(situation),
    ...ofCoordinators(situation),
    ...ofView(situation),
  ];
  const isNew = ({ code, slot }: Trouble, at: number) =>
    at === found.findIndex((each) => each.code === code && each.slot === slot);
  return found.filter(isNew).sort((left, right) => left.urgency - right.urgency);
}

/** Urgency 4 is worth knowing, and no less than whole. */
export function isWhole(troubles: readonly Trouble[]): boolean {
  return troubles.every(({ urgency }) => urgency === 4);
}

function trouble(code: string, says: string, slot?: string): Trouble {
  return { code, says, ...adviceOn(code), ...(slot === undefined ? {} : { slot }) };
}

function ofRecord(situation: Situation): readonly Trouble[] {
  const { record, cluster } = situation;
  if (record === undefined) return [trouble('register-empty', FINDINGS['register-empty'])];
  switch (record.phase) {
    case 'bootstrapping':
      return [trouble('bootstrapping', `The cluster is being made on ${record.bootstrapSlot}.`)];
    case 'electing': {
      const election = electionOf(record, [...situation.pledges.values()]);
      const from = slotOf(record.election.deposed);
      if (election.kind === 'about-to-choose') {
        return [trouble('electing', `A successor of ${from} is being chosen (${record.election.reason}).`)];
      }
      const loss = `That would mean: ${lossText(lossOf(situation, record))}.`;
      const waiting =
        election.kind === 'waiting'
          ? trouble(
              'election-waits',
              `${from} was lost (${record.election.reason}), and nobody can take over without ${any(election.needs.map(needText))}: they may hold acknowledged commits that nobody else has.`,
            )
          : trouble(
              'nobody-electable',
              `${from} was lost (${record.election.reason}), and nobody complete can serve: ${election.reasons.join('; ')}.`,
            );
      return [{ ...waiting, helps: `${waiting.helps} ${loss}` }];
    }
    case 'promoting':
      return [trouble('promoting', `${slotOf(record.primary.member)} is being promoted.`)];
    case 'steady': {
      const [guarantee, ...more] = record.guarantees;
      if (guarantee === undefined || more.length > 0) {
        return [trouble('guarantee-changing', 'The guarantee is being changed.')];
      }
      if (cluster.slots.length > 1 && guarantee.acks === 0) {
        return [trouble('no-standby', `${slotOf(guarantee.primary)} is alone: no standby takes part in its commits.`)];
      }
      const covered = new Set([guarantee.primary, ...guarantee.standbys].map(slotOf));
      return cluster.slots
        .filter((slot) => !covered.has(slot))
        .map((slot) => trouble('slot-not-covered', `${slot} takes no part in commits yet.`, slot));
    }
  }
}

function ofCoordinators(situation: Situation): readonly Trouble[] {
  if (isBeating(situation)) return [];
  const { view } = situation;
  if (isCoordinated(situation)) {
    return [
      trouble('stand-in', `The health checker is silent; the ${view?.by ?? 'agent of a standby'} stands in for it.`),
    ];
  }
  const ageMs = lastHeardMs(situation);
  const since = ageMs === undefined ? 'No coordinator was ever heard' : `No coordinator for ${duration(ageMs)}`;
  return [trouble('nobody-coordinates', `${since}: nobody watches the primary.`)];
}

function ofView(situation: Situation): readonly Trouble[] {
  const { record, cluster } = situation;
  const paused =
    record?.paused === true ? [trouble('paused', `Automatic failover is paused${pausedBy(situation)}.`)] : [];
  const view = currentView(situation);
  if (view === undefined) return paused;
  // During an election the record and the pledges say more, and say it exactly.
  const isOver = record === undefined || !isInitialized(record) || record.phase === 'steady';
  const findings = view.findings.map(({ code, slot, detail }) =>
    trouble(code, `${slot === undefined ? '' : `${slot}: `}${asSentence(detail)}`, slot),
  );
  const told = new Set(findings.map(({ slot }) => slot));
  const sick = view.slots
    .filter(({ slot, healthy }) => !healthy && !told.has(slot) && cluster.slots.some((each) => each === slot))
    .map(({ slot, reason, activity }) =>
      trouble('slot-not-healthy', `${slot} is not healthy: ${reason ?? activity}.`, slot),
    );
  return [...paused, ...(isOver ? [...findings, ...sick, ...ofEndpoints(situation)] : [])];
}

function ofEndpoints(situation: Situation): readonly Trouble[] {
  const endpoints = currentView(situation)?.endpoints;
  const primary = primaryOf(situation);
  if (endpoints === undefined || primary === undefined) return [];
  if (endpoints.writerInPlace && endpoints.writerAddress === primary.address) return [];
  const { writer } = situation.cluster;
  return [trouble('endpoint-behind', `Route 53 has not confirmed yet that ${writer} leads to ${primary.slot}.`)];
}

/** Who paused it and why, as far as the history tells. */
export function pausedBy({ operations, nowMs }: Situation): string {
  const last = operations.find(({ kind }) => kind === 'pause' || kind === 'resume');
  if (last?.kind !== 'pause') return '';
  const reason = last.reason === undefined ? '' : `: ${last.reason}`;
  return ` by ${last.by} for ${duration(nowMs - last.atMs)}${reason}`;
}

function asSentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
