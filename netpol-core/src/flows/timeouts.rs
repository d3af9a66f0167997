use std::time::Duration;

use super::key::Kind;
use super::{FlowState, nanoseconds};

/// How long a flow is remembered after its last packet.
///
/// Most defaults are those of Linux (net/netfilter/nf_conntrack_proto_*.c), which are written down in
/// Documentation/networking/nf_conntrack-sysctl.rst. The two that are not have their reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowTimeouts {
    /// TCP that nobody has answered. Default 2 minutes (`nf_conntrack_tcp_timeout_syn_sent`).
    pub tcp_opening: Duration,
    /// TCP that was answered and not acknowledged. Default 1 minute
    /// (`nf_conntrack_tcp_timeout_syn_recv`).
    pub tcp_answered: Duration,
    /// TCP that is established. Default 2 hours and 4 minutes, the least that RFC 5382 (REQ-5) allows,
    /// which keepalives outlast. Linux has 5 days and kube-proxy a day; a table whose size is fixed and
    /// that keeps what is established cannot wait so long for what is gone.
    pub tcp_established: Duration,
    /// TCP that one side has closed. Default 1 hour, what kube-proxy sets
    /// (`conntrack.tcpCloseWaitTimeout`), because a minute broke connections that were still used.
    pub tcp_half_closed: Duration,
    /// TCP that both sides have closed. Default 2 minutes (`nf_conntrack_tcp_timeout_time_wait`).
    pub tcp_closed: Duration,
    /// TCP that was reset. Default 10 seconds (`nf_conntrack_tcp_timeout_close`).
    pub tcp_reset: Duration,
    /// UDP that nobody has answered. Default 30 seconds (`nf_conntrack_udp_timeout`).
    pub udp_opening: Duration,
    /// UDP that was answered. Default 2 minutes (`nf_conntrack_udp_timeout_stream`), the least that
    /// RFC 4787 (REQ-5) allows.
    pub udp_answered: Duration,
    /// SCTP whose handshake has not ended. Default 3 seconds
    /// (`nf_conntrack_sctp_timeout_cookie_wait`).
    pub sctp_opening: Duration,
    /// SCTP that is established. Default 210 seconds (`nf_conntrack_sctp_timeout_established`):
    /// heartbeats come every 30 seconds.
    pub sctp_established: Duration,
    /// SCTP that is shutting down or was aborted. Default 10 seconds
    /// (`nf_conntrack_sctp_timeout_closed`).
    pub sctp_closed: Duration,
    /// A question of ICMP. Default 30 seconds (`nf_conntrack_icmp_timeout`).
    pub icmp: Duration,
    /// Other protocols. Default 10 minutes (`nf_conntrack_generic_timeout`).
    pub other: Duration,
    /// What the first fragment of a packet was answered. Default 30 seconds
    /// (`net.ipv4.ipfrag_time`), after which Linux gives up putting the packet together.
    pub fragments: Duration,
}

impl Default for FlowTimeouts {
    fn default() -> FlowTimeouts {
        FlowTimeouts {
            tcp_opening: Duration::from_secs(120),
            tcp_answered: Duration::from_secs(60),
            tcp_established: Duration::from_secs(7_440),
            tcp_half_closed: Duration::from_secs(3_600),
            tcp_closed: Duration::from_secs(120),
            tcp_reset: Duration::from_secs(10),
            udp_opening: Duration::from_secs(30),
            udp_answered: Duration::from_secs(120),
            sctp_opening: Duration::from_secs(3),
            sctp_established: Duration::from_secs(210),
            sctp_closed: Duration::from_secs(10),
            icmp: Duration::from_secs(30),
            other: Duration::from_secs(600),
            fragments: Duration::from_secs(30),
        }
    }
}

/// The same, as the table looks them up: nanoseconds by state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    tcp: ByState,
    udp: ByState,
    sctp: ByState,
    icmp: u64,
    other: u64,
}

/// In the order of the states.
type ByState = [u64; FlowState::ALL.len()];

impl Limits {
    pub(super) fn new(timeouts: &FlowTimeouts) -> Limits {
        let t = timeouts;
        let by_state = |durations: [Duration; FlowState::ALL.len()]| durations.map(nanoseconds);
        Limits {
            tcp: by_state([
                t.tcp_opening,
                t.tcp_answered,
                t.tcp_established,
                t.tcp_half_closed,
                t.tcp_closed,
                t.tcp_reset,
            ]),
            // The others of its states are never reached.
            udp: by_state([
                t.udp_opening,
                t.udp_answered,
                t.udp_answered,
                t.udp_answered,
                t.udp_answered,
                t.udp_answered,
            ]),
            sctp: by_state([
                t.sctp_opening,
                t.sctp_opening,
                t.sctp_established,
                t.sctp_closed,
                t.sctp_closed,
                t.sctp_closed,
            ]),
            icmp: nanoseconds(t.icmp),
            other: nanoseconds(t.other),
        }
    }

    /// How long a flow of this kind and state is remembered.
    #[inline]
    pub(super) fn of(&self, kind: Kind, state: FlowState) -> u64 {
        let by_state = match kind {
            Kind::Tcp => &self.tcp,
            Kind::Udp => &self.udp,
            Kind::Sctp => &self.sctp,
            Kind::IcmpQuery => return self.icmp,
            Kind::Other => return self.other,
        };
        by_state.get(state as usize).copied().unwrap_or(0)
    }
}
