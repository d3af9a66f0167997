#include "worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "queue.h"
#include "verdict_log.h"

struct worker {
    const struct options *options;
    struct queue *queue;
    uint32_t replies; /* the first number of queues with replies; above all where there are none */
    netpol_reader *reader;
    netpol_engine *engine; /* the newest that was seen */
    pthread_t thread;
    pthread_mutex_t judging; /* from the look for a newer engine until verdicts are carried out */
    int stop, failed;
    atomic_uint_least64_t allowed, denied, unreadable;
};

/* A batch, as the engine takes it. */
struct batch {
    struct queued_packet queued[QUEUE_BATCH];
    netpol_packet packets[QUEUE_BATCH];
    bool readable[QUEUE_BATCH];
};

static void count(atomic_uint_least64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

/* Makes the reply of a connection the packet that opened it, but for the type of ICMP, which policies do
 * not know. */
static void turn_around(netpol_packet *packet)
{
    netpol_packet reply = *packet;

    memcpy(packet->source, reply.destination, sizeof packet->source);
    memcpy(packet->destination, reply.source, sizeof packet->destination);
    packet->source_port = reply.destination_port;
    packet->destination_port = reply.source_port;
}

static void read_packet(const struct worker *worker, struct batch *batch, int i)
{
    const struct queued_packet *queued = &batch->queued[i];
    netpol_packet *packet = &batch->packets[i];
    netpol_raw_packet raw;

    batch->readable[i] =
        netpol_packet_parse(queued->bytes, queued->bytes_len, &raw, NULL) == NETPOL_STATUS_OK;
    if (!batch->readable[i]) {
        memset(packet, 0, sizeof *packet);
        packet->family = 4;
        return;
    }
    *packet = raw.packet;
    if (queued->queue >= worker->replies) {
        turn_around(packet);
    }
    /* A pod's packet to itself never leaves it, but by way of a Service. */
    if (memcmp(packet->source, packet->destination, sizeof packet->source) == 0) {
        packet->flags = NETPOL_PACKET_VIA_SERVICE;
    }
}

/* Takes the newest engine, which is most often the one that is there: all of a batch, and its log, are
 * of one generation. */
static bool see_newest(struct worker *worker)
{
    netpol_engine *engine = NULL;

    if (worker->engine != NULL &&
        netpol_reader_generation(worker->reader) == netpol_engine_generation(worker->engine)) {
        return true;
    }
    if (netpol_reader_engine(worker->reader, &engine) != NETPOL_STATUS_OK) {
        return false;
    }
    netpol_engine_free(worker->engine);
    worker->engine = engine;
    return true;
}

static void judge(struct worker *worker, struct batch *batch, int length)
{
    uint8_t verdicts[QUEUE_BATCH];
    uint64_t allowed = 0, unreadable = 0;
    bool answered;
    int i;

    for (i = 0; i < length; i++) {
        read_packet(worker, batch, i);
    }
    answered = see_newest(worker) && netpol_engine_decide_batch(worker->engine, batch->packets, (size_t)length,
                                                                verdicts) == NETPOL_STATUS_OK;
    for (i = 0; i < length; i++) {
        bool allow = answered && batch->readable[i] && verdicts[i] == NETPOL_VERDICT_ALLOW;
        batch->queued[i].verdict = allow ? NETPOL_VERDICT_ALLOW : NETPOL_VERDICT_DENY;
        allowed += allow;
        unreadable += !batch->readable[i];
    }
    count(&worker->allowed, allowed);
    count(&worker->denied, (uint64_t)length - allowed);
    count(&worker->unreadable, unreadable);
}

static void accept_all(struct worker *worker, struct batch *batch, int length)
{
    int i;

    for (i = 0; i < length; i++) {
        batch->queued[i].verdict = NETPOL_VERDICT_ALLOW;
    }
    count(&worker->allowed, (uint64_t)length);
}

/* Receives, judges and answers one batch; false when the queue failed. */
static bool work_once(struct worker *worker, struct batch *batch)
{
    int length = queue_receive(worker->queue, batch->queued), i;
    bool answered;

    if (length <= 0) {
        return length == 0;
    }
    pthread_mutex_lock(&worker->judging);
    if (worker->options->accept_all) {
        accept_all(worker, batch, length);
    } else {
        judge(worker, batch, length);
    }
    answered = queue_answer(worker->queue, batch->queued, (size_t)length);
    pthread_mutex_unlock(&worker->judging);
    /* Packets do not wait for the log. */
    for (i = 0; i < length && !worker->options->accept_all; i++) {
        if (!batch->readable[i]) {
            verdict_log_unreadable(batch->queued[i].bytes, batch->queued[i].bytes_len);
        } else if (verdict_log_wants(batch->queued[i].verdict)) {
            verdict_log_write(worker->engine, &batch->packets[i], "packet");
        }
    }
    return answered;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct pollfd waits[2] = {{worker->stop, POLLIN, 0}, {queue_descriptor(worker->queue), POLLIN, 0}};
    struct batch batch;
    uint64_t one = 1;

    while ((waits[0].revents & POLLIN) == 0) {
        if (poll(waits, 2, -1) > 0 && waits[1].revents != 0 && !work_once(worker, &batch)) {
            if (write(worker->failed, &one, sizeof one) < 0) {
                abort();
            }
            break;
        }
    }
    return NULL;
}

static bool bind_queues(struct worker *worker, uint16_t index)
{
    const struct options *options = worker->options;
    bool judges_replies = options->established == ESTABLISHED_JUDGE;
    uint16_t first = (uint16_t)(options->queue + index), replies = (uint16_t)(first + options->queues);

    worker->replies = judges_replies ? (uint32_t)options->queue + options->queues : UINT32_MAX;
    worker->queue = queue_open();
    return worker->queue != NULL &&
           queue_bind(worker->queue, first, options->queue_length, options->fail_open) &&
           (!judges_replies ||
            queue_bind(worker->queue, replies, options->queue_length, options->fail_open)) &&
           queue_begin(worker->queue, first) && (!judges_replies || queue_begin(worker->queue, replies));
}

struct worker *worker_start(const struct options *options, uint16_t index, const netpol_readers *readers,
                            int failed)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL) {
        perror("netpol-nfqueue");
        return NULL;
    }
    worker->options = options;
    worker->failed = failed;
    worker->stop = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&worker->judging, NULL);
    if (worker->stop >= 0 && netpol_reader_new(readers, &worker->reader) == NETPOL_STATUS_OK &&
        bind_queues(worker, index)) {
        if (pthread_create(&worker->thread, NULL, work, worker) == 0) {
            return worker;
        }
        fputs("netpol-nfqueue: there are too many threads\n", stderr);
    }
    netpol_reader_free(worker->reader);
    queue_close(worker->queue);
    close(worker->stop);
    free(worker);
    return NULL;
}

void worker_settle(struct worker *worker)
{
    pthread_mutex_lock(&worker->judging);
    pthread_mutex_unlock(&worker->judging);
}

void worker_count(const struct worker *worker, struct worker_counters *counters)
{
    counters->allowed += atomic_load_explicit(&worker->allowed, memory_order_relaxed);
    counters->denied += atomic_load_explicit(&worker->denied, memory_order_relaxed);
    counters->unreadable += atomic_load_explicit(&worker->unreadable, memory_order_relaxed);
}

void worker_stop(struct worker *worker)
{
    uint64_t one = 1;

    if (write(worker->stop, &one, sizeof one) < 0) {
        abort();
    }
    pthread_join(worker->thread, NULL);
    queue_close(worker->queue);
    netpol_engine_free(worker->engine);
    netpol_reader_free(worker->reader);
    pthread_mutex_destroy(&worker->judging);
    close(worker->stop);
    free(worker);
}
