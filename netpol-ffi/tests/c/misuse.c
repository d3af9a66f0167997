/* Every function with NULL, integers that are no enumerators, zero lengths, structs of another size. */

#include "check.h"

static void nulls(void)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    netpol_report *report = NULL;
    netpol_string *string = NULL;
    netpol_changes *changes = NULL;
    netpol_reach *reach = NULL;
    netpol_backends *backends = NULL;
    const netpol_backend *list = NULL;
    netpol_service_question service_question = {0};
    netpol_service_id service = 9;
    netpol_manifest *manifest = NULL;
    netpol_object object;
    netpol_packet packet = {0};
    netpol_question question = {0};
    netpol_party party = {0};
    netpol_decision decision;
    netpol_diagnostic diagnostic;
    netpol_memory memory;
    netpol_endpoint endpoint = 0;
    netpol_flip flip;
    const netpol_endpoint *endpoints = NULL;
    const netpol_network *networks = NULL;
    uint8_t verdict = 9;
    uint16_t port = 9;
    size_t count = 9;
    netpol_str none = netpol_str_of(NULL);

#define IS_NULL(call) CHECK((call) == NETPOL_STATUS_NULL_POINTER)
    IS_NULL(netpol_cluster_new(NULL, NULL));
    CHECK(netpol_cluster_new(NULL, &cluster) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_publish(cluster, &engine, &report) == NETPOL_STATUS_OK && report == NULL);
    CHECK(netpol_cluster_readers(cluster, &readers) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_new(readers, &reader) == NETPOL_STATUS_OK);

    IS_NULL(netpol_cluster_apply(NULL, none, none, 0, &count, &report));
    IS_NULL(netpol_cluster_replace_all(NULL, NETPOL_KIND_POD, none, none, 0, NULL));
    IS_NULL(netpol_manifest_read(NULL, none, none, &manifest));
    IS_NULL(netpol_manifest_read(cluster, none, none, NULL));
    IS_NULL(netpol_manifest_at(NULL, 0, &object));
    IS_NULL(netpol_cluster_apply_manifest(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_delete(NULL, NETPOL_KIND_POD, none, none, NULL));
    IS_NULL(netpol_cluster_set_node_addresses(NULL, none, NULL, 0));
    IS_NULL(netpol_cluster_set_node_addresses(cluster, none, NULL, 1));
    IS_NULL(netpol_cluster_resolve_domain(NULL, none, NULL, 0, 0));
    IS_NULL(netpol_cluster_withdraw_domain(NULL, none, NULL, 0));
    IS_NULL(netpol_cluster_advance(NULL, 1));
    IS_NULL(netpol_cluster_set_synced(NULL, true));
    IS_NULL(netpol_cluster_publish(NULL, &engine, NULL));
    IS_NULL(netpol_cluster_readers(NULL, &readers));
    IS_NULL(netpol_cluster_readers(cluster, NULL));
    IS_NULL(netpol_cluster_upsert_namespace(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_upsert_pod(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_upsert_node(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_upsert_network_policy(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_upsert_service(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_upsert_endpoint_slice(cluster, NULL, 0, NULL));
    IS_NULL(netpol_cluster_memory(NULL, &memory));
    IS_NULL(netpol_cluster_snapshots(NULL, &count));

    IS_NULL(netpol_engine_clone(NULL, &engine));
    IS_NULL(netpol_engine_decide(NULL, &packet, &verdict));
    IS_NULL(netpol_engine_decide(engine, NULL, &verdict));
    IS_NULL(netpol_engine_decide(engine, &packet, NULL));
    IS_NULL(netpol_engine_decide_direction(NULL, &packet, 0, &verdict));
    IS_NULL(netpol_engine_decide_batch(NULL, &packet, 1, &verdict));
    IS_NULL(netpol_engine_decide_batch(engine, NULL, 1, &verdict));
    IS_NULL(netpol_engine_decide_batch(engine, &packet, 1, NULL));
    IS_NULL(netpol_engine_attribute(engine, NULL, &decision));
    IS_NULL(netpol_engine_explain(engine, &packet, NULL));
    IS_NULL(netpol_engine_explain_json(engine, NULL, &string));
    IS_NULL(netpol_engine_decide_question(engine, NULL, &verdict));
    IS_NULL(netpol_engine_decide_question_direction(NULL, &question, 0, &verdict));
    IS_NULL(netpol_engine_attribute_question(engine, &question, NULL));
    IS_NULL(netpol_engine_explain_question(engine, NULL, &string, NULL));
    IS_NULL(netpol_engine_endpoint(engine, none, NULL));
    IS_NULL(netpol_engine_owner(engine, NULL, &endpoint));
    IS_NULL(netpol_engine_endpoint_name(engine, 0, NULL));
    IS_NULL(netpol_engine_port_number(NULL, 0, none, 6, &port));
    IS_NULL(netpol_engine_policy(NULL, 0, NULL, NULL));
    IS_NULL(netpol_engine_changes_since(engine, 0, NULL));
    IS_NULL(netpol_engine_recheck(engine, NULL, &packet, &verdict, 1, &flip, &count));
    IS_NULL(netpol_engine_sources_of(engine, NULL, 6, 80, &reach));
    IS_NULL(netpol_engine_destinations_of(engine, &party, 6, 80, NULL));
    IS_NULL(netpol_engine_memory(engine, NULL));

    IS_NULL(netpol_engine_service(NULL, none, &service));
    IS_NULL(netpol_engine_service(engine, none, NULL));
    IS_NULL(netpol_engine_service_name(engine, 0, NULL));
    IS_NULL(netpol_engine_decide_service(NULL, &service_question, &verdict));
    IS_NULL(netpol_engine_decide_service(engine, NULL, &verdict));
    IS_NULL(netpol_engine_decide_service(engine, &service_question, NULL));
    IS_NULL(netpol_engine_attribute_service(engine, NULL, &backends));
    IS_NULL(netpol_engine_attribute_service(engine, &service_question, NULL));
    IS_NULL(netpol_engine_explain_service(engine, NULL, &string, NULL));
    IS_NULL(netpol_engine_lints(NULL, &report));
    IS_NULL(netpol_engine_lints(engine, NULL));
    IS_NULL(netpol_backends_list(NULL, &list, &count));
    service_question.port_name.len = 3;
    IS_NULL(netpol_engine_decide_service(engine, &service_question, &verdict));

    IS_NULL(netpol_reader_new(NULL, &reader));
    IS_NULL(netpol_reader_decide(NULL, &packet, &verdict));
    IS_NULL(netpol_reader_decide_batch(reader, NULL, 3, &verdict));
    IS_NULL(netpol_reader_attribute(reader, &packet, NULL));
    IS_NULL(netpol_reader_engine(reader, NULL));
    IS_NULL(netpol_reader_decide_raw(NULL, NULL, 0, &verdict));
    IS_NULL(netpol_reader_decide_raw(reader, NULL, 20, &verdict));
    IS_NULL(netpol_report_at(NULL, 0, &diagnostic));
    IS_NULL(netpol_changes_endpoints(NULL, &endpoints, &count));
    IS_NULL(netpol_changes_networks(NULL, &networks, &count));
    IS_NULL(netpol_reach_endpoints(NULL, &endpoints, &count));
    IS_NULL(netpol_reach_networks(NULL, &networks, &count));
#undef IS_NULL

    /* Without a status, NULL has the careful answer. */
    CHECK(netpol_engine_generation(NULL) == 0 && netpol_reader_generation(NULL) == 0);
    CHECK(netpol_changes_is_everything(NULL));
    CHECK(netpol_changes_touch_packet(NULL, &packet) && netpol_changes_touch_address(NULL, NULL));
    CHECK(netpol_report_count(NULL) == 0 && netpol_report_text(NULL).len == 0);
    CHECK(netpol_manifest_count(NULL) == 0);
    CHECK(netpol_report_json(NULL).len == 0 && netpol_string_view(NULL).len == 0);
    netpol_cluster_free(NULL);
    netpol_engine_free(NULL);
    netpol_reader_free(NULL);
    netpol_readers_free(NULL);
    netpol_report_free(NULL);
    netpol_string_free(NULL);
    netpol_changes_free(NULL);
    netpol_reach_free(NULL);
    netpol_backends_free(NULL);
    netpol_manifest_free(NULL);

    /* Nothing was written by any of them, and everything still works. */
    CHECK(verdict == 9 && port == 9 && count == 9 && string == NULL && changes == NULL);
    CHECK(service == 9 && backends == NULL && list == NULL && report == NULL);
    CHECK(manifest == NULL);
    packet.family = 4;
    CHECK(netpol_engine_decide_batch(engine, NULL, 0, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_decide(reader, &packet, &verdict) == NETPOL_STATUS_OK);
    CHECK(verdict == NETPOL_VERDICT_ALLOW);

    /* Engines, readers and what makes them outlive the cluster. */
    netpol_cluster_free(cluster);
    CHECK(netpol_engine_decide(engine, &packet, &verdict) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_decide(reader, &packet, &verdict) == NETPOL_STATUS_OK);
    netpol_readers_free(readers);
    netpol_engine_free(engine);
    netpol_reader_free(reader);
}

static void wrong_values(void)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_report *report = NULL;
    netpol_options options = {0};
    netpol_pod pod = {0};
    netpol_packet packet = {0};
    netpol_question question = {0};
    netpol_service service = {0};
    netpol_service_port service_port = {0};
    netpol_endpoint_slice slice = {0};
    netpol_slice_endpoint slice_endpoint = {0};
    netpol_service_question service_question = {0};
    netpol_service_id service_id;
    netpol_endpoint endpoint;
    netpol_string *string = NULL;
    uint8_t verdicts[3] = {7, 7, 7};
    netpol_packet packets[3];
    netpol_str invalid = {"\xff\xfe", 2};
    int number;

    memset(packets, 0, sizeof packets);
    CHECK(netpol_cluster_new(&options, &cluster) == NETPOL_STATUS_INVALID_SIZE);
    options.size = sizeof options;
    options.fragments = 4;
    CHECK(netpol_cluster_new(&options, &cluster) == NETPOL_STATUS_INVALID_VALUE);
    options.fragments = 3;
    options.reserved[0] = 1;
    CHECK(netpol_cluster_new(&options, &cluster) == NETPOL_STATUS_INVALID_VALUE);
    options.reserved[0] = 0;
    CHECK(netpol_cluster_new(&options, &cluster) == NETPOL_STATUS_OK);

    for (number = -2; number < 300; number++) {
        netpol_status deleted = netpol_cluster_delete(cluster, number, netpol_str_of("d"),
                                                      netpol_str_of("x"), NULL);
        CHECK(deleted == (number >= 1 && number <= 16 ? NETPOL_STATUS_OK : NETPOL_STATUS_INVALID_VALUE));
        if (number < 0 || number > 1) {
            CHECK(netpol_cluster_apply(cluster, netpol_str_of(""), netpol_str_of(""), number, NULL,
                                       NULL) == NETPOL_STATUS_INVALID_VALUE);
        }
        CHECK(netpol_status_text(number).len > 0);
        CHECK((netpol_reason_name(number).len > 0) == (number >= 1 && number <= 14));
    }
    CHECK(netpol_cluster_apply(cluster, invalid, netpol_str_of(""), 0, NULL, NULL) ==
          NETPOL_STATUS_INVALID_UTF8);
    CHECK(netpol_cluster_apply(cluster, netpol_str_of(""), invalid, 0, NULL, &report) ==
          NETPOL_STATUS_REFUSED);
    CHECK(netpol_report_count(report) == 1);
    netpol_report_free(report);
    CHECK(netpol_cluster_upsert_pod(cluster, &pod, 0, NULL) == NETPOL_STATUS_INVALID_SIZE);
    pod.size = sizeof pod;
    pod.host_network = 2;
    CHECK(netpol_cluster_upsert_pod(cluster, &pod, 0, NULL) == NETPOL_STATUS_INVALID_VALUE);
    pod.host_network = 0;
    CHECK(netpol_cluster_upsert_pod(cluster, &pod, 0, &report) == NETPOL_STATUS_REFUSED);
    CHECK(netpol_report_count(report) > 0);
    netpol_report_free(report);

    pod.ready = 3;
    CHECK(netpol_cluster_upsert_pod(cluster, &pod, 0, NULL) == NETPOL_STATUS_INVALID_VALUE);
    pod.ready = 0;
    pod.terminating = 2;
    CHECK(netpol_cluster_upsert_pod(cluster, &pod, 0, NULL) == NETPOL_STATUS_INVALID_VALUE);

    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, NULL) == NETPOL_STATUS_INVALID_SIZE);
    service.size = sizeof service;
    service.internal_traffic_local = 2;
    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, NULL) == NETPOL_STATUS_INVALID_VALUE);
    service.internal_traffic_local = 0;
    service.reserved[5] = 1;
    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, NULL) == NETPOL_STATUS_INVALID_VALUE);
    service.reserved[5] = 0;
    service.ports_len = 1;
    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, NULL) == NETPOL_STATUS_NULL_POINTER);
    service.ports = &service_port;
    service_port.target = 80;
    service_port.target_name = netpol_str_of("http");
    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, NULL) == NETPOL_STATUS_INVALID_VALUE);
    service_port.target = 0;
    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, &report) == NETPOL_STATUS_REFUSED);
    CHECK(netpol_report_count(report) == 2);
    netpol_report_free(report);
    service.ports_len = 0;
    service.cluster_ips_len = SIZE_MAX / 2;
    CHECK(netpol_cluster_upsert_service(cluster, &service, 0, NULL) == NETPOL_STATUS_NULL_POINTER);

    CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, 0, NULL) ==
          NETPOL_STATUS_INVALID_SIZE);
    slice.size = sizeof slice;
    slice.name = netpol_str_of("db-1");
    slice.endpoints_len = 1;
    CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, 0, NULL) ==
          NETPOL_STATUS_NULL_POINTER);
    slice.endpoints = &slice_endpoint;
    slice_endpoint.ready = 3;
    CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, 0, NULL) ==
          NETPOL_STATUS_INVALID_VALUE);
    slice_endpoint.ready = 0;
    slice_endpoint.reserved[4] = 1;
    CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, 0, NULL) ==
          NETPOL_STATUS_INVALID_VALUE);
    slice_endpoint.reserved[4] = 0;
    CHECK(netpol_cluster_upsert_endpoint_slice(cluster, &slice, 0, &report) ==
          NETPOL_STATUS_REFUSED);
    netpol_report_free(report);

    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_engine_service(engine, netpol_str_of("x"), &service_id) ==
          NETPOL_STATUS_MALFORMED_NAME);
    CHECK(netpol_engine_service(engine, netpol_str_of("d/x"), &service_id) ==
          NETPOL_STATUS_UNKNOWN_SERVICE);
    CHECK(netpol_engine_service(engine, invalid, &service_id) == NETPOL_STATUS_INVALID_UTF8);
    CHECK(netpol_engine_endpoint(engine, netpol_str_of("svc/d/x"), &endpoint) ==
          NETPOL_STATUS_IS_SERVICE);
    CHECK(netpol_engine_service_name(engine, 4711, &string) == NETPOL_STATUS_FOREIGN_HANDLE);
    service_question.source.family = 4;
    service_question.service = 4711;
    service_question.protocol = 6;
    CHECK(netpol_engine_decide_service(engine, &service_question, verdicts) ==
          NETPOL_STATUS_FOREIGN_HANDLE);
    service_question.reserved = 1;
    CHECK(netpol_engine_decide_service(engine, &service_question, verdicts) ==
          NETPOL_STATUS_INVALID_VALUE);
    service_question.reserved = 0;
    service_question.port_name = invalid;
    CHECK(netpol_engine_decide_service(engine, &service_question, verdicts) ==
          NETPOL_STATUS_INVALID_UTF8);
    for (number = 0; number < 256; number++) {
        netpol_status expected =
            number == 4 || number == 6 ? NETPOL_STATUS_OK : NETPOL_STATUS_INVALID_VALUE;
        packet.family = (uint8_t)number;
        CHECK(netpol_engine_decide(engine, &packet, verdicts) == expected);
    }
    packet.family = 4;
    packet.transport = 3;
    CHECK(netpol_engine_decide(engine, &packet, verdicts) == NETPOL_STATUS_INVALID_VALUE);
    packet.transport = 0;
    packet.flags = 2;
    CHECK(netpol_engine_decide(engine, &packet, verdicts) == NETPOL_STATUS_INVALID_VALUE);
    packet.flags = 0;
    packet.reserved[5] = 1;
    CHECK(netpol_engine_decide(engine, &packet, verdicts) == NETPOL_STATUS_INVALID_VALUE);
    packet.reserved[5] = 0;
    CHECK(netpol_engine_decide_direction(engine, &packet, 2, verdicts) ==
          NETPOL_STATUS_INVALID_VALUE);

    /* A batch with one that is none is not begun. */
    packets[0].family = packets[1].family = 4;
    verdicts[0] = 7;
    CHECK(netpol_engine_decide_batch(engine, packets, 3, verdicts) == NETPOL_STATUS_INVALID_VALUE);
    CHECK(verdicts[0] == 7 && verdicts[1] == 7 && verdicts[2] == 7);
    CHECK(netpol_engine_decide_batch(engine, packets, SIZE_MAX / 2, verdicts) ==
          NETPOL_STATUS_INVALID_LENGTH);

    CHECK(netpol_engine_endpoint(engine, netpol_str_of("x"), &endpoint) ==
          NETPOL_STATUS_MALFORMED_NAME);
    CHECK(netpol_engine_endpoint(engine, netpol_str_of("d/x"), &endpoint) ==
          NETPOL_STATUS_UNKNOWN_ENDPOINT);
    CHECK(netpol_engine_endpoint_name(engine, 4711, &string) == NETPOL_STATUS_FOREIGN_HANDLE);
    CHECK(netpol_engine_policy(engine, 4711, NULL, NULL) == NETPOL_STATUS_FOREIGN_HANDLE);
    question.source.endpoint = 4711;
    CHECK(netpol_engine_decide_question(engine, &question, verdicts) ==
          NETPOL_STATUS_FOREIGN_HANDLE);
    netpol_engine_free(engine);
    netpol_cluster_free(cluster);
}

