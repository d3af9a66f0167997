/* The cluster as the files of a directory have it. */

#ifndef MANIFESTS_H
#define MANIFESTS_H

#include "directory.h"
#include "netpol.h"
#include "options.h"

struct manifests;

struct manifests_counters {
    size_t files, objects;
    size_t refused; /* files whose present text is not in force */
    bool synced;    /* whether every file was in force once */
};

/* A cluster without objects; NULL, and said why, when there is no memory. */
struct manifests *manifests_new(const struct options *options);

/* Makes the cluster what the files are. A file that is refused, in whole or in part, is told about with
 * line and column, and what it said before stays. Whether anything changed. */
bool manifests_load(struct manifests *manifests, struct directory *directory);

/* Makes what was loaded visible to readers: a new engine, or NULL, and said why, when it is refused. */
netpol_engine *manifests_publish(struct manifests *manifests);

/* What makes readers. */
netpol_readers *manifests_readers(const struct manifests *manifests);

struct manifests_counters manifests_count(const struct manifests *manifests);

void manifests_free(struct manifests *manifests);

#endif
