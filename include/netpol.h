/*
 * libnetpol: may this packet pass?
 *
 * Kubernetes NetworkPolicies, pods and namespaces go in; verdicts come out, in nanoseconds, with the
 * reason. The library has no clock, no socket and no thread of its own.
 *
 *     netpol_cluster *cluster = NULL;
 *     netpol_engine *engine = NULL;
 *     netpol_report *report = NULL;
 *     uint8_t verdict = NETPOL_VERDICT_DENY;
 *
 *     if (netpol_cluster_new(NULL, &cluster) != NETPOL_STATUS_OK ||
 *         netpol_cluster_apply(cluster, netpol_str_of("shop.yaml"), text, NETPOL_ADMISSION_CREATE,
 *                              NULL, &report) != NETPOL_STATUS_OK ||
 *         netpol_cluster_publish(cluster, &engine, NULL) != NETPOL_STATUS_OK) {
 *         // netpol_report_text(report) says what is wrong, with line and column
 *     }
 *     netpol_engine_decide(engine, &packet, &verdict);
 *
 * Compile and link with `pkg-config --cflags --libs netpol`.
 *
 * Three nouns. A `netpol_cluster` is what writers see; a `netpol_engine` is an immutable snapshot of
 * it, which `netpol_cluster_publish` makes; a `netpol_reader`, one per thread, asks the newest engine
 * without ever waiting. A dataplane feeds one cluster from one thread and has a reader in each worker,
 * and beside it a `netpol_flows` where nothing else keeps track of connections.
 *
 * Ownership. What a function hands over through a `**_out` parameter is the caller's, who frees it
 * with the function named `_free`. Objects do not depend on each other's life: an engine, reader or
 * report may be used after its cluster is freed. Texts and lists inside an object (`netpol_str`,
 * `const T **`) live as long as that object. Inputs are copied; the library keeps no pointer of the
 * caller's.
 *
 * Threads. A `const` object may be used by any number of threads at once; one that is not `const` by
 * one thread at a time. Different objects need no care, whatever they have in common.
 *
 * Errors. Fallible functions return a `netpol_status`, an `int32_t`; results are written on
 * NETPOL_STATUS_OK alone, and a call that is refused changes nothing. A `netpol_report **` is the
 * exception: it is written always (NULL when there is nothing to say), and has every error and
 * warning at once. NULL is answered, never followed: NETPOL_STATUS_NULL_POINTER, or nothing where
 * there is no status. Enumerations are passed as integers, and any integer may be passed. What cannot
 * be asked about should not be let pass.
 *
 * Panics. A defect of the library is contained: NETPOL_STATUS_PANIC, and a message on stderr. The
 * process goes on, and so does every object.
 *
 * Stability. Numbers of statuses, reasons and enumerators never change. Structs that begin with
 * `size` may grow; the others do not. Until 1.0 the name of the shared library has the full version.
 */


#ifndef NETPOL_H
#define NETPOL_H

/* Generated from netpol-ffi/src by cbindgen: `make header`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_attribute)
#if __has_attribute(warn_unused_result)
#define NETPOL_NODISCARD __attribute__((warn_unused_result))
#endif
#endif
#ifndef NETPOL_NODISCARD
#define NETPOL_NODISCARD
#endif


/**
 * Stands in an attribution where there is no policy, rule, peer or port.
 */
#define NETPOL_NONE UINT32_MAX

/**
 * A flag of packets and questions: a Service was translated to this destination. It matters only
 * where the source is the destination.
 */
#define NETPOL_PACKET_VIA_SERVICE 1

/**
 * Flags of a TCP header, in `netpol_raw_packet.tcp_flags`.
 */
#define NETPOL_TCP_FIN 1

/**
 * As NETPOL_TCP_FIN.
 */
#define NETPOL_TCP_SYN 2

/**
 * As NETPOL_TCP_FIN.
 */
#define NETPOL_TCP_RST 4

/**
 * As NETPOL_TCP_FIN.
 */
#define NETPOL_TCP_ACK 16

/**
 * The binary interface that this header describes.
 */
#define NETPOL_ABI_VERSION 1

/**
 * How a call ended. The numbers never change; new ones may come.
 */
enum netpol_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It did what it is for.
   */
  NETPOL_STATUS_OK = 0,
  /**
   * A pointer that must not be NULL is.
   */
  NETPOL_STATUS_NULL_POINTER = 100,
  /**
   * A text is not UTF-8.
   */
  NETPOL_STATUS_INVALID_UTF8 = 101,
  /**
   * A number is none of the values it may have, or a reserved field is not 0.
   */
  NETPOL_STATUS_INVALID_VALUE = 102,
  /**
   * A length does not fit: two arrays that belong together, or more than memory can hold.
   */
  NETPOL_STATUS_INVALID_LENGTH = 103,
  /**
   * The size field of a struct is none that this library knows.
   */
  NETPOL_STATUS_INVALID_SIZE = 104,
  /**
   * The input is refused, with reasons; nothing changed.
   */
  NETPOL_STATUS_REFUSED = 200,
  /**
   * There is no endpoint of this name.
   */
  NETPOL_STATUS_UNKNOWN_ENDPOINT = 201,
  /**
   * Endpoints of several kinds share the name.
   */
  NETPOL_STATUS_AMBIGUOUS_ENDPOINT = 202,
  /**
   * The name is neither `namespace/name` nor `kind/namespace/name`.
   */
  NETPOL_STATUS_MALFORMED_NAME = 203,
  /**
   * A handle is of another engine.
   */
  NETPOL_STATUS_FOREIGN_HANDLE = 204,
  /**
   * The ends have no address family in common.
   */
  NETPOL_STATUS_NO_COMMON_FAMILY = 205,
  /**
   * The destination, or the Service, has no such port, or declares it for several numbers.
   */
  NETPOL_STATUS_UNKNOWN_PORT_NAME = 206,
  /**
   * There is no Service of this name.
   */
  NETPOL_STATUS_UNKNOWN_SERVICE = 207,
  /**
   * The name is a Service's, which is no end of a connection.
   */
  NETPOL_STATUS_IS_SERVICE = 208,
  /**
   * Nobody gets what is sent to the Service.
   */
  NETPOL_STATUS_NO_BACKENDS = 209,
  /**
   * The Service has no backends, and means another name.
   */
  NETPOL_STATUS_EXTERNAL_NAME = 210,
  /**
   * Where the Service sends to is not understood.
   */
  NETPOL_STATUS_NOT_UNDERSTOOD = 211,
  /**
   * The Service sends to a pod that is not there, so that nothing is known of it.
   */
  NETPOL_STATUS_UNKNOWN_POD = 212,
  /**
   * The bytes are no packet that can be judged; it should not pass.
   */
  NETPOL_STATUS_UNREADABLE_PACKET = 300,
  /**
   * The table of connections knows no flow that the packet belongs to.
   */
  NETPOL_STATUS_UNKNOWN_FLOW = 301,
  /**
   * A defect of the library was met and contained. The call may have been done in part.
   */
  NETPOL_STATUS_PANIC = 900,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_status netpol_status;
#else
typedef int32_t netpol_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How strictly objects are taken in.
 */
enum netpol_admission
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * For files and people: what `kubectl create` would refuse is refused, all of it at once.
   */
  NETPOL_ADMISSION_CREATE = 0,
  /**
   * For what a cluster already holds: what parses is taken, and each fault is a warning. What
   * cannot be understood matches nothing while its policy still isolates.
   */
  NETPOL_ADMISSION_STORED = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_admission netpol_admission;
#else
typedef uint8_t netpol_admission;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Which of the two ends is asked.
 */
enum netpol_direction
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * May the destination receive it?
   */
  NETPOL_DIRECTION_INGRESS = 0,
  /**
   * May the source send it?
   */
  NETPOL_DIRECTION_EGRESS = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_direction netpol_direction;
#else
typedef uint8_t netpol_direction;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How far a flow has come.
 */
enum netpol_flow_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Only its opener has sent anything.
   */
  NETPOL_FLOW_STATE_OPENING = 0,
  /**
   * The other side has answered.
   */
  NETPOL_FLOW_STATE_ANSWERED = 1,
  /**
   * The opener has gone on after that; with TCP, it has acknowledged the answer.
   */
  NETPOL_FLOW_STATE_ESTABLISHED = 2,
  /**
   * One side has sent everything.
   */
  NETPOL_FLOW_STATE_HALF_CLOSED = 3,
  /**
   * Both sides have.
   */
  NETPOL_FLOW_STATE_CLOSED = 4,
  /**
   * One side has given up.
   */
  NETPOL_FLOW_STATE_RESET = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_flow_state netpol_flow_state;
#else
typedef uint8_t netpol_flow_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Which piece of a packet a fragment is.
 */
enum netpol_fragment
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The packet is whole.
   */
  NETPOL_FRAGMENT_NONE = 0,
  /**
   * The first, which has the ports.
   */
  NETPOL_FRAGMENT_FIRST = 1,
  /**
   * A later one.
   */
  NETPOL_FRAGMENT_LATER = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_fragment netpol_fragment;
#else
typedef uint8_t netpol_fragment;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Kinds of objects, for `netpol_cluster_delete`.
 */
