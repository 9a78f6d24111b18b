/* --- Crashes and what becomes of a directory (agent/duties/start.ts, create.ts, core/discard.ts) */

/*
 * A standby that crashes and comes back has lost nothing; a primary restarts in place, under the names that it had, and
 * knows nothing of what is in force. A chosen one comes back as a standby. That a node is down shows in nothing: it
 * takes no step for a while.
 */
#define MAY_CRASH(node) \
  (role[node] == CHOSEN || (role[node] == SERVING && (stale[node] != SENTINEL || (IS_RECORDED(node) && settledFrom > 0))))
inline crash(node) {
  SAY_NODE("%c crashes and starts again\n", node);
  if
  :: role[node] == CHOSEN -> become(node, STANDBY)
  :: else ->
    stale[node] = SENTINEL;
    if
    :: IS_RECORDED(node) -> settledFrom = 0
    :: else
    fi
  fi
}

/* It sees that somebody else is the primary of a steady term (a primary that was overtaken, a promotion too). */
#define MAY_STAND_DOWN(node) (role[node] >= CHOSEN && phase == STEADY && primary != (node) && promise[node] < term)
inline stand_down(node) {
  SAY_NODE("%c stands down\n", node);
  become(node, STANDBY)
}

inline forget_in_settings(node) {
  at = 0;
  do
  :: at < NODES -> names[at] = names[at] & ~BIT(node); stale[at] = stale[at] & ~BIT(node); at++
  :: else -> break
  od;
  at = 0
}

/*
 * Its data has left the primary's chain, so it is rewound or cloned over: allowed when no guarantee of a steady record
 * names it. It is another member from then on, and until it is whole it has no data that could pledge.
 */
#define MUST_REWIND(node, source) \
  (role[node] == STANDBY && phase == STEADY && primary == (source) && role[source] == SERVING && \
    promise[node] <= term && !IS_PREFIX(log[node], log[source]))
inline rewind(node, source) {
#ifdef HALF_REWIND_COUNTS
  SAY_NODE("%c is rewound, half-way\n", node);
  log[node] = 0;
  promise[node] = term
#else
  find_named(node);
#ifdef DISCARD_UNASKED
  named = 0;
#endif
  if
  :: !named ->
    SAY_NODE("%c begins to be rewound, as a new member\n", node);
    forget_in_record(node);
    forget_in_settings(node);
    become(node, EMPTY);
    log[node] = 0;
    promise[node] = term
  :: else
  fi;
  named = 0
#endif
}

/* A copy of a primary is whole. It was begun when that one's term was steady, perhaps long ago. */
#define MAY_COPY(node, source) (role[node] == EMPTY && role[source] == SERVING && promise[node] <= promise[source])
inline copy(node, source) {
  SAY_NODES("%c is a whole copy of %c, as a new member\n", node, source);
  if
  :: HAS(reports, node) ->
    forget_in_record(node);
#if COORDINATORS == 2
    heard[0] = heard[0] & ~BIT(node);
    heard[1] = heard[1] & ~BIT(node);
#endif
    reports = reports & ~BIT(node)
  :: else
  fi;
  become(node, STANDBY);
  log[node] = log[source];
  promise[node] = promise[source]
}

/* The disk is gone, and with it the member. Its pledge stands in the register for as long as the election lasts. */
#define MAY_LOSE_DISK(node) (disksLost < DISKS && role[node] != EMPTY)
inline lose_disk(node) {
  SAY_NODE("%c loses its disk\n", node);
  disksLost++;
  if
  :: primary == (node) -> settledFrom = 0
  :: else
  fi;
#ifndef REPLACED_DISK_COUNTS
  forget_in_settings(node);
  if
  :: HAS(reports, node) -> skip
  :: else -> forget_in_record(node); log[node] = 0
  fi;
#else
  log[node] = 0;
#endif
  become(node, EMPTY);
  promise[node] = 0
}
