#include "verdict_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A write of so many bytes to a pipe is done as a whole or not at all (PIPE_BUF). */
enum { LINE_SIZE = 4096 };

struct line {
    char text[LINE_SIZE];
    size_t length;
};

static enum logged logged = LOGGED_NONE;
static uint32_t limit;
static int ends[2] = {-1, -1};
static pthread_t thread;
static atomic_uint_least64_t lost;
static atomic_uint_least64_t second; /* the one that is counted */
static atomic_uint_least32_t in_second;

/* Copies lines from the pipe, so that nobody else waits for who reads the log. */
static void *copy(void *unused)
{
    char buffer[LINE_SIZE];
    ssize_t length;

    (void)unused;
    while ((length = read(ends[0], buffer, sizeof buffer)) > 0 || (length < 0 && errno == EINTR)) {
        ssize_t done = 0, written;
        while (done < length) {
            written = write(STDOUT_FILENO, buffer + done, (size_t)(length - done));
            if (written < 0 && errno != EINTR) {
                break;
            }
            done += written > 0 ? written : 0;
        }
    }
    return NULL;
}

bool verdict_log_start(const struct options *options)
{
    logged = options->logged;
    limit = options->log_limit;
    if (logged == LOGGED_NONE) {
        return true;
    }
    errno = pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
    if (errno == 0) {
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
        fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
        errno = pthread_create(&thread, NULL, copy, NULL);
    }
    if (errno != 0) {
        perror("netpol-nfqueue: log");
        logged = LOGGED_NONE;
        return false;
    }
    return true;
}

bool verdict_log_wants(uint8_t verdict)
{
    return logged == LOGGED_ALL || (logged == LOGGED_DENIED && verdict != NETPOL_VERDICT_ALLOW);
}

uint64_t verdict_log_lost(void)
{
    return atomic_load_explicit(&lost, memory_order_relaxed);
}

/* Whether this second has room for another line. Two threads at the turn of a second may both begin it
 * anew; a limit need not be that exact. */
static bool has_room(void)
{
    struct timespec now;

    if (limit == 0) {
        return true;
    }
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (atomic_exchange_explicit(&second, (uint64_t)now.tv_sec, memory_order_relaxed) != (uint64_t)now.tv_sec) {
        atomic_store_explicit(&in_second, 0, memory_order_relaxed);
    }
    return atomic_fetch_add_explicit(&in_second, 1, memory_order_relaxed) < limit;
}

static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
    size_t room = sizeof line->text - line->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (length > 0) {
        line->length += (size_t)length < room ? (size_t)length : room - 1;
    }
}

/* Adds a name. What a cluster holds may have any name, and none may look like the next field. */
static void add_name(struct line *line, netpol_str name)
{
    size_t i;

    for (i = 0; i < name.len && line->length < sizeof line->text - 1; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        line->text[line->length++] = (char)(byte <= ' ' || byte >= 0x7f || byte == '=' ? '?' : byte);
    }
}

static void add_address(struct line *line, const char *key, const uint8_t *bytes, uint8_t family)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
    add(line, " %s=%s", key, text);
}

/* The pod that an address belongs to, if it does. */
static void add_owner(struct line *line, const char *key, const netpol_engine *engine,
                      const uint8_t *bytes, uint8_t family)
{
    netpol_address address = {{0}, family, {0}};
    netpol_endpoint endpoint;
    netpol_string *name = NULL;

    memcpy(address.bytes, bytes, sizeof address.bytes);
    if (netpol_engine_owner(engine, &address, &endpoint) == NETPOL_STATUS_OK &&
        netpol_engine_endpoint_name(engine, endpoint, &name) == NETPOL_STATUS_OK) {
        add(line, " %s=", key);
        add_name(line, netpol_string_view(name));
        netpol_string_free(name);
    }
}

