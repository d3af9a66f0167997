/*
 * Judges many packets at once, and compares what that costs with judging them one by one, and with judging
 * them as they lie in memory.
 *
 *     batch FILE COUNT
 *
 * makes up COUNT TCP packets between addresses of 10.0.0.0/24 and prints how many may pass, and the nanoseconds
 * for each: one by one, in batches of 32, and one by one from the bytes of its headers.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netpol.h"
#include "read_file.h"

enum { BATCH = 32, HEADERS = 40 };

static double now(void)
{
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The headers of IPv4 and TCP, of which what decides is filled in. */
static void write_headers(uint8_t bytes[HEADERS], const netpol_packet *packet)
{
    bytes[0] = 0x45;
    bytes[3] = HEADERS;
    bytes[9] = packet->protocol;
    memcpy(bytes + 12, packet->source, 4);
    memcpy(bytes + 16, packet->destination, 4);
    bytes[22] = (uint8_t)(packet->destination_port >> 8);
    bytes[23] = (uint8_t)packet->destination_port;
}

int main(int argc, char **argv)
{
    netpol_cluster *cluster = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    netpol_report *report = NULL;
    netpol_packet *packets = NULL;
    netpol_str text;
    unsigned long count, allowed[3] = {0, 0, 0};
    unsigned random = 1;
    uint8_t(*headers)[HEADERS] = NULL;
    double singly, in_batches, from_bytes;
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
    headers = calloc(count, sizeof *headers);
    if (file == NULL || packets == NULL || headers == NULL) {
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
        write_headers(headers[i], &packets[i]);
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
    from_bytes = now();
    for (i = 0; i < count; i++) {
        uint8_t verdict;
        if (netpol_reader_decide_raw(reader, headers[i], sizeof headers[i], &verdict) !=
            NETPOL_STATUS_OK) {
            goto end;
        }
        allowed[2] += verdict;
    }
    from_bytes = now() - from_bytes;
    printf("%lu of %lu may pass\n", allowed[0], count);
    printf("%.1f ns one by one, %.1f ns in batches, %.1f ns from bytes\n", singly / (double)count,
           in_batches / (double)count, from_bytes / (double)count);
    status = allowed[0] == allowed[1] && allowed[0] == allowed[2] ? 0 : 1;

end:
    netpol_report_free(report);
    netpol_reader_free(reader);
    netpol_readers_free(readers);
    netpol_cluster_free(cluster);
    free(headers);
    free(packets);
    free(file);
    return status;
}
