#include "queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netpol.h"

enum {
    /* Verdicts need headers alone. What does not have its ports within the smallest packet that every
     * IPv6 link carries is dropped as unreadable. */
    COPY_RANGE = 1280,
    MESSAGE_SIZE = COPY_RANGE + 1024,
    ANSWER_SIZE = 64, /* of one verdict message; it takes 32 */
};

struct queue {
    struct mnl_socket *socket;
    struct mmsghdr messages[QUEUE_BATCH];
    struct iovec vectors[QUEUE_BATCH];
    _Alignas(8) char received[QUEUE_BATCH][MESSAGE_SIZE];
    _Alignas(8) char answers[QUEUE_BATCH * ANSWER_SIZE];
};

struct queue *queue_open(void)
{
    struct queue *queue = calloc(1, sizeof *queue);
    int on = 1, i;

    if (queue == NULL) {
        perror("netpol-nfqueue");
        return NULL;
    }
    queue->socket = mnl_socket_open(NETLINK_NETFILTER);
    if (queue->socket == NULL || mnl_socket_bind(queue->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        perror("netpol-nfqueue: netlink");
        queue_close(queue);
        return NULL;
    }
    /* When the socket's buffer is full, the kernel drops the packet and counts it; to be told would not
     * help. */
    mnl_socket_setsockopt(queue->socket, NETLINK_NO_ENOBUFS, &on, sizeof on);
    for (i = 0; i < QUEUE_BATCH; i++) {
        queue->vectors[i].iov_base = queue->received[i];
        queue->vectors[i].iov_len = MESSAGE_SIZE;
        queue->messages[i].msg_hdr.msg_iov = &queue->vectors[i];
        queue->messages[i].msg_hdr.msg_iovlen = 1;
    }
    return queue;
}

/* Sends a configuration message, and waits for what the kernel says to it. */
static bool configure(struct queue *queue, struct nlmsghdr *message, uint16_t number)
{
    char *buffer = queue->received[0];
    unsigned int port = mnl_socket_get_portid(queue->socket);
    ssize_t length;

    message->nlmsg_flags |= NLM_F_ACK;
    if (mnl_socket_sendto(queue->socket, message, message->nlmsg_len) >= 0 &&
        (length = mnl_socket_recvfrom(queue->socket, buffer, MESSAGE_SIZE)) >= 0 &&
        mnl_cb_run(buffer, (size_t)length, 0, port, NULL, NULL) >= 0) {
        return true;
    }
    fprintf(stderr, "netpol-nfqueue: queue %u: %s%s\n", number, strerror(errno),
            errno == EPERM ? " (it needs CAP_NET_ADMIN, and no other program at this queue)" : "");
    return false;
}

bool queue_bind(struct queue *queue, uint16_t number, uint32_t length, bool fail_open)
{
    /* Packets as offloads left them: nobody has to cut them before they are judged. */
    uint32_t flags = NFQA_CFG_F_GSO | (fail_open ? NFQA_CFG_F_FAIL_OPEN : 0);
    int room = (int)(length < 16384 ? length : 16384) * MESSAGE_SIZE;
    struct nlmsghdr *message;

    setsockopt(mnl_socket_get_fd(queue->socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    message = nfq_nlmsg_put(queue->answers, NFQNL_MSG_CONFIG, number);
    nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
    nfq_nlmsg_cfg_put_qmaxlen(message, length);
    mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
    mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(flags));
    return configure(queue, message, number);
}

bool queue_begin(struct queue *queue, uint16_t number)
{
    struct nlmsghdr *message = nfq_nlmsg_put(queue->answers, NFQNL_MSG_CONFIG, number);

    /* Unanswered: packets may come before the answer would. */
    nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, COPY_RANGE);
    if (mnl_socket_sendto(queue->socket, message, message->nlmsg_len) < 0) {
        fprintf(stderr, "netpol-nfqueue: queue %u: %s\n", number, strerror(errno));
        return false;
    }
    return true;
}

int queue_descriptor(const struct queue *queue)
{
    return mnl_socket_get_fd(queue->socket);
}

/* What a message of the kernel says; false when it is about no packet. */
static bool read_message(const struct nlmsghdr *message, int length, struct queued_packet *packet)
{
    struct nlattr *attributes[NFQA_MAX + 1] = {NULL};
    const struct nfqnl_msg_packet_hdr *header;
    const struct nfgenmsg *about;

    if (!mnl_nlmsg_ok(message, length) ||
        message->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) ||
        nfq_nlmsg_parse(message, attributes) < 0 || attributes[NFQA_PACKET_HDR] == NULL) {
        return false;
    }
    about = mnl_nlmsg_get_payload(message);
    header = mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]);
    packet->queue = ntohs(about->res_id);
    packet->id = ntohl(header->packet_id);
    packet->bytes = NULL;
    packet->bytes_len = 0;
    if (attributes[NFQA_PAYLOAD] != NULL) {
        packet->bytes = mnl_attr_get_payload(attributes[NFQA_PAYLOAD]);
        packet->bytes_len = mnl_attr_get_payload_len(attributes[NFQA_PAYLOAD]);
    }
    packet->verdict = NETPOL_VERDICT_DENY;
    return true;
}

int queue_receive(struct queue *queue, struct queued_packet packets[QUEUE_BATCH])
{
    int received, count = 0, i;

    received = recvmmsg(queue_descriptor(queue), queue->messages, QUEUE_BATCH, MSG_DONTWAIT, NULL);
    if (received < 0) {
        if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) {
            return 0;
        }
        perror("netpol-nfqueue: netlink");
        return -1;
    }
    for (i = 0; i < received; i++) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)queue->received[i];
        if (read_message(message, (int)queue->messages[i].msg_len, &packets[count])) {
            count++;
        }
    }
    return count;
}

bool queue_answer(struct queue *queue, const struct queued_packet *packets, size_t count)
{
    size_t i, end, used = 0;

    /* One message answers all packets of a queue up to a number that were not answered yet, so a row of
     * equal verdicts takes one. */
    for (i = 0; i < count; i = end) {
        bool allow = packets[i].verdict == NETPOL_VERDICT_ALLOW;
        struct nlmsghdr *message;

        for (end = i + 1; end < count; end++) {
            if (packets[end].queue != packets[i].queue || packets[end].verdict != packets[i].verdict) {
                break;
            }
        }
        message = nfq_nlmsg_put(queue->answers + used,
                                end - i == 1 ? NFQNL_MSG_VERDICT : NFQNL_MSG_VERDICT_BATCH,
                                packets[i].queue);
        nfq_nlmsg_verdict_put(message, (int)packets[end - 1].id, allow ? NF_ACCEPT : NF_DROP);
        used += message->nlmsg_len;
    }
    if (used > 0 && mnl_socket_sendto(queue->socket, queue->answers, used) < 0) {
        perror("netpol-nfqueue: netlink");
        return false;
    }
    return true;
}

void queue_close(struct queue *queue)
{
    if (queue != NULL) {
        if (queue->socket != NULL) {
            mnl_socket_close(queue->socket);
        }
        free(queue);
    }
}
