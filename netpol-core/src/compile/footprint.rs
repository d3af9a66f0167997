//! How much memory the compilation keeps for itself.

use super::Compiler;

impl Compiler {
    /// What the writer keeps beyond the snapshots, part by part, in bytes; estimated from sizes and
    /// capacities.
    pub(crate) fn memory(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("peers", self.peers.bytes()),
            ("policies", self.policies.bytes()),
            ("prefixes", self.prefixes.bytes()),
            ("label classes", self.label_classes.bytes()),
            ("rule sets", self.rule_sets.bytes()),
            ("classes", self.classes.bytes()),
            ("addresses", self.addresses.bytes()),
            ("spares", self.tables.spare_bytes() + self.directory.spare_bytes()),
            ("endpoints", self.label_class_of.capacity() * size_of::<u32>()),
        ]
    }

    /// How many of each kind of thing there are. Depends on what the inventory holds, and not on how
    /// it came to hold it.
    pub(crate) fn counts(&self) -> Vec<(&'static str, usize)> {
        let (lists, rule_sets, ordered) = self.rule_sets.len();
        let (dense, runs) = self.tables.ipv4.pages();
        vec![
            ("atoms", self.peers.len()),
            ("policies", self.policies.len()),
            ("prefixes", self.prefixes.len()),
            ("label classes", self.label_classes.len()),
            ("policy lists", lists),
            ("rule sets", rule_sets),
            ("ordered rule sets", ordered),
            ("guards", self.rule_sets.guards.len()),
            ("classes", self.classes.len()),
            ("signatures", self.classes.signatures.len()),
            ("dense pages", dense),
            ("run pages", runs),
            ("endpoints", self.directory.names.len()),
            ("services", self.directory.services.len()),
        ]
    }

    /// Whether most of the tables' memory is for things that are gone.
    pub(super) fn is_wasteful(&self) -> bool {
        let (used, room) = self.tables.occupancy();
        let classes = self.classes.len() + self.classes.signatures.len();
        let used = used + classes + self.rule_sets.guards.len();
        room > 1 << 16 && used * 4 < room
    }
}
