//! From inventory to tables: all the cost is paid here, none of it per packet.
//!
//! The passes, in order:
//!
//! 1. [`peers`]: every peer of every rule becomes an atom (or an atom minus others); the label
//!    keys and values that selectors speak of become [`facts`], and peers that stand for the
//!    addresses of nodes and domain names are kept apart ([`address_peers`]).
//! 2. [`policies`]: every policy becomes its lines, and an index of subjects per namespace
//!    ([`cluster_subjects`] for those that are in none).
//! 3. [`prefixes`]: the address prefixes in use are nested into chains.
//! 4. [`classes`]: endpoints with the same facts in the same namespace share a label class, hence
//!    rule sets ([`rule_sets`]) and signatures; with the chain of an address it makes a class.
//! 5. [`endpoints`], [`nodes`] and [`addresses`]: who is an endpoint, which addresses are nodes',
//!    who owns an address, and the two IP tables.
//!
//! Everything interned is interned by content, so tables depend on what the inventory holds and
//! not on how it came to hold it.

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod address_peers;
mod addresses;
mod classes;
mod cluster_subjects;
mod endpoints;
mod facts;
mod nodes;
mod peers;
mod policies;
mod prefixes;
mod rule_sets;

use self::classes::Classes;
use self::nodes::Nodes;
use self::prefixes::Chains;
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::{Directory, NamespaceEntry};
use crate::inventory::Inventory;
use crate::options::Options;
use crate::tables::Tables;

/// What compilation gives.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) tables: Tables,
    pub(crate) directory: Directory,
    /// What was odd about the inventory as a whole.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// The inventory does not fit into the tables' numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLarge;

impl From<TooLarge> for Diagnostic {
    fn from(_: TooLarge) -> Diagnostic {
        Diagnostic::error(Problem::Limit {
            limit: "records",
            allowed: 1 << 28,
            message: "the cluster needs more distinct classes, rule sets or signatures than the \
                      tables have room for"
                .to_owned(),
        })
    }
}

/// Compiles the whole inventory.
pub(crate) fn compile(
    inventory: &Inventory,
    options: &Options,
) -> Result<Compiled, Vec<Diagnostic>> {
    let (namespaces, mut warnings) = policies::namespaces(inventory, options)?;
    warnings.extend(policies::equal_priorities(inventory, options)?);
    let (tables, directory) = build(inventory, namespaces, options, &mut warnings)
        .map_err(|error| vec![Diagnostic::from(error)])?;
    Ok(Compiled { tables, directory, warnings })
}

fn build(
    inventory: &Inventory,
    namespaces: Vec<NamespaceEntry>,
    options: &Options,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(Tables, Directory), TooLarge> {
    let policies = policies::compile(inventory, &namespaces, options)?;
    let candidates = endpoints::endpoints(inventory, options);
    let nodes = Nodes::new(inventory, &candidates);
    let prefixes = policies.peers.prefixes();
    let prefixes = prefixes.chain(policies.peers.addresses.prefixes(inventory));
    let prefixes = prefixes.chain(nodes.flagged_prefixes(options));
    let chains = Chains::new(prefixes);
    let mut classes = Classes::new(policies, chains, namespaces, options);
    let addresses = addresses::assign(&candidates, &nodes, &mut classes, options, warnings)?;
    let Classes { policies, namespaces, compiler, .. } = classes;
    let mut tables = Tables {
        ipv4: addresses.ipv4,
        ipv6: addresses.ipv6,
        classes: classes.records,
        rule_sets: compiler.rule_sets,
        ordered: compiler.ordered,
        signatures: classes.signatures,
        signature_details: classes.signature_details,
        guards: compiler.guards,
        guard_details: compiler.guard_details,
        excepts: policies.excepts,
    };
    tables.shrink();
    let directory = Directory {
        namespaces,
        endpoints: addresses.endpoints,
        owners: addresses.owners,
        own_node_addresses: nodes.own_sets,
        node_addresses: nodes.addresses,
        pod_cidrs: nodes.pod_cidrs,
        policies: policies.list,
        lines: policies.lines,
        class_origins: classes.origins,
        policy_lists: classes.policy_lists,
        port_lists: classes.port_lists,
    };
    Ok((tables, directory))
}