enum netpol_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Namespace; goes with everything in it.
   */
  NETPOL_KIND_NAMESPACE = 1,
  /**
   * Node.
   */
  NETPOL_KIND_NODE = 2,
  /**
   * Pod.
   */
  NETPOL_KIND_POD = 3,
  /**
   * NetworkPolicy, in any of its forms.
   */
  NETPOL_KIND_NETWORK_POLICY = 4,
  /**
   * ClusterNetworkPolicy.
   */
  NETPOL_KIND_CLUSTER_NETWORK_POLICY = 5,
  /**
   * AdminNetworkPolicy.
   */
  NETPOL_KIND_ADMIN_NETWORK_POLICY = 6,
  /**
   * BaselineAdminNetworkPolicy.
   */
  NETPOL_KIND_BASELINE_ADMIN_NETWORK_POLICY = 7,
  /**
   * Deployment.
   */
  NETPOL_KIND_DEPLOYMENT = 8,
  /**
   * ReplicaSet.
   */
  NETPOL_KIND_REPLICA_SET = 9,
  /**
   * StatefulSet.
   */
  NETPOL_KIND_STATEFUL_SET = 10,
  /**
   * DaemonSet.
   */
  NETPOL_KIND_DAEMON_SET = 11,
  /**
   * Job.
   */
  NETPOL_KIND_JOB = 12,
  /**
   * CronJob.
   */
  NETPOL_KIND_CRON_JOB = 13,
  /**
   * ReplicationController.
   */
  NETPOL_KIND_REPLICATION_CONTROLLER = 14,
  /**
   * Service.
   */
  NETPOL_KIND_SERVICE = 15,
  /**
   * EndpointSlice.
   */
  NETPOL_KIND_ENDPOINT_SLICE = 16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_kind netpol_kind;
#else
typedef uint8_t netpol_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The values of an option that is on or off.
 */
enum netpol_knob
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * As the library has it.
   */
  NETPOL_KNOB_DEFAULT = 0,
  /**
   * Off.
   */
  NETPOL_KNOB_OFF = 1,
  /**
   * On.
   */
  NETPOL_KNOB_ON = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_knob netpol_knob;
#else
typedef uint8_t netpol_knob;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a direction has its verdict.
 */
enum netpol_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The subject of this direction is no pod.
   */
  NETPOL_REASON_NOT_A_POD = 1,
  /**
   * No policy isolates the pod in this direction, and no rule of an ordered tier decides.
   */
  NETPOL_REASON_NOT_ISOLATED = 2,
  /**
   * A rule allows it.
   */
  NETPOL_REASON_RULE_MATCHES = 3,
  /**
   * The pod is isolated and no rule allows it.
   */
  NETPOL_REASON_NO_RULE_MATCHES = 4,
  /**
   * The pod talks to itself.
   */
  NETPOL_REASON_SELF_TRAFFIC = 5,
  /**
   * The other end is the pod's own node.
   */
  NETPOL_REASON_OWN_NODE = 6,
  /**
   * Neighbour or multicast listener discovery, which always passes.
   */
  NETPOL_REASON_LINK_SIGNALLING = 7,
  /**
   * The protocol has no ports, and the options let those pass.
   */
  NETPOL_REASON_UNMATCHED_PROTOCOL = 8,
  /**
   * Essential ICMP, which the options let pass.
   */
  NETPOL_REASON_ESSENTIAL_ICMP = 9,
  /**
   * A fragment without ports, on which the options decide.
   */
  NETPOL_REASON_FRAGMENT = 10,
  /**
   * An address from a node's pod range that is no pod's.
   */
  NETPOL_REASON_UNKNOWN_POD_ADDRESS = 11,
  /**
   * The cluster has not been told completely yet.
   */
  NETPOL_REASON_NOT_SYNCED = 12,
  /**
   * A rule of an ordered tier denies it.
   */
  NETPOL_REASON_RULE_DENIES = 13,
  /**
   * A rule of an ordered tier that is not understood denies everything.
   */
  NETPOL_REASON_RULE_NOT_UNDERSTOOD = 14,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_reason netpol_reason;
#else
typedef uint8_t netpol_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The answer about a Service.
 */
enum netpol_service_verdict
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * No backend may be reached.
   */
  NETPOL_SERVICE_VERDICT_DENY = 0,
  /**
   * Every backend may be reached.
   */
  NETPOL_SERVICE_VERDICT_ALLOW = 1,
  /**
   * Some may be reached and some not: it depends on which of them a connection is given to.
   */
  NETPOL_SERVICE_VERDICT_MIXED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_service_verdict netpol_service_verdict;
#else
typedef uint8_t netpol_service_verdict;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How bad it is.
 */
enum netpol_severity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The call was refused for it.
   */
  NETPOL_SEVERITY_ERROR = 1,
  /**
   * The call went through.
   */
  NETPOL_SEVERITY_WARNING = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_severity netpol_severity;
#else
typedef uint8_t netpol_severity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Which of the three lists of policies decided.
 */
enum netpol_tier
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * No policy did.
   */
  NETPOL_TIER_NONE = 0,
  /**
   * Cluster-wide policies that are asked first.
   */
  NETPOL_TIER_ADMIN = 1,
  /**
   * NetworkPolicies.
   */
  NETPOL_TIER_NETWORK_POLICY = 2,
  /**
   * Cluster-wide policies that are asked last.
   */
  NETPOL_TIER_BASELINE = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_tier netpol_tier;
#else
typedef uint8_t netpol_tier;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a packet is to the table.
 */
enum netpol_tracking
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Judged by policy on its own, and not remembered: it belongs to no flow and opens none, or there
   * was no room.
   */
  NETPOL_TRACKING_NOT_TRACKED = 0,
  /**
   * The first packet of a flow, judged by policy, and remembered when it may pass.
   */
  NETPOL_TRACKING_NEW = 1,
  /**
   * Of a flow, from the side that opened it.
   */
  NETPOL_TRACKING_ESTABLISHED = 2,
  /**
   * Of a flow, from the other side.
   */
  NETPOL_TRACKING_REPLY = 3,
  /**
   * An ICMP error about a packet of a flow.
   */
  NETPOL_TRACKING_RELATED = 4,
  /**
   * A piece of a fragmented packet whose first piece was judged, or one that is denied because it
   * would write over what that was judged by.
   */
  NETPOL_TRACKING_FRAGMENT = 5,
  /**
   * Of a flow that policy does not allow any more.
   */
  NETPOL_TRACKING_CUT_OFF = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_tracking netpol_tracking;
#else
typedef uint8_t netpol_tracking;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What follows the IP header.
 */
enum netpol_transport
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Ports, as TCP, UDP and SCTP have them.
   */
  NETPOL_TRANSPORT_PORTS = 0,
  /**
   * Type and code, as ICMP and ICMPv6 have them.
   */
  NETPOL_TRANSPORT_ICMP = 1,
  /**
   * Neither can be known: a fragment but the first, or another protocol.
   */
  NETPOL_TRANSPORT_UNKNOWN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_transport netpol_transport;
#else
typedef uint8_t netpol_transport;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * May it pass?
 */
enum netpol_verdict
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * No.
   */
  NETPOL_VERDICT_DENY = 0,
  /**
   * Yes.
   */
  NETPOL_VERDICT_ALLOW = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum netpol_verdict netpol_verdict;
#else
typedef uint8_t netpol_verdict;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Those who get what is sent to a Service. Any thread may read it; it lives until it is freed.
 */
typedef struct netpol_backends netpol_backends;

/**
 * Whose verdicts may differ between two generations of a cluster. Any thread may read it; it keeps
 * the newer engine alive until it is freed.
 */
typedef struct netpol_changes netpol_changes;

/**
 * A cluster as its writer sees it: objects go in, `netpol_cluster_publish` makes engines of them.
 *
 * One thread at a time may use a cluster. Engines and readers outlive it.
 */
typedef struct netpol_cluster netpol_cluster;

/**
 * An immutable snapshot of a cluster, which answers. Any number of threads may ask it at once; it
 * lives until every clone of it is freed, whatever becomes of the cluster.
 */
typedef struct netpol_engine netpol_engine;

/**
 * A bounded table of connections: replies and ICMP errors of what policy allowed pass, later fragments
 * follow the first, and what policy does not allow any more is cut off. Dataplanes with conntrack ask
 * about new connections only and do not need it.
 *
 * One thread at a time may use a table; both directions of a connection must come to the same one.
 * All readers it is given are to be of one cluster. Every call is told the time in
 * nanoseconds since some moment that is the same for all calls, as CLOCK_MONOTONIC tells it; a time
 * before one that was told is taken for that. Nothing is allocated once it is made.
 */
typedef struct netpol_flows netpol_flows;

/**
 * A text that was read: its objects, and everything that is wrong with it. Nothing is refused before
 * it is applied. Any thread may read it; it lives until it is freed.
 */
typedef struct netpol_manifest netpol_manifest;

/**
 * The other ends that may open a connection, or to which one may be opened. Any thread may read it;
 * it lives until it is freed.
 */
typedef struct netpol_reach netpol_reach;

/**
 * Asks the newest engine, whichever that is at each call: one per thread. It never waits, and never
 * allocates once it has the newest engine.
 *
 * One thread at a time may use a reader. While nobody asks, it keeps one engine alive.
 */
typedef struct netpol_reader netpol_reader;

/**
 * Makes readers. Any number of threads may use it; it lives until it is freed, whatever becomes of
 * the cluster.
 */
typedef struct netpol_readers netpol_readers;

