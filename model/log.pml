/*
 * A write-ahead log as one number: three bits an entry, the oldest lowest. An entry is the timeline that it was written
 * on; 0 ends the log. Timelines only rise within a log.
 *
 * Why that says everything: the promotion of term T makes timeline T, a term crowns one member, and only that member
 * writes on that timeline. So a position and a timeline are one record, and two logs that agree at a position agree
 * before it.
 */

/* A promotion of an election that is run to its end (complete.pml) takes one entry more. */
#if LOG <= 4
#define log_t short
#else
#define log_t int
#endif

#define LENGTH(log) \
  ((log) == 0 -> 0 : ((log) < 8 -> 1 : ((log) < 64 -> 2 : ((log) < 512 -> 3 : ((log) < 4096 -> 4 : \
    ((log) < 32768 -> 5 : ((log) < 262144 -> 6 : 7)))))))

#define ENTRY(log, at) (((log) >> (3 * (at))) & 7)

#define UP_TO(log, length) ((log) & ((1 << (3 * (length))) - 1))

#define APPENDED(log, timeline) ((log) | ((timeline) << (3 * LENGTH(log))))

/* The timeline that a log ends on; an empty one is initdb's. */
#define TIMELINE(log) ((log) == 0 -> 1 : ENTRY(log, LENGTH(log) - 1))

#define IS_PREFIX(log, longer) (UP_TO((log) ^ (longer), LENGTH(log)) == 0)

#define FIRST_SET(bits) \
  (((bits) & 7) -> 0 : (((bits) & 56) -> 1 : (((bits) & 448) -> 2 : (((bits) & 3584) -> 3 : \
    (((bits) & 28672) -> 4 : (((bits) & 229376) -> 5 : 6))))))

/* How many entries two logs share. */
#define SHARED(log, other) ((log) == (other) -> LENGTH(log) : FIRST_SET((log) ^ (other)))
