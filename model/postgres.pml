/* --- PostgreSQL */

#define IS_PRIMARY(node) (role[node] >= PROMOTED)

/* A record of WAL on a primary. A client may wait for it; whether it is acknowledged, `acknowledge` decides. */
#define MAY_WRITE(node) (IS_PRIMARY(node) && LENGTH(log[node]) < LOG)
inline write(node) {
  SAY_NODE("%c writes a record\n", node);
  log[node] = APPENDED(log[node], TIMELINE(log[node]))
}

/*
 * `node` flushes the next record of `source`. To follow is to receive: its agent read, now or long ago, that the term
 * of `source` is steady, and its promise allows that term. Only a log that is the beginning of the source's streams.
 */
#ifdef FOLLOW_BEFORE_STEADY
#define MAY_BE_FOLLOWED(source) IS_PRIMARY(source)
#else
#define MAY_BE_FOLLOWED(source) (role[source] == SERVING)
#endif
#ifdef PLEDGE_WHILE_STREAMING
#define PROMISE_ALLOWS(node, source) true
#else
#define PROMISE_ALLOWS(node, source) (promise[node] <= promise[source])
#endif
#define MAY_RECEIVE(node, source) \
  (role[node] == STANDBY && MAY_BE_FOLLOWED(source) && PROMISE_ALLOWS(node, source) && log[node] != log[source] && \
    IS_PREFIX(log[node], log[source]))
inline receive(node, source) {
  SAY_NODES("%c receives a record from %c\n", node, source);
  log[node] = UP_TO(log[source], LENGTH(log[node]) + 1);
  promise[node] = (promise[node] > promise[source] -> promise[node] : promise[source])
}

/* How far `node` has confirmed the WAL of `source`. That its answer may be late needs no more: what it has, it has. */
#ifdef EQUAL_NUMBERS_TRUSTED
/* Timelines are told by number and fork only, and a promotion takes the next number: logs of the same shape look alike. */
#define FORKS(log) ((((log) ^ ((log) >> 3)) | (((log) ^ ((log) >> 3)) >> 1) | (((log) ^ ((log) >> 3)) >> 2)) & 4681)
#define COUNT_OF_GROUPS(bits) \
  (((bits) & 1) + (((bits) >> 3) & 1) + (((bits) >> 6) & 1) + (((bits) >> 9) & 1) + (((bits) >> 12) & 1))
#define SHAPE(log, length) UP_TO(FORKS(log), (length) - 1)
#define LOOKS_LIKE_PREFIX(log, longer) \
  ((log) != 0 && LENGTH(log) <= LENGTH(longer) && (ENTRY(log, 0) == 1) == (ENTRY(longer, 0) == 1) && \
    SHAPE(log, LENGTH(log)) == SHAPE(longer, LENGTH(log)))
#define CONFIRMED(node, source) \
  (LOOKS_LIKE_PREFIX(log[node], log[source]) -> LENGTH(log[node]) : SHARED(log[node], log[source]))
#else
#define CONFIRMED(node, source) SHARED(log[node], log[source])
#endif

/*
 * Acknowledges everything that `node` could by `setting`, at once: acknowledging early is the worst for a later
 * election, and what could be acknowledged late could be acknowledged now. Only what it wrote itself has a client.
 */
inline acknowledge_by(node, setting) {
  spare = LENGTH(log[node]);
  do
  :: spare > 0 && ENTRY(log[node], spare - 1) == TIMELINE(log[node]) ->
    count = 0;
    other = 0;
    do
    :: other < NODES ->
      if
      :: HAS(COUNTED_BY(setting), other) && CONFIRMED(other, node) >= spare -> count++
      :: else
      fi;
      other++
    :: else -> break
    od;
    if
    :: count >= ASKED_BY(setting) -> break
    :: else -> spare--
    fi
  :: else -> spare = 0; break
  od;
  other = 0;
  count = 0;
  spare = UP_TO(log[node], spare);
  if
  :: IS_PREFIX(acknowledged, spare) -> acknowledged = spare
  :: else ->
    twoChains = !IS_PREFIX(spare, acknowledged);
    assert(!twoChains)
  fi;
  spare = 0
}

inline acknowledge() {
  before = 0;
  do
  :: before < NODES ->
    if
    :: IS_PRIMARY(before) ->
      acknowledge_by(before, names[before]);
      if
      :: stale[before] != SENTINEL ->
        acknowledge_by(before, stale[before]);
#ifdef ACKS_AND_NAMES_TOGETHER
        /* A process with the old number that asks others who go by the new names. */
        acknowledge_by(before, SETTING(COUNTED_BY(names[before]), ASKED_BY(stale[before])));
#endif
        skip
      :: else
      fi
    :: else
    fi;
    before++
  :: else -> break
  od;
  before = 0
}

/* A standby has the sentinel for names, always. */
inline become(node, next) {
  role[node] = next;
  names[node] = SENTINEL;
  stale[node] = SENTINEL
}