/**
 * What a call has to say about its input: every error and every warning, with places and fields.
 *
 * Functions that take a `netpol_report **` write it whenever there is something to say, whatever
 * their status, and NULL when there is nothing; pass NULL where nobody listens. Any thread may read
 * a report; it lives until it is freed.
 */
typedef struct netpol_report netpol_report;

/**
 * A text that the library made. Any thread may read it; it lives until it is freed.
 */
typedef struct netpol_string netpol_string;

/**
 * The first packet of a connection as it would reach the destination: addresses and ports after
 * DNAT. 48 bytes. Set what does not apply to 0.
 */
typedef struct {
  /**
   * The sender's address in network order; an IPv4 address is the first four bytes.
   */
  uint8_t source[16];
  /**
   * The receiver's, likewise.
   */
  uint8_t destination[16];
  /**
   * The sender's port, in host order. No rule looks at it.
   */
  uint16_t source_port;
  /**
   * The receiver's port, in host order.
   */
  uint16_t destination_port;
  /**
   * 4 or 6, of both addresses.
   */
  uint8_t family;
  /**
   * The protocol number: 6 for TCP, 17 for UDP, 132 for SCTP, 1 and 58 for ICMP.
   */
  uint8_t protocol;
  /**
   * A `netpol_transport`.
   */
  uint8_t transport;
  /**
   * NETPOL_PACKET_VIA_SERVICE, or 0.
   */
  uint8_t flags;
  /**
   * ICMP type.
   */
  uint8_t icmp_type;
  /**
   * ICMP code.
   */
  uint8_t icmp_code;
  /**
   * Not used; 0.
   */
  uint8_t reserved[6];
} netpol_packet;

/**
 * An address, for lists of them.
 */
typedef struct {
  /**
   * In network order; an IPv4 address is the first four bytes.
   */
  uint8_t bytes[16];
  /**
   * 4 or 6.
   */
  uint8_t family;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
} netpol_address;

/**
 * Handle of an endpoint, from `netpol_engine_endpoint` or `netpol_engine_owner`. It means the same
 * endpoint in every later engine of its cluster, as long as that endpoint is there.
 */
typedef uint32_t netpol_endpoint;

/**
 * A network: an address and how many of its leading bits count.
 */
typedef struct {
  /**
   * In network order; an IPv4 address is the first four bytes.
   */
  uint8_t address[16];
  /**
   * 4 or 6.
   */
  uint8_t family;
  /**
   * The length of the prefix, in bits.
   */
  uint8_t prefix_len;
  /**
   * Not used; 0.
   */
  uint8_t reserved[2];
} netpol_network;

/**
 * A verdict of a list that is another now.
 */
typedef struct {
  /**
   * Index in the list.
   */
  size_t index;
  /**
   * A `netpol_verdict`: the one in force now.
   */
  uint8_t verdict;
  /**
   * Not used; 0.
   */
  uint8_t reserved[7];
} netpol_flip;

/**
 * What the API leaves open. Set everything to 0 (`netpol_options options = {sizeof options}`), then
 * what is wanted otherwise: 0 means the default in every field. What each says is with the option
 * of the same name in the documentation of `netpol_core::Options`.
 */
typedef struct {
  /**
   * `sizeof(netpol_options)`: fields that a program did not know of stay at their defaults.
   */
  size_t size;
  /**
   * Traffic from its own node always enters a pod: NETPOL_KNOB_ON (default) or _OFF.
   */
  uint8_t own_node_ingress;
  /**
   * Traffic of a pod to its own node always leaves it: _ON or _OFF (default).
   */
  uint8_t own_node_egress;
  /**
   * The first address of a node's pod range is the node's: _ON or _OFF (default).
   */
  uint8_t pod_cidr_gateway;
  /**
   * A pod always reaches itself: _ON (default) or _OFF.
   */
  uint8_t self_traffic;
  /**
   * A Service that leads back to the pod counts as the pod itself: _ON or _OFF (default).
   */
  uint8_t service_hairpin;
  /**
   * Pods in the host network: 1 ignored (default), 2 treated as pods.
   */
  uint8_t host_network_pods;
  /**
   * ipBlocks: 1 match pods' addresses (default), 2 never do.
   */
  uint8_t ip_block_pods;
  /**
   * Protocols without ports that no rule admits: 1 denied (default), 2 allowed, 3 essential ICMP
   * allowed.
   */
  uint8_t unmatched_protocols;
  /**
   * Containers that give port names their numbers: 1 containers, 2 sidecars too (default), 3 all.
   */
  uint8_t named_port_containers;
  /**
   * Fragments without ports: 1 match rules without ports (default), 2 allowed, 3 denied.
   */
  uint8_t fragments;
  /**
   * Namespaces that are only mentioned: 1 have their name as label (default), 2 no labels, 3
   * refuse to publish.
   */
  uint8_t missing_namespaces;
  /**
   * Namespaces have the label `kubernetes.io/metadata.name`: _ON (default) or _OFF.
   */
  uint8_t inject_metadata_name;
  /**
   * Pods that ran to their end: 1 dropped (default), 2 kept.
   */
  uint8_t completed_pods;
  /**
   * Addresses in a pod range that are no pod's: 1 external (default), 2 denied.
   */
  uint8_t unknown_pod_addresses;
  /**
   * CIDRs in admission Create: 1 legacy (default), 2 strict.
   */
  uint8_t cidrs;
  /**
   * `endPort` makes a range: _ON (default) or _OFF.
   */
  uint8_t end_port;
  /**
   * Policies whose subject cannot be read: 1 isolate the namespace (default), 2 are refused.
   */
  uint8_t unreadable_subjects;
  /**
   * The Baseline tier is asked: 1 per direction (default), 2 of pods without NetworkPolicy.
   */
  uint8_t baseline;
  /**
   * Equal priorities: 1 by name (default), 2 refuse to publish.
   */
  uint8_t equal_priorities;
  /**
   * NetworkPolicies mean: 1 what v1 says (default), 2 what they meant before.
   */
  uint8_t network_policies;
  /**
   * The answer until `netpol_cluster_set_synced`: 0 no such answer (default), 1 deny, 2 allow.
   */
  uint8_t until_synced;
  /**
   * NetworkPolicies in their form of 2016 are read from texts: _ON or _OFF (default).
   */
  uint8_t legacy_forms;
  /**
   * Not used; 0.
   */
  uint8_t reserved[2];
} netpol_options;

/**
 * A text that somebody else owns: UTF-8, not terminated by NUL. A length of 0 is the empty text,
 * whatever the pointer.
 */
typedef struct {
  /**
   * The first byte.
   */
  const char *data;
  /**
   * How many bytes there are.
   */
  size_t len;
} netpol_str;

/**
 * What the verdict of one direction rests on. 20 bytes.
 */
typedef struct {
  /**
   * A `netpol_verdict`.
   */
  uint8_t verdict;
  /**
   * A `netpol_reason`.
   */
  uint8_t reason;
  /**
   * A `netpol_tier`.
   */
  uint8_t tier;
  /**
   * Not used; 0.
   */
  uint8_t reserved;
  /**
   * The policy whose rule decides, or the first that isolates; `netpol_engine_policy` names it.
   */
  uint32_t policy;
  /**
   * Index of the rule in its list.
   */
  uint32_t rule;
  /**
   * Index of the peer in the rule; none when the rule names no peers.
   */
  uint32_t peer;
  /**
   * Index of the port in the rule; none when the rule names no ports.
   */
  uint32_t port;
} netpol_attribution;

/**
 * A verdict and what it rests on, of both directions. 56 bytes.
 */
typedef struct {
  /**
   * The generation of the engine that answers.
   */
  uint64_t generation;
  /**
   * May the destination receive it?
   */
  netpol_attribution ingress;
  /**
   * May the source send it?
   */
  netpol_attribution egress;
  /**
   * A `netpol_verdict`.
   */
  uint8_t verdict;
  /**
   * Not used; 0.
   */
  uint8_t reserved[7];
} netpol_decision;

/**
 * One end of a question: an address, or an endpoint whatever address its packets carry.
 */
typedef struct {
  /**
   * The address, when `family` is 4 or 6; an IPv4 address is the first four bytes.
   */
  uint8_t address[16];
  /**
   * The endpoint, when `family` is 0.
   */
  netpol_endpoint endpoint;
  /**
   * 4 or 6 for an address, 0 for an endpoint.
   */
  uint8_t family;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
} netpol_party;

/**
 * May this end open that connection to the other? As a packet, between endpoints: each is judged by
 * its own labels and ports, even when its address is forged, another's, or not known yet.
 */
typedef struct {
  /**
   * Who sends.
   */
  netpol_party source;
  /**
   * Who receives.
   */
  netpol_party destination;
  /**
   * The sender's port. No rule looks at it.
   */
  uint16_t source_port;
  /**
   * The receiver's port.
   */
  uint16_t destination_port;
  /**
   * The protocol number.
   */
  uint8_t protocol;
  /**
   * A `netpol_transport`.
   */
  uint8_t transport;
  /**
   * NETPOL_PACKET_VIA_SERVICE, or 0.
   */
  uint8_t flags;
  /**
   * ICMP type.
   */
  uint8_t icmp_type;
  /**
   * ICMP code.
   */
  uint8_t icmp_code;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
} netpol_question;

/**
 * A policy by its names. The texts live as long as the engine.
 */