static void add_direction(struct line *line, const char *direction, const netpol_engine *engine,
                          const netpol_attribution *attribution)
{
    netpol_str reason = netpol_reason_name(attribution->reason);
    netpol_policy_name policy;
    netpol_string *name = NULL;

    add(line, " %s=%s %sReason=%.*s", direction,
        attribution->verdict == NETPOL_VERDICT_ALLOW ? "allow" : "deny", direction, (int)reason.len,
        reason.data);
    if (attribution->policy != NETPOL_NONE &&
        netpol_engine_policy(engine, attribution->policy, &policy, &name) == NETPOL_STATUS_OK) {
        add(line, " %sPolicy=", direction);
        add_name(line, policy.kind);
        add(line, "/");
        add_name(line, netpol_string_view(name));
        netpol_string_free(name);
    }
    if (attribution->rule != NETPOL_NONE) {
        add(line, " %sRule=%u", direction, attribution->rule);
    }
    if (attribution->peer != NETPOL_NONE) {
        add(line, " %sPeer=%u", direction, attribution->peer);
    }
    if (attribution->port != NETPOL_NONE) {
        add(line, " %sPort=%u", direction, attribution->port);
    }
}

static void add_transport(struct line *line, const netpol_packet *packet)
{
    static const char *const names[] = {[1] = "ICMP", [6] = "TCP", [17] = "UDP", [58] = "ICMPv6", [132] = "SCTP"};
    const char *name = packet->protocol <= 132 ? names[packet->protocol] : NULL;

    if (name != NULL) {
        add(line, " protocol=%s", name);
    } else {
        add(line, " protocol=%u", packet->protocol);
    }
    if (packet->transport == NETPOL_TRANSPORT_PORTS) {
        add(line, " sourcePort=%u destinationPort=%u", packet->source_port, packet->destination_port);
    } else if (packet->transport == NETPOL_TRANSPORT_ICMP) {
        add(line, " type=%u code=%u", packet->icmp_type, packet->icmp_code);
    }
}

/* Hands a line over to the thread that writes. */
static void end(struct line *line)
{
    line->text[line->length++] = '\n';
    if (write(ends[1], line->text, line->length) < 0) {
        atomic_fetch_add_explicit(&lost, 1, memory_order_relaxed);
    }
}

void verdict_log_write(const netpol_engine *engine, const netpol_packet *packet, const char *about)
{
    netpol_decision decision;
    struct line line;

    if (!has_room() || netpol_engine_attribute(engine, packet, &decision) != NETPOL_STATUS_OK) {
        atomic_fetch_add_explicit(&lost, 1, memory_order_relaxed);
        return;
    }
    line.length = 0;
    add(&line, "verdict=%s of=%s", decision.verdict == NETPOL_VERDICT_ALLOW ? "allow" : "deny", about);
    add_transport(&line, packet);
    add_address(&line, "source", packet->source, packet->family);
    add_address(&line, "destination", packet->destination, packet->family);
    add_owner(&line, "from", engine, packet->source, packet->family);
    add_owner(&line, "to", engine, packet->destination, packet->family);
    add_direction(&line, "egress", engine, &decision.egress);
    add_direction(&line, "ingress", engine, &decision.ingress);
    add(&line, " generation=%llu", (unsigned long long)decision.generation);
    end(&line);
}

void verdict_log_unreadable(const uint8_t *bytes, size_t bytes_len)
{
    netpol_raw_packet raw;
    netpol_string *error = NULL;
    struct line line;

    if (logged == LOGGED_NONE) {
        return;
    }
    if (!has_room()) {
        atomic_fetch_add_explicit(&lost, 1, memory_order_relaxed);
    } else if (netpol_packet_parse(bytes, bytes_len, &raw, &error) == NETPOL_STATUS_UNREADABLE_PACKET) {
        line.length = 0;
        add(&line, "verdict=deny of=packet unreadable=\"");
        add(&line, "%.*s\"", (int)netpol_string_view(error).len, netpol_string_view(error).data);
        end(&line);
        netpol_string_free(error);
    }
}

void verdict_log_stop(void)
{
    struct timespec until;

    if (logged != LOGGED_NONE) {
        close(ends[1]);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (pthread_timedjoin_np(thread, NULL, &until) != 0) {
            pthread_cancel(thread);
        }
    }
}
