/* Connections: replies pass without a rule, and what policies cut off is told. */

#include "check.h"

#define SECOND UINT64_C(1000000000)

static const char *const MANIFESTS =
    "{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},\n"
    " status: {phase: Running, podIP: 10.0.0.1}}\n"
    "---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}},\n"
    " status: {phase: Running, podIP: 10.0.0.2}}\n"
    "---\n"
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed},\n"
    " spec: {podSelector: {}, policyTypes: [Ingress]}}\n"
    "---\n"
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db},\n"
    " spec: {podSelector: {matchLabels: {app: db}},\n"
    "        ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}}\n";

enum { WEB = 1, DB = 2, SYN = 0x02, SYN_ACK = 0x12, ACK = 0x10 };

/* A TCP segment from 10.0.0.1 port 40000 to 10.0.0.2 port 5432, or the other way. */
static void segment(uint8_t bytes[40], int from, uint8_t flags)
{
    const uint8_t web_port[2] = {0x9c, 0x40}, db_port[2] = {0x15, 0x38};
    memset(bytes, 0, 40);
    bytes[0] = 0x45;
    bytes[3] = 40;
    bytes[9] = 6;
    bytes[12] = bytes[16] = 10;
    bytes[15] = (uint8_t)from;
    bytes[19] = (uint8_t)(WEB + DB - from);
    memcpy(bytes + 20, from == WEB ? web_port : db_port, 2);
    memcpy(bytes + 22, from == WEB ? db_port : web_port, 2);
    bytes[32] = 0x50;
    bytes[33] = flags;
}

typedef struct cut {
    size_t count;
    netpol_flow last;
} cut;

static void take_back(void *userdata, const netpol_flow *flow)
{
    cut *told = userdata;
    told->count++;
    told->last = *flow;
}

static void judge(netpol_flows *flows, netpol_reader *reader, int from, uint8_t flags,
                  uint64_t now_ns, uint8_t verdict, uint8_t tracking)
{
    netpol_flow_verdict answer;
    uint8_t bytes[40];

    segment(bytes, from, flags);
    memset(&answer, 0xff, sizeof answer);
    CHECK(netpol_flows_judge(flows, reader, bytes, sizeof bytes, 0, now_ns, &answer) ==
          NETPOL_STATUS_OK);
    if (answer.verdict != verdict || answer.tracking != tracking) {
        netpol_str is = netpol_tracking_name(answer.tracking);
        fprintf(stderr, "from %d with 0x%02x: %d %.*s\n", from, flags, answer.verdict,
                (int)is.len, is.data);
    }
    CHECK(answer.verdict == verdict && answer.tracking == tracking && !answer.is_unreadable);
    CHECK(answer.generation == netpol_reader_generation(reader));
}