typedef struct {
  /**
   * The kind, as the API spells it; `Namespace` for the isolating annotation of old clusters.
   */
  netpol_str kind;
  /**
   * A `netpol_tier`.
   */
  uint8_t tier;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
  /**
   * The priority of a cluster-wide policy, the smaller the earlier; 0 for others.
   */
  int32_t priority;
} netpol_policy_name;

/**
 * What a table of connections is made with. Set everything to 0, then `size`, `seed` and what is wanted
 * otherwise: 0 means the default in every other field. What each says is with the field of the same
 * name in the documentation of `netpol_core::flows::FlowOptions` and `FlowTimeouts`.
 */
typedef struct {
  /**
   * `sizeof(netpol_flow_options)`: fields that a program did not know of stay at their defaults.
   */
  size_t size;
  /**
   * Sixteen random bytes, from `getrandom` or the like, other ones for each table and start, and told
   * to nobody: who knows them can send packets that all come to one place of the table. Not
   * all 0.
   */
  uint64_t seed[2];
  /**
   * For how many flows there is to be room, of 66 bytes each. Default 65,536.
   */
  size_t capacity;
  /**
   * For how many fragmented packets there is to be room, of 56 bytes each. Default 1,024.
   */
  size_t fragments;
  /**
   * How long a flow is remembered after its last packet, in milliseconds: TCP that nobody has
   * answered. Default 120,000.
   */
  uint64_t tcp_opening_ms;
  /**
   * TCP that was answered and not acknowledged. Default 60,000.
   */
  uint64_t tcp_answered_ms;
  /**
   * TCP that is established. Default 7,440,000: 2 hours and 4 minutes.
   */
  uint64_t tcp_established_ms;
  /**
   * TCP that one side has closed. Default 3,600,000.
   */
  uint64_t tcp_half_closed_ms;
  /**
   * TCP that both sides have closed. Default 120,000.
   */
  uint64_t tcp_closed_ms;
  /**
   * TCP that was reset. Default 10,000.
   */
  uint64_t tcp_reset_ms;
  /**
   * UDP that nobody has answered. Default 30,000.
   */
  uint64_t udp_opening_ms;
  /**
   * UDP that was answered. Default 120,000.
   */
  uint64_t udp_answered_ms;
  /**
   * SCTP whose handshake has not ended. Default 3,000.
   */
  uint64_t sctp_opening_ms;
  /**
   * SCTP that is established. Default 210,000.
   */
  uint64_t sctp_established_ms;
  /**
   * SCTP that is shutting down or was aborted. Default 10,000.
   */
  uint64_t sctp_closed_ms;
  /**
   * A question of ICMP. Default 30,000.
   */
  uint64_t icmp_ms;
  /**
   * Other protocols. Default 600,000.
   */
  uint64_t other_ms;
  /**
   * What the first fragment of a packet was answered. Default 30,000.
   */
  uint64_t fragments_ms;
  /**
   * A TCP segment without SYN, or SCTP packet without INIT, that belongs to no known flow: 1 judged
   * as the first of one (default), 2 denied.
   */
  uint8_t mid_stream;
  /**
   * Not used; 0.
   */
  uint8_t reserved[7];
} netpol_flow_options;

/**
 * What a table answers about a packet. 16 bytes.
 */
typedef struct {
  /**
   * The generation of the engine that was asked.
   */
  uint64_t generation;
  /**
   * A `netpol_verdict`.
   */
  uint8_t verdict;
  /**
   * A `netpol_tracking`.
   */
  uint8_t tracking;
  /**
   * The bytes are no packet that can be judged; the verdict is deny. Only in batches.
   */
  bool is_unreadable;
  /**
   * Not used; 0.
   */
  uint8_t reserved[5];
} netpol_flow_verdict;

/**
 * A packet of a batch: bytes that begin with its IP header.
 */
typedef struct {
  /**
   * Where they are; may be NULL when `len` is 0.
   */
  const uint8_t *data;
  /**
   * How many there are.
   */
  size_t len;
} netpol_bytes;

/**
 * A flow, as it is at this moment. 72 bytes.
 */
typedef struct {
  /**
   * The packet that opened it, by which policies judge it: `netpol_reader_attribute` says why.
   */
  netpol_packet opening;
  /**
   * The generation in which policy was last asked about it.
   */
  uint64_t generation;
  /**
   * When its last packet came, in nanoseconds as the table was told.
   */
  uint64_t seen_ns;
  /**
   * What tells questions of ICMP apart, when `has_icmp_identifier`.
   */
  uint16_t icmp_identifier;
  /**
   * Whether there is an identifier.
   */
  bool has_icmp_identifier;
  /**
   * A `netpol_flow_state`.
   */
  uint8_t state;
  /**
   * Policy does not allow it any more, so none of its packets pass.
   */
  bool is_cut_off;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
} netpol_flow;

/**
 * What is told of flows. `userdata` is what the caller gave; the flow lives during the call, in which
 * table and reader must not be used. It must return: no `longjmp` and no exception may leave it.
 */
typedef void (*netpol_flow_callback)(void *userdata, const netpol_flow *flow);

/**
 * What is in a table, and what has happened to it since it was made. Arrays have room for numbers that
 * may come.
 */
typedef struct {
  /**
   * How many flows there is room for.
   */
  size_t capacity;
  /**
   * How many there are in each `netpol_flow_state`, those that are cut off among them.
   */
  size_t by_state[8];
  /**
   * How many of them are cut off.
   */
  size_t cut_off;
  /**
   * How many fragmented packets are known.
   */
  size_t fragments;
  /**
   * How many packets passed, by `netpol_tracking`.
   */
  uint64_t allowed[8];
  /**
   * How many did not.
   */
  uint64_t denied[8];
  /**
   * How many flows were opened and remembered.
   */
  uint64_t opened;
  /**
   * How many were forgotten because they were quiet for too long.
   */
  uint64_t expired;
  /**
   * How many made room for others before their time was over.
   */
  uint64_t evicted;
  /**
   * How many were allowed and not remembered, because only established ones were in their places.
   */
  uint64_t refused;
  /**
   * How often a flow was cut off.
   */
  uint64_t cuts;
  /**
   * How often one that was cut off was allowed again.
   */
  uint64_t resumed;
} netpol_flow_statistics;

/**
 * An object of a manifest. The texts live as long as the manifest.
 */
typedef struct {
  /**
   * A `netpol_kind`.
   */
  uint8_t kind;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
  /**
   * The line where it begins, from 1.
   */
  uint32_t line;
  /**
   * Its namespace; empty for kinds that live in none.
   */
  netpol_str namespace_;
  /**
   * Its name; of one that the API server would name, the prefix and a star.
   */
  netpol_str name;
} netpol_object;

/**
 * A label, or a pair of another map.
 */
typedef struct {
  /**
   * The key.
   */
  netpol_str key;
  /**
   * The value.
   */
  netpol_str value;
} netpol_label;

/**
 * A namespace.
 */
typedef struct {
  /**
   * `sizeof(netpol_namespace)`.
   */
  size_t size;
  /**
   * Its name.
   */
  netpol_str name;
  /**
   * Its labels.
   */
  const netpol_label *labels;
  /**
   * How many there are.
   */
  size_t labels_len;
} netpol_namespace;

/**
 * A port that a container declares.
 */
typedef struct {
  /**
   * Its name; empty for none.
   */
  netpol_str name;
  /**
   * Its number.
   */
  int32_t number;
  /**
   * The protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for TCP.
   */
  uint8_t protocol;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
} netpol_container_port;

/**
 * A pod. Texts that are empty mean that the field is not there.
 */
typedef struct {
  /**
   * `sizeof(netpol_pod)`.
   */
  size_t size;
  /**
   * Its namespace; `default` when empty.
   */
  netpol_str namespace_;
  /**
   * Its name.
   */
  netpol_str name;
  /**
   * Its labels.
   */
  const netpol_label *labels;
  /**
   * How many there are.
   */
  size_t labels_len;
  /**
   * Its addresses as texts, as `status.podIPs` has them: none, one, or one of each family.
   */
  const netpol_str *addresses;
  /**
   * How many there are.
   */
  size_t addresses_len;
  /**
   * The node it runs on.
   */
  netpol_str node;
  /**
   * The node's addresses as texts, as `status.hostIPs` has them.
   */
  const netpol_str *host_addresses;
  /**
   * How many there are.
   */
  size_t host_addresses_len;
  /**
   * `status.phase`, such as `Running`; `Running` when empty.
   */
  netpol_str phase;
  /**
   * The ports its containers declare.
   */
  const netpol_container_port *ports;
  /**
   * How many there are.
   */
  size_t ports_len;
  /**
   * 1 when it is in the network of its node, else 0.
   */
  uint8_t host_network;
  /**
   * Whether its condition `Ready` is true: a `netpol_knob`. By default it has none, and Services
   * send to it when it runs.
   */
  uint8_t ready;
  /**
   * 1 when it is going away (`metadata.deletionTimestamp`), else 0; matters to Services alone.
   */
  uint8_t terminating;
  /**
   * Not used; 0.
   */
  uint8_t reserved[5];
} netpol_pod;

/**
 * A node.
 */
