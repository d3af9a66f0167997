//! What a cluster holds at one moment: to be written down, sent elsewhere, and compiled there.
//!
//! ```text
//! cluster → contents → bytes → contents → cluster
//! ```
//!
//! [`Contents`] are everything that a cluster was told and nothing that was compiled of it: the
//! inventory, the options, what names resolve to, whether it is complete. Compiling them gives the
//! same answers, and the same [counts](crate::Cluster::counts), as they gave where they were taken.
//!
//! They are written as JSON that carries a version. What is read is checked before anything is done
//! with it: bytes that this library did not write are an error, whatever they are.

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fmt;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::inventory::{Inventory, SavedInventory};
use crate::options::Options;

/// The version that is written. An older one that can still be read would be listed beside it.
const VERSION: u32 = 1;

/// More than any cluster will have, and far from the end of the numbers.
const MOST_GENERATIONS: u64 = 1 << 62;

/// What a cluster holds at one moment.
///
/// Cloning copies pointers. As long as some are there the cluster that they are of has to copy what
/// it holds at its next change, which costs some nanoseconds for each endpoint and label.
///
/// ```
/// use netpol_core::contents::Contents;
/// use netpol_core::{Cluster, Packet};
///
/// let mut cluster = Cluster::from_manifests("
/// {apiVersion: v1, kind: Pod, metadata: {name: db}, status: {phase: Running, podIP: 10.0.0.1}}
/// ---
/// {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed}, spec: {podSelector: {}}}
/// ")?;
/// let engine = cluster.publish()?;
/// let bytes = cluster.contents().to_bytes();
///
/// // Elsewhere.
/// let mut copy = Cluster::from(Contents::from_bytes(&bytes)?);
/// let same = copy.publish()?;
/// let packet = Packet::tcp("192.0.2.1".parse()?, "10.0.0.1".parse()?, 5432);
/// assert_eq!(same.decide(&packet), engine.decide(&packet));
/// assert_eq!(same.generation(), engine.generation());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Contents {
    pub(crate) options: Options,
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) synced: bool,
    /// What the first publication of them counts as.
    pub(crate) generation: u64,
}

/// Bytes are no contents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// They are no JSON, or none that this library writes.
    #[error("not the saved contents of a cluster: {0}")]
    Malformed(String),
    /// They were written by another version of this library, in a form that this one does not know.
    #[error("saved in version {found} of the form, where only version {VERSION} can be read here")]
    Version {
        /// The version that they say they have.
        found: u32,
    },
}

/// The contents as they are written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Saved {
    netpol_contents: u32,
    generation: u64,
    synced: bool,
    #[serde(deserialize_with = "known_options")]
    options: Options,
    inventory: SavedInventory,
}

/// Options, all of which are known here: one that is not would change the verdicts of whoever set it.
fn known_options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Options, D::Error> {
    let options = Map::deserialize(deserializer)?;
    let known = serde_json::to_value(Options::default()).map_err(D::Error::custom)?;
    if let Some(name) = options.keys().find(|name| known.get(name).is_none()) {
        return Err(D::Error::custom(format_args!("option `{name}` is not known")));
    }
    serde_json::from_value(Value::Object(options)).map_err(D::Error::custom)
}

/// What every version begins with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    netpol_contents: u32,
}

impl Contents {
    /// Writes them down: JSON, the same for the same contents. Takes about a microsecond for each
    /// endpoint, and some 300 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let saved = Saved {
            netpol_contents: VERSION,
            generation: self.generation,
            synced: self.synced,
            options: self.options.clone(),
            inventory: SavedInventory::from(&*self.inventory),
        };
        // Serialising plain data into memory has nothing to fail on.
        serde_json::to_vec(&saved).unwrap_or_default()
    }

    /// Reads what [`to_bytes`](Contents::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// When the bytes are anything else, or of a version that is not known here. Bytes may come from
    /// anywhere: reading them takes time and memory in proportion to their number, and never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Contents, ContentsError> {
        let malformed = |error: &dyn fmt::Display| ContentsError::Malformed(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
        if head.netpol_contents != VERSION {
            return Err(ContentsError::Version { found: head.netpol_contents });
        }
        let saved: Saved = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
        if !(1..=MOST_GENERATIONS).contains(&saved.generation) {
            return Err(malformed(&format_args!("generation {} is none", saved.generation)));
        }
        let inventory = Inventory::try_from(saved.inventory).map_err(|error| malformed(&error))?;
        Ok(Contents {
            options: saved.options,
            inventory: Arc::new(inventory),
            synced: saved.synced,
            generation: saved.generation,
        })
    }

    /// The options of the cluster.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").field("generation", &self.generation).finish_non_exhaustive()
    }
}