static void ignore(void *userdata, const netpol_flow *flow)
{
    (void)userdata;
    (void)flow;
}

static void tables_of_connections(void)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    netpol_flows *flows = NULL;
    netpol_flow_options options = {0};
    netpol_flow_verdict verdict, verdicts[2];
    netpol_flow_statistics statistics;
    netpol_flow flow;
    netpol_bytes packets[2] = {{NULL, 0}, {NULL, 1}};
    /* A protocol that has no ports. */
    uint8_t bytes[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 47};
    int number;

    CHECK(netpol_cluster_new(NULL, &cluster) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_cluster_readers(cluster, &readers) == NETPOL_STATUS_OK);
    CHECK(netpol_reader_new(readers, &reader) == NETPOL_STATUS_OK);

    /* Options of another size, without a seed, with numbers that mean nothing, with too much room. */
    CHECK(netpol_flows_new(NULL, &flows) == NETPOL_STATUS_NULL_POINTER);
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_SIZE);
    options.size = sizeof options - 1;
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_SIZE);
    options.size = sizeof options;
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_VALUE);
    options.seed[1] = 1;
    for (number = 3; number < 256; number++) {
        options.mid_stream = (uint8_t)number;
        CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_VALUE);
    }
    options.mid_stream = 2;
    for (number = 0; number < 7; number++) {
        options.reserved[number] = 1;
        CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_VALUE);
        options.reserved[number] = 0;
    }
    options.capacity = SIZE_MAX;
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_LENGTH);
    options.capacity = 1;
    options.fragments = SIZE_MAX / 2;
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_INVALID_LENGTH);
    options.fragments = 1;
    CHECK(netpol_flows_new(&options, NULL) == NETPOL_STATUS_NULL_POINTER);
    CHECK(flows == NULL);
    CHECK(netpol_flows_new(&options, &flows) == NETPOL_STATUS_OK);

