/*
 * Traffic for benches/nfqueue/run.
 *
 *     traffic serve                     greets TCP connections, and answers each 32nd datagram, at port 80
 *     traffic connect SECONDS ADDRESS   opens connections, is greeted and closes them; prints how many in a
 *                                       second
 *     traffic send SECONDS ADDRESS      sends datagrams, 32 at a time, each lot when the one before was
 *                                       answered; prints how many in a second
 *
 * Both wait for answers, so that what is counted went all the way, and nothing is lost to full queues.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 80, LOT = 32, CLIENTS = 4 };

static struct sockaddr_in server;
static double seconds;
static atomic_ulong done;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int fail(const char *what)
{
    perror(what);
    exit(1);
}

static void *accept_all(void *unused)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, connection;
    struct sockaddr_in own = {0};

    (void)unused;
    own.sin_family = AF_INET;
    own.sin_port = htons(PORT);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0 || listen(listener, 1024) < 0) {
        fail("listen");
    }
    while ((connection = accept(listener, NULL, NULL)) >= 0 || errno == ECONNABORTED) {
        if (connection >= 0) {
            if (send(connection, "!", 1, MSG_NOSIGNAL) < 0 && errno != ECONNRESET && errno != EPIPE) {
                perror("send");
            }
            close(connection);
        }
    }
    return NULL;
}

static void serve(void)
{
    int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 1 << 22;
    struct sockaddr_in own = {0}, from;
    socklen_t length = sizeof from;
    pthread_t thread;
    unsigned char number[4];

    own.sin_family = AF_INET;
    own.sin_port = htons(PORT);
    setsockopt(datagrams, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (bind(datagrams, (struct sockaddr *)&own, sizeof own) < 0 ||
        pthread_create(&thread, NULL, accept_all, NULL) != 0) {
        fail("bind");
    }
    while (recvfrom(datagrams, number, sizeof number, 0, (struct sockaddr *)&from, &length) == sizeof number) {
        if (number[0] == LOT - 1) {
            sendto(datagrams, number, sizeof number, 0, (struct sockaddr *)&from, length);
        }
    }
}

static void *open_connections(void *unused)
{
    struct linger none = {1, 0};
    double end = now() + seconds;
    char greeting;

    (void)unused;
    while (now() < end) {
        int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(connection, (struct sockaddr *)&server, sizeof server) == 0 &&
            recv(connection, &greeting, 1, 0) == 1) {
            atomic_fetch_add(&done, 1);
        }
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(connection);
    }
    return NULL;
}

static void *send_datagrams(void *unused)
{
    int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {0, 200000};
    unsigned char numbers[LOT][4], answer[4];
    struct iovec vectors[LOT];
    struct mmsghdr messages[LOT];
    double end = now() + seconds;
    int i;

    (void)unused;
    memset(numbers, 0, sizeof numbers);
    memset(messages, 0, sizeof messages);
    for (i = 0; i < LOT; i++) {
        numbers[i][0] = (unsigned char)i;
        vectors[i].iov_base = numbers[i];
        vectors[i].iov_len = sizeof numbers[i];
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    setsockopt(datagrams, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(datagrams, (struct sockaddr *)&server, sizeof server) < 0) {
        fail("connect");
    }
    while (now() < end) {
        if (sendmmsg(datagrams, messages, LOT, 0) == LOT && recv(datagrams, answer, sizeof answer, 0) > 0) {
            atomic_fetch_add(&done, LOT);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[CLIENTS];
    double begin;
    int i;

    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        serve();
        return 1;
    }
    server.sin_family = AF_INET;
    server.sin_port = htons(PORT);
    if (argc != 4 || inet_pton(AF_INET, argv[3], &server.sin_addr) != 1 || (seconds = atof(argv[2])) <= 0) {
        fputs("usage: traffic serve | connect SECONDS ADDRESS | send SECONDS ADDRESS\n", stderr);
        return 2;
    }
    begin = now();
    for (i = 0; i < CLIENTS; i++) {
        pthread_create(&threads[i], NULL, strcmp(argv[1], "connect") == 0 ? open_connections : send_datagrams, NULL);
    }
    for (i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%.0f\n", (double)atomic_load(&done) / (now() - begin));
    return 0;
}
