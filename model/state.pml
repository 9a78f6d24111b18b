/* --- The register (core/record.ts). Its version is not kept: a conditional write is one step that reads and writes. */

#define STEADY 0
#define ELECTING 1
#define PROMOTING 2
byte phase = STEADY;
byte term = 1;
byte primary = 0; /* of a steady term, or the chosen one */
short last;       /* the last guarantee of the list: the primary's own */
short older[OLDER];
byte lineage = BIT(1); /* the recorded timelines */
byte reports;          /* who has pledged for this term: the pledges' items, while they matter */
bit lateSettle;        /* a write that leaves only the last guarantee was given up and is still under way */

/* --- The nodes. A directory's log outlives everything but the disk; so does the promise. */

#define EMPTY 0    /* no data that could pledge: a new disk, or a directory that is being rewound or cloned */
#define STANDBY 1  /* follows somebody, or nobody: that shows only in what it receives */
#define CHOSEN 2   /* a standby that has read that it is chosen and has set the names of its guarantee */
#define PROMOTED 3 /* a primary whose term is not steady */
#define SERVING 4  /* a primary whose term was declared steady */
byte role[NODES];
log_t log[NODES];
byte promise[NODES]; /* the term below which it receives from nobody; a primary's own term */
byte names[NODES];   /* synchronous_standby_names as configured */
byte stale[NODES];   /* the setting before, while somebody may still go by it; the sentinel when nobody does */
byte settledFrom;    /* 1 + the position after which the recorded primary acknowledged under `last` only; 0: not proved */

/* --- What must hold is told by the longest acknowledged log: acknowledged writes form one chain. */

log_t acknowledged;

byte disksLost;
#if COORDINATORS == 2
byte heard[2]; /* the pledges that each has read in this phase */
#endif
#ifdef CROWNED_IN_PLACE
byte writtenBy[NODES]; /* the timeline that each wrote last */
#endif
#ifdef FIRST_RECORD_UNKNOWN
byte unknowing; /* who does not know the first record of its last timeline */
#endif
#ifdef UNCONDITIONAL_WRITE
byte plannedTerm, plannedPrimary;
short plannedLast, plannedOlder[OLDER];
#endif

/* What one step picks and works with; 0 between steps. Hidden from the search, which breadth first does not allow. */
#ifdef BREADTH_FIRST
#define SCRATCH
#else
#define SCRATCH hidden
#endif
byte chosen, view;
SCRATCH byte at, other, before, node, count, rank, rankOfChosen, mostRank, best, mostAcks, wantedAcks, missing, rounds;
SCRATCH byte present;
SCRATCH int spare, wanted;
SCRATCH byte met, named, canComplete;

/* What may never be, by name: the name is what a violation tells. */
SCRATCH byte chosenLacksCommit, primaryLacksCommit, twoChains; /* a commit is lost */
SCRATCH byte isStuck, asksForTheGone;                          /* an election that can complete does not */
SCRATCH byte tooManyGuarantees;                                /* the model is too small, and says nothing */
SCRATCH byte wasReached;

#ifdef TRACE
SCRATCH byte who[NODES];
#define SAY(text) printf(text)
#define SAY_NODE(text, node) printf(text, 97 + who[node])
#define SAY_NODES(text, node, source) printf(text, 97 + who[node], 97 + who[source])
#else
#define SAY(text) skip
#define SAY_NODE(text, node) skip
#define SAY_NODES(text, node, source) skip
#endif
