//! Connections, for dataplanes that have no connection tracking of their own: [`Flows`].
//!
//! Policies judge who may open a connection. Whoever asks them about every packet alone denies the
//! replies, because the way back has no rule. A dataplane with conntrack asks about new connections
//! only; one without keeps a table of these.
//!
//! # What is remembered
//!
//! A flow is a connection, or what comes nearest to one:
//!
//! | protocol | packets of one flow have in common | opened by | ends with |
//! |---|---|---|---|
//! | TCP | addresses and ports | SYN without ACK; what comes without one is up to [`MidStream`] | FIN from both sides, RST |
//! | SCTP | addresses and ports | INIT; as TCP | SHUTDOWN and its answer, ABORT |
//! | UDP | addresses and ports | any packet | time |
//! | ICMP echo and timestamp, ICMPv6 echo | addresses and identifier | the question | time |
//! | others but ICMP | addresses and protocol | any packet | time |
//!
//! Everything else is judged by policy, packet by packet: other ICMP messages, and packets that say
//! too little of themselves (a TCP segment that is cut off before its flags, or with flags that no
//! segment has).
//!
//! # What passes
//!
//! - The first packet of a flow is judged by policy. When it may pass, the flow is remembered, and its
//!   packets pass both ways.
//! - A SYN or INIT opens a connection, so it is judged by policy in the direction in which it travels,
//!   also when it has addresses and ports of a flow that was opened the other way. (Two that open one
//!   connection at the same moment, as RFC 9293, section 3.5, lets them, must both be allowed to.)
//! - An ICMP error passes when it goes to the sender of the packet that it quotes, and that is a packet
//!   of a flow.
//! - Pieces of a fragmented packet share the verdict of the first. The others do not say what they
//!   belong to, so the first must come first; one whose first is not known gets what
//!   [`Options::fragments`](crate::Options::fragments) says. A piece of TCP or
//!   SCTP that begins at the eighth byte is denied: flags and first chunk come behind that, and it would
//!   write over what the first piece was judged by (RFC 3128).
//!
//! SCTP may use several addresses for one association; here each pair of them is a flow of its own. It
//! begins with a heartbeat, which is judged as other packets [midway](MidStream) are.
//!
//! # When policies change
//!
//! A flow is judged again, by the packet that opened it, before its next packet passes in a newer
//! generation; [`Flows::recheck`] does the same for all flows at once and tells those that are cut
//! off, so that what was offloaded can be taken back. A flow that is cut off is kept, and none of its
//! packets pass, either way, also where policy would let the other side open a connection. It goes on
//! when policy allows it again, and a new connection between the same ports is judged as any other. Pieces
//! of a packet whose first piece has passed still follow it.
//!
//! # What an attacker can do
//!
//! - Choose addresses and ports. The table is hashed by SipHash with [a seed of the
//!   embedder's](FlowOptions::new), so nobody who does not know it can aim at one place in the table.
//!   Two flows are never taken for one: everything is compared.
//! - Open flows that are allowed, as many as they like. Those that are not established compete with
//!   each other: the one that was quiet longest makes room. An established flow never does. When a new
//!   flow finds no room it is not tracked: it passes, and its replies are judged as packets of their
//!   own. [`FlowStatistics::refused`] counts them.
//! - Forge a sender. A TCP flow is established when its opener has acknowledged what the other side
//!   sent, which takes having seen it. UDP, SCTP and other protocols prove less: there it takes that the
//!   opener went on after it was answered. ICMP is never established.
//! - Forge a packet of a flow whose addresses and ports are known. It passes, as it does where
//!   conntrack does not look at windows (`nf_conntrack_tcp_be_liberal`); who receives it checks. A
//!   forged RST has the flow forgotten after [ten quiet seconds](FlowTimeouts::tcp_reset), or as soon as
//!   its place is needed.

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod entry;
mod flow;
mod fragments;
mod judge;
mod key;
mod options;
mod recheck;
mod sighting;
mod statistics;
mod table;
mod timeouts;
mod verdict;

use std::fmt;
use std::time::Duration;

pub use flow::{Flow, FlowState};
pub use options::{FlowOptions, FlowsError, MidStream};
pub use statistics::FlowStatistics;
pub use timeouts::FlowTimeouts;
pub use verdict::{FlowVerdict, Tracking};

use self::fragments::Fragments;
use self::statistics::Counters;
use self::table::Table;
use self::timeouts::Limits;

