//! The steps of a publication, in their order.

use std::sync::Arc;

use super::classes::{Chains, Classes, Parts};
use super::ground::Ground;
use super::label_class_rules::{release_lists, split};
use super::nodes::Surroundings;
use super::policies::Name;
use super::prefixes::{Chain, ChainAtoms};
use super::rule_sets::Sources;
use super::services::set_services;
use super::{Compiled, Compiler, TooLarge};
use crate::directory::NamespaceEntry;
use crate::inventory::{Dirty, Inventory};
use crate::options::{NetworkPolicySemantics, Options};
use crate::policy::isolated_namespace;
use crate::tables::{ClassId, Segment};

impl Compiler {
    /// Compiles what changed.
    pub(super) fn apply(
        &mut self,
        dirty: &Dirty,
        everything: bool,
        inventory: &mut Inventory,
        options: &Options,
    ) -> Result<Compiled, TooLarge> {
        self.changes.begin(everything);
        self.addresses.begin(everything);
        let before = self.tables.share();
        self.set_nodes_and_names(dirty, inventory, options);
        self.set_namespaces(dirty, inventory, options);
        self.set_policies(dirty, inventory, options)?;
        self.work.endpoints.extend(dirty.endpoints.iter().copied());
        self.reproject(inventory, everything);
        self.nest_prefixes()?;
        self.refresh_label_classes(options)?;
        self.place_endpoints(inventory, options)?;
        self.refresh_classes()?;
        self.settle_addresses()?;
        set_services(dirty, &inventory.services, &mut self.directory.services);
        for address in std::mem::take(&mut self.work.node_addresses) {
            self.changes.address(address);
        }
        let changed = self.changes.end(
            &before,
            &self.tables,
            &self.peers.transient(),
            &self.classes.written,
            self.work.addresses.sorted(),
        );
        self.sweep(dirty);
        self.warnings.update(dirty, inventory, options, &self.addresses);
        Ok(Compiled {
            tables: self.tables.share(),
            directory: self.directory.share(),
            warnings: self.warnings.list(),
            changed,
        })
    }

    fn set_nodes_and_names(&mut self, dirty: &Dirty, inventory: &Inventory, options: &Options) {
        for name in &dirty.nodes {
            let surroundings = Surroundings {
                addresses: &mut self.addresses,
                prefixes: &mut self.prefixes,
                directory: &mut self.directory,
                work: &mut self.work,
            };
            self.nodes.set(name, inventory, options, surroundings);
            let record = inventory.nodes.get(name);
            let peers = &mut self.peers.addresses;
            peers.set_node(name, record, &mut self.prefixes, &mut self.work);
        }
        for name in &dirty.domains {
            let addresses = inventory.domains.addresses(name);
            let peers = &mut self.peers.addresses;
            peers.set_domain(name, addresses, &mut self.prefixes, &mut self.work);
        }
    }

    fn set_namespaces(&mut self, dirty: &Dirty, inventory: &Inventory, options: &Options) {
        for number in &dirty.namespaces {
            let Some(record) = inventory.namespace(*number) else { continue };
            let labels = super::warnings::labels_of(record, options);
            let other_scopes = self.peers.scopes.set_namespace(*number, &labels);
            let facts = self.peers.scopes.facts(*number);
            let other_policies = self.policies.set_namespace(*number, facts);
            if other_scopes || other_policies {
                let everything = super::terms::Terms::default();
                let work = &mut self.work.label_classes;
                self.label_classes.of_namespace(*number, &everything, work);
            }
            let name = Arc::clone(&record.name);
            let entry = NamespaceEntry { name, labels };
            self.directory.namespaces.set(*number, Some(entry));
        }
    }

