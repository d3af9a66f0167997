/* A dataplane that streams its own events: objects from plain structs, changes, readers, reach. */

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static netpol_packet tcp(uint8_t from, uint8_t to, uint16_t port)
{
    netpol_packet packet = {0};
    packet.source[0] = packet.destination[0] = 10;
    packet.source[3] = from;
    packet.destination[3] = to;
    packet.destination_port = port;
    packet.family = 4;
    packet.protocol = 6;
    return packet;
}

static void upsert_pod(netpol_cluster *cluster, const char *name, const char *app, const char *address)
{
    netpol_label labels[1];
    netpol_str addresses[1];
    netpol_container_port ports[1] = {{{NULL, 0}, 8080, 6, {0}}};
    netpol_pod pod = {0};

    labels[0].key = netpol_str_of("app");
    labels[0].value = netpol_str_of(app);
    addresses[0] = netpol_str_of(address);
    ports[0].name = netpol_str_of("web");
    pod.size = sizeof pod;
    pod.namespace_ = netpol_str_of("shop");
    pod.name = netpol_str_of(name);
    pod.labels = labels;
    pod.labels_len = COUNT(labels);
    pod.addresses = addresses;
    pod.addresses_len = COUNT(addresses);
    pod.ports = ports;
    pod.ports_len = COUNT(ports);
    CHECK(netpol_cluster_upsert_pod(cluster, &pod, NETPOL_ADMISSION_STORED, NULL) == NETPOL_STATUS_OK);
}

