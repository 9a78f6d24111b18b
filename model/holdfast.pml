/*
 * Holdfast's failover protocol: the register, the nodes, and what may happen to them in any order.
 *
 * The cluster's state is one register and a few facts about each node; one process lets one thing happen at a time, any
 * that may. Whatever is not chosen to happen is late, lost, paused or dead: nothing here ever has to happen, so no clock,
 * no timeout and no "is it up" is needed. README.md tells what is left out and why that is sound; variants.json lists
 * the macros that each take one rule out, whereupon something below is violated.
 *
 * Sizes, by -D:
 *   TERMS   the highest term; 4 are three elections
 *   LOG     entries of the longest log; each promotion takes one
 *   NODES   3 or 5
 *   ACKS    what the owner asks for: 1 or 2
 *   DISKS   how many disks are lost; a replaced disk is a new member
 *   COORDINATORS  0: any number, each as stale as can be; 2: two of them, each with a memory of its own
 *   CHANGES how many guarantees may stand beside the last one while the primary records another change
 * Crashes, restarts, agents that die, broken and delayed streams, false convictions: as many as there can be.
 */
#ifndef TERMS
#define TERMS 4
#endif
#ifndef LOG
#define LOG 4
#endif
#ifndef NODES
#define NODES 3
#endif
#ifndef ACKS
#define ACKS 1
#endif
#ifndef DISKS
#define DISKS 0
#endif
#ifndef COORDINATORS
#define COORDINATORS 0
#endif
#ifndef CHANGES
#define CHANGES 1
#endif
#if TERMS > 6 || LOG > 6
#error "A timeline has three bits, and a log seven of them."
#endif
#define OLDER (TERMS + CHANGES + DISKS)
#define EVERYBODY ((1 << NODES) - 1)

#if defined(CROWNED_IN_PLACE) || defined(UNCONDITIONAL_WRITE) || defined(FIRST_RECORD_UNKNOWN)
#define NO_SYMMETRY
#endif

#include "log.pml"
#include "guarantee.pml"
#include "state.pml"
#include "symmetry.pml"
#include "show.pml"
#include "postgres.pml"
#include "coordinate.pml"
#include "elect.pml"
#include "serve.pml"
#include "directory.pml"
#include "variants.pml"
#include "complete.pml"

/* --- What a search must come across: a model in which nothing happens violates nothing */

#ifdef REACHES_LAST_TERM
/* The last term is steady and has acknowledged a commit, and its guarantee stands alone. */
#define REACHES \
  (term == TERMS && phase == STEADY && older[0] == 0 && TIMELINE(acknowledged) == TERMS && \
    ENTRY(acknowledged, LENGTH(acknowledged) - 2) == TERMS)
#elif defined(REACHES_MANY_PRIMARIES)
/* Every node is a primary of a term that was steady, or thinks so. */
#define REACHES (role[0] == SERVING && role[1] == SERVING && role[2] == SERVING)
#elif defined(REACHES_NEW_MEMBER)
/* After a failover a replaced disk's new member is named by the only guarantee again. */
#define REACHES \
  (disksLost == 1 && term == 2 && phase == STEADY && older[0] == 0 && COUNT(STANDBYS(last)) == NODES - 1)
#endif

/* All states in which an election has been completed are one. */
inline empty_all() {
  do
  :: node < NODES ->
    role[node] = 0; log[node] = 0; promise[node] = 0; names[node] = 0; stale[node] = 0;
    node++
  :: else -> break
  od;
  node = 0;
  keep_last_guarantee();
  last = 0; phase = 0; term = 0; primary = 0; lineage = 0; reports = 0; lateSettle = 0; settledFrom = 0;
  acknowledged = 0; disksLost = 0;
  forget_what_was_heard()
}

/* --- Everything that may happen, in any order */

#define EACH_NODE(node) \
  :: d_step { MAY_WRITE(node) -> write(node) } \
  :: d_step { MAY_PLEDGE(node) -> pledge(node) } \
  :: d_step { MAY_HEAR(node) -> hear(node) } \
  :: d_step { MAY_PROMOTE(node) -> promote(node) } \
  :: d_step { MAY_DECLARE(node) -> declare(node) } \
  :: MAY_CHANGE(node) -> pick_standbys(node); d_step { change(node) } \
  :: d_step { MAY_TELL(node) -> tell(node, last) } \
  :: d_step { MAY_TELL_FROZEN(node, 0) -> tell(node, older[0]) } \
  :: d_step { MAY_TELL_FROZEN(node, 1) -> tell(node, older[1]) } \
  :: d_step { MAY_TELL_FROZEN(node, 2) -> tell(node, older[2]) } \
  :: d_step { MAY_TELL_NO_NAMES(node) -> tell_no_names(node) } \
  :: d_step { MAY_PROVE(node) -> prove(node) } \
  :: d_step { MAY_SETTLE(node) -> settle(node) } \
  :: d_step { MAY_SETTLE(node) -> give_settle_up(node) } \
  :: d_step { MAY_CRASH(node) -> crash(node) } \
  :: d_step { MAY_STAND_DOWN(node) -> stand_down(node) } \
  :: d_step { MAY_LOSE_DISK(node) -> lose_disk(node) }