int main(void)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    netpol_flows *flows = NULL;
    netpol_flow_options options = {0};
    netpol_flow_statistics statistics;
    netpol_flow_verdict verdicts[3];
    netpol_bytes packets[3];
    netpol_decision decision;
    netpol_flow flow;
    uint8_t syn[40], answer[40];
    cut told;

    CHECK(netpol_cluster_new(NULL, &cluster) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_apply(cluster, netpol_str_of("c"), netpol_str_of(MANIFESTS), 0, NULL,
                               NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_readers(cluster, &readers) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_new(readers, &reader) == NETPOL_STATUS_OK);
    options.size = sizeof options;
    options.seed[0] = 7;
    options.capacity = 1000;
    options.tcp_established_ms = 60000;
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_OK);
    CHECK(netpol_flows_memory(flows) > 66 * 1024);

    /* The reply of a connection passes though web lets nothing in; a connection the other way between
       the same ports does not. */
    judge(flows, reader, DB, SYN, 0, NETPOL_VERDICT_DENY, NETPOL_TRACKING_NEW);
    judge(flows, reader, DB, SYN_ACK, 0, NETPOL_VERDICT_DENY, NETPOL_TRACKING_NEW);
    judge(flows, reader, WEB, SYN, 0, NETPOL_VERDICT_ALLOW, NETPOL_TRACKING_NEW);
    judge(flows, reader, DB, SYN_ACK, SECOND, NETPOL_VERDICT_ALLOW, NETPOL_TRACKING_REPLY);
    judge(flows, reader, WEB, ACK, 0, NETPOL_VERDICT_ALLOW, NETPOL_TRACKING_ESTABLISHED);
    judge(flows, reader, DB, SYN, SECOND, NETPOL_VERDICT_DENY, NETPOL_TRACKING_NEW);
    judge(flows, reader, DB, ACK, SECOND, NETPOL_VERDICT_ALLOW, NETPOL_TRACKING_REPLY);

    segment(answer, DB, ACK);
    CHECK(netpol_flows_find(flows, answer, sizeof answer, &flow) == NETPOL_STATUS_OK);
    CHECK(flow.state == NETPOL_FLOW_STATE_ESTABLISHED && !flow.is_cut_off);
    CHECK(flow.opening.source[3] == WEB && flow.opening.destination_port == 5432);
    CHECK(flow.seen_ns == SECOND && flow.generation == 1 && !flow.has_icmp_identifier);
    CHECK(netpol_reader_attribute(reader, &flow.opening, &decision) == NETPOL_STATUS_OK);
    CHECK(decision.ingress.reason == NETPOL_REASON_RULE_MATCHES);

    /* A batch, with something in it that is no packet. */
    segment(syn, WEB, SYN);
    packets[0].data = syn;
    packets[0].len = sizeof syn;
    packets[1].data = NULL;
    packets[1].len = 0;
    packets[2].data = answer;
    packets[2].len = sizeof answer;
    CHECK(netpol_flows_judge_batch(flows, reader, packets, 3, SECOND, verdicts) ==
          NETPOL_STATUS_OK);
    CHECK(verdicts[0].verdict == NETPOL_VERDICT_ALLOW && !verdicts[0].is_unreadable);
    CHECK(verdicts[1].verdict == NETPOL_VERDICT_DENY && verdicts[1].is_unreadable);
    CHECK(verdicts[1].tracking == NETPOL_TRACKING_NOT_TRACKED && verdicts[1].generation == 1);
    CHECK(verdicts[2].tracking == NETPOL_TRACKING_REPLY && !verdicts[2].is_unreadable);

    /* Policy changes: nothing passes any more, and that is told once. */
    CHECK(netpol_cluster_delete(cluster, NETPOL_KIND_NETWORK_POLICY, netpol_str_of("default"),
                                netpol_str_of("db"), NULL) == NETPOL_STATUS_OK);
    netpol_engine_free(engine);
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    judge(flows, reader, DB, ACK, SECOND, NETPOL_VERDICT_DENY, NETPOL_TRACKING_CUT_OFF);
    judge(flows, reader, WEB, SYN, SECOND, NETPOL_VERDICT_DENY, NETPOL_TRACKING_NEW);
    memset(&told, 0, sizeof told);
    CHECK(netpol_flows_recheck(flows, reader, SECOND, take_back, &told) == NETPOL_STATUS_OK);
    CHECK(told.count == 1 && told.last.is_cut_off && told.last.opening.source[3] == WEB);
    CHECK(netpol_flows_recheck(flows, reader, SECOND, take_back, &told) == NETPOL_STATUS_OK);
    CHECK(told.count == 1);

    CHECK(netpol_flows_statistics(flows, SECOND, &statistics) == NETPOL_STATUS_OK);
    CHECK(statistics.capacity == 1024 && statistics.cut_off == 1 && statistics.cuts == 1);
    CHECK(statistics.by_state[NETPOL_FLOW_STATE_ESTABLISHED] == 1 && statistics.opened == 1);
    CHECK(statistics.allowed[NETPOL_TRACKING_REPLY] == 3);
    CHECK(statistics.denied[NETPOL_TRACKING_CUT_OFF] == 1 && statistics.denied[7] == 0);

    /* A minute later it is forgotten, as the options say. */
    CHECK(netpol_flows_statistics(flows, 61 * SECOND, &statistics) == NETPOL_STATUS_OK);
    CHECK(statistics.by_state[NETPOL_FLOW_STATE_ESTABLISHED] == 0);
    CHECK(netpol_flows_find(flows, answer, sizeof answer, &flow) == NETPOL_STATUS_UNKNOWN_FLOW);
    netpol_flows_clear(flows);

    CHECK(is_text(netpol_tracking_name(NETPOL_TRACKING_CUT_OFF), "cutOff"));
    CHECK(is_text(netpol_flow_state_name(NETPOL_FLOW_STATE_HALF_CLOSED), "halfClosed"));
    CHECK(netpol_tracking_name(7).len == 0 && netpol_flow_state_name(-1).len == 0);

    netpol_flows_free(flows);
    netpol_engine_free(engine);
    netpol_reader_free(reader);
    netpol_readers_free(readers);
    netpol_cluster_free(cluster);
    return 0;
}