    fn set_policies(
        &mut self,
        dirty: &Dirty,
        inventory: &mut Inventory,
        options: &Options,
    ) -> Result<(), TooLarge> {
        let legacy = options.network_policies == NetworkPolicySemantics::Legacy;
        let mut names = Vec::new();
        for (number, name) in &dirty.policies {
            names.push(Name::Namespaced(*number, name.clone()));
        }
        if legacy {
            // The annotation isolates; where it does not, policies have nothing to open.
            for number in &dirty.namespaces {
                names.push(Name::Annotation(*number));
                let record = inventory.namespace(*number);
                let policies = record.into_iter().flat_map(|record| record.policies.keys());
                names.extend(policies.map(|name| Name::Namespaced(*number, name.clone())));
            }
        }
        for (kind, name) in &dirty.cluster_policies {
            names.push(Name::ClusterWide(*kind, name.clone()));
        }
        for name in names {
            let policy = match &name {
                Name::Namespaced(number, name) => inventory
                    .namespace(*number)
                    .filter(|record| !legacy || record.isolated)
                    .and_then(|record| record.policies.get(name).cloned()),
                Name::Annotation(number) => inventory
                    .namespace(*number)
                    .filter(|record| record.isolated)
                    .map(|record| Arc::new(isolated_namespace((&*record.name).into()))),
                Name::ClusterWide(kind, name) => {
                    inventory.cluster_policies.get(&(*kind, name.clone())).cloned()
                }
            };
            let mut ground =
                Ground { inventory, prefixes: &mut self.prefixes, work: &mut self.work };
            let (peers, label_classes) = (&mut self.peers, &self.label_classes);
            self.policies.set(name, policy.as_ref(), peers, label_classes, &mut ground)?;
        }
        for number in std::mem::take(&mut self.policies.changed) {
            let entry = self.policies.find(number).map(Arc::clone);
            if let Some(entry) = &entry {
                for number in entry.lines.except_lists() {
                    let list = Arc::clone(self.policies.excepts.key(number));
                    self.tables.excepts.set(number, list);
                }
            }
            self.directory.policies.set(number.0, entry);
        }
        let mut ground = Ground { inventory, prefixes: &mut self.prefixes, work: &mut self.work };
        self.peers.settle(&self.label_classes, &mut ground);
        Ok(())
    }

    /// Looks again at endpoints of which something is asked that was not, or is no more.
    fn reproject(&mut self, inventory: &Inventory, everything: bool) {
        if everything {
            // All of them are looked at as it is.
            self.work.facts.clear();
            self.work.port_names.clear();
        }
        for fact in std::mem::take(&mut self.work.facts) {
            self.work.endpoints.extend(inventory.names.labels.holders(fact));
        }
        for fact in std::mem::take(&mut self.work.port_names) {
            for endpoint in inventory.names.ports.holders(fact) {
                self.work.endpoints.insert(endpoint);
                // Whether egress rules use a name is no part of what a label class is known by.
                let number = self.label_class_of(endpoint);
                if number != 0 {
                    self.work.label_classes.insert(number);
                    self.work
                        .classes
                        .extend(self.label_classes.get(number).classes.iter().copied());
                }
            }
        }
    }