#define EACH_PAIR(node, source) \
  :: d_step { MAY_RECEIVE(node, source) -> receive(node, source) } \
  :: d_step { MUST_REWIND(node, source) -> rewind(node, source) } \
  :: d_step { MAY_COPY(node, source) -> copy(node, source) }

init {
  d_step {
    do
    :: node < NODES ->
      become(node, STANDBY);
      promise[node] = 1;
#ifdef TRACE
      who[node] = node;
#endif
      node++
    :: else -> break
    od;
    node = 0;
    role[0] = SERVING;
    last = GUARANTEE(0, EVERYBODY & ~BIT(0), NODES - 1, ACKS);
    names[0] = SETTING_OF(last);
#ifdef CROWNED_IN_PLACE
    writtenBy[0] = 1;
#endif
    sort_nodes()
  }
end:
  do
  :: atomic {
      if
      EACH_NODE(0)
      EACH_NODE(1)
      EACH_NODE(2)
      EACH_PAIR(0, 1)
      EACH_PAIR(0, 2)
      EACH_PAIR(1, 0)
      EACH_PAIR(1, 2)
      EACH_PAIR(2, 0)
      EACH_PAIR(2, 1)
#if NODES == 5
      EACH_NODE(3)
      EACH_NODE(4)
      EACH_PAIR(0, 3)
      EACH_PAIR(0, 4)
      EACH_PAIR(1, 3)
      EACH_PAIR(1, 4)
      EACH_PAIR(2, 3)
      EACH_PAIR(2, 4)
      EACH_PAIR(3, 0)
      EACH_PAIR(3, 1)
      EACH_PAIR(3, 2)
      EACH_PAIR(3, 4)
      EACH_PAIR(4, 0)
      EACH_PAIR(4, 1)
      EACH_PAIR(4, 2)
      EACH_PAIR(4, 3)
#endif
      :: d_step { MAY_ELECT -> elect() }
      :: phase == ELECTING && reports != 0 -> pick_a_view(); d_step { choose_if_safe() }
#if COORDINATORS == 2
      :: d_step { phase == ELECTING && heard[0] != reports -> hear_pledges(0) }
      :: d_step { phase == ELECTING && heard[1] != reports -> hear_pledges(1) }
#endif
      :: d_step { lateSettle -> late_settle() }
#ifdef PLEDGE_FORGOTTEN
      :: d_step { MAY_FORGET(0) -> forget_promise(0) }
      :: d_step { MAY_FORGET(1) -> forget_promise(1) }
      :: d_step { MAY_FORGET(2) -> forget_promise(2) }
#endif
#if defined(STALE_SETTINGS_BELIEVED) || defined(CHECKPOINTER_BELIEVED)
      :: d_step { stale[0] != SENTINEL -> take_over(0) }
      :: d_step { stale[1] != SENTINEL -> take_over(1) }
      :: d_step { stale[2] != SENTINEL -> take_over(2) }
#endif
#ifdef FIRST_RECORD_UNKNOWN
      :: d_step { MAY_FORGET_FIRST_RECORD(0) -> forget_first_record(0) }
      :: d_step { MAY_FORGET_FIRST_RECORD(1) -> forget_first_record(1) }
      :: d_step { MAY_FORGET_FIRST_RECORD(2) -> forget_first_record(2) }
#endif
#ifdef NAMES_BEFORE_RECORD
      :: IS_RECORDED(0) && MAY_BE_TOLD(0) -> pick_standbys(0); d_step { tell_unrecorded(0) }
      :: IS_RECORDED(1) && MAY_BE_TOLD(1) -> pick_standbys(1); d_step { tell_unrecorded(1) }
      :: IS_RECORDED(2) && MAY_BE_TOLD(2) -> pick_standbys(2); d_step { tell_unrecorded(2) }
#endif
#ifdef UNCONDITIONAL_WRITE
      :: phase == ELECTING && reports != 0 && plannedTerm == 0 -> pick_a_view(); d_step { plan_choice() }
      :: d_step { plannedTerm != 0 -> write_plan() }
#endif
#ifndef NO_COMPLETION
      :: MAY_COMPLETE -> d_step { complete(); empty_all() }; goto completed
#endif
      fi;
      d_step {
        acknowledge();
        /* Once a newer primary is chosen, nobody acknowledges what that one lacks. */
        primaryLacksCommit = phase != ELECTING && primary != NOBODY_THERE && role[primary] != EMPTY &&
          !IS_PREFIX(acknowledged, log[primary]);
        assert(!primaryLacksCommit);
        print_state();
#ifdef REACHES
        wasReached = REACHES;
        assert(!wasReached);
#endif
        sort_nodes();
        sort_older()
      }
    }
  od;
completed:
  skip
}
