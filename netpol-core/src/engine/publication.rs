//! From one writer to any number of readers: the newest snapshot, without waiting.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::{Decision, Engine, LengthMismatch, Snapshot};
use crate::directory::Directory;
use crate::options::Options;
use crate::packet::{Packet, Verdict};
use crate::tables::Tables;

/// Where a cluster puts its newest snapshot, and what it keeps of the older ones.
///
/// Whoever lets go of a snapshot last frees it, which takes longer the larger the cluster is.
/// Readers are on the packet path, so the publisher keeps every snapshot until nobody else holds
/// it.
#[derive(Debug)]
pub(crate) struct Publisher {
    newest: Arc<Newest>,
    /// The newest snapshot and those that somebody still holds.
    kept: Vec<Engine>,
}

/// The newest snapshot and its generation, which readers look at first: it is one load from a
/// cache line that changes only when they have something to do.
struct Newest {
    generation: AtomicU64,
    snapshot: ArcSwap<Snapshot>,
}

impl fmt::Debug for Newest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Newest").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Publisher {
    /// Starts with an engine that answers before the first publication: what is unknown fails
    /// closed, unless the options say otherwise.
    pub(crate) fn new(options: &Options) -> Publisher {
        let verdict = Some(options.until_synced.unwrap_or(Verdict::Deny));
        let mut tables = Tables::default();
        tables.flag_everything();
        let engine = Engine::new(
            0,
            options.clone(),
            verdict,
            tables,
            Directory::default(),
            Arc::default(),
            Arc::default(),
        );
        let newest = Newest {
            generation: AtomicU64::new(engine.generation()),
            snapshot: ArcSwap::new(Arc::clone(&engine.0)),
        };
        Publisher { newest: Arc::new(newest), kept: vec![engine] }
    }

    /// Makes an engine the newest.
    pub(crate) fn publish(&mut self, engine: &Engine) {
        // In this order: who sees the new generation finds a snapshot at least as new.
        let before = self.newest.snapshot.swap(Arc::clone(&engine.0));
        self.newest.generation.store(engine.generation(), Ordering::Release);
        drop(before);
        self.kept.push(engine.clone());
        self.release();
    }

    /// Frees what nobody else holds any more.
    fn release(&mut self) {
        self.kept.retain(|engine| Arc::strong_count(&engine.0) > 1);
    }

    /// How many snapshots there are, the newest included.
    pub(crate) fn snapshots(&mut self) -> usize {
        self.release();
        self.kept.len()
    }

    /// The newest engine.
    pub(crate) fn newest(&self) -> Engine {
        Engine(self.newest.snapshot.load_full())
    }

    pub(crate) fn readers(&self) -> ReaderFactory {
        ReaderFactory { newest: Arc::clone(&self.newest) }
    }
}

/// Makes a [`Reader`] for each thread that asks questions. Get it from
/// [`Cluster::readers`](crate::Cluster::readers); it goes on when the cluster is gone.
#[derive(Clone, Debug)]
pub struct ReaderFactory {
    newest: Arc<Newest>,
}

impl ReaderFactory {
    /// A reader that sees everything published from now on.
    #[must_use]
    pub fn reader(&self) -> Reader {
        let engine = self.engine();
        Reader { generation: engine.generation(), engine, newest: Arc::clone(&self.newest) }
    }

    /// The newest engine, to be kept as it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        Engine(self.newest.snapshot.load_full())
    }
}

/// The newest snapshot, for one thread.
///
/// Each call looks whether something was published since the last one, which costs a load and a
/// compare (about two nanoseconds); only then it exchanges a pointer. It never waits for the writer
/// and never frees a snapshot: the cluster does, when it publishes the next time. (Once the cluster is
/// gone the last reader frees the last snapshot.) It allocates once at most, the first time that it
/// sees something new in another thread than the one that made it.
///
/// A reader holds the snapshot that it saw last. One that is idle keeps that snapshot, and no other,
/// in memory, so there are at most as many snapshots as readers and engines, and two: call
/// [`refresh`](Reader::refresh) now and then from a thread that has no packets. A reader that is
/// dropped, or whose thread ends, holds nothing.
///
/// ```
/// use netpol_core::{Cluster, Packet};
///
/// let mut cluster = Cluster::from_manifests("
/// {apiVersion: v1, kind: Pod, metadata: {name: db}, status: {phase: Running, podIP: 10.0.0.1}}
/// ")?;
/// let readers = cluster.readers();
/// let packet = Packet::tcp("192.0.2.1".parse()?, "10.0.0.1".parse()?, 5432);
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         let mut reader = readers.reader();
///         // Nothing was published yet, and what is unknown is denied.
///         let _ = reader.decide(&packet);
///     });
/// });
/// let mut reader = readers.reader();
/// assert!(!reader.decide(&packet).is_allow());
/// cluster.publish()?;
/// assert!(reader.decide(&packet).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    engine: Engine,
    /// That of `engine`, where it costs no look at the snapshot.
    generation: u64,
    newest: Arc<Newest>,
}

impl Reader {
    /// The newest engine. What is asked of it comes from one snapshot, whatever is published
    /// meanwhile.
    #[inline]
    pub fn engine(&mut self) -> &Engine {
        if self.newest.generation.load(Ordering::Acquire) != self.generation {
            self.refresh();
        }
        &self.engine
    }

    /// Lets go of an older snapshot.
    #[cold]
    pub fn refresh(&mut self) {
        self.engine = Engine(self.newest.snapshot.load_full());
        self.generation = self.engine.generation();
    }

    /// [`Engine::decide`] of the newest engine.
    #[inline]
    pub fn decide(&mut self, packet: &Packet) -> Verdict {
        self.engine().decide(packet)
    }

    /// [`Engine::decide_batch`] of the newest engine: one snapshot answers the whole batch.
    ///
    /// # Errors
    ///
    /// When the slices differ in length; then no verdict is written.
    pub fn decide_batch(
        &mut self,
        packets: &[Packet],
        verdicts: &mut [Verdict],
    ) -> Result<(), LengthMismatch> {
        self.engine().decide_batch(packets, verdicts)
    }

    /// [`Engine::attribute`] of the newest engine.
    #[inline]
    pub fn attribute(&mut self, packet: &Packet) -> Decision {
        self.engine().attribute(packet)
    }
}
