/** One row of a coordinator's table. */
export interface CoordinatorRule {
  /** The condition in words; no row above it, in the same phase, holds. */
  readonly when: string;
  readonly does: string;
  /** Why it is there, or why it is safe. */
  readonly why: string;
}

/**
 * What a coordinator does, in the order in which it is asked. {@link ./coordinate} is the code of it. Ids stay with their
 * rule, so the numbers are not in order.
 */
export const RULES = {
  'C4-history-without-record': {
    when: 'no record, and a finding speaks of a history',
    does: 'nothing',
    why: 'the table was lost, not never filled; only a person knows which record was the last',
  },
  'C5-agents-unheard': {
    when: 'no record, and not every agent was heard',
    does: 'nothing',
    why: 'a silent one may be the one with a history',
  },
  'C0-create': {
    when: 'no record, and every agent says that it has no history',
    does: 'creates the record: `bootstrapping`, term 1',
    why: 'the write succeeds only where no record is',
  },
  'C6-blind': {
    when: 'a record, and this beat came late',
    does: 'nothing',
    why: 'what a process did not hear while it stood still is no evidence',
  },
  'C11-bootstrap-under-way': {
    when: '`bootstrapping` for less than `bootstrapMs`',
    does: 'nothing',
    why: 'initdb and the first start take their time',
  },
  'C12-no-other-slot': {
    when: '`bootstrapping`, and no other slot answers',
    does: 'nothing',
    why: 'nobody else could do it',
  },
  'C3-bootstrap-elsewhere': {
    when: '`bootstrapping` for longer',
    does: 'names another slot that answers',
    why: 'before `steady` nothing was acknowledged; the half-made directory is set aside by its agent',
  },
  'C13-followers-under-way': {
    when: '`electing` for less than `followersMs`, somebody may be chosen with fewer followers than the guarantees asked for, and another one answers that has not pledged',
    does: 'nothing',
    why: 'chosen too soon, it would have to go on alone, or commits would wait, though a standby is about to pledge',
  },
  'C14-favoured-under-way': {
    when: '`electing` for less than `followersMs`, and the member that a switchover asked for answers and has not pledged yet',
    does: 'nothing',
    why: 'it is about to; another one would be chosen though it was not asked for',
  },
  'C15-choose-with-loss': {
    when: '`electing`, an operator has accepted loss, nobody may be chosen by E1 to E4, and somebody may by E10',
    does: '`promoting`: names the chosen one, with the guarantee that it holds everything itself, and its own with its followers beside it',
    why: 'the command says that what the missing members alone hold may be lost; the older guarantees are what is given up. Its followers may lack what it holds until they have flushed it',
  },
  'C2-choose': {
    when: '`electing`, and somebody may be chosen (E1 to E4)',
    does: '`promoting`: names the chosen one, and its guarantee beside the frozen ones',
    why: 'whoever is chosen holds every acknowledged commit, and the next election satisfies its guarantee too',
  },
  'C9-pledges-missing': {
    when: '`electing`, and the pledges do not meet every guarantee',
    does: 'nothing, and says which guarantees wait',
    why: 'the missing members may hold an acknowledged commit alone; Holdfast does not guess',
  },
  'C10-nobody-electable': {
    when: '`electing`, every guarantee is met, but nobody complete can serve',
    does: 'nothing',
    why: 'one that is behind would lose commits',
  },
  'C7-paused': {
    when: '`steady` or `promoting`, and automatic failover is paused',
    does: 'nothing',
    why: 'an operator wants it so. An election that was begun is finished all the same',
  },
  'C8-not-convicted': {
    when: '`steady` or `promoting`, and no finding convicts',
    does: 'nothing',
    why: 'missing evidence never convicts',
  },
  'C1-elect': {
    when: '`steady` or `promoting`, and a finding convicts',
    does: '`electing`: term + 1, with the guarantees as they are',
    why: 'the write freezes the guarantees; of several coordinators one gets it through',
  },
} as const satisfies Readonly<Record<`C${number}-${string}`, CoordinatorRule>>;

export type RuleId = keyof typeof RULES;
