/*
 * May this packet pass?
 *
 *     decide FILE SOURCE DESTINATION PORT
 *
 * reads manifests and says what becomes of a TCP connection between two IPv4 addresses, and why. The
 * exit status is 0 for allow, 1 for deny, 2 when there is no answer.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "netpol.h"
#include "read_file.h"

int main(int argc, char **argv)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_report *report = NULL;
    netpol_string *explanation = NULL;
    netpol_packet packet = {0};
    netpol_str text;
    uint8_t verdict = NETPOL_VERDICT_DENY;
    int status = 2;
    char *file;
    size_t length;

    if (argc != 5 || inet_pton(AF_INET, argv[2], packet.source) != 1 ||
        inet_pton(AF_INET, argv[3], packet.destination) != 1) {
        fprintf(stderr, "usage: decide FILE SOURCE DESTINATION PORT\n");
        return 2;
    }
    packet.family = 4;
    packet.protocol = 6;
    packet.destination_port = (uint16_t)strtoul(argv[4], NULL, 10);

    file = read_file(argv[1], &length);
    if (file == NULL) {
        perror(argv[1]);
        return 2;
    }
    text.data = file;
    text.len = length;
    if (netpol_cluster_new(NULL, &cluster) == NETPOL_STATUS_OK &&
        netpol_cluster_apply(cluster, netpol_str_of(argv[1]), text, NETPOL_ADMISSION_CREATE, NULL,
                             &report) == NETPOL_STATUS_OK &&
        netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK &&
        netpol_engine_decide(engine, &packet, &verdict) == NETPOL_STATUS_OK &&
        netpol_engine_explain(engine, &packet, &explanation) == NETPOL_STATUS_OK) {
        netpol_str view = netpol_string_view(explanation);
        printf("%.*s\n", (int)view.len, view.data);
        status = verdict == NETPOL_VERDICT_ALLOW ? 0 : 1;
    }
    /* Errors and warnings alike; empty when there are none. */
    fprintf(stderr, "%.*s", (int)netpol_report_text(report).len, netpol_report_text(report).data);

    netpol_string_free(explanation);
    netpol_report_free(report);
    netpol_engine_free(engine);
    netpol_cluster_free(cluster);
    free(file);
    return status;
}
