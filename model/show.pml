/* What a trail prints after each step; nothing unless it is replayed. Logs are read left to right, a digit a timeline. */

#ifdef TRACE
inline show_set(set) {
  other = 0;
  do
  :: other < NODES ->
    if
    :: HAS(set, other) -> printf("%c", 97 + who[other])
    :: else
    fi;
    other++
  :: else -> break
  od;
  other = 0
}

inline show_log(value) {
  at = 0;
  do
  :: at < LENGTH(value) -> printf("%d", ENTRY(value, at)); at++
  :: else -> break
  od;
  at = 0
}

inline show_setting(setting) {
  if
  :: (setting) == NO_NAMES -> printf("nobody")
  :: (setting) == SENTINEL -> printf("the sentinel")
  :: else -> printf("%d of ", ASKED_BY(setting)); show_set(COUNTED_BY(setting))
  fi
}

inline show_guarantee(guarantee) {
  if
  :: PRIMARY_OF(guarantee) == NOBODY_THERE -> printf(" [gone:")
  :: else -> printf(" [%c:", 97 + who[PRIMARY_OF(guarantee)])
  fi;
  show_set(STANDBYS(guarantee));
  missing = NAMED(guarantee) - COUNT(STANDBYS(guarantee));
  do
  :: missing > 0 -> printf("-"); missing--
  :: else -> break
  od;
  printf("/%d]", ACKS_OF(guarantee))
}

inline print_state() {
  if
  :: phase == STEADY -> printf("    record: term %d steady", term)
  :: phase == ELECTING -> printf("    record: term %d electing", term)
  :: phase == PROMOTING -> printf("    record: term %d promoting", term)
  fi;
  if
  :: primary != NOBODY_THERE -> printf(" %c", 97 + who[primary])
  :: else
  fi;
  printf(", guarantees");
  count = OLDER;
  do
  :: count > 0 ->
    count--;
    if
    :: older[count] != 0 -> show_guarantee(older[count])
    :: else
    fi
  :: else -> break
  od;
  show_guarantee(last);
  if
  :: reports != 0 -> printf(", pledged "); show_set(reports)
  :: else
  fi;
  printf("; acknowledged ");
  show_log(acknowledged);
  printf("\n");
  rank = 0;
  do
  :: rank < NODES ->
    /* In the order of their letters. */
    count = 0;
    do
    :: who[count] != rank -> count++
    :: else -> break
    od;
    printf("    %c ", 97 + rank);
    if
    :: role[count] == EMPTY -> printf("no data")
    :: role[count] == STANDBY -> printf("standby")
    :: role[count] == CHOSEN -> printf("chosen standby")
    :: role[count] == PROMOTED -> printf("promoted")
    :: role[count] == SERVING -> printf("primary")
    fi;
    printf(", promise %d, log ", promise[count]);
    show_log(log[count]);
    if
    :: names[count] != SENTINEL -> printf(", waits for "); show_setting(names[count])
    :: else
    fi;
    if
    :: stale[count] != SENTINEL -> printf(", or still for "); show_setting(stale[count])
    :: else
    fi;
    printf("\n");
    rank++
  :: else -> break
  od;
  rank = 0;
  count = 0
}
#else
#define print_state() skip
#endif
