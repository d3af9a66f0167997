/* NFQUEUE: packets that wait in the kernel for a verdict. */

#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many packets are received, judged and answered at once when so many wait. */
enum { QUEUE_BATCH = 32 };

struct queued_packet {
    uint16_t queue;
    uint32_t id;
    const uint8_t *bytes; /* from the IP header on; valid until more are received */
    size_t bytes_len;
    uint8_t verdict; /* a netpol_verdict, set by who judges */
};

struct queue;

/* A socket to the kernel's queues; NULL, and said why, when there is none. */
struct queue *queue_open(void);

/* Binds the socket to a queue; says why when that fails. Packets come after `queue_begin`. */
bool queue_bind(struct queue *queue, uint16_t number, uint32_t length, bool fail_open);
bool queue_begin(struct queue *queue, uint16_t number);

/* The descriptor to wait on. */
int queue_descriptor(const struct queue *queue);

/* Receives what is there, without waiting; how many, or -1 when the queue failed, which is said. */
int queue_receive(struct queue *queue, struct queued_packet packets[QUEUE_BATCH]);

/* Answers packets in the order in which they were received. */
bool queue_answer(struct queue *queue, const struct queued_packet *packets, size_t count);

/* The kernel drops what still waits; from then on the rule decides what becomes of packets: with
 * `--queue-bypass` they pass. */
void queue_close(struct queue *queue);

#endif
