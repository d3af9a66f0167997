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
    netpol_manifest_free(NULL);

    /* Nothing was written by any of them, and everything still works. */
    CHECK(verdict == 9 && port == 9 && count == 9 && string == NULL && changes == NULL);
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
        CHECK(deleted == (number >= 1 && number <= 14 ? NETPOL_STATUS_OK : NETPOL_STATUS_INVALID_VALUE));
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

    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
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

int main(void)
{
    CHECK(netpol_abi_version() == NETPOL_ABI_VERSION);
    nulls();
    wrong_values();
    return 0;
}
