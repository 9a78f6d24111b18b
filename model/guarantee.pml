/*
 * Guarantees and settings as numbers (core/guarantee.ts), and the record's list of them.
 *
 * A member that is no more (its disk is replaced, or its directory was rewound or cloned over) can neither confirm nor
 * pledge ever again. So nothing needs to tell which one it was: it leaves the set of standbys, but goes on being counted
 * in NAMED; a primary that is no more is NOBODY_THERE.
 */

#define NOBODY_THERE 7

#define MADE 8192 /* tells the guarantee of node 0 with no acks from an empty place in the list */
#define GUARANTEE(primary, standbys, named, acks) \
  (MADE | (standbys) | ((named) << 5) | ((acks) << 8) | ((primary) << 10))
#define STANDBYS(guarantee) ((guarantee) & 31)
#define NAMED(guarantee) (((guarantee) >> 5) & 7)
#define ACKS_OF(guarantee) (((guarantee) >> 8) & 3)
#define PRIMARY_OF(guarantee) (((guarantee) >> 10) & 7)

/* synchronous_standby_names: `ANY k (standbys)`. */
#define SETTING(standbys, acks) ((standbys) | ((acks) << 5))
#define SETTING_OF(guarantee) SETTING(STANDBYS(guarantee), ACKS_OF(guarantee))
#define COUNTED_BY(setting) ((setting) & 31)
#define ASKED_BY(setting) ((setting) >> 5)
#define NO_NAMES SETTING(0, 0) /* commits wait for nobody */
#define SENTINEL SETTING(0, 1) /* commits wait for somebody who never answers */

#define BIT(node) (1 << (node))
#define HAS(set, node) (((set) >> (node)) & 1)
#define COUNT(set) \
  (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1) + (((set) >> 4) & 1))

/* isMetBy: the primary itself, or n - k + 1 of its n standbys. */
#ifdef N_MINUS_K_PLEDGES
#define PLEDGES_FOR(guarantee) (NAMED(guarantee) - ACKS_OF(guarantee))
#elif defined(EVERYBODY_MUST_PLEDGE)
#define PLEDGES_FOR(guarantee) NAMED(guarantee)
#else
#define PLEDGES_FOR(guarantee) (NAMED(guarantee) - ACKS_OF(guarantee) + 1)
#endif
#define IS_MET(guarantee, present) \
  (HAS(present, PRIMARY_OF(guarantee)) || \
    (ACKS_OF(guarantee) > 0 && COUNT(STANDBYS(guarantee) & (present)) >= PLEDGES_FOR(guarantee)))

#define NAMES(guarantee, node) (PRIMARY_OF(guarantee) == (node) || HAS(STANDBYS(guarantee), node))

/* met := whether `present` meets every guarantee of the record. */
inline meet_all(present) {
  met = IS_MET(last, present);
#ifndef LAST_GUARANTEE_ONLY
  at = 0;
  do
  :: at < OLDER && older[at] != 0 -> met = met && IS_MET(older[at], present); at++
  :: else -> break
  od;
#endif
  at = 0
}

/* named := whether a guarantee of the record names `node`. */
inline find_named(node) {
  named = NAMES(last, node);
  at = 0;
  do
  :: at < OLDER && older[at] != 0 -> named = named || NAMES(older[at], node); at++
  :: else -> break
  od;
  at = 0
}

/* The list grows by `next`, which becomes its last. What it said before stays, once: the order of those is nothing. */
inline add_guarantee(next) {
  tooManyGuarantees = older[OLDER - 1] != 0;
  assert(!tooManyGuarantees);
  if
  :: last != next -> older[OLDER - 1] = last
  :: else
  fi;
  at = 0;
  do
  :: at < OLDER ->
    if
    :: older[at] == next -> older[at] = 0
    :: else
    fi;
    at++
  :: else -> break
  od;
  at = 0;
  last = next
}

inline keep_last_guarantee() {
  at = 0;
  do
  :: at < OLDER -> older[at] = 0; at++
  :: else -> break
  od;
  at = 0
}

#define WITHOUT(guarantee, node) \
  (PRIMARY_OF(guarantee) == (node) -> ((guarantee) & ~BIT(node)) | (NOBODY_THERE << 10) : ((guarantee) & ~BIT(node)))

/* The member of `node` is no more, and the record can never be met by it. */
inline forget_in_record(node) {
  last = WITHOUT(last, node);
  at = 0;
  do
  :: at < OLDER && older[at] == 0 -> at++
  :: at < OLDER && older[at] != 0 -> older[at] = WITHOUT(older[at], node); at++
  :: else -> break
  od;
  at = 0;
  if
  :: primary == (node) -> primary = NOBODY_THERE
  :: else
  fi
}