typedef struct {
  /**
   * `sizeof(netpol_node)`.
   */
  size_t size;
  /**
   * Its name.
   */
  netpol_str name;
  /**
   * Its labels.
   */
  const netpol_label *labels;
  /**
   * How many there are.
   */
  size_t labels_len;
  /**
   * Its addresses as texts, as `status.addresses` has those of type `InternalIP`.
   */
  const netpol_str *addresses;
  /**
   * How many there are.
   */
  size_t addresses_len;
  /**
   * Its pod ranges as texts, as `spec.podCIDRs` has them.
   */
  const netpol_str *pod_cidrs;
  /**
   * How many there are.
   */
  size_t pod_cidrs_len;
} netpol_node;

/**
 * One of a selector's `matchExpressions`.
 */
typedef struct {
  /**
   * The label key.
   */
  netpol_str key;
  /**
   * `In`, `NotIn`, `Exists` or `DoesNotExist`.
   */
  netpol_str operator_;
  /**
   * The values.
   */
  const netpol_str *values;
  /**
   * How many there are.
   */
  size_t values_len;
} netpol_requirement;

/**
 * A label selector. One without anything selects everything.
 */
typedef struct {
  /**
   * `matchLabels`.
   */
  const netpol_label *match_labels;
  /**
   * How many there are.
   */
  size_t match_labels_len;
  /**
   * `matchExpressions`.
   */
  const netpol_requirement *match_expressions;
  /**
   * How many there are.
   */
  size_t match_expressions_len;
} netpol_selector;

/**
 * One of a rule's `from` or `to`: either a block, or selectors.
 */
typedef struct {
  /**
   * `podSelector`; NULL when it is not there.
   */
  const netpol_selector *pod_selector;
  /**
   * `namespaceSelector`; NULL when it is not there.
   */
  const netpol_selector *namespace_selector;
  /**
   * `ipBlock.cidr`; empty when there is no block.
   */
  netpol_str cidr;
  /**
   * `ipBlock.except`.
   */
  const netpol_str *except;
  /**
   * How many there are.
   */
  size_t except_len;
} netpol_peer;

/**
 * One of a rule's `ports`.
 */
typedef struct {
  /**
   * The name of a port; empty when it is meant by number.
   */
  netpol_str name;
  /**
   * The number; 0 for every port of the protocol, when there is no name.
   */
  int32_t number;
  /**
   * `endPort`; 0 when it is not there.
   */
  int32_t end;
  /**
   * The protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for TCP.
   */
  uint8_t protocol;
  /**
   * Not used; 0.
   */
  uint8_t reserved[7];
} netpol_port;

/**
 * One of `spec.ingress` or `spec.egress`. Without peers it speaks of everybody, without ports of
 * every port and protocol.
 */
typedef struct {
  /**
   * `from` or `to`.
   */
  const netpol_peer *peers;
  /**
   * How many there are.
   */
  size_t peers_len;
  /**
   * `ports`.
   */
  const netpol_port *ports;
  /**
   * How many there are.
   */
  size_t ports_len;
} netpol_rule;

/**
 * A NetworkPolicy.
 */
typedef struct {
  /**
   * `sizeof(netpol_network_policy)`.
   */
  size_t size;
  /**
   * Its namespace; `default` when empty.
   */
  netpol_str namespace_;
  /**
   * Its name.
   */
  netpol_str name;
  /**
   * The pods it isolates.
   */
  netpol_selector pod_selector;
  /**
   * `policyTypes`; when it is empty, Ingress, and Egress where there are egress rules.
   */
  const netpol_str *policy_types;
  /**
   * How many there are.
   */
  size_t policy_types_len;
  /**
   * What may come in.
   */
  const netpol_rule *ingress;
  /**
   * How many rules there are.
   */
  size_t ingress_len;
  /**
   * What may go out.
   */
  const netpol_rule *egress;
  /**
   * How many rules there are.
   */
  size_t egress_len;
} netpol_network_policy;

/**
 * What the headers of an IP packet say. 128 bytes.
 */
typedef struct {
  /**
   * What is judged.
   */
  netpol_packet packet;
  /**
   * The packet that an ICMP error is about, when `has_embedded`.
   */
  netpol_packet embedded;
  /**
   * The number that the fragments of one packet have in common.
   */
  uint32_t identification;
  /**
   * The number of the first byte of a TCP segment, when `has_tcp_flags`.
   */
  uint32_t tcp_sequence;
  /**
   * The number of the byte that its sender waits for, when `tcp_flags` have NETPOL_TCP_ACK.
   */
  uint32_t tcp_acknowledgement;
  /**
   * Where in the packet a later fragment begins, in units of eight bytes.
   */
  uint16_t fragment_offset;
  /**
   * What an ICMP echo or timestamp and its answer have in common, when `has_icmp_identifier`.
   */
  uint16_t icmp_identifier;
  /**
   * The same of the embedded packet, when `has_embedded_icmp_identifier`.
   */
  uint16_t embedded_icmp_identifier;
  /**
   * A `netpol_fragment`.
   */
  uint8_t fragment;
  /**
   * Whether there is an embedded packet.
   */
  bool has_embedded;
  /**
   * Whether there are TCP flags.
   */
  bool has_tcp_flags;
  /**
   * The TCP flags that open and close connections: NETPOL_TCP_SYN and the others.
   */
  uint8_t tcp_flags;
  /**
   * Whether there is an identifier of ICMP.
   */
  bool has_icmp_identifier;
  /**
   * Whether there is one in the embedded packet.
   */
  bool has_embedded_icmp_identifier;
  /**
   * Whether there is a chunk of SCTP.
   */
  bool has_sctp_chunk;
  /**
   * The type of the first one.
   */
  uint8_t sctp_chunk;
  /**
   * Not used; 0.
   */
  uint8_t reserved[6];
} netpol_raw_packet;

/**
 * One entry of a report. The texts live as long as the report; those that do not apply are empty.
 */
typedef struct {
  /**
   * A `netpol_severity`.
   */
  uint8_t severity;
  /**
   * Not used; 0.
   */
  uint8_t reserved[3];
  /**
   * Line in the text, from 1; 0 when there is none.
   */
  uint32_t line;
  /**
   * Column in characters, from 1; 0 when there is none.
   */
  uint32_t column;
  /**
   * Not used; 0.
   */
  uint32_t reserved_2;
  /**
   * The name that the text was given when it was read.
   */
  netpol_str source;
  /**
   * Kind of the object it is about.
   */
  netpol_str object_kind;
  /**
   * Namespace of the object.
   */
  netpol_str object_namespace;
  /**
   * Name of the object.
   */
  netpol_str object_name;
  /**
   * The field, such as `spec.ingress[0].from[1]`.
   */
  netpol_str field;
  /**
   * The error type as kube-apiserver has it, such as `Invalid value`; for warnings about
   * legal objects the name of the check.
   */
  netpol_str type_;
  /**
   * What is wrong, in a sentence.
   */
  netpol_str message;
} netpol_diagnostic;

/**
 * Handle of a Service, from `netpol_engine_service`. It means the same Service in every later engine
 * of its cluster, as long as that Service is there.
 */
typedef uint32_t netpol_service_id;

/**
 * May this end open a connection to that port of a Service? Packets are judged after the Service's
 * address has been replaced by that of a backend, and its port by the backend's, so this means: may
 * it open one to each of the backends?
 */
typedef struct {
  /**
   * Who sends.
   */
  netpol_party source;
  /**
   * The Service.
   */
  netpol_service_id service;
  /**
   * Number of the Service's port, when `port_name` is empty; of a headless Service, which
   * translates nothing, the port of its pods.
   */
  uint16_t port;
  /**
   * The protocol number.
   */
  uint8_t protocol;
  /**
   * Not used; 0.
   */
  uint8_t reserved;
  /**
   * Name of the Service's port.
   */
  netpol_str port_name;
} netpol_service_question;

/**
 * One of those who get what is sent to a Service.
 */
typedef struct {
  /**
   * Who it is: an endpoint, or an address of which nobody knows whose it is.
   */
  netpol_party party;
  /**
   * The port on it.
   */
  uint16_t port;
  /**
   * Not used; 0.
   */
  uint8_t reserved[6];
  /**
   * Whether it may be reached, and what that rests on.
   */
  netpol_decision decision;
} netpol_backend;

/**
 * A port of a Service.
 */
typedef struct {
  /**
   * Its name; may be empty where there is one port alone.
   */
  netpol_str name;
  /**
   * The name of the port of the pods; empty for `target`.
   */
  netpol_str target_name;
  /**
   * The number that clients connect to.
   */
  int32_t number;
  /**
   * The number of the port of the pods; 0 for `number`.
   */
  int32_t target;
  /**
   * The protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for TCP.
   */
  uint8_t protocol;
  /**
   * Not used; 0.
   */
  uint8_t reserved[7];
} netpol_service_port;

/**
 * A Service. Texts that are empty mean that the field is not there.
 */
