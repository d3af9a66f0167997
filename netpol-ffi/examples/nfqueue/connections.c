#include "connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verdict_log.h"

enum { BUFFER_SIZE = 1 << 16, TRIES = 5 };

struct connections {
    uint32_t mark;
    struct mnl_socket *dump, *change;
    uint64_t cut, restored;
    /* During one recheck. */
    const netpol_engine *engine;
    const netpol_changes *changes;
    struct ifaddrs *own;
    bool failed;
    _Alignas(8) char dumped[BUFFER_SIZE];
    _Alignas(8) char changed[BUFFER_SIZE];
};

static struct mnl_socket *open_socket(void)
{
    struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);

    if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        perror("netpol-nfqueue: netlink");
    }
    return socket;
}

struct connections *connections_open(uint32_t mark)
{
    struct connections *connections = calloc(1, sizeof *connections);

    if (connections == NULL) {
        perror("netpol-nfqueue");
        return NULL;
    }
    connections->mark = mark;
    connections->dump = open_socket();
    connections->change = open_socket();
    if (connections->dump == NULL || connections->change == NULL) {
        connections_close(connections);
        return NULL;
    }
    return connections;
}

/* The packet that opened a connection, as the dataplane sees it: from whoever began it, whatever its address
 * was made into, to where it was led. False for what is no IP. */
static bool opening_packet(const struct nf_conntrack *connection, netpol_packet *packet)
{
    uint8_t family = nfct_get_attr_u8(connection, ATTR_L3PROTO);
    bool ipv4 = family == AF_INET;
    size_t length = ipv4 ? 4 : 16;

    if (!ipv4 && family != AF_INET6) {
        return false;
    }
    memset(packet, 0, sizeof *packet);
    packet->family = ipv4 ? 4 : 6;
    packet->protocol = nfct_get_attr_u8(connection, ATTR_L4PROTO);
    memcpy(packet->source, nfct_get_attr(connection, ipv4 ? ATTR_ORIG_IPV4_SRC : ATTR_ORIG_IPV6_SRC), length);
    memcpy(packet->destination, nfct_get_attr(connection, ipv4 ? ATTR_REPL_IPV4_SRC : ATTR_REPL_IPV6_SRC), length);
    packet->transport = NETPOL_TRANSPORT_UNKNOWN;
    if (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP || packet->protocol == IPPROTO_SCTP) {
        packet->transport = NETPOL_TRANSPORT_PORTS;
        packet->source_port = ntohs(nfct_get_attr_u16(connection, ATTR_ORIG_PORT_SRC));
        packet->destination_port = ntohs(nfct_get_attr_u16(connection, ATTR_REPL_PORT_SRC));
    } else if (packet->protocol == (ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
        packet->transport = NETPOL_TRANSPORT_ICMP;
        packet->icmp_type = nfct_get_attr_u8(connection, ATTR_ICMP_TYPE);
        packet->icmp_code = nfct_get_attr_u8(connection, ATTR_ICMP_CODE);
    }
    /* As the workers have it. */
    if (memcmp(packet->source, packet->destination, sizeof packet->source) == 0) {
        packet->flags = NETPOL_PACKET_VIA_SERVICE;
    }
    return true;
}

/* Whether this machine opened it: then its packets never came by the queue. */
static bool is_own(const struct connections *connections, const netpol_packet *packet)
{
    const struct ifaddrs *own;

    for (own = connections->own; own != NULL; own = own->ifa_next) {
        const struct sockaddr *address = own->ifa_addr;
        if (address == NULL) {
            continue;
        }
        if (packet->family == 4 && address->sa_family == AF_INET &&
            memcmp(&((const struct sockaddr_in *)(const void *)address)->sin_addr, packet->source, 4) == 0) {
            return true;
        }
        if (packet->family == 6 && address->sa_family == AF_INET6 &&
            memcmp(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, packet->source, 16) == 0) {
            return true;
        }
    }
    return false;
}

/* Sets or clears the bit. A connection that ended meanwhile is none to change. */
static bool set_mark(struct connections *connections, const struct nf_conntrack *connection, bool is_cut)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(connections->changed);
    struct nf_conntrack *named = nfct_new();
    struct nfgenmsg *about;
    ssize_t length = -1;

    if (named == NULL) {
        return false;
    }
    message->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    about = mnl_nlmsg_put_extra_header(message, sizeof *about);
    about->nfgen_family = nfct_get_attr_u8(connection, ATTR_L3PROTO);
    about->version = NFNETLINK_V0;
    about->res_id = 0;
    nfct_copy(named, connection, NFCT_CP_ORIG);
    if (nfct_attr_is_set(connection, ATTR_ZONE)) {
        nfct_set_attr_u16(named, ATTR_ZONE, nfct_get_attr_u16(connection, ATTR_ZONE));
    }
    if (nfct_nlmsg_build(message, named) == 0) {
        mnl_attr_put_u32(message, CTA_MARK, htonl(is_cut ? connections->mark : 0));
        mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(connections->mark));
        length = mnl_socket_sendto(connections->change, message, message->nlmsg_len);
    }
    nfct_destroy(named);
    if (length >= 0) {
        length = mnl_socket_recvfrom(connections->change, connections->changed, BUFFER_SIZE);
    }
    return length >= 0 &&
           (mnl_cb_run(connections->changed, (size_t)length, 0, 0, NULL, NULL) >= 0 || errno == ENOENT);
}

