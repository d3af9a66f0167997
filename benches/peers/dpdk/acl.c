/*
 * Asks DPDK's rte_acl, packet by packet and in batches.
 *
 * A world is two lists of rules, expanded to pod x pod x port: what may enter pods and what may
 * leave them. Each is a context of its own, with the pod that the rule is about as the first
 * address, so that the tries stay small; in one context the two lists would multiply. What the
 * first denies never meets the second.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "common.h"

/* As the classifier reads it: protocol first, then words of four bytes, in network order. */
struct key {
	uint8_t protocol;
	uint8_t pad[3];
	uint32_t subject;
	uint32_t peer;
	uint16_t source_port;
	uint16_t destination_port;
};

enum { PROTOCOL, SUBJECT, PEER, SOURCE_PORT, DESTINATION_PORT, FIELDS };

static const struct rte_acl_field_def fields[FIELDS] = {
	[PROTOCOL] = { .type = RTE_ACL_FIELD_TYPE_BITMASK, .size = 1, .field_index = PROTOCOL,
		.input_index = 0, .offset = offsetof(struct key, protocol) },
	[SUBJECT] = { .type = RTE_ACL_FIELD_TYPE_MASK, .size = 4, .field_index = SUBJECT,
		.input_index = 1, .offset = offsetof(struct key, subject) },
	[PEER] = { .type = RTE_ACL_FIELD_TYPE_MASK, .size = 4, .field_index = PEER,
		.input_index = 2, .offset = offsetof(struct key, peer) },
	[SOURCE_PORT] = { .type = RTE_ACL_FIELD_TYPE_RANGE, .size = 2, .field_index = SOURCE_PORT,
		.input_index = 3, .offset = offsetof(struct key, source_port) },
	[DESTINATION_PORT] = { .type = RTE_ACL_FIELD_TYPE_RANGE, .size = 2,
		.field_index = DESTINATION_PORT, .input_index = 3,
		.offset = offsetof(struct key, destination_port) },
};

RTE_ACL_RULE_DEF(rule, FIELDS);

/* What a rule says; no rule at all says 0: nobody isolates the pod. */
enum { UNRESTRICTED = 0, DENY = 1, ALLOW = 2 };

enum { INGRESS, EGRESS, DIRECTIONS };

static struct rte_acl_ctx *contexts[DIRECTIONS];
static struct key *keys[DIRECTIONS];
static uint64_t packets;

static const struct { enum rte_acl_classify_alg alg; const char *name; } algorithms[] = {
	{ RTE_ACL_CLASSIFY_SCALAR, "scalar" },
	{ RTE_ACL_CLASSIFY_SSE, "sse" },
	{ RTE_ACL_CLASSIFY_AVX2, "avx2" },
	{ RTE_ACL_CLASSIFY_AVX512X16, "avx512x16" },
	{ RTE_ACL_CLASSIFY_AVX512X32, "avx512x32" },
};

/* Reads rules: direction (I or E), subject, peer and its length, protocol (0: any), ports, verdict. */
static uint64_t load(const char *world)
{
	const uint64_t most = 1 << 26;
	uint64_t count[DIRECTIONS] = { 0 };
	char direction, verdict, subject[16], peer[16];
	unsigned length, protocol, first, last;
	FILE *file = open_in(world, "rules.txt");

	while (fscanf(file, " %c %15s %15s %u %u %u %u %c", &direction, subject, peer, &length,
			&protocol, &first, &last, &verdict) == 8)
		count[direction == 'I' ? INGRESS : EGRESS]++;
	for (int side = 0; side < DIRECTIONS; side++) {
		if (count[side] > most)
			die("too many rules");
		struct rte_acl_param parameters = {
			.name = side == INGRESS ? "ingress" : "egress",
			.socket_id = SOCKET_ID_ANY,
			.rule_size = RTE_ACL_RULE_SZ(FIELDS),
			.max_rule_num = count[side] + 1,
		};
		contexts[side] = rte_acl_create(&parameters);
		if (contexts[side] == NULL)
			die("rte_acl_create: %s", rte_strerror(rte_errno));
	}
	rewind(file);
	while (fscanf(file, " %c %15s %15s %u %u %u %u %c", &direction, subject, peer, &length,
			&protocol, &first, &last, &verdict) == 8) {
		struct rule rule = {
			.data = {
				.category_mask = 1,
				.priority = verdict == 'A' ? 2 : 1,
				.userdata = verdict == 'A' ? ALLOW : DENY,
			},
		};
		rule.field[PROTOCOL].value.u8 = protocol;
		rule.field[PROTOCOL].mask_range.u8 = protocol == 0 ? 0 : 0xff;
		rule.field[SUBJECT].value.u32 = address(subject);
		rule.field[SUBJECT].mask_range.u32 = 32;
		rule.field[PEER].value.u32 = address(peer);
		rule.field[PEER].mask_range.u32 = length;
		rule.field[SOURCE_PORT].mask_range.u16 = UINT16_MAX;
		rule.field[DESTINATION_PORT].value.u16 = first;
		rule.field[DESTINATION_PORT].mask_range.u16 = last;
		int side = direction == 'I' ? INGRESS : EGRESS;
		if (rte_acl_add_rules(contexts[side], (struct rte_acl_rule *)&rule, 1) != 0)
			die("rte_acl_add_rules");
	}
	fclose(file);
	for (int side = 0; side < DIRECTIONS; side++) {
		/* A context without rules cannot be built; this one is about nobody. */
		struct rule nobody = { .data = { .category_mask = 1, .priority = 1, .userdata = DENY } };
		nobody.field[SUBJECT].value.u32 = UINT32_MAX;
		nobody.field[SUBJECT].mask_range.u32 = 32;
		nobody.field[SOURCE_PORT].mask_range.u16 = UINT16_MAX;
		nobody.field[DESTINATION_PORT].mask_range.u16 = UINT16_MAX;
		if (count[side] == 0 &&
				rte_acl_add_rules(contexts[side], (struct rte_acl_rule *)&nobody, 1) != 0)
			die("rte_acl_add_rules");
	}
	return count[INGRESS] + count[EGRESS];
}

