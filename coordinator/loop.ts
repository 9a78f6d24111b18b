import { type CoordinatorAction, coordinate } from '../core/coordinate';
import { planEndpoints, type EndpointPlan } from '../core/endpoints';
import type { FailoverEvent } from '../core/event';
import type { CoordinatorSnapshot, SlotEvidence } from '../core/evidence';
import type { Finding } from '../core/finding';
import type { ViewInput } from '../core/coordinator-view';
import { judge } from '../core/judge';
import { type Slot, slotOf } from '../core/member';
import type { Policy } from '../core/policy';
import type { ClusterRecord } from '../core/record';
import type { Judged, RecordDraft, RecordOutcome } from '../register';
import type { Clock } from './clock';
import { FailoverStory } from './failover-story';
import type { Log } from './log';
import { Novelty } from './novelty';
import { RegisterSight, type RegisterSightOptions, type RegisterView } from './register-sight';
import { TIMING } from './timing';

export interface LoopOptions {
  readonly slots: readonly Slot[];
  readonly policy: Policy;
  readonly register: RegisterSightOptions['register'] & {
    createRecord(record: ClusterRecord): Promise<RecordOutcome>;
    replaceRecord(judged: Judged, next: RecordDraft): Promise<RecordOutcome>;
    writeEvent(event: FailoverEvent): Promise<void>;
  };
  readonly observer: {
    evidence(): readonly SlotEvidence[];
    isSuspicious(): boolean;
    setPrimary(primary: Slot | undefined): void;
    hintAll(): void;
  };
  readonly endpoints: { keep(plan: EndpointPlan): void };
  readonly dns: { check(plan: EndpointPlan): void };
  readonly healer: { heal(record: ClusterRecord | undefined, slots: readonly SlotEvidence[]): void };
  /** Keeps what this coordinator sees, for people. */
  readonly view: { keep(input: Omit<ViewInput, 'by'>): void };
  /** The longest delay of this process within the last so many milliseconds. */
  readonly stalledMs: (windowMs: number) => number;
  /** Random; becomes the epoch if a record has to be created. */
  readonly freshEpoch: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the last beat learned of the register; it sets the pace of the next. */
interface Sight {
  readonly record: ClusterRecord | undefined;
  /** Monotonic time at which this loop first saw the record in its term and phase. */
  readonly sinceMs: number;
}

/**
 * The beat: observe, judge, decide, act, record. Nothing is waited for but the register: the observer's probes, the
 * endpoints and the hints run on their own time, and each beat takes what is known by then.
 *
 * Unhurried twice a second; faster while the primary is not heard; as fast as the register answers during an election.
 */
export class Loop {
  private sight: Sight | undefined;
  private pause = new AbortController();
  private readonly story = new FailoverStory();
  private readonly novelty = new Novelty();
  private told: readonly Finding[] = [];
  /** The newest guard version whose writer Route 53 has confirmed to this loop. */
  private writerInPlace = 0;
  private telling: Promise<unknown> = Promise.resolve();
  private readonly register: RegisterSight;
  private readonly beganMs: number;

  constructor(private readonly options: LoopOptions) {
    this.register = new RegisterSight(options);
    this.beganMs = options.clock.monotonicMs();
  }

  /** The next beat comes now. */
  wake(): void {
    this.pause.abort();
  }

  /** A failover is under way that this loop has seen: whoever takes over would see only half of it. */
  get isBusy(): boolean {
    return this.isElecting || this.story.isUnfinished(this.options.clock.monotonicMs());
  }

  /** Beats until told to end. */
  async run(isOver: () => boolean): Promise<void> {
    const { clock, log } = this.options;
    let lateMs = 0;
    while (!isOver()) {
      this.pause = new AbortController();
      try {
        await this.beat(lateMs);
      } catch (error) {
        // A defect of ours in one beat must not end the watch.
        log.error('beat-failed', error);
      }
      const pauseMs = this.paceMs();
      const plannedMs = clock.monotonicMs() + pauseMs;
      await clock.sleep(pauseMs, this.pause.signal);
      lateMs = Math.max(0, clock.monotonicMs() - plannedMs);
    }
    await this.telling;
  }

  /** The writer's name has been moved. */
  tellFlip(guardVersion: number, wallMs: number): void {
    this.writerInPlace = Math.max(this.writerInPlace, guardVersion);
    const event = this.story.flipped(guardVersion, wallMs);
    if (event !== undefined) this.tell(event);
  }

  private get isElecting(): boolean {
    const phase = this.sight?.record?.phase;
    return phase === 'electing' || phase === 'promoting';
  }

  private paceMs(): number {
    const { clock, observer } = this.options;
    const isPatient = clock.monotonicMs() - (this.sight?.sinceMs ?? 0) > TIMING.electionPatienceMs;
    const record = this.sight?.record;
    // A primary that hands over is quick, and what it does is to be told.
    const isHandingOver = record?.phase === 'steady' && record.switchover !== undefined;
    if ((this.isElecting || isHandingOver) && !isPatient) return TIMING.electionMs;
    return observer.isSuspicious() ? TIMING.suspiciousMs : TIMING.calmMs;
  }

