/* The command line. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What becomes of connections that are there already when policies change. */
enum established {
    ESTABLISHED_RECHECK, /* those that a change touches are judged again, and cut or restored */
    ESTABLISHED_KEEP,    /* they go on */
    ESTABLISHED_JUDGE,   /* every packet of theirs is queued and judged */
};

/* Which verdicts are logged. */
enum logged { LOGGED_DENIED, LOGGED_ALL, LOGGED_NONE };

struct options {
    const char *directory;
    uint16_t queue;  /* the first */
    uint16_t queues; /* as many, each with a thread; 0 only follows the directory */
    uint32_t queue_length;
    enum established established;
    uint32_t mark; /* the bit of a connection's mark that says that it is cut */
    enum logged logged;
    uint32_t log_limit; /* lines a second; 0 for as many as there are */
    int32_t admission;  /* a netpol_admission */
    bool fail_open;
    bool accept_all;
};

/* Reads the command line; ends the program with status 2 when it is wrong, 0 after --help. */
void options_read(struct options *options, int argc, char **argv);

#endif