typedef struct {
  /**
   * `sizeof(netpol_service)`.
   */
  size_t size;
  /**
   * Its namespace; `default` when empty.
   */
  netpol_str namespace_;
  /**
   * Its name.
   */
  netpol_str name;
  /**
   * `spec.type`; `ClusterIP` when empty.
   */
  netpol_str type_;
  /**
   * The labels of its pods; none when somebody else writes its EndpointSlices.
   */
  const netpol_label *selector;
  /**
   * How many there are.
   */
  size_t selector_len;
  /**
   * Its ports.
   */
  const netpol_service_port *ports;
  /**
   * How many there are.
   */
  size_t ports_len;
  /**
   * Its own addresses as texts, as `spec.clusterIPs` has them; `None` for a headless Service.
   */
  const netpol_str *cluster_ips;
  /**
   * How many there are.
   */
  size_t cluster_ips_len;
  /**
   * The families it is served in, `IPv4` and `IPv6`, as `spec.ipFamilies` has them.
   */
  const netpol_str *ip_families;
  /**
   * How many there are.
   */
  size_t ip_families_len;
  /**
   * Addresses of the outside at which nodes take its traffic, as texts.
   */
  const netpol_str *external_ips;
  /**
   * How many there are.
   */
  size_t external_ips_len;
  /**
   * What the name of an `ExternalName` Service stands for.
   */
  netpol_str external_name;
  /**
   * 1 when pods that are not ready are sent to as well, else 0.
   */
  uint8_t publish_not_ready_addresses;
  /**
   * 1 when `spec.internalTrafficPolicy` is `Local`, else 0.
   */
  uint8_t internal_traffic_local;
  /**
   * Not used; 0.
   */
  uint8_t reserved[6];
} netpol_service;

/**
 * An endpoint of an EndpointSlice.
 */
typedef struct {
  /**
   * Its address as a text.
   */
  netpol_str address;
  /**
   * The namespace of the pod that it is; that of the slice when empty.
   */
  netpol_str pod_namespace;
  /**
   * The name of the pod that it is; empty when it is none.
   */
  netpol_str pod;
  /**
   * Whether it takes traffic: a `netpol_knob`, on by default.
   */
  uint8_t ready;
  /**
   * Whether it could, going away or not: a `netpol_knob`, on by default.
   */
  uint8_t serving;
  /**
   * Whether it is going away: a `netpol_knob`, off by default.
   */
  uint8_t terminating;
  /**
   * Not used; 0.
   */
  uint8_t reserved[5];
} netpol_slice_endpoint;

/**
 * An EndpointSlice: some of the endpoints of a Service.
 */
typedef struct {
  /**
   * `sizeof(netpol_endpoint_slice)`.
   */
  size_t size;
  /**
   * Its namespace; `default` when empty.
   */
  netpol_str namespace_;
  /**
   * Its name.
   */
  netpol_str name;
  /**
   * The name of its Service, as the label `kubernetes.io/service-name` has it.
   */
  netpol_str service;
  /**
   * `addressType`; `IPv4` when empty.
   */
  netpol_str address_type;
  /**
   * Where traffic goes.
   */
  const netpol_slice_endpoint *endpoints;
  /**
   * How many there are.
   */
  size_t endpoints_len;
  /**
   * The ports that all of them have, by the names of the Service's ports.
   */
  const netpol_container_port *ports;
  /**
   * How many there are.
   */
  size_t ports_len;
} netpol_endpoint_slice;

/**
 * How many bytes there are on the heap, by what reads them. Engines of one cluster share what did
 * not change between them, so theirs do not add up.
 */
typedef struct {
  /**
   * What decisions read.
   */
  size_t hot;
  /**
   * What attributions and explanations read besides.
   */
  size_t provenance;
  /**
   * Who endpoints and addresses are.
   */
  size_t names;
  /**
   * What the writer keeps to itself; 0 for an engine.
   */
  size_t writer;
} netpol_memory;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * What changed from an earlier generation to this engine's: everything, when that is too long ago.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_changes_since(const netpol_engine *engine,
                                          uint64_t generation,
                                          netpol_changes **changes_out);

/**
 * Whether everything may have changed. True for NULL.
 */
bool netpol_changes_is_everything(const netpol_changes *changes);

/**
 * Whether the verdict on a packet may have changed. True for what cannot be asked about.
 */
bool netpol_changes_touch_packet(const netpol_changes *changes, const netpol_packet *packet);

/**
 * Whether verdicts on packets from or to an address may have changed. True for what cannot be asked
 * about.
 */
bool netpol_changes_touch_address(const netpol_changes *changes, const netpol_address *address);

/**
 * The endpoints whose verdicts may have changed: the list lives as long as `changes`.
 */
NETPOL_NODISCARD
netpol_status netpol_changes_endpoints(const netpol_changes *changes,
                                       const netpol_endpoint **endpoints_out,
                                       size_t *endpoints_len_out);

/**
 * The networks, single addresses among them, whose verdicts may have changed beside those of the
 * endpoints: the list lives as long as `changes`.
 */
NETPOL_NODISCARD
netpol_status netpol_changes_networks(const netpol_changes *changes,
                                      const netpol_network **networks_out,
                                      size_t *networks_len_out);

/**
 * Judges those of many packets again that the changes touch, and tells whose verdict is another
 * now: `before[i]` is the verdict on `packets[i]` at the earlier generation. `flips_out` has room for
 * `packets_len` flips; how many there are is told in `flips_len_out`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_recheck(const netpol_engine *engine,
                                    const netpol_changes *changes,
                                    const netpol_packet *packets,
                                    const uint8_t *before,
                                    size_t packets_len,
                                    netpol_flip *flips_out,
                                    size_t *flips_len_out);

/**
 * Frees what tells of changes; NULL is ignored.
 */
void netpol_changes_free(netpol_changes *changes);

/**
 * An empty cluster. `options` may be NULL for the defaults; they never change.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_new(const netpol_options *options,
                                 netpol_cluster **cluster_out);

/**
 * Frees a cluster; NULL is ignored. Its engines and readers go on.
 */
void netpol_cluster_free(netpol_cluster *cluster);

/**
 * Adds the objects of a text, YAML or JSON: manifests, lists, `kubectl get -o yaml` dumps. Objects
 * that are there already are replaced. `name` is what reports call the text and may be empty;
 * `admission` is a `netpol_admission`; `objects_out`, which may be NULL, is told how many there were.
 *
 * NETPOL_STATUS_REFUSED when anything in it is refused; then nothing was applied, and the report has
 * every error with its line, column and field.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_apply(netpol_cluster *cluster,
                                   netpol_str name,
                                   netpol_str text,
                                   int32_t admission,
                                   size_t *objects_out,
                                   netpol_report **report_out);

/**
 * As `netpol_cluster_apply`, but makes the objects of the text all there are of their kind, in one
 * step, as a feeder does that lists anew. `kind` is a `netpol_kind`; all objects must be of it.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_replace_all(netpol_cluster *cluster,
                                         int32_t kind,
                                         netpol_str name,
                                         netpol_str text,
                                         int32_t admission,
                                         netpol_report **report_out);

/**
 * Removes an object. `kind` is a `netpol_kind`; `namespace` is not looked at for kinds that live in
 * none. `existed_out`, which may be NULL, is told whether it was there.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_delete(netpol_cluster *cluster,
                                    int32_t kind,
                                    netpol_str namespace_,
                                    netpol_str name,
                                    bool *existed_out);

/**
 * Says which further addresses a node sends from, such as that of its bridge. Replaces what was said
 * of the node before.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_set_node_addresses(netpol_cluster *cluster,
                                                netpol_str node,
                                                const netpol_address *addresses,
                                                size_t addresses_len);

/**
 * Says what a domain name resolves to, for `domainNames` peers: one answer, which adds to earlier
 * ones until `expires`, in nanoseconds on the clock of `netpol_cluster_advance`; 0 for never.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_resolve_domain(netpol_cluster *cluster,
                                            netpol_str domain,
                                            const netpol_address *addresses,
                                            size_t addresses_len,
                                            uint64_t expires);

/**
 * Takes back what a domain name resolves to: these addresses, or everything when `addresses` is
 * NULL.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_withdraw_domain(netpol_cluster *cluster,
                                             netpol_str domain,
                                             const netpol_address *addresses,
                                             size_t addresses_len);

/**
 * Says what time it is, in nanoseconds from whatever moment the caller counts from: answers that
 * expire then or before are gone from the next publication on. Time that goes back is ignored.
 */
NETPOL_NODISCARD netpol_status netpol_cluster_advance(netpol_cluster *cluster, uint64_t now);

/**
 * Says whether the cluster is complete; matters with the option `until_synced`.
 */
NETPOL_NODISCARD netpol_status netpol_cluster_set_synced(netpol_cluster *cluster, bool synced);

/**
 * Makes everything that happened since the last call visible at once: to every reader, and in a new
 * engine when `engine_out` is not NULL.
 *
 * NETPOL_STATUS_REFUSED when the cluster does not fit or an option refuses it, with the reason in
 * the report; earlier engines go on, and the call can be repeated.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_publish(netpol_cluster *cluster,
                                     netpol_engine **engine_out,
                                     netpol_report **report_out);

/**
 * What makes readers, which see every publication from then on. Any thread may use it.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_readers(const netpol_cluster *cluster,
                                     netpol_readers **readers_out);

/**
 * The name of a `netpol_reason`, such as `noRuleMatches`; empty for other numbers. The text lives as
 * long as the library.
 */
netpol_str netpol_reason_name(int32_t reason);

/**
 * Another handle of the same engine.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_clone(const netpol_engine *engine,
                                  netpol_engine **engine_out);

/**
 * Frees a handle of an engine; NULL is ignored.
 */
void netpol_engine_free(netpol_engine *engine);

/**
 * How many publications of the cluster there were, this one included; 0 for NULL.
 */
uint64_t netpol_engine_generation(const netpol_engine *engine);