  private async beat(lateMs: number): Promise<void> {
    const { log } = this.options;
    let view: RegisterView;
    try {
      view = await this.register.look();
    } catch (error) {
      if (this.novelty.isNew('register', String(error))) log.error('register-unreadable', error);
      return;
    }
    if (this.novelty.isNew('register', '')) log.info('register-readable', { version: view.record?.version });
    this.see(view.record);
    const snapshot = this.snapshot(view, lateMs);
    const findings = judge(snapshot);
    this.tellFindings(findings);
    const action = coordinate(snapshot, findings);
    await this.act(snapshot, action);
    this.options.healer.heal(this.sight?.record, snapshot.slots);
    // As it stands after the act: no plan is made for a term that has just ended.
    const record = this.sight?.record;
    const hasPlan = record?.phase === 'steady' && this.knowsEverybody(snapshot.slots);
    const plan = hasPlan ? planEndpoints(record, snapshot.slots, snapshot.policy) : undefined;
    if (plan !== undefined) {
      this.options.endpoints.keep(plan);
      this.options.dns.check(plan);
    }
    const waiting = action.kind === 'nothing' ? action.reason : undefined;
    const endpoints =
      plan === undefined ? undefined : { ...plan, writerInPlace: this.writerInPlace >= plan.guardVersion };
    this.options.view.keep({ snapshot, findings, waiting, endpoints });
  }

  /** Before that the standbys only seem to be missing, and each new invocation would take the readers away from them. */
  private knowsEverybody(slots: readonly SlotEvidence[]): boolean {
    const ageMs = this.options.clock.monotonicMs() - this.beganMs;
    return ageMs >= TIMING.takeOverAfterMs || slots.every(({ status }) => status !== undefined);
  }

  private snapshot({ record, pledges }: RegisterView, lateMs: number): CoordinatorSnapshot {
    const { clock, observer, policy, stalledMs, freshEpoch } = this.options;
    return {
      policy,
      wallClockMs: clock.wallMs(),
      loopLateMs: Math.max(lateMs, stalledMs(TIMING.statusTimeoutMs)),
      record,
      phaseAgeMs: clock.monotonicMs() - (this.sight?.sinceMs ?? 0),
      slots: observer.evidence(),
      pledges,
      freshEpoch: freshEpoch(),
    };
  }

  private async act(snapshot: CoordinatorSnapshot, action: CoordinatorAction): Promise<void> {
    const { register, observer, log } = this.options;
    if (action.kind === 'nothing') {
      if (this.novelty.isNew('nothing', action.reason)) log.info('waiting', { reason: action.reason });
      return;
    }
    const rule = action.kind === 'create' ? 'C0-create' : action.rule;
    try {
      const outcome =
        action.kind === 'create'
          ? await register.createRecord(action.record)
          : await register.replaceRecord(action.judged, action.next);
      if (outcome.kind === 'written') observer.hintAll();
      const { record } = outcome.kind === 'written' ? outcome : { record: outcome.found };
      this.register.note(record);
      log.info(outcome.kind, { rule, phase: record?.phase, term: record?.term, version: record?.version });
      this.novelty.isNew('nothing', '');
      this.see(record);
    } catch (error) {
      log.error('write-unanswered', error, { rule, judgedVersion: snapshot.record?.version });
    }
  }

  /** Follows the record: whom to watch, since when, and what to tell. */
  private see(record: ClusterRecord | undefined): void {
    const { clock, observer, log } = this.options;
    const before = this.sight?.record;
    const isSame = this.sight !== undefined && before?.phase === record?.phase && before?.term === record?.term;
    this.sight = { record, sinceMs: isSame ? (this.sight?.sinceMs ?? 0) : clock.monotonicMs() };
    observer.setPrimary(record?.phase === 'steady' ? slotOf(record.primary.member) : undefined);
    if (isSame) return;
    log.info('record', { phase: record?.phase, term: record?.term, version: record?.version });
    const event = record === undefined ? undefined : this.story.see(record, clock.monotonicMs());
    if (event !== undefined) this.tell(event);
  }

  private tellFindings(findings: readonly Finding[]): void {
    const isIn = (list: readonly Finding[], finding: Finding) =>
      list.some(({ code, slot }) => code === finding.code && slot === finding.slot);
    for (const finding of findings) {
      if (isIn(this.told, finding)) continue;
      const { code, slot, detail } = finding;
      this.options.log.warning('finding', { finding: code, slot, detail });
    }
    for (const finding of this.told) {
      if (!isIn(findings, finding))
        this.options.log.info('finding-gone', { finding: finding.code, slot: finding.slot });
    }
    this.told = findings;
  }

  private tell(event: FailoverEvent): void {
    const { register, log } = this.options;
    log.info('failover', { ...event });
    const written = register
      .writeEvent(event)
      .catch((error: unknown) => log.error('event-unwritten', error, { term: event.term }));
    this.telling = Promise.all([this.telling, written]);
  }
}
