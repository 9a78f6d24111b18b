/* --- The agent of the recorded primary (agent/duties/serve.ts, core/guarantee-change.ts) */

#define IS_RECORDED(node) (role[node] == SERVING && phase == STEADY && primary == (node))

/* It streams on the primary's timeline, and has proved that. A standby that is named already may stay, dead or alive. */
#define MAY_JOIN(standby, node) \
  ((standby) != (node) && role[standby] == STANDBY && promise[standby] == promise[node] && \
    TIMELINE(log[standby]) == TIMELINE(log[node]) && IS_PREFIX(log[standby], log[node]))
#define MAY_BE_NAMED(standby, node) (HAS(STANDBYS(last), standby) || MAY_JOIN(standby, node))
inline pick_standbys(node) {
  if
  :: MAY_BE_NAMED(0, node) -> view = view | BIT(0)
  :: true
  fi;
  if
  :: MAY_BE_NAMED(1, node) -> view = view | BIT(1)
  :: true
  fi;
  if
  :: MAY_BE_NAMED(2, node) -> view = view | BIT(2)
  :: true
  fi
#if NODES == 5
  ;
  if
  :: MAY_BE_NAMED(3, node) -> view = view | BIT(3)
  :: true
  fi;
  if
  :: MAY_BE_NAMED(4, node) -> view = view | BIT(4)
  :: true
  fi
#endif
}

#define OF(node, standbys, acks) GUARANTEE(node, standbys, COUNT(standbys), acks)
/* Those of `last`, of whom some may be no more, and `standbys`. */
#define WITH_LAST(node, standbys, acks) \
  GUARANTEE(node, STANDBYS(last) | (standbys), COUNT(STANDBYS(last) | (standbys)) + missing, acks)

/* wanted := the next single step towards the members in `view` (nextGuarantee); `last` when there is none. */
inline next_guarantee(node) {
  missing = NAMED(last) - COUNT(STANDBYS(last));
  wantedAcks = (COUNT(view) < ACKS -> COUNT(view) : ACKS);
  if
  :: wantedAcks == 0 -> wanted = OF(node, 0, 0)
  :: else ->
    wanted = OF(node, view, wantedAcks);
    if
    :: ACKS_OF(last) == 0 || wanted == last -> skip
    :: else ->
      if
#ifndef ACKS_AND_NAMES_TOGETHER
      :: ACKS_OF(last) > wantedAcks && !(missing == 0 && STANDBYS(last) == view) ->
        wanted = WITH_LAST(node, 0, wantedAcks)
      :: ACKS_OF(last) < wantedAcks && !(missing == 0 && STANDBYS(last) == view) ->
        wanted = OF(node, view, ACKS_OF(last))
      :: else
#else
      :: true
#endif
      fi;
      /* With more than one acknowledgement members first come and then go. */
      if
      :: ACKS_OF(wanted) > 1 && ACKS_OF(last) == ACKS_OF(wanted) && WITH_LAST(node, view, ACKS_OF(last)) != last ->
        wanted = WITH_LAST(node, view, ACKS_OF(last))
      :: else
      fi
    fi
  fi;
  missing = 0;
  wantedAcks = 0
}

/*
 * Step 1: the next guarantee is recorded beside the last, when that one is in force. While older ones wait to leave,
 * only when too few of the last one's standbys are there to confirm anything: it could never settle (canSettle).
 */
#define IS_IN_FORCE(node) (names[node] == SETTING_OF(last) && stale[node] == SENTINEL)
#define MAY_CHANGE(node) \
  (IS_RECORDED(node) && IS_IN_FORCE(node) && (older[0] == 0 || settledFrom > 0) && older[CHANGES - 1] == 0)
inline change(node) {
  next_guarantee(node);
  if
  :: wanted != last && (older[0] == 0 || COUNT(view & STANDBYS(last)) < ACKS_OF(last)) ->
    SAY_NODE("%c records its next guarantee\n", node);
    add_guarantee(wanted);
#ifdef OLD_DROPPED_ON_CHANGE
    keep_last_guarantee();
#endif
    settledFrom = 0;
    lateSettle = 0
  :: else
  fi;
  wanted = 0;
  view = 0
}

/* Of a member whose pledge outlives it in the register, the record's list still has a bit; its name never counts again. */
#ifdef REPLACED_DISK_COUNTS
#define GONE(node) 0
#else
#define GONE(node) ((role[node] == EMPTY) << (node))
#endif
#if NODES == 3
#define ALL_GONE (GONE(0) | GONE(1) | GONE(2))
#else
#define ALL_GONE (GONE(0) | GONE(1) | GONE(2) | GONE(3) | GONE(4))
#endif
#define TOLD(guarantee) (SETTING_OF(guarantee) & ~ALL_GONE)

