/* A directory whose files come, change and go. */

#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

struct directory;

/* Begins to watch a directory; NULL, and said why, when that fails. */
struct directory *directory_open(const char *path);

/* The descriptor to wait on. */
int directory_descriptor(const struct directory *directory);

/* Takes in what happened; whether anything did that may concern its files. */
bool directory_events(struct directory *directory);

/* Whether the directory itself was moved away or removed. */
bool directory_is_gone(const struct directory *directory);

/* Watches the directory that has its name now; whether there is one. */
bool directory_watch_again(struct directory *directory);

/* The names of its manifests in order; -1, and said why, when it cannot be listed. Hidden files are none,
 * so that files can be written under a hidden name and moved into place, as ConfigMaps are. */
int directory_list(struct directory *directory, char ***names);
void directory_free_list(char **names, int count);

/* Whether somebody writes to the file and has not closed it yet. */
bool directory_is_being_written(const struct directory *directory, const char *name);

void directory_close(struct directory *directory);

#endif