static void build(void)
{
	struct rte_acl_config config = { .num_categories = 1, .num_fields = FIELDS };

	memcpy(config.defs, fields, sizeof(fields));
	for (int side = 0; side < DIRECTIONS; side++) {
		if (rte_acl_build(contexts[side], &config) != 0)
			die("rte_acl_build: %s", rte_strerror(rte_errno));
	}
}

static void read_packets(const char *world)
{
	struct packet packet;
	FILE *file = open_in(world, "packets.txt");

	while (next_packet(file, &packet))
		packets++;
	rewind(file);
	for (int side = 0; side < DIRECTIONS; side++)
		keys[side] = calloc(packets + BATCH, sizeof(struct key));
	for (uint64_t number = 0; number < packets; number++) {
		next_packet(file, &packet);
		struct key *ingress = &keys[INGRESS][number], *egress = &keys[EGRESS][number];
		ingress->protocol = egress->protocol = packet.protocol;
		ingress->subject = egress->peer = htonl(packet.destination);
		ingress->peer = egress->subject = htonl(packet.source);
		ingress->source_port = egress->source_port = htons(packet.source_port);
		ingress->destination_port = egress->destination_port = htons(packet.destination_port);
	}
	fclose(file);
}

static void singly(uint8_t *verdicts)
{
	for (uint64_t number = 0; number < packets; number++) {
		const uint8_t *data = (const uint8_t *)&keys[INGRESS][number];
		uint32_t result = 0;
		rte_acl_classify(contexts[INGRESS], &data, &result, 1, 1);
		if (result != DENY) {
			data = (const uint8_t *)&keys[EGRESS][number];
			rte_acl_classify(contexts[EGRESS], &data, &result, 1, 1);
		}
		verdicts[number] = result != DENY;
	}
}

static void in_batches(uint8_t *verdicts)
{
	for (uint64_t first = 0; first < packets; first += BATCH) {
		const uint8_t *data[BATCH];
		uint32_t results[BATCH];
		uint64_t entered[BATCH];
		uint32_t size = packets - first < BATCH ? packets - first : BATCH, left = 0;
		for (uint32_t place = 0; place < size; place++)
			data[place] = (const uint8_t *)&keys[INGRESS][first + place];
		rte_acl_classify(contexts[INGRESS], data, results, size, 1);
		for (uint32_t place = 0; place < size; place++) {
			uint64_t number = first + place;
			verdicts[number] = 0;
			entered[left] = number;
			data[left] = (const uint8_t *)&keys[EGRESS][number];
			left += results[place] != DENY;
		}
		if (left == 0)
			continue;
		rte_acl_classify(contexts[EGRESS], data, results, left, 1);
		for (uint32_t place = 0; place < left; place++)
			verdicts[entered[place]] = results[place] != DENY;
	}
}

/* The way to ask and the algorithm that are fastest here. */
static struct time best(void (*judge)(uint8_t *), uint8_t *verdicts, uint8_t *expected,
		const char **name)
{
	struct time fastest = { 0 };

	for (size_t place = 0; place < RTE_DIM(algorithms); place++) {
		int set = 0;
		for (int side = 0; side < DIRECTIONS; side++)
			set |= rte_acl_set_ctx_classify(contexts[side], algorithms[place].alg);
		if (set != 0)
			continue;
		struct time time = time_walks(judge, verdicts, packets);
		if (expected != NULL && memcmp(verdicts, expected, packets) != 0)
			die("%s answers differently", algorithms[place].name);
		if (fastest.best == 0 || time.best < fastest.best) {
			fastest = time;
			*name = algorithms[place].name;
		}
	}
	return fastest;
}

int main(int argc, char **argv)
{
	struct rte_malloc_socket_stats before, after;
	const char *single_algorithm = "", *batch_algorithm = "";
	const char *world = start(&argc, &argv);
	const char *output = argc > 2 ? argv[2] : NULL;

	uint64_t rules = load(world);
	rte_malloc_get_socket_stats(0, &before);
	uint64_t begin = rte_get_timer_cycles();
	build();
	double seconds = (double)(rte_get_timer_cycles() - begin) / rte_get_timer_hz();
	rte_malloc_get_socket_stats(0, &after);

	read_packets(world);
	uint8_t *verdicts = calloc(packets + BATCH, 1), *expected = calloc(packets + BATCH, 1);
	struct time single = best(singly, verdicts, NULL, &single_algorithm);
	memcpy(expected, verdicts, packets);
	struct time batch = best(in_batches, verdicts, expected, &batch_algorithm);
	write_verdicts(output, verdicts, packets);
	printf("{\"rules\":%" PRIu64 ",\"build\":%f,\"bytes\":%zu,\"packets\":%" PRIu64
		",\"single\":{\"median\":%f,\"best\":%f},\"singleAlgorithm\":\"%s\",\"batch\":{\"median\":%f,\"best\":%f},\"batchAlgorithm\":\"%s\"}\n",
		rules, seconds, after.heap_allocsz_bytes - before.heap_allocsz_bytes, packets,
		single.median, single.best, single_algorithm, batch.median, batch.best,
		batch_algorithm);
	return 0;
}
