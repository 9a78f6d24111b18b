/* --- An election that can complete does */

/*
 * From any state of an election: faults stop, everybody who has data is there. Then the agents and one coordinator do
 * what they always do, and the term must become steady, if those who have data meet every guarantee. As long as no disk
 * was ever lost they do: no guarantee names a member that is no more. The steps are those above, so a rule that is too
 * strict anywhere shows here. A chosen one may be no more; then a further term is begun, so there may be rounds.
 *
 * Left out is an election in which the pledge of a member that is no more stands in the register (README.md, Limits).
 */
#ifndef NO_COMPLETION
#define MAY_COMPLETE (phase != STEADY)

/* chosen := the most advanced of those that may be chosen. */
inline find_choice() {
  mostRank = 0;
  best = NOBODY_THERE;
  chosen = 0;
  do
  :: chosen < NODES ->
    if
    :: HAS(view, chosen) ->
      judge_choice();
      place(chosen);
      if
      :: met && rank > mostRank -> mostRank = rank; best = chosen
      :: else
      fi;
      met = 0;
      rank = 0
    :: else
    fi;
    chosen++
  :: else -> break
  od;
  chosen = best;
  mostRank = 0;
  best = 0
}

inline everybody_pledges() {
  node = 0;
  do
  :: node < NODES ->
    if
    :: MAY_PLEDGE(node) -> pledge(node)
    :: else
    fi;
    node++
  :: else -> break
  od;
  node = 0
}

inline find_present() {
  present = 0;
  node = 0;
  do
  :: node < NODES ->
    if
    :: role[node] != EMPTY -> present = present | BIT(node)
    :: else
    fi;
    node++
  :: else -> break
  od;
  node = 0
}

/* Not IS_MET: a variant may change that one. */
#define COULD_BE_MET(guarantee) \
  (HAS(present, PRIMARY_OF(guarantee)) || (ACKS_OF(guarantee) > 0 && \
    COUNT(STANDBYS(guarantee) & present) + ACKS_OF(guarantee) > NAMED(guarantee)))
#define IS_WHOLE(guarantee) \
  (PRIMARY_OF(guarantee) != NOBODY_THERE && NAMED(guarantee) == COUNT(STANDBYS(guarantee)))

/* named := whether the pledge of a member that is no more stands in the register. */
inline find_gone_with_pledge() {
  named = 0;
#ifndef THE_DEAD_MAY_BE_CHOSEN
  node = 0;
  do
  :: node < NODES -> named = named || (role[node] == EMPTY && HAS(reports, node)); node++
  :: else -> break
  od;
  node = 0
#endif
}

inline complete() {
  SAY("faults stop\n");
  find_present();
  met = COULD_BE_MET(last);
  named = IS_WHOLE(last);
  at = 0;
  do
  :: at < OLDER && older[at] != 0 ->
    met = met && COULD_BE_MET(older[at]);
    named = named && IS_WHOLE(older[at]);
    at++
  :: else -> break
  od;
  at = 0;
  /* Only a lost disk takes a member away that the record still asks for. */
  asksForTheGone = !named && disksLost == 0;
  assert(!asksForTheGone);
  find_gone_with_pledge();
  canComplete = met && !named;
  met = 0;
  named = 0;
  rounds = (canComplete -> 2 + DISKS : 0);
  do
  :: phase != STEADY && rounds > 0 ->
    rounds--;
    if
    :: phase == PROMOTING && primary == NOBODY_THERE -> term++; phase = ELECTING
    :: else
    fi;
    if
    :: phase == ELECTING ->
      everybody_pledges();
      forget_what_was_heard();
      view = reports;
      find_choice();
      if
      :: chosen != NOBODY_THERE -> choose(); sort_older()
      :: else
      fi;
      chosen = 0;
      view = 0
    :: else
    fi;
    if
    :: phase == PROMOTING && primary != NOBODY_THERE ->
      node = primary;
      if
      :: MAY_HEAR(node) -> hear(node)
      :: else
      fi;
      if
      :: role[node] == CHOSEN -> promote(node)
      :: else
      fi;
      if
      :: MAY_DECLARE(node) -> declare(node)
      :: else
      fi;
      node = 0
    :: else
    fi
  :: else -> break
  od;
  isStuck = canComplete && phase != STEADY;
  assert(!isStuck);
  canComplete = 0;
  rounds = 0;
  present = 0
}
#endif
