//! From inventory to tables: all the cost is paid here, none of it per packet.
//!
//! A [`Compiler`] keeps everything it has interned, with who uses it. Given what changed in the
//! inventory it goes through these steps, each of which leaves [`work`] for those after it; given
//! everything, it does the same:
//!
//! 1. [`nodes`] and [`address_peers`]: which addresses are nodes' or names'; namespaces, with the
//!    [`scopes`] that they lie in.
//! 2. [`policies`]: every policy becomes its lines, its [`peers`] atoms (or an atom minus others),
//!    its selectors [`terms`].
//! 3. [`prefixes`] come and go, and with them the chains that addresses belong to.
//! 4. [`label_classes`]: endpoints with the same facts in the same namespace share rule sets and
//!    atoms ([`label_class_rules`], [`rule_sets`], [`guards`]); with the chain of an address that
//!    makes one of the [`classes`], with its [`signatures`].
//! 5. [`endpoints`] get their classes, [`addresses`] their owners, the address tables their entries.
//! 6. [`services`], which nothing before depends on.
//! 7. What nobody uses any more is forgotten, and [`changes`] says whose verdicts may differ.
//!
//! Everything interned is interned by content and counted, so what is left depends on what the
//! inventory holds and not on how it came to hold it.

#![warn(clippy::expect_used, clippy::unwrap_used)]

mod address_peers;
mod addresses;
mod changes;
mod claims;
mod classes;
mod endpoints;
mod footprint;
mod gathered;
mod ground;
mod guards;
mod label_class_rules;
mod label_classes;
mod nodes;
mod peers;
mod policies;
mod port_names;
mod prefixes;
mod rule_sets;
mod scopes;
mod services;
mod signatures;
mod slab;
mod steps;
mod terms;
mod warnings;
mod work;

use std::sync::Arc;

use self::addresses::Addresses;
use self::changes::ChangeCollector;
use self::classes::Classes;
use self::label_classes::LabelClasses;
use self::nodes::Nodes;
use self::peers::Peers;
use self::policies::Policies;
use self::prefixes::Prefixes;
use self::rule_sets::RuleSetCompiler;
use self::warnings::Warnings;
use self::work::Work;
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::Directory;
use crate::inventory::Inventory;
use crate::options::Options;
use crate::tables::{Change, Tables};

/// What compilation gives: the tables as they are now, which do not change any more.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) tables: Tables,
    pub(crate) directory: Directory,
    /// What was odd about the inventory as a whole.
    pub(crate) warnings: Arc<[Diagnostic]>,
    /// Whose verdicts may differ from those before.
    pub(crate) changed: Change,
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

/// The inventory as it was compiled last, ready to be changed.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    tables: Tables,
    directory: Directory,
    peers: Peers,
    policies: Policies,
    prefixes: Prefixes,
    nodes: Nodes,
    label_classes: LabelClasses,
    rule_sets: RuleSetCompiler,
    classes: Classes,
    addresses: Addresses,
    /// By endpoint, what it must give back; 0 where policies do not see a pod.
    label_class_of: Vec<u32>,
    /// See [`Chains`](classes::Chains).
    stale_chains: bool,
    warnings: Warnings,
    changes: ChangeCollector,
    work: Work,
}

impl Compiler {
    /// Of an empty inventory.
    pub(crate) fn new(options: &Options) -> Compiler {
        let mut prefixes = Prefixes::new();
        let mut work = Work::default();
        let nodes = Nodes::new(options, &mut prefixes, &mut work);
        Compiler {
            tables: Tables::default(),
            directory: Directory::default(),
            peers: Peers::new(options),
            policies: Policies::new(options),
            prefixes,
            nodes,
            label_classes: LabelClasses::default(),
            rule_sets: RuleSetCompiler::default(),
            classes: Classes::default(),
            addresses: Addresses::new(options),
            label_class_of: Vec::new(),
            stale_chains: false,
            warnings: Warnings::default(),
            changes: ChangeCollector::default(),
            work,
        }
    }
}

/// Compiles what changed in the inventory since the last call, with what `compiler` knows from
/// then; everything when it knows nothing.
///
/// When it fails nothing has happened: what changed is still to be compiled.
pub(crate) fn compile(
    compiler: &mut Option<Compiler>,
    inventory: &mut Inventory,
    options: &Options,
) -> Result<Compiled, Vec<Diagnostic>> {
    warnings::refusals(inventory, options)?;
    let everything = compiler.is_none();
    let mut running = compiler.take().unwrap_or_else(|| Compiler::new(options));
    let dirty = if everything {
        inventory.names.labels.forget_wants();
        inventory.names.ports.forget_wants();
        inventory.everything()
    } else {
        inventory.take_dirty()
    };
    match running.apply(&dirty, everything, inventory, options) {
        Ok(compiled) => {
            inventory.settle(&dirty);
            if !everything && running.is_wasteful() {
                // A much larger cluster left its memory behind; what is left of it moves out.
                drop(running);
                return compile(compiler, inventory, options);
            }
            *compiler = Some(running);
            Ok(compiled)
        }
        Err(error) => {
            // What was compiled halfway is of no use; the next call compiles everything.
            inventory.reopen(dirty);
            Err(vec![Diagnostic::from(error)])
        }
    }
}
