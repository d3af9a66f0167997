/*
 * A worker that goes on asking while another thread exchanges the policies.
 *
 *     reload FILE...
 *
 * A worker thread asks the same question all the time. For each file, the main thread makes its objects all
 * there is and publishes them; a file that is refused is told about, and changes nothing. Prints what the
 * worker then answers, with the generation it answered from.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "netpol.h"
#include "read_file.h"

/* What main thread and worker have in common. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static uint64_t generation;
static uint8_t verdict;
static bool done;

static void *work(void *argument)
{
    netpol_reader *reader = argument;
    netpol_packet packet = {0};
    netpol_decision decision;
    bool over = false;

    packet.family = 4;
    packet.protocol = 6;
    packet.source[0] = packet.destination[0] = 10;
    packet.source[3] = 2;
    packet.destination[3] = 1;
    packet.destination_port = 5432;
    while (!over) {
        /* Sees a publication with the next call; nothing waits, and nothing is locked by it. */
        if (netpol_reader_attribute(reader, &packet, &decision) != NETPOL_STATUS_OK) {
            break;
        }
        pthread_mutex_lock(&mutex);
        generation = decision.generation;
        verdict = decision.verdict;
        over = done;
        pthread_cond_signal(&answered);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

/* Exchanges the policies; says whether that went well. */
static bool reload(netpol_cluster *cluster, const char *path)
{
    netpol_report *report = NULL;
    netpol_str text;
    size_t length;
    char *file = read_file(path, &length);
    bool is_applied;

    if (file == NULL) {
        perror(path);
        return false;
    }
    text.data = file;
    text.len = length;
    is_applied = netpol_cluster_replace_all(cluster, NETPOL_KIND_NETWORK_POLICY, netpol_str_of(path), text,
                                            NETPOL_ADMISSION_CREATE, &report) == NETPOL_STATUS_OK;
    fprintf(stderr, "%.*s", (int)netpol_report_text(report).len, netpol_report_text(report).data);
    netpol_report_free(report);
    free(file);
    return is_applied && netpol_cluster_publish(cluster, NULL, NULL) == NETPOL_STATUS_OK;
}

int main(int argc, char **argv)
{
    static const char pods[] =
        "{apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}},"
        " status: {phase: Running, podIP: 10.0.0.1}}\n---\n"
        "{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},"
        " status: {phase: Running, podIP: 10.0.0.2}}\n";
    netpol_cluster *cluster = NULL;
    netpol_readers *readers = NULL;
    netpol_reader *reader = NULL;
    pthread_t worker;
    uint64_t published = 1;
    int i, status = 0;

    if (netpol_cluster_new(NULL, &cluster) != NETPOL_STATUS_OK ||
        netpol_cluster_apply(cluster, netpol_str_of("pods"), netpol_str_of(pods), NETPOL_ADMISSION_CREATE,
                             NULL, NULL) != NETPOL_STATUS_OK ||
        netpol_cluster_publish(cluster, NULL, NULL) != NETPOL_STATUS_OK ||
        netpol_cluster_readers(cluster, &readers) != NETPOL_STATUS_OK ||
        netpol_reader_new(readers, &reader) != NETPOL_STATUS_OK ||
        pthread_create(&worker, NULL, work, reader) != 0) {
        return 2;
    }
    for (i = 1; i < argc; i++) {
        if (reload(cluster, argv[i])) {
            published++;
        } else {
            status = 1;
        }
        pthread_mutex_lock(&mutex);
        while (generation != published) {
            pthread_cond_wait(&answered, &mutex);
        }
        printf("%s: generation %lu, %s\n", argv[i], (unsigned long)generation,
               verdict == NETPOL_VERDICT_ALLOW ? "allow" : "deny");
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    done = true;
    pthread_mutex_unlock(&mutex);
    pthread_join(worker, NULL);
    netpol_reader_free(reader);
    netpol_readers_free(readers);
    netpol_cluster_free(cluster);
    return status;
}
