//! What changed between two generations, for embedders that keep verdicts: connection tables,
//! offloaded flows, caches.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use super::{Engine, Party, Question, Snapshot};
use crate::directory::EndpointId;
use crate::hash::Set;
use crate::packet::{Packet, Verdict};
use crate::tables::{Change, ClassId};

/// How many generations can be looked back.
const GENERATIONS: usize = 1 << 12;

/// How many entries all changes that are kept may have together, some sixteen mebibytes.
const ENTRIES: usize = 1 << 20;

/// The changes of the last generations, shared by the snapshots of a cluster.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// With the generation that each led to, oldest first, without gaps.
    changes: VecDeque<(u64, Arc<Change>)>,
    entries: usize,
}

impl History {
    /// Takes note of what a generation changed.
    pub(crate) fn add(&self, generation: u64, change: Change) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries += change.len();
        kept.changes.push_back((generation, Arc::new(change)));
        while kept.changes.len() > GENERATIONS || kept.entries > ENTRIES {
            let Some((_, forgotten)) = kept.changes.pop_front() else { break };
            kept.entries -= forgotten.len();
        }
    }

    /// The changes after one generation up to another; `None` when some are forgotten.
    fn between(&self, from: u64, to: u64) -> Option<Vec<Arc<Change>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.changes.iter().filter(|(led_to, _)| *led_to > from && *led_to <= to);
        let found = found.map(|(_, change)| Arc::clone(change)).collect::<Vec<_>>();
        (found.len() as u64 == to.saturating_sub(from)).then_some(found)
    }
}

/// What changed from one generation to a later one: whose verdicts may differ.
///
/// Sound: a packet that is not [touched](Changes::touches) has the same verdict in both engines,
/// and in each between. Tight: endpoints that no changed policy selects and whose own labels,
/// ports and addresses mean the same to all policies are not touched. Reasons and names may differ
/// without a touch, such as when a second policy allows what the first one allows.
///
/// Get it from [`Engine::changes_since`].
#[derive(Clone, Debug)]
pub struct Changes {
    engine: Engine,
    from: u64,
    everything: bool,
    classes: Set<u32>,
    endpoints: Set<u32>,
    addresses: Set<IpAddr>,
    prefixes: Vec<IpNet>,
}

impl Engine {
    /// What changed since an earlier generation of the same cluster.
    ///
    /// A generation that is too old (more than four thousand generations or a million entries back),
    /// later than this engine, or before an engine that was compiled anew, touches everything.
    ///
    /// ```
    /// use netpol_core::{Admission, Cluster, Manifest, Packet};
    ///
    /// let mut cluster = Cluster::from_manifests("
    /// {apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}}, status: {phase: Running, podIP: 10.0.0.1}}
    /// ---
    /// {apiVersion: v1, kind: Pod, metadata: {name: web}, status: {phase: Running, podIP: 10.0.0.2}}
    /// ")?;
    /// let before = cluster.publish()?;
    /// let policy = "
    /// {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed},
    ///  spec: {podSelector: {matchLabels: {app: db}}}}
    /// ";
    /// let policy = Manifest::read(None, policy.as_bytes(), &Default::default());
    /// cluster.apply(&policy, Admission::Create)?;
    /// let engine = cluster.publish()?;
    ///
    /// let changes = engine.changes_since(before.generation());
    /// let (web, db) = ("10.0.0.2".parse()?, "10.0.0.1".parse()?);
    /// assert!(changes.touches(&Packet::tcp(web, db, 5432)));
    /// assert!(!changes.touches(&Packet::tcp("192.0.2.1".parse()?, web, 80)));
    /// assert_eq!(changes.endpoints(), [engine.endpoint("default/db")?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn changes_since(&self, generation: u64) -> Changes {
        let mut changes = Changes {
            engine: self.clone(),
            from: generation,
            everything: false,
            classes: Set::default(),
            endpoints: Set::default(),
            addresses: Set::default(),
            prefixes: Vec::new(),
        };
        match self.0.history.between(generation, self.generation()) {
            Some(found) if generation <= self.generation() => {
                for change in found {
                    changes.everything |= change.everything;
                    changes.classes.extend(&change.classes);
                    changes.endpoints.extend(&change.endpoints);
                    changes.addresses.extend(&change.addresses);
                    changes.prefixes.extend_from_slice(&change.prefixes);
                }
                changes.prefixes.sort_unstable();
                changes.prefixes.dedup();
            }
            _ => changes.everything = true,
        }
        changes
    }

    /// The packets whose verdict is not what it was: their places in `packets` with the verdicts of
    /// this engine. `before[i]` is the verdict that `packets[i]` got in the generation that
    /// `changes` start from. Only those that the changes touch are decided again.
    ///
    /// # Errors
    ///
    /// When the slices differ in length.
    pub fn recheck(
        &self,
        changes: &Changes,
        packets: &[Packet],
        before: &[Verdict],
    ) -> Result<Vec<(usize, Verdict)>, super::LengthMismatch> {
        super::LengthMismatch::check(packets.len(), before.len())?;
        let judged = packets.iter().zip(before).enumerate();
        let touched = judged.filter(|(_, (packet, _))| changes.touches(packet));
        let flipped = touched.filter_map(|(place, (packet, before))| {
            let verdict = self.decide(packet);
            (verdict != *before).then_some((place, verdict))
        });
        Ok(flipped.collect())
    }
}

