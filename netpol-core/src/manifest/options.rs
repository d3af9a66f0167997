use serde::{Deserialize, Serialize};

/// How a manifest is read.
///
/// ```
/// use netpol_core::manifest::{ReadOptions, UnknownFields};
///
/// let mut options = ReadOptions::default();
/// options.default_namespace = "shop".into();
/// options.unknown_fields = UnknownFields::Ignore;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Where a namespaced object is that names no namespace. Default `default`, as kubectl has it.
    pub default_namespace: String,
    /// What happens to fields that the API types do not have.
    pub unknown_fields: UnknownFields,
    /// The form of 2016 is read too: NetworkPolicy of `net.alpha.kubernetes.io/v1alpha1`, or
    /// without an apiVersion when its spec has `allowIncoming` or `inbound`. Default `false`: it is
    /// refused, with a word about what it is.
    pub legacy: bool,
    /// How much is read at most.
    pub limits: Limits,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            default_namespace: "default".into(),
            unknown_fields: UnknownFields::default(),
            legacy: false,
            limits: Limits::default(),
        }
    }
}

/// What happens to fields that the API types do not have, in metadata and in policies. The other
/// parts of other kinds are never judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnknownFields {
    /// An error in admission `Create`, as `kubectl --validate=strict` has it, and a warning in
    /// `Stored`.
    #[default]
    Judge,
    /// Dropped silently, as the API server does with `fieldValidation=Ignore`.
    Ignore,
}

/// How much is read at most. What goes beyond is a [`Problem::Limit`](crate::diagnostic::Problem)
/// that names the field here, and what was read before it is kept.
///
/// The defaults take a dump of a hundred thousand pods. Memory is at most a small multiple of
/// `bytes` for what is understood, and about 150 bytes times `nodes` on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file or stream, at most 4 GiB. Default 1 GiB.
    pub bytes: u32,
    /// Documents of one file or stream. Default 1,000,000.
    pub documents: u32,
    /// Values (mappings, lists, scalars and keys) of one object, or of a document that is no list of
    /// objects; and of all items together in a list that tells its kind behind them and whose items do
    /// not tell theirs. Default 4,000,000.
    pub nodes: u32,
    /// Collections inside one another; values above 512 count as 512. Default 64.
    pub depth: u16,
    /// Bytes of one scalar. Default 8 MiB, several times what a cluster can store as one object.
    pub scalar_bytes: u32,
    /// Bytes of memory that anchors, aliases and merge keys of one document may add. Default 64 MiB.
    pub alias_bytes: u32,
    /// Findings of one file or stream; the rest is not told. Default 10,000.
    pub findings: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes: 1 << 30,
            documents: 1_000_000,
            nodes: 4_000_000,
            depth: 64,
            scalar_bytes: 8 << 20,
            alias_bytes: 64 << 20,
            findings: 10_000,
        }
    }
}

impl Limits {
    /// The depth in force; the tree is built and dropped recursively, so it has to end somewhere.
    pub(super) fn depth(&self) -> usize {
        usize::from(self.depth.min(512))
    }
}