#define IS_NULL(call) CHECK((call) == NETPOL_STATUS_NULL_POINTER)
    memset(&verdict, 7, sizeof verdict);
    memset(verdicts, 7, sizeof verdicts);
    IS_NULL(netpol_flows_judge(NULL, reader, bytes, sizeof bytes, 0, 0, &verdict));
    IS_NULL(netpol_flows_judge(flows, NULL, bytes, sizeof bytes, 0, 0, &verdict));
    IS_NULL(netpol_flows_judge(flows, reader, NULL, 1, 0, 0, &verdict));
    IS_NULL(netpol_flows_judge(flows, reader, bytes, sizeof bytes, 0, 0, NULL));
    IS_NULL(netpol_flows_judge_batch(NULL, reader, packets, 1, 0, verdicts));
    IS_NULL(netpol_flows_judge_batch(flows, NULL, packets, 1, 0, verdicts));
    IS_NULL(netpol_flows_judge_batch(flows, reader, NULL, 1, 0, verdicts));
    IS_NULL(netpol_flows_judge_batch(flows, reader, packets, 1, 0, NULL));
    IS_NULL(netpol_flows_judge_batch(flows, reader, packets, 2, 0, verdicts));
    IS_NULL(netpol_flows_find(NULL, bytes, sizeof bytes, &flow));
    IS_NULL(netpol_flows_find(flows, NULL, 1, &flow));
    IS_NULL(netpol_flows_find(flows, bytes, sizeof bytes, NULL));
    IS_NULL(netpol_flows_recheck(NULL, reader, 0, ignore, NULL));
    IS_NULL(netpol_flows_recheck(flows, NULL, 0, ignore, NULL));
    IS_NULL(netpol_flows_recheck(flows, reader, 0, NULL, NULL));
    IS_NULL(netpol_flows_statistics(NULL, 0, &statistics));
    IS_NULL(netpol_flows_statistics(flows, 0, NULL));