/**
 * May the packet pass? As `netpol_reader_decide`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_decide(const netpol_engine *engine,
                                   const netpol_packet *packet,
                                   uint8_t *verdict_out);

/**
 * May the packet pass as far as one end is asked? `direction` is a `netpol_direction`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_decide_direction(const netpol_engine *engine,
                                             const netpol_packet *packet,
                                             int32_t direction,
                                             uint8_t *verdict_out);

/**
 * Judges many packets. As `netpol_reader_decide_batch`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_decide_batch(const netpol_engine *engine,
                                         const netpol_packet *packets,
                                         size_t packets_len,
                                         uint8_t *verdicts_out);

/**
 * The verdict, and what it rests on.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_attribute(const netpol_engine *engine,
                                      const netpol_packet *packet,
                                      netpol_decision *decision_out);

/**
 * Everything the verdict rests on, with names, as text for people.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_explain(const netpol_engine *engine,
                                    const netpol_packet *packet,
                                    netpol_string **text_out);

/**
 * The same as JSON for programs.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_explain_json(const netpol_engine *engine,
                                         const netpol_packet *packet,
                                         netpol_string **json_out);

/**
 * May this connection be opened, between endpoints?
 *
 * NETPOL_STATUS_NO_COMMON_FAMILY and NETPOL_STATUS_FOREIGN_HANDLE when there is no answer.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_decide_question(const netpol_engine *engine,
                                            const netpol_question *question,
                                            uint8_t *verdict_out);

/**
 * The answer for one end alone. `direction` is a `netpol_direction`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_decide_question_direction(const netpol_engine *engine,
                                                      const netpol_question *question,
                                                      int32_t direction,
                                                      uint8_t *verdict_out);

/**
 * The answer, and what it rests on.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_attribute_question(const netpol_engine *engine,
                                               const netpol_question *question,
                                               netpol_decision *decision_out);

/**
 * Everything the answer rests on, with names: `text_out` as text, `json_out` as JSON; either may be
 * NULL.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_explain_question(const netpol_engine *engine,
                                             const netpol_question *question,
                                             netpol_string **text_out,
                                             netpol_string **json_out);

/**
 * The handle of the endpoint `namespace/name`, or `kind/namespace/name` where endpoints of several
 * kinds share the rest.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_endpoint(const netpol_engine *engine,
                                     netpol_str name,
                                     netpol_endpoint *endpoint_out);

/**
 * The handle of the pod that owns an address; NETPOL_STATUS_UNKNOWN_ENDPOINT when none does.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_owner(const netpol_engine *engine,
                                  const netpol_address *address,
                                  netpol_endpoint *endpoint_out);

/**
 * The name of an endpoint, as `kind/namespace/name`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_endpoint_name(const netpol_engine *engine,
                                          netpol_endpoint endpoint,
                                          netpol_string **name_out);

/**
 * The number of a named port of an endpoint, for a protocol.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_port_number(const netpol_engine *engine,
                                        netpol_endpoint endpoint,
                                        netpol_str name,
                                        uint8_t protocol,
                                        uint16_t *port_out);

/**
 * What a policy of an attribution is called: `namespace/name`, or `name` for a cluster-wide one, in
 * `name_out`; kind, tier and priority in `policy_out`. Either may be NULL.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_policy(const netpol_engine *engine,
                                   uint32_t policy,
                                   netpol_policy_name *policy_out,
                                   netpol_string **name_out);

/**
 * A table of connections.
 *
 * NETPOL_STATUS_INVALID_VALUE without a seed, NETPOL_STATUS_INVALID_LENGTH when there is no memory for
 * so many flows.
 */
NETPOL_NODISCARD
netpol_status netpol_flows_new(const netpol_flow_options *options,
                               netpol_flows **flows_out);

/**
 * Frees a table; NULL is ignored.
 */
void netpol_flows_free(netpol_flows *flows);

/**
 * May the packet pass of which `bytes` begin with the IP header? Remembers the flow that it opens, or
 * what it means to the flow that it belongs to. `flags` are those of a `netpol_packet`.
 *
 * NETPOL_STATUS_UNREADABLE_PACKET when it cannot be judged, and should not pass.
 */
NETPOL_NODISCARD
netpol_status netpol_flows_judge(netpol_flows *flows,
                                 netpol_reader *reader,
                                 const uint8_t *bytes,
                                 size_t bytes_len,
                                 uint8_t flags,
                                 uint64_t now_ns,
                                 netpol_flow_verdict *verdict_out);

/**
 * Judges many packets, one after the other, by one engine and at one time: `verdicts_out[i]` answers
 * `packets[i]`. What cannot be read is denied and says so.
 *
 * NETPOL_STATUS_NULL_POINTER when one of them is NULL and has a length; then none is judged.
 */
NETPOL_NODISCARD
netpol_status netpol_flows_judge_batch(netpol_flows *flows,
                                       netpol_reader *reader,
                                       const netpol_bytes *packets,
                                       size_t packets_len,
                                       uint64_t now_ns,
                                       netpol_flow_verdict *verdicts_out);

/**
 * The flow that a packet belongs to, or that an ICMP error is about. Changes nothing, and asks no policy.
 *
 * NETPOL_STATUS_UNKNOWN_FLOW when the table knows none.
 */
NETPOL_NODISCARD
netpol_status netpol_flows_find(const netpol_flows *flows,
                                const uint8_t *bytes,
                                size_t bytes_len,
                                netpol_flow *flow_out);

/**
 * Judges every flow again that was last judged in another generation, and tells those that policy does
 * not allow any more, each once: what was offloaded of these is to be taken back. A table need not be
 * rechecked for its own sake: it judges a flow again before its next packet passes.
 */
NETPOL_NODISCARD
netpol_status netpol_flows_recheck(netpol_flows *flows,
                                   netpol_reader *reader,
                                   uint64_t now_ns,
                                   netpol_flow_callback cut_off,
                                   void *userdata);

/**
 * What is in the table, and what has happened to it. Looks at the whole table.
 */
NETPOL_NODISCARD
netpol_status netpol_flows_statistics(netpol_flows *flows,
                                      uint64_t now_ns,
                                      netpol_flow_statistics *statistics_out);

/**
 * Forgets every flow and fragment; counters stay. NULL is ignored.
 */
void netpol_flows_clear(netpol_flows *flows);

/**
 * How many bytes a table takes, which never changes; 0 for NULL.
 */
size_t netpol_flows_memory(const netpol_flows *flows);

/**
 * The name of a `netpol_tracking`, such as `cutOff`; empty for other numbers. The text lives as long as
 * the library.
 */
netpol_str netpol_tracking_name(int32_t tracking);

/**
 * The name of a `netpol_flow_state`, such as `halfClosed`; empty for other numbers. The text lives as
 * long as the library.
 */
netpol_str netpol_flow_state_name(int32_t state);

/**
 * Reads a text, YAML or JSON, as `netpol_cluster_apply` of this cluster would, without applying it.
 * `name` is what reports call the text and may be empty.
 */
NETPOL_NODISCARD
netpol_status netpol_manifest_read(const netpol_cluster *cluster,
                                   netpol_str name,
                                   netpol_str text,
                                   netpol_manifest **manifest_out);

/**
 * How many objects a manifest has; 0 for NULL.
 */
size_t netpol_manifest_count(const netpol_manifest *manifest);

/**
 * One object of a manifest, in the order of the text.
 *
 * NETPOL_STATUS_INVALID_LENGTH when there are not so many.
 */
NETPOL_NODISCARD
netpol_status netpol_manifest_at(const netpol_manifest *manifest,
                                 size_t index,
                                 netpol_object *object_out);

/**
 * Adds the objects of a manifest, as `netpol_cluster_apply` those of a text.
 *
 * NETPOL_STATUS_REFUSED when anything in it is refused; then nothing was applied, and the report has
 * every error with its line, column and field.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_apply_manifest(netpol_cluster *cluster,
                                            const netpol_manifest *manifest,
                                            int32_t admission,
                                            netpol_report **report_out);

/**
 * Frees a manifest; NULL is ignored.
 */
void netpol_manifest_free(netpol_manifest *manifest);

/**
 * Adds a namespace, or replaces the one of its name. `admission` is a `netpol_admission`.
 *
 * NETPOL_STATUS_REFUSED when it is not as the API server would have it, with every reason in the
 * report; then nothing changed.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_upsert_namespace(netpol_cluster *cluster,
                                              const netpol_namespace *namespace_,
                                              int32_t admission,
                                              netpol_report **report_out);

/**
 * Adds a pod, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_upsert_pod(netpol_cluster *cluster,
                                        const netpol_pod *pod,
                                        int32_t admission,
                                        netpol_report **report_out);

/**
 * Adds a node, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_upsert_node(netpol_cluster *cluster,
                                         const netpol_node *node,
                                         int32_t admission,
                                         netpol_report **report_out);

/**
 * Adds a NetworkPolicy, or replaces the one of its name. As `netpol_cluster_upsert_namespace`; what
 * is left out is filled in as the API server does. Cluster-wide policies are taken as text, by
 * `netpol_cluster_apply`.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_upsert_network_policy(netpol_cluster *cluster,
                                                   const netpol_network_policy *policy,
                                                   int32_t admission,
                                                   netpol_report **report_out);

/**
 * Reads a packet of which `bytes` begin with the IP header, IPv4 or IPv6: options, extension headers in
 * any order, fragments, the packet that an ICMP error is about. Bytes behind its end are not looked at,
 * and it may end early when everything up to the ports is there.
 *
 * NETPOL_STATUS_UNREADABLE_PACKET when it cannot be judged, and should not pass; then `error_out`, which
 * may be NULL, has the reason as text, which is made for that alone: pass NULL where packets come by
 * the million.
 */