    /// Lets prefixes come and go, outer ones first in and last out, and gives each the class of its
    /// addresses that are nobody's.
    fn nest_prefixes(&mut self) -> Result<(), TooLarge> {
        let (added, idle) =
            (self.prefixes.take_added(), self.prefixes.idle(self.work.prefixes.iter().copied()));
        let (owners, nodes) = (&self.directory.owners, &self.directory.node_addresses);
        self.stale_chains =
            (!added.is_empty() || !idle.is_empty()) && (owners.len() > 0 || !nodes.is_empty());
        for number in added {
            let net = self.prefixes.get_mut(number).net;
            let outer = self.external_around(number);
            let class = self.acquire_class(0, Chain(number))?;
            let (_, flagged) = self.prefixes.chain(Chain(number));
            let prefix = self.prefixes.get_mut(number);
            (prefix.external, prefix.flagged) = (class, flagged);
            self.exchange(net, outer, Classes::id(class, flagged))?;
            self.work.prefixes.insert(number);
        }
        for number in idle {
            let prefix = self.prefixes.get_mut(number);
            let (net, class, flagged) = (prefix.net, prefix.external, prefix.flagged);
            self.prefixes.remove(number);
            let outer = self.external_around(number);
            self.exchange(net, Classes::id(class, flagged), outer)?;
            self.classes.release(class);
            self.directory.prefixes.set(number, None);
            self.work.prefixes.remove(&number);
        }
        for number in std::mem::take(&mut self.work.prefixes) {
            let flagged = self.gather_chain(Chain(number));
            let prefix = self.prefixes.get_mut(number);
            let (net, class) = (prefix.net, prefix.external);
            if prefix.flagged != flagged {
                let before = Classes::id(class, prefix.flagged);
                prefix.flagged = flagged;
                self.exchange(net, before, Classes::id(class, flagged))?;
            }
            let prefix = self.prefixes.get_mut(number);
            self.work.classes.extend(prefix.classes.iter().copied());
            if prefix.net.prefix_len() == 0 {
                // What has no address may be anywhere.
                self.gather_chain(Chain::WITHOUT_ADDRESS);
                self.work.classes.extend(self.classes.without_address());
            }
            let entry = (net, Classes::id(class, flagged));
            self.directory.prefixes.set(number, Some(entry));
        }
        Ok(())
    }

    /// Puts the atoms of a chain together, and says whether it is flagged.
    fn gather_chain(&mut self, chain: Chain) -> bool {
        let (mut atoms, flagged) = self.prefixes.chain(chain);
        let outside = split(&self.peers, &atoms);
        atoms.retain(|atom| self.peers.is_for_pods(*atom));
        let for_pods = split(&self.peers, &atoms);
        self.prefixes.set_atoms(chain, ChainAtoms { outside, for_pods });
        flagged
    }

    /// The class of addresses around a prefix that are nobody's.
    fn external_around(&mut self, number: u32) -> ClassId {
        let net = self.prefixes.get_mut(number).net;
        let around = self.prefixes.around(net);
        let outer = self.prefixes.get(around.0);
        outer.map_or(ClassId::UNKNOWN, |outer| Classes::id(outer.external, outer.flagged))
    }

    /// Addresses in a prefix that are nobody's and had one class get another; those that are
    /// somebody's are looked at again.
    fn exchange(
        &mut self,
        net: ipnet::IpNet,
        before: ClassId,
        now: ClassId,
    ) -> Result<(), TooLarge> {
        self.changes.prefix(net, before, now);
        self.addresses.within(net.network(), net.broadcast(), &mut self.work);
        match net {
            ipnet::IpNet::V4(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                self.tables.ipv4.replace(first, last, before, now).ok_or(TooLarge)
            }
            ipnet::IpNet::V6(net) => {
                if net.prefix_len() == 128 {
                    self.work.addresses.insert(net.addr().into());
                } else {
                    self.work.ipv6_prefixes = true;
                }
                Ok(())
            }
        }
    }

    fn refresh_label_classes(&mut self, options: &Options) -> Result<(), TooLarge> {
        let numbers = self.work.label_classes.take();
        for number in &numbers {
            if self.label_classes.is_used(*number) {
                self.refresh_label_class(*number, options)?;
            }
        }
        self.work.label_classes.reuse(numbers);
        Ok(())
    }

    /// Puts one label class together again, and marks the classes made with it when it changed.
    pub(super) fn refresh_label_class(
        &mut self,
        number: u32,
        options: &Options,
    ) -> Result<(), TooLarge> {
        let mut sources = Sources {
            policies: &self.policies,
            tables: &mut self.tables,
            directory: &mut self.directory,
        };
        let (peers, rule_sets) = (&self.peers, &mut self.rule_sets);
        if self.label_classes.refresh(number, peers, rule_sets, &mut sources, options)? {
            self.work.classes.extend(self.label_classes.get(number).classes.iter().copied());
        }
        Ok(())
    }

