/* The log of verdicts: one line each, with policy and rule. */

#ifndef VERDICT_LOG_H
#define VERDICT_LOG_H

#include <stdint.h>

#include "netpol.h"
#include "options.h"

/* Starts the thread that writes to standard output; says why when that fails. */
bool verdict_log_start(const struct options *options);

/* Whether a verdict of this kind is logged at all. */
bool verdict_log_wants(uint8_t verdict);

/* Logs the verdict of an engine on a packet; `about` says what it was asked about: `packet`, or
 * `connection` for one that was there already. Never waits: what the reader of the log does not take in
 * time, and what is beyond the limit, is counted instead. Any thread may call it. */
void verdict_log_write(const netpol_engine *engine, const netpol_packet *packet, const char *about);

/* Logs that a packet was dropped because it cannot be read, and why. */
void verdict_log_unreadable(const uint8_t *bytes, size_t bytes_len);

/* Lines that were not written. */
uint64_t verdict_log_lost(void);

/* Writes what is there, for a second at most. */
void verdict_log_stop(void);

#endif
