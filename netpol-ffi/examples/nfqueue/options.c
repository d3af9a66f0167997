#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netpol.h"

static const char help[] =
    "usage: netpol-nfqueue [OPTION...] DIRECTORY\n"
    "\n"
    "Judges packets of NFQUEUE by the NetworkPolicies, pods and namespaces in the files *.yaml, *.yml\n"
    "and *.json of DIRECTORY, and follows them as they change. netpol-nfqueue-rules sends it the packets;\n"
    "give both the same --queue, --queues, --established and --mark.\n"
    "\n"
    "  -q, --queue=N            the number of the first queue (default 0)\n"
    "  -n, --queues=N           queues, each with a thread of its own (default 1); 0 judges nothing, and\n"
    "                           only follows the directory\n"
    "  -L, --queue-length=N     packets that wait in a queue at most (default 4096)\n"
    "  -e, --established=HOW    what becomes of open connections when policies change:\n"
    "                             recheck  those that are no longer allowed are cut (default)\n"
    "                             keep     they go on\n"
    "                             judge    every packet is judged, not only the first\n"
    "  -m, --mark=BIT           the bit of connection marks that says `cut` (default 0x100000)\n"
    "  -s, --stored             the files are dumps of a cluster: what is wrong in them is a warning and\n"
    "                           matches nothing, where else the file is refused\n"
    "  -l, --log=WHICH          verdicts to log on standard output: denied (default), all, none\n"
    "  -r, --log-limit=N        lines a second at most, 0 for no limit (default 200)\n"
    "  -o, --fail-open          let packets pass when a queue is full, and until every file could be read\n"
    "                           once; without it they are dropped\n"
    "  -A, --accept-all         judge nothing and let everything pass, to measure what the queue costs\n"
    "  -h, --help               print this\n"
    "  -V, --version            print the version\n"
    "\n"
    "SIGUSR1 prints counters, SIGHUP reads the directory anew, SIGTERM and SIGINT end the program. The\n"
    "exit status is 0 after those, 1 when the queue fails, 2 for a wrong command line.\n";

static void refuse(const char *option, const char *value)
{
    fprintf(stderr, "netpol-nfqueue: --%s does not take `%s`; see --help\n", option, value);
    exit(2);
}

static uint32_t number(const char *option, const char *value, uint32_t least, uint32_t most)
{
    char *end;
    unsigned long long parsed;

    errno = 0;
    parsed = strtoull(value, &end, 0);
    if (value[0] == '-' || end == value || *end != '\0' || errno != 0 || parsed < least || parsed > most) {
        refuse(option, value);
    }
    return (uint32_t)parsed;
}

/* The position of a word in a list that ends with NULL. */
static int word(const char *option, const char *value, const char *const *words)
{
    int i;

    for (i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], value) == 0) {
            return i;
        }
    }
    refuse(option, value);
    return 0;
}

void options_read(struct options *options, int argc, char **argv)
{
    static const struct option longs[] = {
        {"queue", required_argument, NULL, 'q'},
        {"queues", required_argument, NULL, 'n'},
        {"queue-length", required_argument, NULL, 'L'},
        {"established", required_argument, NULL, 'e'},
        {"mark", required_argument, NULL, 'm'},
        {"stored", no_argument, NULL, 's'},
        {"log", required_argument, NULL, 'l'},
        {"log-limit", required_argument, NULL, 'r'},
        {"fail-open", no_argument, NULL, 'o'},
        {"accept-all", no_argument, NULL, 'A'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    static const char *const established[] = {"recheck", "keep", "judge", NULL};
    static const char *const logged[] = {"denied", "all", "none", NULL};
    netpol_str version = netpol_version();
    int option;

    memset(options, 0, sizeof *options);
    options->queues = 1;
    options->queue_length = 4096;
    options->mark = 0x100000;
    options->log_limit = 200;
    options->admission = NETPOL_ADMISSION_CREATE;
    while ((option = getopt_long(argc, argv, "q:n:L:e:m:sl:r:oAhV", longs, NULL)) != -1) {
        switch (option) {
        case 'q':
            options->queue = (uint16_t)number("queue", optarg, 0, UINT16_MAX);
            break;
        case 'n':
            options->queues = (uint16_t)number("queues", optarg, 0, 256);
            break;
        case 'L':
            options->queue_length = number("queue-length", optarg, 1, 1 << 20);
            break;
        case 'e':
            options->established = (enum established)word("established", optarg, established);
            break;
        case 'm':
            options->mark = number("mark", optarg, 1, UINT32_MAX);
            if ((options->mark & (options->mark - 1)) != 0) {
                refuse("mark", optarg);
            }
            break;
        case 's':
            options->admission = NETPOL_ADMISSION_STORED;
            break;
        case 'l':
            options->logged = (enum logged)word("log", optarg, logged);
            break;
        case 'r':
            options->log_limit = number("log-limit", optarg, 0, UINT32_MAX);
            break;
        case 'o':
            options->fail_open = true;
            break;
        case 'A':
            options->accept_all = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        case 'V':
            printf("netpol-nfqueue %.*s\n", (int)version.len, version.data);
            exit(0);
        default: /* getopt said what is wrong */
            fputs("see netpol-nfqueue --help\n", stderr);
            exit(2);
        }
    }
    if (argc - optind != 1) {
        fputs("netpol-nfqueue: one directory is needed; see --help\n", stderr);
        exit(2);
    }
    /* With --established=judge, replies come in as many queues behind the others. */
    if (options->queue + 2 * options->queues > UINT16_MAX + 1) {
        fputs("netpol-nfqueue: there are no queues above 65535; see --help\n", stderr);
        exit(2);
    }
    options->directory = argv[optind];
}