static void judge(struct connections *connections, const struct nf_conntrack *connection)
{
    bool was_cut = (nfct_get_attr_u32(connection, ATTR_MARK) & connections->mark) != 0;
    netpol_packet packet;
    uint8_t verdict = NETPOL_VERDICT_DENY;

    if (!opening_packet(connection, &packet) || !netpol_changes_touch_packet(connections->changes, &packet) ||
        is_own(connections, &packet) ||
        netpol_engine_decide(connections->engine, &packet, &verdict) != NETPOL_STATUS_OK ||
        (verdict == NETPOL_VERDICT_DENY) == was_cut) {
        return;
    }
    if (!set_mark(connections, connection, !was_cut)) {
        connections->failed = true;
        return;
    }
    connections->cut += !was_cut;
    connections->restored += was_cut;
    if (verdict_log_wants(verdict)) {
        verdict_log_write(connections->engine, &packet, "connection");
    }
}

static int take(const struct nlmsghdr *message, void *data)
{
    struct connections *connections = data;
    struct nf_conntrack *connection = nfct_new();

    if (connection == NULL) {
        connections->failed = true;
        return MNL_CB_OK;
    }
    if (nfct_nlmsg_parse(message, connection) >= 0) {
        judge(connections, connection);
    }
    nfct_destroy(connection);
    return MNL_CB_OK;
}

/* Walks through the table; -1 and EINTR when it changed so much that parts were passed over. */
static int walk(struct connections *connections)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(connections->dumped);
    unsigned int port = mnl_socket_get_portid(connections->dump);
    unsigned int sequence = (unsigned int)time(NULL);
    struct nfgenmsg *about;
    ssize_t length;
    int more = MNL_CB_OK;

    message->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = sequence;
    about = mnl_nlmsg_put_extra_header(message, sizeof *about);
    about->nfgen_family = AF_UNSPEC;
    about->version = NFNETLINK_V0;
    about->res_id = 0;
    if (mnl_socket_sendto(connections->dump, message, message->nlmsg_len) < 0) {
        return -1;
    }
    while (more > MNL_CB_STOP) {
        length = mnl_socket_recvfrom(connections->dump, connections->dumped, BUFFER_SIZE);
        if (length < 0) {
            return -1;
        }
        more = mnl_cb_run(connections->dumped, (size_t)length, sequence, port, take, connections);
    }
    return more;
}

bool connections_recheck(struct connections *connections, const netpol_engine *engine, uint64_t since)
{
    netpol_changes *changes = NULL;
    int tries = 0, walked = -1;

    connections->engine = engine;
    connections->own = NULL;
    connections->failed = false;
    if (netpol_engine_changes_since(engine, since, &changes) == NETPOL_STATUS_OK &&
        getifaddrs(&connections->own) == 0) {
        connections->changes = changes;
        do {
            walked = walk(connections);
        } while (walked < 0 && errno == EINTR && ++tries < TRIES);
    }
    if (walked < 0 || connections->failed) {
        fprintf(stderr, "netpol-nfqueue: open connections could not all be judged: %s\n", strerror(errno));
    }
    if (connections->own != NULL) {
        freeifaddrs(connections->own);
    }
    netpol_changes_free(changes);
    return walked >= 0 && !connections->failed;
}

uint64_t connections_cut(const struct connections *connections)
{
    return connections->cut;
}

uint64_t connections_restored(const struct connections *connections)
{
    return connections->restored;
}

void connections_close(struct connections *connections)
{
    if (connections->dump != NULL) {
        mnl_socket_close(connections->dump);
    }
    if (connections->change != NULL) {
        mnl_socket_close(connections->change);
    }
    free(connections);
}
