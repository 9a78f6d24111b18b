/* --- The agents in an election (agent/duties/pledge.ts, demote.ts, promote.ts) */

/*
 * Nothing is received any more, a primary is stopped to the last process; the promise is durable, then it is reported.
 * What the register shows of it later or never, a coordinator's view leaves out.
 */
#define MAY_PLEDGE(node) \
  (role[node] != EMPTY && promise[node] < term && (phase == ELECTING || (phase == PROMOTING && primary != (node))))
inline pledge(node) {
  SAY_NODE("%c pledges\n", node);
  become(node, STANDBY);
  promise[node] = term;
  if
  :: phase == ELECTING -> reports = reports | BIT(node)
  :: else
  fi
}

/* It reads that it is chosen, and sets the names while it is a standby. Without standbys the sentinel stays. */
#define MAY_HEAR(node) \
  (role[node] == STANDBY && phase == PROMOTING && primary == (node) && promise[node] == term)
inline hear(node) {
  SAY_NODE("%c reads that it is chosen, and sets the names\n", node);
  role[node] = CHOSEN;
#ifndef ACKNOWLEDGE_BEFORE_STEADY
  if
  :: ACKS_OF(last) > 0 -> names[node] = SETTING_OF(last)
  :: else
  fi
#else
  names[node] = SETTING_OF(last)
#endif
}

/* Perhaps long after the record has moved on, but never after it has pledged again. */
#define MAY_PROMOTE(node) (role[node] == CHOSEN && LENGTH(log[node]) < LOG)
inline promote(node) {
  SAY_NODE("%c is promoted\n", node);
#ifdef CROWNED_IN_PLACE
  if
  :: TIMELINE(log[node]) == writtenBy[node] -> skip
  :: else -> log[node] = APPENDED(log[node], promise[node])
  fi;
  writtenBy[node] = TIMELINE(log[node]);
#else
  log[node] = APPENDED(log[node], promise[node]);
#endif
  role[node] = PROMOTED
}

/* The whole ancestry becomes the lineage. Before this write nobody follows and nothing is acknowledged. */
#define MAY_DECLARE(node) (role[node] == PROMOTED && phase == PROMOTING && primary == (node) && promise[node] == term)
inline declare(node) {
  SAY_NODE("%c declares its term steady\n", node);
  phase = STEADY;
  role[node] = SERVING;
#ifdef OWN_TIMELINE_ONLY
  lineage = lineage | BIT(TIMELINE(log[node]));
#else
#ifndef CROWNED_IN_PLACE
  lineage = BIT(1);
#endif
  at = 0;
  do
  :: at < LENGTH(log[node]) -> lineage = lineage | BIT(ENTRY(log[node], at)); at++
  :: else -> break
  od;
  at = 0;
#endif
#ifdef OLD_DROPPED_ON_PROMOTION
  keep_last_guarantee();
#endif
  skip
}