/*
 * Step 2: PostgreSQL is told. Some of its processes go by the setting before for a while (protocol S1, S2), so what
 * either allows is acknowledged. An agent that acts on a record of long ago tells what its record said: one of its own
 * guarantees that the election has frozen. Empty names only by a write that bumps the version, which `tell_no_names` is.
 */
#define TELLS(node, guarantee) \
  ((guarantee) != 0 && PRIMARY_OF(guarantee) == (node) && ACKS_OF(guarantee) > 0 && names[node] != TOLD(guarantee))
#define MAY_BE_TOLD(node) (role[node] == SERVING && stale[node] == SENTINEL)
#define MAY_TELL(node) (MAY_BE_TOLD(node) && TELLS(node, last))
#define MAY_TELL_FROZEN(node, place) (MAY_BE_TOLD(node) && !IS_RECORDED(node) && TELLS(node, older[place]))
inline tell(node, guarantee) {
  SAY_NODE("%c tells PostgreSQL the names\n", node);
  stale[node] = names[node];
  names[node] = TOLD(guarantee)
}

/*
 * No names: when `acks: 0` is in the record, whether as the goal or because an agent that knows nothing starts from
 * there. The write before it keeps one that was given up from taking `acks: 0` out of the record meanwhile.
 */
#define MAY_TELL_NO_NAMES(node) \
  (MAY_BE_TOLD(node) && names[node] != NO_NAMES && !(IS_RECORDED(node) && settledFrom > 0))
#define ALLOWS_NO_NAMES(node, guarantee) ((guarantee) == GUARANTEE(node, 0, 0, 0))
inline tell_no_names(node) {
  named = ALLOWS_NO_NAMES(node, last);
  at = 0;
  do
  :: at < OLDER && older[at] != 0 -> named = named || ALLOWS_NO_NAMES(node, older[at]); at++
  :: else -> break
  od;
  at = 0;
  if
  :: named ->
    SAY_NODE("%c tells PostgreSQL that commits wait for nobody\n", node);
    names[node] = NO_NAMES;
#ifndef LATE_WRITE_LANDS
    if
    :: IS_RECORDED(node) -> lateSettle = 0
    :: else
    fi
#endif
  :: else
  fi;
  named = 0
}

/* Everybody goes by the new names, and that is proved; the position is noted. */
#define MAY_PROVE(node) \
  (IS_RECORDED(node) && names[node] == SETTING_OF(last) && (stale[node] != SENTINEL || (older[0] != 0 && settledFrom == 0)))
inline prove(node) {
  SAY_NODE("%c proves that the names are in force\n", node);
#ifdef STALE_SETTINGS_BELIEVED
  if
  :: stale[node] == NO_NAMES -> stale[node] = SENTINEL
  :: else
  fi;
#elif defined(CHECKPOINTER_BELIEVED)
  if
  :: stale[node] != NO_NAMES -> stale[node] = SENTINEL
  :: else
  fi;
#else
  stale[node] = SENTINEL;
#endif
  if
  :: older[0] != 0 -> settledFrom = 1 + LENGTH(log[node])
  :: else
  fi
}

/* Steps 3 and 4: the new quorum has flushed past that position, so the older guarantees leave the record. */
inline count_flushed(node) {
  count = 0;
  other = 0;
  do
  :: other < NODES ->
    if
    :: HAS(STANDBYS(last), other) && CONFIRMED(other, node) + 1 >= settledFrom -> count++
    :: else
    fi;
    other++
  :: else -> break
  od;
  other = 0
}
#define MAY_SETTLE(node) (IS_RECORDED(node) && older[0] != 0 && settledFrom > 0)
inline settle(node) {
  count_flushed(node);
  if
  :: count >= ACKS_OF(last) ->
    SAY_NODE("%c leaves only the last guarantee in the record\n", node);
    keep_last_guarantee();
    settledFrom = 0;
    lateSettle = 0
  :: else
  fi;
  count = 0
}

/*
 * That write gets no answer: it is given up, and may land as long as the version is the same. Then the agent, or its
 * successor, comes to know nothing of what is in force (it was restarted, or PostgreSQL did not answer for a beat).
 */
inline give_settle_up(node) {
  count_flushed(node);
  if
  :: count >= ACKS_OF(last) ->
    SAY_NODE("%c gives up the write that leaves only the last guarantee, and forgets what is in force\n", node);
    lateSettle = 1;
    settledFrom = 0
  :: else
  fi;
  count = 0
}
inline late_settle() {
  SAY("the write that was given up lands\n");
  keep_last_guarantee();
  lateSettle = 0;
  settledFrom = 0
}