NETPOL_NODISCARD
netpol_status netpol_packet_parse(const uint8_t *bytes,
                                  size_t bytes_len,
                                  netpol_raw_packet *raw_out,
                                  netpol_string **error_out);

/**
 * May the packet pass of which `bytes` begin with the IP header? As `netpol_packet_parse` and
 * `netpol_reader_decide`: it knows no connection, so replies and later fragments are judged as if each
 * were the first packet; `netpol_flows_judge` knows them.
 */
NETPOL_NODISCARD
netpol_status netpol_reader_decide_raw(netpol_reader *reader,
                                       const uint8_t *bytes,
                                       size_t bytes_len,
                                       uint8_t *verdict_out);

/**
 * Who may open a connection of a protocol to a port of this destination. Costs some decisions for
 * each kind of endpoint in the cluster, and a look at every endpoint.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_sources_of(const netpol_engine *engine,
                                       const netpol_party *destination,
                                       uint8_t protocol,
                                       uint16_t port,
                                       netpol_reach **reach_out);

/**
 * To whom this source may open a connection of a protocol to a port. Costs as
 * `netpol_engine_sources_of`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_destinations_of(const netpol_engine *engine,
                                            const netpol_party *source,
                                            uint8_t protocol,
                                            uint16_t port,
                                            netpol_reach **reach_out);

/**
 * The endpoints, in order of namespace, name and kind: the list lives as long as `reach`.
 */
NETPOL_NODISCARD
netpol_status netpol_reach_endpoints(const netpol_reach *reach,
                                     const netpol_endpoint **endpoints_out,
                                     size_t *endpoints_len_out);

/**
 * The networks outside, disjoint, as few as possible, in order; an address in one of them that is an
 * endpoint's is as the endpoint is. The list lives as long as `reach`.
 */
NETPOL_NODISCARD
netpol_status netpol_reach_networks(const netpol_reach *reach,
                                    const netpol_network **networks_out,
                                    size_t *networks_len_out);

/**
 * Frees what tells of reach; NULL is ignored.
 */
void netpol_reach_free(netpol_reach *reach);

/**
 * A reader of its own for a thread.
 */
NETPOL_NODISCARD
netpol_status netpol_reader_new(const netpol_readers *readers,
                                netpol_reader **reader_out);

/**
 * Frees what makes readers; NULL is ignored. Its readers go on.
 */
void netpol_readers_free(netpol_readers *readers);

/**
 * Frees a reader; NULL is ignored.
 */
void netpol_reader_free(netpol_reader *reader);

/**
 * May the packet pass? `verdict_out` is told a `netpol_verdict`.
 *
 * NETPOL_STATUS_INVALID_VALUE when the packet is none; what cannot be asked about should not pass.
 */
NETPOL_NODISCARD
netpol_status netpol_reader_decide(netpol_reader *reader,
                                   const netpol_packet *packet,
                                   uint8_t *verdict_out);

/**
 * Judges many packets: `verdicts_out[i]` answers `packets[i]`. All are judged by the same engine,
 * and their memory loads overlap.
 *
 * NETPOL_STATUS_INVALID_VALUE when one of them is none; then no verdict is written.
 */
NETPOL_NODISCARD
netpol_status netpol_reader_decide_batch(netpol_reader *reader,
                                         const netpol_packet *packets,
                                         size_t packets_len,
                                         uint8_t *verdicts_out);

/**
 * The verdict, and what it rests on.
 */
NETPOL_NODISCARD
netpol_status netpol_reader_attribute(netpol_reader *reader,
                                      const netpol_packet *packet,
                                      netpol_decision *decision_out);

/**
 * The engine that the reader asks now, for questions that one and the same engine has to answer.
 */
NETPOL_NODISCARD
netpol_status netpol_reader_engine(netpol_reader *reader,
                                   netpol_engine **engine_out);

/**
 * The generation of the engine that the reader asks now; 0 before the first publication, and for
 * NULL.
 */
uint64_t netpol_reader_generation(netpol_reader *reader);

/**
 * Everything in a report as a compiler prints it, with the lines of the text. Empty for NULL.
 */
netpol_str netpol_report_text(const netpol_report *report);

/**
 * Everything in a report as a JSON array. Empty for NULL.
 */
netpol_str netpol_report_json(const netpol_report *report);

/**
 * How many entries a report has; 0 for NULL.
 */
size_t netpol_report_count(const netpol_report *report);

/**
 * One entry of a report, in the order of the input.
 *
 * NETPOL_STATUS_INVALID_LENGTH when there are not so many.
 */
NETPOL_NODISCARD
netpol_status netpol_report_at(const netpol_report *report,
                               size_t index,
                               netpol_diagnostic *diagnostic_out);

/**
 * Frees a report; NULL is ignored.
 */
void netpol_report_free(netpol_report *report);

/**
 * The handle of the Service `namespace/name`; `svc/` or `service/` may stand before it.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_service(const netpol_engine *engine,
                                    netpol_str name,
                                    netpol_service_id *service_out);

/**
 * The name of a Service, as `namespace/name`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_service_name(const netpol_engine *engine,
                                         netpol_service_id service,
                                         netpol_string **name_out);

/**
 * May this connection to a Service be opened? `verdict_out` is told a `netpol_service_verdict`.
 *
 * There is no answer, and a status that says why, when nobody gets what is sent to it
 * (NETPOL_STATUS_NO_BACKENDS, NETPOL_STATUS_EXTERNAL_NAME), when it has no such port
 * (NETPOL_STATUS_UNKNOWN_PORT_NAME), and when it cannot be told who gets it
 * (NETPOL_STATUS_NOT_UNDERSTOOD, NETPOL_STATUS_UNKNOWN_POD).
 */
NETPOL_NODISCARD
netpol_status netpol_engine_decide_service(const netpol_engine *engine,
                                           const netpol_service_question *question,
                                           uint8_t *verdict_out);

/**
 * Who gets what is sent to a Service, and whether each may be reached, in order of namespace, name
 * and port, and at the end those that are addresses. As `netpol_engine_decide_service`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_attribute_service(const netpol_engine *engine,
                                              const netpol_service_question *question,
                                              netpol_backends **backends_out);

/**
 * The backends: the list lives as long as `backends`.
 */
NETPOL_NODISCARD
netpol_status netpol_backends_list(const netpol_backends *backends,
                                   const netpol_backend **list_out,
                                   size_t *list_len_out);

/**
 * Frees a list of backends; NULL is ignored.
 */
void netpol_backends_free(netpol_backends *backends);

/**
 * Everything the answer about a Service rests on, with names: `text_out` as text, `json_out` as
 * JSON; either may be NULL. As `netpol_engine_decide_service`.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_explain_service(const netpol_engine *engine,
                                            const netpol_service_question *question,
                                            netpol_string **text_out,
                                            netpol_string **json_out);

/**
 * What the policies say that they probably do not mean, such as a port number that is a Service's
 * and no pod's; NULL when there is nothing. Looks at every Service, policy and endpoint.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_lints(const netpol_engine *engine,
                                  netpol_report **report_out);

/**
 * Adds a Service, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_upsert_service(netpol_cluster *cluster,
                                            const netpol_service *service,
                                            int32_t admission,
                                            netpol_report **report_out);

/**
 * Adds an EndpointSlice, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_upsert_endpoint_slice(netpol_cluster *cluster,
                                                   const netpol_endpoint_slice *slice,
                                                   int32_t admission,
                                                   netpol_report **report_out);

/**
 * What an engine takes. Walks through all of it.
 */
NETPOL_NODISCARD
netpol_status netpol_engine_memory(const netpol_engine *engine,
                                   netpol_memory *memory_out);

/**
 * What a cluster takes, with its newest engine. Walks through all of it.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_memory(const netpol_cluster *cluster,
                                    netpol_memory *memory_out);

/**
 * How many engines of the cluster readers and handles still keep alive, the newest included.
 */
NETPOL_NODISCARD
netpol_status netpol_cluster_snapshots(netpol_cluster *cluster,
                                       size_t *snapshots_out);

/**
 * A status in a few words, for logs; any number may be asked about. The text lives as long as the
 * library.
 */
netpol_str netpol_status_text(int32_t status);

/**
 * What is in a text; valid until it is freed. Empty for NULL.
 */
netpol_str netpol_string_view(const netpol_string *string);

/**
 * Frees a text; NULL is ignored.
 */
void netpol_string_free(netpol_string *string);

/**
 * The version of the library, such as `0.1.0`. The text lives as long as the library.
 */
netpol_str netpol_version(void);

/**
 * The number of the binary interface; programs compare it with `NETPOL_ABI_VERSION`. It counts up
 * when a struct, function or number changes in a way that compiled programs would notice.
 */
uint32_t netpol_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* NETPOL_H */


#ifndef NETPOL_STR_OF
#define NETPOL_STR_OF

/** The text of a string that ends with NUL, which must live as long as the result is used. */
static inline netpol_str netpol_str_of(const char *text)
{
    netpol_str view;
    view.data = text;
    view.len = 0;
    if (text != NULL) {
        while (text[view.len] != '\0') {
            view.len++;
        }
    }
    return view;
}
#endif  /* NETPOL_STR_OF */
