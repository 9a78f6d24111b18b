/** One row of the table by which an agent takes the coordinator's role, or leaves it. */
export interface StandInRule {
  /** The condition in words; no row above it holds. */
  readonly when: string;
  readonly does: 'rests' | 'coordinates';
  /** Why it is there, or why it is safe. */
  readonly why: string;
}

/** Who coordinates when, in the order in which it is asked. {@link ./stand-in} is the code of it. */
export const STAND_IN_RULES = {
  'S1-register-unread': {
    when: 'its own last read of the register is older than `coordinatorSilentMs`',
    does: 'rests',
    why: 'it could move nothing on, and must not keep another one from it',
  },
  'S2-leaving': {
    when: 'its own instance is about to go',
    does: 'rests',
    why: 'another one sees the failover through to its end',
  },
  'S3-unseen': {
    when: "the record is `steady`, and for `unseenMs` its own standby was not fed and the primary's agent was silent",
    does: 'coordinates',
    why: 'whoever coordinates has had its time: the health checker may be cut off from the nodes though its beat moves',
  },
  'S4-stuck': {
    when: '`electing` or `promoting` for `electionStuckMs`',
    does: 'coordinates',
    why: 'likewise. One that waits for more pledges waits in several places, which harms nobody',
  },
  'S5-under-way': {
    when: 'it coordinates, and a failover that it has seen is not told to its end',
    does: 'coordinates',
    why: 'whoever came later would see only half of it',
  },
  'S6-health-checker-beats': {
    when: "the health checker's beat has moved within `coordinatorSilentMs`, or it is not known yet since when it has not",
    does: 'rests',
    why: 'one coordinator is enough, and the role is its',
  },
  'S7-another-one': {
    when: 'an agent whose place is before its own coordinates. Standbys come first, then by slot',
    does: 'rests',
    why: 'one coordinator is enough. A standby sees a failing primary better than the primary does',
  },
  'S8-not-its-turn': {
    when: 'it does not coordinate yet, and the beat has not been still for `standInStepMs` more for each agent before its own that answers',
    does: 'rests',
    why: 'not all at once, though that would be safe',
  },
  'S9-silent': {
    when: 'otherwise: the health checker is silent',
    does: 'coordinates',
    why: 'a failover must not need Lambda. Any number of coordinators is safe',
  },
} as const satisfies Record<string, StandInRule>;

export type StandInRuleId = keyof typeof STAND_IN_RULES;
