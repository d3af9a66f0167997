/*
 * Why may this pod open that connection, or why not?
 *
 *     explain FILE SOURCE DESTINATION PORT [json]
 *
 * asks about endpoints by name, such as `shop/web`, or `Deployment/shop/web` where several kinds share the
 * rest: manifests need not say addresses. The port is a number, or a name that the destination declares.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netpol.h"
#include "read_file.h"

enum { TCP = 6 };

/* A question about two endpoints; says what is wrong with it. */
static netpol_status ask(const netpol_engine *engine, char **names, netpol_question *question)
{
    netpol_status status =
        netpol_engine_endpoint(engine, netpol_str_of(names[0]), &question->source.endpoint);
    char *end;

    if (status == NETPOL_STATUS_OK) {
        status = netpol_engine_endpoint(engine, netpol_str_of(names[1]), &question->destination.endpoint);
    }
    if (status != NETPOL_STATUS_OK) {
        return status;
    }
    question->protocol = TCP;
    question->destination_port = (uint16_t)strtoul(names[2], &end, 10);
    if (*end != '\0') {
        status = netpol_engine_port_number(engine, question->destination.endpoint,
                                           netpol_str_of(names[2]), TCP, &question->destination_port);
    }
    return status;
}

int main(int argc, char **argv)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_report *report = NULL;
    netpol_string *explanation = NULL;
    netpol_question question = {0};
    netpol_status status;
    netpol_str text, view;
    uint8_t verdict = NETPOL_VERDICT_DENY;
    bool json = argc == 6 && strcmp(argv[5], "json") == 0;
    size_t length;
    char *file;

    if (argc != 5 && !json) {
        fprintf(stderr, "usage: explain FILE SOURCE DESTINATION PORT [json]\n");
        return 2;
    }
    file = read_file(argv[1], &length);
    if (file == NULL) {
        perror(argv[1]);
        return 2;
    }
    text.data = file;
    text.len = length;
    status = netpol_cluster_new(NULL, &cluster);
    if (status == NETPOL_STATUS_OK) {
        status = netpol_cluster_apply(cluster, netpol_str_of(argv[1]), text, NETPOL_ADMISSION_CREATE,
                                      NULL, &report);
    }
    if (status == NETPOL_STATUS_OK) {
        status = netpol_cluster_publish(cluster, &engine, NULL);
    }
    if (status == NETPOL_STATUS_OK) {
        status = ask(engine, argv + 2, &question);
    }
    if (status == NETPOL_STATUS_OK) {
        status = netpol_engine_decide_question(engine, &question, &verdict);
    }
    if (status == NETPOL_STATUS_OK) {
        status = netpol_engine_explain_question(engine, &question, json ? NULL : &explanation,
                                                json ? &explanation : NULL);
    }
    if (status == NETPOL_STATUS_OK) {
        view = netpol_string_view(explanation);
        printf("%.*s\n", (int)view.len, view.data);
    } else {
        view = netpol_status_text(status);
        fprintf(stderr, "%.*s%.*s\n", (int)netpol_report_text(report).len,
                netpol_report_text(report).data, (int)view.len, view.data);
    }

    netpol_string_free(explanation);
    netpol_report_free(report);
    netpol_engine_free(engine);
    netpol_cluster_free(cluster);
    free(file);
    return status != NETPOL_STATUS_OK ? 2 : verdict == NETPOL_VERDICT_ALLOW ? 0 : 1;
}
