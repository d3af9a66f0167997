/*
 * Asks DPDK's rte_fib (DIR-24-8) for source and destination of every packet: what it costs to learn
 * whose addresses they are, without any policy.
 */
#include <inttypes.h>

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_malloc.h>

#include "common.h"

static struct rte_fib *fib;
static uint32_t *addresses;
static uint64_t packets;
static uint64_t *hops;

static const struct { enum rte_fib_lookup_type type; const char *name; } algorithms[] = {
	{ RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO, "scalar" },
	{ RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512, "avx512" },
};

/* Prefixes, one in a line: address, length and number. */
static uint64_t load(const char *world)
{
	uint64_t count = 0, hop;
	char prefix[16];
	unsigned length;
	FILE *file = open_in(world, "prefixes.txt");

	while (fscanf(file, "%15s %u %" SCNu64, prefix, &length, &hop) == 3)
		count++;
	struct rte_fib_conf config = {
		.type = RTE_FIB_DIR24_8,
		.default_nh = 0,
		.max_routes = count + 1,
		.dir24_8 = { .nh_sz = RTE_FIB_DIR24_8_4B, .num_tbl8 = 1 << 17 },
	};
	fib = rte_fib_create("pods", SOCKET_ID_ANY, &config);
	if (fib == NULL)
		die("rte_fib_create: %s", rte_strerror(rte_errno));
	rewind(file);
	while (fscanf(file, "%15s %u %" SCNu64, prefix, &length, &hop) == 3) {
		int error = rte_fib_add(fib, address(prefix), length, hop);
		if (error != 0)
			die("rte_fib_add: %s", rte_strerror(-error));
	}
	fclose(file);
	return count;
}

static void read_packets(const char *world)
{
	struct packet packet;
	FILE *file = open_in(world, "packets.txt");

	while (next_packet(file, &packet))
		packets++;
	rewind(file);
	addresses = calloc(2 * packets, sizeof(*addresses));
	hops = calloc(2 * packets, sizeof(*hops));
	for (uint64_t number = 0; number < packets; number++) {
		next_packet(file, &packet);
		addresses[2 * number] = packet.source;
		addresses[2 * number + 1] = packet.destination;
	}
	fclose(file);
}

static void singly(uint8_t *unused)
{
	(void)unused;
	for (uint64_t number = 0; number < packets; number++)
		rte_fib_lookup_bulk(fib, &addresses[2 * number], &hops[2 * number], 2);
}

static void in_batches(uint8_t *unused)
{
	(void)unused;
	for (uint64_t first = 0; first < packets; first += BATCH) {
		uint64_t size = packets - first < BATCH ? packets - first : BATCH;
		rte_fib_lookup_bulk(fib, &addresses[2 * first], &hops[2 * first], 2 * size);
	}
}

static struct time best(void (*judge)(uint8_t *), const char **name)
{
	struct time fastest = { 0 };

	for (size_t place = 0; place < RTE_DIM(algorithms); place++) {
		if (rte_fib_select_lookup(fib, algorithms[place].type) != 0)
			continue;
		struct time time = time_walks(judge, NULL, packets);
		if (fastest.best == 0 || time.best < fastest.best) {
			fastest = time;
			*name = algorithms[place].name;
		}
	}
	return fastest;
}

int main(int argc, char **argv)
{
	const char *single_algorithm = "", *batch_algorithm = "";
	const char *world = start(&argc, &argv);

	if (argc < 3)
		die("nowhere to write next hops to");
	uint64_t begin = rte_get_timer_cycles();
	uint64_t prefixes = load(world);
	double seconds = (double)(rte_get_timer_cycles() - begin) / rte_get_timer_hz();
	read_packets(world);
	struct time single = best(singly, &single_algorithm);
	struct time batch = best(in_batches, &batch_algorithm);
	FILE *file = fopen(argv[2], "w");
	if (file == NULL)
		die("cannot write %s", argv[2]);
	for (uint64_t number = 0; number < packets; number++)
		fprintf(file, "%" PRIu64 " %" PRIu64 "\n", hops[2 * number], hops[2 * number + 1]);
	fclose(file);
	printf("{\"prefixes\":%" PRIu64 ",\"build\":%f,\"packets\":%" PRIu64
		",\"single\":{\"median\":%f,\"best\":%f},\"singleAlgorithm\":\"%s\",\"batch\":{\"median\":%f,\"best\":%f},\"batchAlgorithm\":\"%s\"}\n",
		prefixes, seconds, packets, single.median, single.best, single_algorithm,
		batch.median, batch.best, batch_algorithm);
	return 0;
}
