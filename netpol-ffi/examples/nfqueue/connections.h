/* Connections that the kernel knows: judged again when policies change, and cut or restored. */

#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "netpol.h"

struct connections;

/* A socket to the kernel's connection table; NULL, and said why, when there is none. `mark` is the bit that
 * says that a connection is cut: a rule drops its packets. */
struct connections *connections_open(uint32_t mark);

/* Judges those connections that changes since an earlier generation may touch, 0 for all of them. Cuts those
 * that are no longer allowed and restores those that are allowed again; false, and said why, when the table
 * could not be read or changed. Takes as long as a look at each connection of the node does. */
bool connections_recheck(struct connections *connections, const netpol_engine *engine, uint64_t since);

/* How many were cut and restored until now. */
uint64_t connections_cut(const struct connections *connections);
uint64_t connections_restored(const struct connections *connections);

void connections_close(struct connections *connections);

#endif