impl Changes {
    /// The generation they start from.
    #[must_use]
    pub const fn from_generation(&self) -> u64 {
        self.from
    }

    /// The generation they lead to, that of the engine that told them.
    #[must_use]
    pub fn to_generation(&self) -> u64 {
        self.engine.generation()
    }

    /// Whether nothing is known about what is as it was, so that everything is touched.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether nothing is touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything
            && self.classes.is_empty()
            && self.endpoints.is_empty()
            && self.addresses.is_empty()
            && self.prefixes.is_empty()
    }

    /// Whether the verdict on a packet may differ. Costs two address lookups and some look-ups in
    /// hash sets.
    #[must_use]
    pub fn touches(&self, packet: &Packet) -> bool {
        self.touches_address(packet.source()) || self.touches_address(packet.destination())
    }

    /// Whether the answer to a question may differ.
    #[must_use]
    pub fn touches_question(&self, question: &Question) -> bool {
        [question.source, question.destination].into_iter().any(|party| match party {
            Party::Address(address) => self.touches_address(address),
            Party::Endpoint(endpoint) => self.touches_endpoint(endpoint),
        })
    }

    /// Whether verdicts on packets from or to an address may differ.
    #[must_use]
    pub fn touches_address(&self, address: IpAddr) -> bool {
        if self.everything {
            return true;
        }
        let address = address.to_canonical();
        let class = self.snapshot().tables.class_of(address);
        self.touches_class(class)
            || self.addresses.contains(&address)
            || self.prefixes.iter().any(|prefix| prefix.contains(&address))
    }

    /// Whether answers about an endpoint that is meant by handle may differ; so it is for one that
    /// is not there any more.
    #[must_use]
    pub fn touches_endpoint(&self, endpoint: EndpointId) -> bool {
        if self.everything || self.endpoints.contains(&endpoint.0) {
            return true;
        }
        let Some(entry) = self.snapshot().directory.endpoint(endpoint) else { return true };
        entry.addresses.iter().any(|own| self.touches_class(own.class))
            || entry.addresses.is_empty() && self.touches_class(entry.without_address)
    }

    /// The endpoints of the later engine that are touched, in order of their handles. Looks at every
    /// endpoint.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointId> {
        let endpoints = self.snapshot().directory.endpoints.iter();
        let endpoints = endpoints.map(|(number, _)| EndpointId(number));
        endpoints.filter(|endpoint| self.touches_endpoint(*endpoint)).collect()
    }

    /// The single addresses that came to an owner, lost one or got another, sorted; without those of
    /// endpoints that are touched for another reason.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses = self.addresses.iter().copied().collect::<Vec<_>>();
        addresses.sort_unstable();
        addresses
    }

    /// The prefixes whose addresses that are nobody's are touched, sorted. A prefix stands for its
    /// addresses that lie in no narrower prefix that some policy names.
    #[must_use]
    pub fn prefixes(&self) -> Vec<IpNet> {
        let prefixes = self.snapshot().directory.prefixes.iter();
        let touched =
            prefixes.filter(|(_, (_, class))| self.everything || self.touches_class(*class));
        let mut prefixes = touched.map(|(_, (net, _))| *net).collect::<Vec<_>>();
        prefixes.extend_from_slice(&self.prefixes);
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }

    fn touches_class(&self, class: ClassId) -> bool {
        self.classes.contains(&class.record())
    }

    fn snapshot(&self) -> &Snapshot {
        &self.engine.0
    }
}
