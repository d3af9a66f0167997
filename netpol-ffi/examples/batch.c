/*
 * Judges many packets at once, and compares what that costs with judging them one by one.
 *
 *     batch FILE COUNT
 *
 * makes up COUNT TCP packets between addresses of 10.0.0.0/24 and prints how many may pass, and the nanoseconds
 * for each, one by one and in batches of 32.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "netpol.h"
#include "read_file.h"

enum { BATCH = 32 };

static double now(void)
{
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    netpol_cluster *cluster = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    netpol_report *report = NULL;
    netpol_packet *packets = NULL;
    netpol_str text;
    unsigned long count, allowed[2] = {0, 0};
    unsigned random = 1;
    double singly, in_batches;
    int status = 2;
    size_t length, i, j;
    char *file;

    count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (count == 0 || count > 100000000) {
        fprintf(stderr, "usage: batch FILE COUNT\n");
        return 2;
    }
    file = read_file(argv[1], &length);
    packets = calloc(count, sizeof *packets);
    if (file == NULL || packets == NULL) {
        perror(argv[1]);
        goto end;
    }
    text.data = file;
    text.len = length;
    if (netpol_cluster_new(NULL, &cluster) != NETPOL_STATUS_OK ||
        netpol_cluster_apply(cluster, netpol_str_of(argv[1]), text, NETPOL_ADMISSION_CREATE, NULL,
                             &report) != NETPOL_STATUS_OK ||
        netpol_cluster_publish(cluster, NULL, NULL) != NETPOL_STATUS_OK ||
        netpol_cluster_readers(cluster, &readers) != NETPOL_STATUS_OK ||
        netpol_reader_new(readers, &reader) != NETPOL_STATUS_OK) {
        fprintf(stderr, "%.*s", (int)netpol_report_text(report).len, netpol_report_text(report).data);
        goto end;
    }
    for (i = 0; i < count; i++) {
        random = random * 1664525u + 1013904223u;
        packets[i].family = 4;
        packets[i].protocol = 6;
        packets[i].source[0] = packets[i].destination[0] = 10;
        packets[i].source[3] = (uint8_t)(random >> 16);
        packets[i].destination[3] = (uint8_t)(random >> 24);
        packets[i].destination_port = 5432;
    }

    singly = now();
    for (i = 0; i < count; i++) {
        uint8_t verdict;
        if (netpol_reader_decide(reader, &packets[i], &verdict) != NETPOL_STATUS_OK) {
            goto end;
        }
        allowed[0] += verdict;
    }
    singly = now() - singly;
    in_batches = now();
    for (i = 0; i < count; i += BATCH) {
        uint8_t verdicts[BATCH];
        size_t part = count - i < BATCH ? count - i : BATCH;
        if (netpol_reader_decide_batch(reader, packets + i, part, verdicts) != NETPOL_STATUS_OK) {
            goto end;
        }
        for (j = 0; j < part; j++) {
            allowed[1] += verdicts[j];
        }
    }
    in_batches = now() - in_batches;
    printf("%lu of %lu may pass\n", allowed[0], count);
    printf("%.1f ns one by one, %.1f ns in batches\n", singly / (double)count,
           in_batches / (double)count);
    status = allowed[0] == allowed[1] ? 0 : 1;

end:
    netpol_report_free(report);
    netpol_reader_free(reader);
    netpol_readers_free(readers);
    netpol_cluster_free(cluster);
    free(packets);
    free(file);
    return status;
}
