/*
 * A dataplane: NetworkPolicies from a directory, packets from NFQUEUE.
 *
 *     netpol-nfqueue [OPTION...] DIRECTORY
 *
 * The main thread follows the directory, publishes what changed, and judges open connections again. Each
 * queue has a thread that judges packets by the newest publication and waits for nobody. README.md says how to
 * run it on a node.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "connections.h"
#include "directory.h"
#include "manifests.h"
#include "netpol.h"
#include "options.h"
#include "verdict_log.h"
#include "worker.h"

enum {
    SETTLE_MS = 20,  /* files that change together are mostly read together */
    RETRY_MS = 1000, /* a directory that is gone, connections that could not be judged */
};

struct dataplane {
    struct options options;
    struct manifests *manifests;
    struct directory *directory;
    struct connections *connections; /* NULL where they are not judged again */
    struct worker **workers;
    uint16_t workers_len;
    uint64_t generation; /* published */
    uint64_t judged;     /* the generation by which open connections were judged last */
    netpol_engine *engine;
    bool is_behind; /* what was loaded could not be published */
    int signals, failed;
};

/* Judges open connections by the newest generation. Packets that were judged by the one before are carried out
 * first, so that the connections they open are seen. */
static void recheck(struct dataplane *dataplane)
{
    uint64_t cut, restored;
    uint16_t i;

    if (dataplane->connections == NULL || dataplane->judged == dataplane->generation) {
        return;
    }
    for (i = 0; i < dataplane->workers_len; i++) {
        worker_settle(dataplane->workers[i]);
    }
    cut = connections_cut(dataplane->connections);
    restored = connections_restored(dataplane->connections);
    if (connections_recheck(dataplane->connections, dataplane->engine, dataplane->judged)) {
        dataplane->judged = dataplane->generation;
        fprintf(stderr, "judged open connections by generation %llu: cut %llu, restored %llu\n",
                (unsigned long long)dataplane->generation,
                (unsigned long long)(connections_cut(dataplane->connections) - cut),
                (unsigned long long)(connections_restored(dataplane->connections) - restored));
    }
}

static void publish(struct dataplane *dataplane)
{
    struct manifests_counters counters = manifests_count(dataplane->manifests);
    netpol_engine *engine = manifests_publish(dataplane->manifests);

    dataplane->is_behind = engine == NULL;
    if (engine == NULL) {
        return;
    }
    netpol_engine_free(dataplane->engine);
    dataplane->engine = engine;
    dataplane->generation = netpol_engine_generation(engine);
    fprintf(stderr, "published generation %llu: %zu objects of %zu files", (unsigned long long)dataplane->generation,
            counters.objects, counters.files);
    if (counters.refused > 0) {
        fprintf(stderr, ", %zu of which are not in force as they are", counters.refused);
    }
    fputs(counters.synced ? "\n" : dataplane->options.fail_open ? "; until they are, everything passes\n"
                                                                : "; until they are, nothing passes\n",
          stderr);
}

static void load(struct dataplane *dataplane)
{
    if (manifests_load(dataplane->manifests, dataplane->directory) || dataplane->is_behind) {
        publish(dataplane);
    } else {
        fputs("nothing changed\n", stderr);
    }
    recheck(dataplane);
}