#undef IS_NULL
    CHECK(netpol_flows_memory(NULL) == 0);
    netpol_flows_clear(NULL);
    netpol_flows_free(NULL);

    for (number = 2; number < 256; number++) {
        CHECK(netpol_flows_judge(flows, reader, bytes, sizeof bytes, (uint8_t)number, 0,
                                 &verdict) == NETPOL_STATUS_INVALID_VALUE);
    }
    CHECK(netpol_flows_judge(flows, reader, bytes, sizeof bytes - 1, 0, 0, &verdict) ==
          NETPOL_STATUS_UNREADABLE_PACKET);
    CHECK(netpol_flows_judge(flows, reader, NULL, 0, 0, 0, &verdict) ==
          NETPOL_STATUS_UNREADABLE_PACKET);
    CHECK(netpol_flows_find(flows, bytes, 19, &flow) == NETPOL_STATUS_UNREADABLE_PACKET);
    CHECK(netpol_flows_find(flows, bytes, 20, &flow) == NETPOL_STATUS_UNKNOWN_FLOW);
    CHECK(netpol_flows_judge_batch(flows, reader, packets, SIZE_MAX / 2, 0, verdicts) ==
          NETPOL_STATUS_INVALID_LENGTH);

    /* None of them has written or changed anything. */
    CHECK(verdict.verdict == 7 && verdicts[0].verdict == 7 && verdicts[1].verdict == 7);
    CHECK(netpol_flows_statistics(flows, 0, &statistics) == NETPOL_STATUS_OK);
    CHECK(statistics.opened == 0 && statistics.capacity == 16);
    CHECK(netpol_flows_judge_batch(flows, reader, NULL, 0, 0, NULL) == NETPOL_STATUS_OK);
    CHECK(netpol_flows_judge(flows, reader, bytes, sizeof bytes, NETPOL_PACKET_VIA_SERVICE,
                             UINT64_MAX, &verdict) == NETPOL_STATUS_OK);
    CHECK(verdict.verdict == NETPOL_VERDICT_ALLOW && verdict.tracking == NETPOL_TRACKING_NEW);
    CHECK(netpol_flows_judge(flows, reader, bytes, sizeof bytes, 0, 0, &verdict) ==
          NETPOL_STATUS_OK);
    CHECK(verdict.tracking == NETPOL_TRACKING_ESTABLISHED);

    /* It lives on without all that it was used with. */
    netpol_reader_free(reader);
    netpol_readers_free(readers);
    netpol_engine_free(engine);
    netpol_cluster_free(cluster);
    CHECK(netpol_flows_find(flows, bytes, sizeof bytes, &flow) == NETPOL_STATUS_OK);
    netpol_flows_free(flows);
}

int main(void)
{
    CHECK(netpol_abi_version() == NETPOL_ABI_VERSION && netpol_version().len > 0);
    nulls();
    wrong_values();
    tables_of_connections();
    return 0;
}
