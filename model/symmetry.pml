/*
 * No rule asks which node is which, so states that differ only in the nodes' numbers have the same future: each is
 * turned into one of them, by sorting. Two nodes that sort alike stay as they are; that costs states, not truth.
 */

#define EXCHANGED(set, one, two) (HAS(set, one) == HAS(set, two) -> (set) : ((set) ^ (BIT(one) | BIT(two))))
#define RENAMED(node, one, two) ((node) == (one) -> (two) : ((node) == (two) -> (one) : (node)))
#define GUARANTEE_RENAMED(guarantee, one, two) \
  (((guarantee) & ~(31 | (7 << 10))) | EXCHANGED(STANDBYS(guarantee), one, two) | \
    (RENAMED(PRIMARY_OF(guarantee), one, two) << 10))

#define RANK(node) ((role[node] << 21) | (promise[node] << 18) | log[node])

inline exchange(one, two) {
  spare = log[one]; log[one] = log[two]; log[two] = spare;
  spare = role[one]; role[one] = role[two]; role[two] = spare;
  spare = promise[one]; promise[one] = promise[two]; promise[two] = spare;
  spare = names[one]; names[one] = names[two]; names[two] = spare;
  spare = stale[one]; stale[one] = stale[two]; stale[two] = spare;
#ifdef TRACE
  spare = who[one]; who[one] = who[two]; who[two] = spare;
#endif
  spare = 0;
  at = 0;
  do
  :: at < NODES ->
    names[at] = EXCHANGED(names[at], one, two);
    stale[at] = EXCHANGED(stale[at], one, two);
    at++
  :: else -> break
  od;
  at = 0;
  do
  :: at < OLDER && older[at] != 0 -> older[at] = GUARANTEE_RENAMED(older[at], one, two); at++
  :: else -> break
  od;
  at = 0;
  last = GUARANTEE_RENAMED(last, one, two);
  reports = EXCHANGED(reports, one, two);
#if COORDINATORS == 2
  heard[0] = EXCHANGED(heard[0], one, two);
  heard[1] = EXCHANGED(heard[1], one, two);
#endif
  primary = RENAMED(primary, one, two)
}

inline in_order(one, two) {
  if
  :: RANK(one) > RANK(two) -> exchange(one, two)
  :: else
  fi
}

/* The list without its last is a set: sorted, each once, no gap. */
inline sort_older() {
  at = 0;
  do
  :: at + 1 < OLDER ->
    if
    :: older[at] < older[at + 1] ->
      spare = older[at]; older[at] = older[at + 1]; older[at + 1] = spare;
      if
      :: at > 0 -> at--
      :: else -> at++
      fi
    :: older[at] != 0 && older[at] == older[at + 1] -> older[at + 1] = 0; at++
    :: else -> at++
    fi
  :: else -> break
  od;
  at = 0;
  spare = 0
}

inline sort_nodes() {
#ifndef NO_SYMMETRY
#if NODES == 3
  in_order(0, 1); in_order(1, 2); in_order(0, 1);
#else
  in_order(0, 1); in_order(3, 4); in_order(2, 4); in_order(2, 3); in_order(0, 3);
  in_order(0, 2); in_order(1, 4); in_order(1, 3); in_order(1, 2);
#endif
#if COORDINATORS == 2
  if
  :: heard[0] > heard[1] -> spare = heard[0]; heard[0] = heard[1]; heard[1] = spare; spare = 0
  :: else
  fi;
#endif
#endif
  skip
}