int main(void)
{
    netpol_cluster *cluster = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    netpol_engine *engine = NULL;
    netpol_changes *changes = NULL;
    netpol_reach *reach = NULL;
    netpol_string *text = NULL;
    netpol_report *report = NULL;
    netpol_diagnostic diagnostic;
    netpol_namespace shop = {0};
    netpol_label db_label[1], api_label[1];
    netpol_selector api = {0};
    netpol_str except[1], values[1];
    netpol_requirement requirement[1];
    netpol_selector not_job = {0};
    netpol_peer peers[3];
    netpol_port ports[2];
    netpol_rule rule = {0};
    netpol_network_policy policy = {0};
    netpol_policy_name policy_name;
    netpol_decision decision;
    netpol_party party = {0};
    netpol_packet packets[3];
    const netpol_endpoint *endpoints;
    const netpol_network *networks;
    uint8_t verdicts[3], verdict;
    netpol_flip flips[3];
    netpol_memory memory;
    uint16_t port;
    size_t count;
    uint64_t generation;

    CHECK(netpol_cluster_new(NULL, &cluster) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_readers(cluster, &readers) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_new(readers, &reader) == NETPOL_STATUS_OK);

    shop.size = sizeof shop;
    shop.name = netpol_str_of("shop");
    CHECK(netpol_cluster_upsert_namespace(cluster, &shop, NETPOL_ADMISSION_CREATE, NULL) ==
          NETPOL_STATUS_OK);
    upsert_pod(cluster, "api", "api", "10.0.0.1");
    upsert_pod(cluster, "job", "job", "10.0.0.2");
    upsert_pod(cluster, "db", "db", "10.0.0.3");

    /* db: from pods of api on 5432 to 5433 and `web`, and from a block but for a part of it. */
    db_label[0].key = api_label[0].key = netpol_str_of("app");
    db_label[0].value = netpol_str_of("db");
    api_label[0].value = netpol_str_of("api");
    api.match_labels = api_label;
    api.match_labels_len = COUNT(api_label);
    values[0] = netpol_str_of("job");
    requirement[0].key = netpol_str_of("app");
    requirement[0].operator_ = netpol_str_of("NotIn");
    requirement[0].values = values;
    requirement[0].values_len = COUNT(values);
    not_job.match_expressions = requirement;
    not_job.match_expressions_len = COUNT(requirement);
    memset(peers, 0, sizeof peers);
    peers[0].pod_selector = &api;
    except[0] = netpol_str_of("192.0.2.128/25");
    peers[1].cidr = netpol_str_of("192.0.2.0/24");
    peers[1].except = except;
    peers[1].except_len = COUNT(except);
    peers[2].pod_selector = &api;
    peers[2].namespace_selector = &not_job;
    memset(ports, 0, sizeof ports);
    ports[0].number = 5432;
    ports[0].end = 5433;
    ports[1].name = netpol_str_of("web");
    rule.peers = peers;
    rule.peers_len = COUNT(peers);
    rule.ports = ports;
    rule.ports_len = COUNT(ports);
    policy.size = sizeof policy;
    policy.namespace_ = netpol_str_of("shop");
    policy.name = netpol_str_of("db");
    policy.pod_selector.match_labels = db_label;
    policy.pod_selector.match_labels_len = COUNT(db_label);
    policy.ingress = &rule;
    policy.ingress_len = 1;
    CHECK(netpol_cluster_upsert_network_policy(cluster, &policy, NETPOL_ADMISSION_CREATE, &report) ==
          NETPOL_STATUS_OK);
    CHECK(report == NULL);

    /* Nothing is visible before it is published: readers deny. */
    packets[0] = tcp(1, 3, 5433);
    packets[1] = tcp(2, 3, 5433);
    packets[2] = tcp(1, 3, 8080);
    CHECK(netpol_reader_decide(reader, &packets[0], &verdict) == NETPOL_STATUS_OK);
    CHECK(verdict == NETPOL_VERDICT_DENY && netpol_reader_generation(reader) == 0);
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_decide_batch(reader, packets, 3, verdicts) == NETPOL_STATUS_OK);
    CHECK(verdicts[0] == 1 && verdicts[1] == 0 && verdicts[2] == 1);

    /* The same as it lies in memory. */
    {
        uint8_t syn[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 3,
                           0x9c, 0x40, 0x15, 0x39};
        netpol_raw_packet raw;
        syn[33] = 2;
        CHECK(netpol_reader_decide_raw(reader, syn, sizeof syn, &verdict) == NETPOL_STATUS_OK);
        CHECK(verdict == NETPOL_VERDICT_ALLOW);
        CHECK(netpol_packet_parse(syn, sizeof syn, &raw, NULL) == NETPOL_STATUS_OK);
        CHECK(raw.has_tcp_flags && raw.tcp_flags == NETPOL_TCP_SYN && !raw.has_embedded);
        CHECK(raw.fragment == NETPOL_FRAGMENT_NONE && raw.packet.source_port == 40000);
        raw.packet.source_port = 0;
        CHECK(memcmp(&raw.packet, &packets[0], sizeof packets[0]) == 0);
        for (count = 0; count < sizeof syn; count++) {
            netpol_status status = netpol_reader_decide_raw(reader, syn, count, &verdict);
            CHECK(status == (count < 24 ? NETPOL_STATUS_UNREADABLE_PACKET : NETPOL_STATUS_OK));
        }
        CHECK(netpol_packet_parse(syn, 23, &raw, &text) == NETPOL_STATUS_UNREADABLE_PACKET);
        CHECK(is_text(netpol_string_view(text), "TCP ports: 4 bytes needed, 3 there"));
        netpol_string_free(text);
        CHECK(netpol_packet_parse(NULL, 1, &raw, NULL) == NETPOL_STATUS_NULL_POINTER);
        CHECK(netpol_packet_parse(NULL, 0, &raw, NULL) == NETPOL_STATUS_UNREADABLE_PACKET);
    }

    /* The reason, with names. */
    CHECK(netpol_reader_attribute(reader, &packets[2], &decision) == NETPOL_STATUS_OK);
    CHECK(decision.verdict == NETPOL_VERDICT_ALLOW && decision.generation == 1);
    CHECK(decision.ingress.reason == NETPOL_REASON_RULE_MATCHES);
    CHECK(decision.ingress.tier == NETPOL_TIER_NETWORK_POLICY);
    CHECK(decision.ingress.rule == 0 && decision.ingress.peer == 0 && decision.ingress.port == 1);
    CHECK(decision.egress.reason == NETPOL_REASON_NOT_ISOLATED);
    CHECK(decision.egress.policy == NETPOL_NONE);
    CHECK(netpol_engine_policy(engine, decision.ingress.policy, &policy_name, &text) ==
          NETPOL_STATUS_OK);
    CHECK(is_text(policy_name.kind, "NetworkPolicy") && is_text(netpol_string_view(text), "shop/db"));
    netpol_string_free(text);
    CHECK(netpol_engine_explain(engine, &packets[1], &text) == NETPOL_STATUS_OK);
    CHECK(netpol_string_view(text).len > 40 && memcmp(netpol_string_view(text).data, "deny", 4) == 0);
    netpol_string_free(text);
    CHECK(netpol_engine_explain_json(engine, &packets[1], &text) == NETPOL_STATUS_OK);
    CHECK(netpol_string_view(text).data[0] == '{');
    netpol_string_free(text);

    /* Who can reach the database? */
    CHECK(netpol_engine_endpoint(engine, netpol_str_of("shop/db"), &party.endpoint) ==
          NETPOL_STATUS_OK);
    CHECK(netpol_engine_port_number(engine, party.endpoint, netpol_str_of("web"), 6, &port) ==
          NETPOL_STATUS_OK);
    CHECK(port == 8080);
    CHECK(netpol_engine_port_number(engine, party.endpoint, netpol_str_of("ssh"), 6, &port) ==
          NETPOL_STATUS_UNKNOWN_PORT_NAME);
    CHECK(netpol_engine_sources_of(engine, &party, 6, 5432, &reach) == NETPOL_STATUS_OK);
    CHECK(netpol_reach_endpoints(reach, &endpoints, &count) == NETPOL_STATUS_OK && count == 2);
    CHECK(netpol_engine_endpoint_name(engine, endpoints[0], &text) == NETPOL_STATUS_OK);
    CHECK(is_text(netpol_string_view(text), "Pod/shop/api"));
    netpol_string_free(text);
    CHECK(netpol_reach_networks(reach, &networks, &count) == NETPOL_STATUS_OK && count == 1);
    CHECK(networks[0].family == 4 && networks[0].prefix_len == 25 && networks[0].address[0] == 192);
    netpol_reach_free(reach);

    /* A pod changes its labels: what does that touch, and whose verdict flips? */
    generation = netpol_engine_generation(engine);
    netpol_engine_free(engine);
    upsert_pod(cluster, "job", "api", "10.0.0.2");
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_engine_changes_since(engine, generation, &changes) == NETPOL_STATUS_OK);
    CHECK(!netpol_changes_is_everything(changes));
    CHECK(netpol_changes_touch_packet(changes, &packets[1]));
    CHECK(!netpol_changes_touch_packet(changes, &packets[0]));
    CHECK(netpol_changes_endpoints(changes, &endpoints, &count) == NETPOL_STATUS_OK && count == 1);
    CHECK(netpol_engine_recheck(engine, changes, packets, verdicts, 3, flips, &count) ==
          NETPOL_STATUS_OK);
    CHECK(count == 1 && flips[0].index == 1 && flips[0].verdict == NETPOL_VERDICT_ALLOW);
    CHECK(netpol_reader_decide(reader, &packets[1], &verdict) == NETPOL_STATUS_OK);
    CHECK(verdict == NETPOL_VERDICT_ALLOW && netpol_reader_generation(reader) == 2);
    netpol_changes_free(changes);

    /* A Service of the database, which turns 80 into what the pod calls `web`. */
    {
        netpol_service service = {0};
        netpol_service_port service_port = {0};
        netpol_endpoint_slice slice = {0};
        netpol_slice_endpoint slice_endpoint = {0};
        netpol_container_port slice_port = {{NULL, 0}, 9999, 6, {0}};
        netpol_service_question asked = {0};
        netpol_backends *backends = NULL;
        const netpol_backend *list;
        netpol_string *json = NULL;

        service_port.number = 80;
        service_port.target_name = netpol_str_of("web");
        service.size = sizeof service;
        service.namespace_ = netpol_str_of("shop");
        service.name = netpol_str_of("db");
        service.selector = db_label;
        service.selector_len = COUNT(db_label);
        service.ports = &service_port;
        service.ports_len = 1;
        CHECK(netpol_cluster_upsert_service(cluster, &service, NETPOL_ADMISSION_CREATE, &report) ==
              NETPOL_STATUS_OK);
        CHECK(report == NULL);
        netpol_engine_free(engine);
        CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
        CHECK(netpol_engine_service(engine, netpol_str_of("shop/db"), &asked.service) ==
              NETPOL_STATUS_OK);
        CHECK(netpol_engine_service_name(engine, asked.service, &text) == NETPOL_STATUS_OK);
        CHECK(is_text(netpol_string_view(text), "shop/db"));
        netpol_string_free(text);
        CHECK(netpol_engine_endpoint(engine, netpol_str_of("shop/api"), &asked.source.endpoint) ==
              NETPOL_STATUS_OK);
        asked.port = 80;
        asked.protocol = 6;
        CHECK(netpol_engine_decide_service(engine, &asked, &verdict) == NETPOL_STATUS_OK);
        CHECK(verdict == NETPOL_SERVICE_VERDICT_ALLOW);
        CHECK(netpol_engine_attribute_service(engine, &asked, &backends) == NETPOL_STATUS_OK);
        CHECK(netpol_backends_list(backends, &list, &count) == NETPOL_STATUS_OK && count == 1);
        CHECK(list[0].port == 8080 && list[0].party.family == 0);
        CHECK(list[0].party.endpoint == party.endpoint);
        CHECK(list[0].decision.ingress.reason == NETPOL_REASON_RULE_MATCHES);
        netpol_backends_free(backends);
        CHECK(netpol_engine_explain_service(engine, &asked, &text, &json) == NETPOL_STATUS_OK);
        CHECK(memcmp(netpol_string_view(text).data, "allow\n", 6) == 0);
        CHECK(netpol_string_view(json).data[0] == '{');
        netpol_string_free(text);
        netpol_string_free(json);
        CHECK(netpol_engine_lints(engine, &report) == NETPOL_STATUS_OK && report == NULL);
        asked.port = 81;
        CHECK(netpol_engine_decide_service(engine, &asked, &verdict) ==
              NETPOL_STATUS_UNKNOWN_PORT_NAME);
        asked.port_name = netpol_str_of("web");
        CHECK(netpol_engine_decide_service(engine, &asked, &verdict) ==
              NETPOL_STATUS_UNKNOWN_PORT_NAME);
        asked.port_name.len = 0;
        asked.port = 80;

        /* Its endpoints may be listed: one that nobody knows, another that is not ready. */
        slice_endpoint.address = netpol_str_of("198.51.100.7");
        slice.size = sizeof slice;
        slice.namespace_ = netpol_str_of("shop");
        slice.name = netpol_str_of("db-1");
        slice.service = netpol_str_of("db");
        slice.endpoints = &slice_endpoint;
        slice.endpoints_len = 1;
        slice.ports = &slice_port;
        slice.ports_len = 1;
        CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, NETPOL_ADMISSION_CREATE, NULL) ==
              NETPOL_STATUS_OK);
        netpol_engine_free(engine);
        CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
        CHECK(netpol_engine_attribute_service(engine, &asked, &backends) == NETPOL_STATUS_OK);
        CHECK(netpol_backends_list(backends, &list, &count) == NETPOL_STATUS_OK && count == 1);
        CHECK(list[0].port == 9999 && list[0].party.family == 4 && list[0].party.address[0] == 198);
        netpol_backends_free(backends);
        slice_endpoint.ready = NETPOL_KNOB_OFF;
        CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, NETPOL_ADMISSION_CREATE, NULL) ==
              NETPOL_STATUS_OK);
        netpol_engine_free(engine);
        CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
        CHECK(netpol_engine_decide_service(engine, &asked, &verdict) == NETPOL_STATUS_NO_BACKENDS);
        CHECK(netpol_cluster_delete(cluster, NETPOL_KIND_ENDPOINT_SLICE, netpol_str_of("shop"),
                                    netpol_str_of("db-1"), NULL) == NETPOL_STATUS_OK);
        CHECK(netpol_cluster_delete(cluster, NETPOL_KIND_SERVICE, netpol_str_of("shop"),
                                    netpol_str_of("db"), NULL) == NETPOL_STATUS_OK);
    }

    /* A wrong policy changes nothing, and says everything that is wrong with it. */
    peers[1].cidr = netpol_str_of("192.0.2.0/99");
    ports[0].end = 5;
    CHECK(netpol_cluster_upsert_network_policy(cluster, &policy, NETPOL_ADMISSION_CREATE, &report) ==
          NETPOL_STATUS_REFUSED);
    CHECK(netpol_report_count(report) >= 2);
    CHECK(netpol_report_at(report, 0, &diagnostic) == NETPOL_STATUS_OK);
    CHECK(diagnostic.severity == NETPOL_SEVERITY_ERROR && is_text(diagnostic.object_name, "db"));
    CHECK(is_text(diagnostic.field, "spec.ingress[0].ports[0].endPort"));
    CHECK(is_text(diagnostic.type_, "Invalid value") && diagnostic.message.len > 0);
    CHECK(netpol_report_at(report, 99, &diagnostic) == NETPOL_STATUS_INVALID_LENGTH);
    netpol_report_free(report);
    netpol_engine_free(engine);
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_decide(reader, &packets[1], &verdict) == NETPOL_STATUS_OK && verdict == 1);

    CHECK(netpol_engine_memory(engine, &memory) == NETPOL_STATUS_OK && memory.hot > 0);
    CHECK(netpol_cluster_memory(cluster, &memory) == NETPOL_STATUS_OK && memory.writer > 0);
    CHECK(netpol_cluster_snapshots(cluster, &count) == NETPOL_STATUS_OK && count >= 1);
    netpol_engine_free(engine);
    netpol_reader_free(reader);
    netpol_readers_free(readers);
    netpol_cluster_free(cluster);
    return 0;
}