/* What the kernel says of the queues, as it says it: /proc/net/netfilter/nfnetlink_queue. */
static void print_queues(const struct options *options)
{
    FILE *file = fopen("/proc/self/net/netfilter/nfnetlink_queue", "re");
    unsigned long number, port, waiting, mode, range, dropped, undelivered;

    while (file != NULL && fscanf(file, "%lu %lu %lu %lu %lu %lu %lu %*[^\n]", &number, &port, &waiting, &mode,
                                  &range, &dropped, &undelivered) == 7) {
        if (number >= options->queue && number < options->queue + 2UL * options->queues) {
            fprintf(stderr, "counters: queue=%lu waiting=%lu droppedFull=%lu droppedUndelivered=%lu\n", number,
                    waiting, dropped, undelivered);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void print_counters(const struct dataplane *dataplane)
{
    struct manifests_counters files = manifests_count(dataplane->manifests);
    struct worker_counters packets = {0, 0, 0};
    uint16_t i;

    for (i = 0; i < dataplane->workers_len; i++) {
        worker_count(dataplane->workers[i], &packets);
    }
    fprintf(stderr, "counters: allowed=%llu denied=%llu unreadable=%llu unlogged=%llu\n",
            (unsigned long long)packets.allowed, (unsigned long long)packets.denied,
            (unsigned long long)packets.unreadable, (unsigned long long)verdict_log_lost());
    fprintf(stderr, "counters: generation=%llu synced=%d files=%zu filesRefused=%zu objects=%zu\n",
            (unsigned long long)dataplane->generation, files.synced, files.files, files.refused, files.objects);
    if (dataplane->connections != NULL) {
        fprintf(stderr, "counters: connectionsCut=%llu connectionsRestored=%llu connectionsGeneration=%llu\n",
                (unsigned long long)connections_cut(dataplane->connections),
                (unsigned long long)connections_restored(dataplane->connections),
                (unsigned long long)dataplane->judged);
    }
    print_queues(&dataplane->options);
}

/* Signals come by a descriptor; every thread blocks them. */
static int open_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool start_workers(struct dataplane *dataplane)
{
    netpol_readers *readers = manifests_readers(dataplane->manifests);
    const struct options *options = &dataplane->options;

    dataplane->workers = calloc((size_t)options->queues + 1, sizeof *dataplane->workers);
    while (readers != NULL && dataplane->workers != NULL && dataplane->workers_len < options->queues) {
        struct worker *worker = worker_start(options, dataplane->workers_len, readers, dataplane->failed);
        if (worker == NULL) {
            break;
        }
        dataplane->workers[dataplane->workers_len++] = worker;
    }
    netpol_readers_free(readers);
    return dataplane->workers_len == options->queues;
}

/* Everything before the first packet; the exit status, 0 when all is well. */
static int start(struct dataplane *dataplane)
{
    const struct options *options = &dataplane->options;

    dataplane->signals = open_signals();
    dataplane->failed = eventfd(0, EFD_CLOEXEC);
    dataplane->directory = directory_open(options->directory);
    dataplane->manifests = manifests_new(options);
    if (dataplane->directory == NULL) {
        return 2;
    }
    if (dataplane->manifests == NULL || dataplane->signals < 0 || dataplane->failed < 0 ||
        !verdict_log_start(options)) {
        return 1;
    }
    manifests_load(dataplane->manifests, dataplane->directory);
    publish(dataplane);
    if (dataplane->engine == NULL || !start_workers(dataplane)) {
        return 1;
    }
    if (options->queues > 0 && options->established == ESTABLISHED_RECHECK && !options->accept_all) {
        dataplane->connections = connections_open(options->mark);
        if (dataplane->connections == NULL) {
            return 1;
        }
    }
    recheck(dataplane);
    fputs("ready\n", stderr);
    return 0;
}

/* Waits for files, signals and workers, until it is to end; the exit status. */
static int follow(struct dataplane *dataplane)
{
    struct pollfd waits[3] = {{dataplane->signals, POLLIN, 0},
                              {dataplane->failed, POLLIN, 0},
                              {directory_descriptor(dataplane->directory), POLLIN, 0}};
    bool is_due = false;
    struct signalfd_siginfo signal;

    for (;;) {
        bool retry = directory_is_gone(dataplane->directory) ||
                     (dataplane->connections != NULL && dataplane->judged != dataplane->generation);
        int happened = poll(waits, 3, is_due ? SETTLE_MS : retry ? RETRY_MS : -1);

        if (happened < 0 && errno != EINTR) {
            perror("netpol-nfqueue");
            return 1;
        }
        if (happened == 0 && is_due) {
            load(dataplane);
            is_due = false;
        } else if (happened == 0) {
            recheck(dataplane);
        }
        if (happened > 0 && (waits[1].revents & POLLIN) != 0) {
            return 1; /* a worker said why */
        }
        if (happened > 0 && (waits[2].revents & POLLIN) != 0) {
            is_due = directory_events(dataplane->directory) || is_due;
        }
        if (directory_is_gone(dataplane->directory)) {
            is_due = directory_watch_again(dataplane->directory) || is_due;
        }
        if (happened > 0 && (waits[0].revents & POLLIN) != 0 &&
            read(dataplane->signals, &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo == SIGUSR1) {
                print_counters(dataplane);
            } else if (signal.ssi_signo == SIGHUP) {
                load(dataplane);
            } else {
                return 0;
            }
        }
    }
}

static void stop(struct dataplane *dataplane)
{
    while (dataplane->workers_len > 0) {
        worker_stop(dataplane->workers[--dataplane->workers_len]);
    }
    free(dataplane->workers);
    verdict_log_stop();
    if (dataplane->connections != NULL) {
        connections_close(dataplane->connections);
    }
    if (dataplane->directory != NULL) {
        directory_close(dataplane->directory);
    }
    netpol_engine_free(dataplane->engine);
    if (dataplane->manifests != NULL) {
        manifests_free(dataplane->manifests);
    }
}

int main(int argc, char **argv)
{
    static struct dataplane dataplane;
    int status;

    options_read(&dataplane.options, argc, argv);
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    status = start(&dataplane);
    if (status == 0) {
        status = follow(&dataplane);
    }
    if (status == 0) {
        print_counters(&dataplane);
        fputs("stopped\n", stderr);
    }
    stop(&dataplane);
    return status;
}
