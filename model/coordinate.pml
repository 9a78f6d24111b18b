/* --- The coordinators: any number of them, however stale (core/coordinate.ts, core/election.ts) */

inline forget_members_that_are_gone() {
  other = 0;
  do
  :: other < NODES ->
    if
    :: role[other] == EMPTY && HAS(reports, other) -> forget_in_record(other); log[other] = 0
    :: else
    fi;
    other++
  :: else -> break
  od;
  other = 0;
  reports = 0
}

/* Anybody may convict the primary at any time, rightly or not. The guarantees are frozen by this write. */
#define MAY_ELECT (phase != ELECTING && term < TERMS)
inline elect() {
  SAY("a coordinator begins the next term\n");
  term++;
  phase = ELECTING;
  primary = NOBODY_THERE;
  settledFrom = 0;
  lateSettle = 0
}

#if COORDINATORS == 2
inline hear_pledges(coordinator) {
  SAY("a coordinator reads the pledges\n");
  heard[coordinator] = reports
}
inline forget_what_was_heard() {
  heard[0] = 0;
  heard[1] = 0
}
#else
#define forget_what_was_heard() skip
#endif

/*
 * rank := how far a log is along the recorded chain: the last timeline that it shares, then the position (placeOnChain).
 * A log that leaves the chain counts up to there.
 */
inline place(node) {
#ifdef LSN_ONLY
  rank = LENGTH(log[node])
#elif defined(EQUAL_NUMBERS_TRUSTED)
  rank = (ENTRY(log[node], 0) > 1 -> 2 : 1) + COUNT_OF_GROUPS(SHAPE(log[node], LENGTH(log[node])));
  rank = rank * 8 + LENGTH(log[node])
#else
  at = 0;
  do
#ifdef FIRST_RECORD_UNKNOWN
  :: HAS(unknowing, node) && ENTRY(log[node], at) == TIMELINE(log[node]) -> break
#endif
  :: at < LENGTH(log[node]) && HAS(lineage, ENTRY(log[node], at)) -> at++
  :: else -> break
  od;
  rank = (at == 0 -> 8 : ENTRY(log[node], at - 1) * 8 + at);
  at = 0
#endif
}

/*
 * met := whether `chosen` may be chosen on the pledges in `view`: those of them that are no further than it meet every
 * guarantee. The code prefers some of these to others; as any pledge may say that it is not electable, any may win.
 */
inline judge_choice() {
  place(chosen);
  rankOfChosen = rank;
  count = 0;
  other = 0;
  do
  :: other < NODES ->
    if
    :: HAS(view, other) ->
      place(other);
      if
      :: rank <= rankOfChosen -> count = count | BIT(other)
      :: else
      fi
    :: else
    fi;
    other++
  :: else -> break
  od;
  meet_all(count);
  other = 0;
  count = 0;
  rank = 0;
  rankOfChosen = 0
}

/* The promotion's guarantee: whoever pledged and can follow by streaming alone, no more acks than before. */
inline guarantee_of_choice() {
  count = 0;
  other = 0;
  do
  :: other < NODES ->
    if
    :: other != chosen && HAS(view, other) && IS_PREFIX(log[other], log[chosen]) -> count = count | BIT(other)
    :: else
    fi;
    other++
  :: else -> break
  od;
  other = 0;
  mostAcks = ACKS_OF(last);
  do
  :: other < OLDER ->
    if
    :: ACKS_OF(older[other]) > mostAcks -> mostAcks = ACKS_OF(older[other])
    :: else
    fi;
    other++
  :: else -> break
  od;
  other = 0;
  if
  :: mostAcks > COUNT(count) -> mostAcks = COUNT(count)
  :: else
  fi;
  if
  :: mostAcks == 0 -> count = 0
  :: else
  fi;
  wanted = GUARANTEE(chosen, count, COUNT(count), mostAcks);
  count = 0;
  mostAcks = 0
}

inline choose() {
  SAY_NODE("a coordinator chooses %c\n", chosen);
  guarantee_of_choice();
  add_guarantee(wanted);
  wanted = 0;
  phase = PROMOTING;
  primary = chosen;
  forget_what_was_heard();
  /* No acknowledged commit is lost: whoever is chosen has them all. */
  chosenLacksCommit = !IS_PREFIX(acknowledged, log[chosen]);
  assert(!chosenLacksCommit);
  forget_members_that_are_gone()
}

/*
 * A coordinator that read long ago chooses by fewer pledges than there are; that the record has moved on meanwhile it
 * learns from the refused write. So every subset of the pledges is what some coordinator knows, and none needs a memory.
 */
inline pick_a_view() {
#if COORDINATORS == 2
  if
  :: view = heard[0]
  :: view = heard[1]
  fi;
#else
  if
  :: HAS(reports, 0) -> view = view | BIT(0)
  :: true
  fi;
  if
  :: HAS(reports, 1) -> view = view | BIT(1)
  :: true
  fi;
  if
  :: HAS(reports, 2) -> view = view | BIT(2)
  :: true
  fi;
#if NODES == 5
  if
  :: HAS(reports, 3) -> view = view | BIT(3)
  :: true
  fi;
  if
  :: HAS(reports, 4) -> view = view | BIT(4)
  :: true
  fi;
#endif
#endif
  if
  :: HAS(view, 0) -> chosen = 0
  :: HAS(view, 1) -> chosen = 1
  :: HAS(view, 2) -> chosen = 2
#if NODES == 5
  :: HAS(view, 3) -> chosen = 3
  :: HAS(view, 4) -> chosen = 4
#endif
  :: else -> chosen = NOBODY_THERE
  fi
}

inline choose_if_safe() {
  if
  :: chosen != NOBODY_THERE ->
    judge_choice();
    if
    :: met -> choose()
    :: else
    fi;
    met = 0
  :: else
  fi;
  chosen = 0;
  view = 0
}
