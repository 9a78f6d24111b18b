/* --- What only variants do */

#ifdef PLEDGE_FORGOTTEN
#define MAY_FORGET(node) (role[node] == STANDBY && promise[node] > 1)
inline forget_promise(node) {
  SAY_NODE("%c crashes, and has forgotten its promise\n", node);
  promise[node] = 1
}
#endif

#if defined(STALE_SETTINGS_BELIEVED) || defined(CHECKPOINTER_BELIEVED)
inline take_over(node) {
  SAY_NODE("the last process of %c takes the names over\n", node);
  stale[node] = SENTINEL
}
#endif

#ifdef FIRST_RECORD_UNKNOWN
/* Its agent saw none of the beats between the fork and the end of the WAL segment that the fork is in. */
#define MAY_FORGET_FIRST_RECORD(node) (role[node] == STANDBY && TIMELINE(log[node]) > 1 && !HAS(unknowing, node))
inline forget_first_record(node) {
  SAY_NODE("%c does not know the first record of its timeline\n", node);
  unknowing = unknowing | BIT(node)
}
#endif

#ifdef NAMES_BEFORE_RECORD
inline tell_unrecorded(node) {
  SAY_NODE("%c tells PostgreSQL names that the record does not know\n", node);
  stale[node] = names[node];
  names[node] = SETTING(view, (COUNT(view) < ACKS -> COUNT(view) : ACKS));
  view = 0
}
#endif

#ifdef UNCONDITIONAL_WRITE
inline plan_choice() {
  if
  :: chosen != NOBODY_THERE ->
    judge_choice();
    if
    :: met ->
      SAY_NODE("the second coordinator is about to choose %c\n", chosen);
      guarantee_of_choice();
      plannedTerm = term;
      plannedPrimary = chosen;
      plannedLast = wanted;
      at = 0;
      do
      :: at < OLDER -> plannedOlder[at] = older[at]; at++
      :: else -> break
      od;
      at = 0;
      plannedOlder[OLDER - 1] = last;
      wanted = 0
    :: else
    fi;
    met = 0
  :: else
  fi;
  chosen = 0;
  view = 0
}
inline write_plan() {
  SAY("the second coordinator writes its choice, whatever the record says by now\n");
  term = plannedTerm;
  phase = PROMOTING;
  primary = plannedPrimary;
  last = plannedLast;
  at = 0;
  do
  :: at < OLDER -> older[at] = plannedOlder[at]; plannedOlder[at] = 0; at++
  :: else -> break
  od;
  at = 0;
  plannedTerm = 0;
  plannedPrimary = 0;
  plannedLast = 0;
  reports = 0;
  settledFrom = 0
}
#endif
