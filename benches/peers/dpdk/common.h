/* What the two programs share: files, packets, time. */
#ifndef COMMON_H
#define COMMON_H

#include <arpa/inet.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#define BATCH 32
/* Walks through the packets that are timed. */
#define WALKS 11

struct packet {
	uint32_t source, destination;
	unsigned source_port, destination_port;
	uint8_t protocol;
};

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

/* Starts the environment and gives back the directory of the world. */
static const char *start(int *argc, char ***argv)
{
	int taken = rte_eal_init(*argc, *argv);

	if (taken < 0)
		die("rte_eal_init failed");
	*argc -= taken;
	*argv += taken;
	if (*argc < 2)
		die("usage: PROGRAM EAL-OPTIONS -- WORLD VERDICTS");
	return (*argv)[1];
}

static FILE *open_in(const char *world, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", world, name);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		die("cannot open %s", path);
	return file;
}

static uint32_t address(const char *text)
{
	struct in_addr parsed;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		die("%s is no IPv4 address", text);
	return ntohl(parsed.s_addr);
}

static int next_packet(FILE *file, struct packet *packet)
{
	char protocol[8], source[40], destination[40];

	if (fscanf(file, "%7s %39s %u %39s %u", protocol, source, &packet->source_port, destination,
			&packet->destination_port) != 5)
		return 0;
	packet->protocol = protocol[0] == 'T' ? 6 : protocol[0] == 'U' ? 17 : 132;
	packet->source = address(source);
	packet->destination = address(destination);
	return 1;
}

static int compare_doubles(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* Nanoseconds per packet, of some walks. */
struct time {
	double median, best;
};

/* Nanoseconds per packet, after a walk that fills the caches. */
static struct time time_walks(void (*judge)(uint8_t *), uint8_t *verdicts, uint64_t packets)
{
	double times[WALKS];

	judge(verdicts);
	for (int walk = 0; walk < WALKS; walk++) {
		uint64_t begin = rte_get_timer_cycles();
		judge(verdicts);
		times[walk] = (rte_get_timer_cycles() - begin) * 1e9 / rte_get_timer_hz() / packets;
	}
	qsort(times, WALKS, sizeof(times[0]), compare_doubles);
	return (struct time){ .median = times[WALKS / 2], .best = times[0] };
}

static void __attribute__((unused)) write_verdicts(const char *path, const uint8_t *verdicts,
		uint64_t packets)
{
	FILE *file = path == NULL ? NULL : fopen(path, "w");

	if (file == NULL)
		die("nowhere to write verdicts to");
	for (uint64_t number = 0; number < packets; number++)
		fputs(verdicts[number] ? "allow\n" : "deny\n", file);
	fclose(file);
}

#endif