    fn place_endpoints(
        &mut self,
        inventory: &Inventory,
        options: &Options,
    ) -> Result<(), TooLarge> {
        let numbers = self.work.endpoints.take();
        if numbers.len() > self.directory.names.len() {
            self.directory.names.reserve(numbers.len());
        }
        // In order, so that what lies side by side is written once.
        for number in &numbers {
            self.place(*number, inventory, options)?;
        }
        self.work.endpoints.reuse(numbers);
        let (addresses, directory) = (&mut self.addresses, &mut self.directory);
        self.nodes.drop_unused(addresses, directory, &mut self.work);
        for number in std::mem::take(&mut self.work.own_nodes) {
            if self.nodes.is_used(number) {
                self.nodes.fill(number, &mut self.directory);
            }
        }
        Ok(())
    }

    /// Where to look for the chain of an address.
    pub(super) const fn chains(&self) -> Chains<'_> {
        Chains { prefixes: &self.prefixes, classes: &self.classes, stale: self.stale_chains }
    }

    /// The class of these labels in this chain, used once more.
    pub(super) fn acquire_class(
        &mut self,
        label_class: u32,
        chain: Chain,
    ) -> Result<u32, TooLarge> {
        let (label_classes, prefixes) = (&mut self.label_classes, &mut self.prefixes);
        self.classes.acquire(label_class, chain, label_classes, prefixes)
    }

    /// The classes, and what they are made from.
    const fn classes_and_parts(&mut self) -> (&mut Classes, Parts<'_>) {
        let parts = Parts {
            label_classes: &self.label_classes,
            prefixes: &self.prefixes,
            policies: &self.policies,
            tables: &mut self.tables,
            directory: &mut self.directory,
        };
        (&mut self.classes, parts)
    }

    fn refresh_classes(&mut self) -> Result<(), TooLarge> {
        self.work.classes.extend(self.classes.fresh.drain(..));
        let numbers = self.work.classes.take();
        for number in &numbers {
            if self.classes.is_used(*number) {
                let (classes, mut parts) = self.classes_and_parts();
                classes.refresh(*number, &mut parts)?;
            }
        }
        self.work.classes.reuse(numbers);
        Ok(())
    }

    fn settle_addresses(&mut self) -> Result<(), TooLarge> {
        let chains =
            Chains { prefixes: &self.prefixes, classes: &self.classes, stale: self.stale_chains };
        let (tables, directory) = (&mut self.tables, &mut self.directory);
        self.addresses.settle(&mut self.work, &chains, tables, directory)?;
        if std::mem::take(&mut self.work.ipv6_prefixes) {
            let segments = self.prefixes.ipv6().filter_map(|prefix| match prefix.net {
                ipnet::IpNet::V6(net) => Some(Segment {
                    first: net.network().to_bits(),
                    last: net.broadcast().to_bits(),
                    class: Classes::id(prefix.external, prefix.flagged).bits(),
                }),
                ipnet::IpNet::V4(_) => None,
            });
            self.tables.ipv6.set_prefixes(segments);
        }
        Ok(())
    }

    /// Forgets what nobody uses any more. Each room lets go of what the next holds.
    fn sweep(&mut self, dirty: &Dirty) {
        for number in &dirty.left_namespaces {
            self.peers.scopes.remove_namespace(*number);
            self.policies.remove_namespace(*number);
            self.directory.namespaces.set(*number, None);
        }
        let (tables, directory) = (&mut self.tables, &mut self.directory);
        self.classes.sweep(&mut self.label_classes, &mut self.prefixes, tables, directory);
        self.prefixes.sweep();
        let rule_sets = &mut self.rule_sets;
        self.label_classes.sweep(directory, |origin| release_lists(origin, rule_sets));
        self.rule_sets.sweep(tables, directory);
        while let Some((number, ..)) = self.policies.excepts.sweep() {
            tables.excepts.set(number, Arc::default());
        }
        self.policies.sweep();
        self.peers.sweep();
        self.work.addresses.clear();
    }
}