/// A bounded table of connections, for one thread.
///
/// All its memory is taken when it is made. A packet costs a look at two places of the table, whatever
/// is in it, and a decision when the packet opens a flow or its flow was last judged in another
/// generation. Nothing allocates, locks or panics, whatever the packets.
///
/// Both directions of a connection must come to the same table: receive side scaling with a symmetric
/// key does that, or hash addresses and ports to shards the same way for both. Packets come with
/// addresses after DNAT, as policies see them, in both directions. All engines that it is given are to
/// be of one cluster, as generations are what it knows them by.
///
/// It knows no clock: every call is told the time since some moment that is the same for all calls,
/// as a monotonic clock tells it. A time before one that was told is taken for that.
///
/// ```
/// use std::time::Duration;
/// use netpol_core::flows::{FlowOptions, Flows, Tracking};
/// use netpol_core::packet::RawPacket;
/// use netpol_core::{Cluster, Verdict};
///
/// // `web` may be reached from nowhere, and may reach what it likes.
/// let mut cluster = Cluster::from_manifests("
/// apiVersion: v1
/// kind: Pod
/// metadata: {name: web}
/// status: {phase: Running, podIP: 10.0.0.1}
/// ---
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata: {name: web}
/// spec: {podSelector: {}, policyTypes: [Ingress]}
/// ")?;
/// cluster.publish()?;
/// let mut reader = cluster.readers().reader();
/// // In earnest: sixteen bytes from the operating system.
/// let mut flows = Flows::new(&FlowOptions::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]))?;
///
/// // UDP from 10.0.0.1 port 40000 to 192.0.2.1 port 53, and back.
/// let mut query = [0; 28];
/// (query[0], query[3], query[9]) = (0x45, 28, 17);
/// query[12..20].copy_from_slice(&[10, 0, 0, 1, 192, 0, 2, 1]);
/// query[20..24].copy_from_slice(&[0x9c, 0x40, 0, 53]);
/// let mut answer = query;
/// answer[12..20].copy_from_slice(&[192, 0, 2, 1, 10, 0, 0, 1]);
/// answer[20..24].copy_from_slice(&[0, 53, 0x9c, 0x40]);
///
/// let mut judge = |bytes: &[u8], seconds| {
///     let raw = RawPacket::parse(bytes)?;
///     Ok(flows.judge(reader.engine(), &raw, Duration::from_secs(seconds)))
/// };
/// # type Error = netpol_core::RawPacketError;
/// let denied: Result<_, Error> = judge(&answer, 0);
/// assert_eq!(denied?.verdict, Verdict::Deny);
/// assert_eq!(judge(&query, 1)?.tracking, Tracking::New);
/// let reply = judge(&answer, 2)?;
/// assert_eq!((reply.verdict, reply.tracking), (Verdict::Allow, Tracking::Reply));
/// assert_eq!(judge(&answer, 300)?.verdict, Verdict::Deny);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Flows {
    table: Table,
    fragments: Fragments,
    limits: Limits,
    mid_stream: MidStream,
    counters: Counters,
    /// The latest time that was told, in nanoseconds.
    now: u64,
}

impl Flows {
    /// An empty table.
    ///
    /// # Errors
    ///
    /// When there is no memory for so many flows.
    pub fn new(options: &FlowOptions) -> Result<Flows, FlowsError> {
        Ok(Flows {
            table: Table::new(options.capacity, options.seed)?,
            fragments: Fragments::new(options.fragments, options.seed, options.timeouts.fragments)?,
            limits: Limits::new(&options.timeouts),
            mid_stream: options.mid_stream,
            counters: Counters::default(),
            now: 0,
        })
    }

    /// How many flows there is room for: the [capacity](FlowOptions::capacity) that was asked for, or
    /// more.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.table.capacity()
    }

    /// How many bytes it takes, which never changes.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        size_of::<Flows>() + self.table.bytes() + self.fragments.bytes()
    }

    /// Forgets every flow and every fragment; counters stay.
    pub fn clear(&mut self) {
        self.table.clear();
        self.fragments.clear();
    }

    /// The time in nanoseconds, which never goes back.
    fn advance(&mut self, now: Duration) -> u64 {
        self.now = self.now.max(nanoseconds(now));
        self.now
    }
}

impl fmt::Debug for Flows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flows").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// A time as a number; after five centuries it stands still.
const fn nanoseconds(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos() as u64)
}
