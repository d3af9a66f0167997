/* A thread that judges the packets of a queue. */

#ifndef WORKER_H
#define WORKER_H

#include <stdint.h>

#include "netpol.h"
#include "options.h"

struct worker;

struct worker_counters {
    uint64_t allowed;
    uint64_t denied;
    uint64_t unreadable; /* denied too, because they could not be read */
};

/* Binds queue `options->queue + index` and starts its thread; NULL, and said why, when that fails.
 * `failed` is a descriptor of an eventfd that is written to when the queue fails later. */
struct worker *worker_start(const struct options *options, uint16_t index, const netpol_readers *readers,
                            int failed);

/* Returns when no packet is judged by an engine older than the newest any more, and the verdicts of
 * those that were have been carried out. */
void worker_settle(struct worker *worker);

/* Adds what was counted. */
void worker_count(const struct worker *worker, struct worker_counters *counters);

/* Answers what was received, unbinds the queue and ends the thread. */
void worker_stop(struct worker *worker);

#endif
