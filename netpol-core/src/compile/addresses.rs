use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::TooLarge;
use super::claims::{Claim, Claims};
use super::classes::{Chains, Classes};
use super::work::Work;
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::{Directory, EndpointEntry, hash_of_address};
use crate::field::Path;
use crate::inventory::EndpointRecord;
use crate::model::ObjectRef;
use crate::options::Options;
use crate::tables::{ClassId, NumberSlot, Tables};

/// Who has which address.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    known: Claims,
    /// Claims that are not in it yet, while everything is compiled.
    new_ipv4: Vec<(u32, u32)>,
    new_ipv6: Vec<(u128, u32)>,
    everything: bool,
    /// Whether a node's address is something to look twice at; only an own-node rule makes it so.
    node_rules: bool,
    /// What there is to say about addresses that several pods have.
    pub(super) conflicts: BTreeMap<IpAddr, Vec<Diagnostic>>,
}

impl Addresses {
    pub(super) fn new(options: &Options) -> Addresses {
        let node_rules = options.own_node_ingress || options.own_node_egress;
        Addresses { node_rules, ..Addresses::default() }
    }

    /// Begins a publication.
    pub(super) const fn begin(&mut self, everything: bool) {
        self.everything = everything;
    }

    /// An endpoint says that an address is its.
    pub(super) fn claim(&mut self, address: IpAddr, endpoint: u32, work: &mut Work) {
        work.addresses.insert(address);
        if !self.everything {
            self.known.of(address).add_claimant(endpoint);
            return;
        }
        match address {
            IpAddr::V4(address) => self.new_ipv4.push((address.to_bits(), endpoint)),
            IpAddr::V6(address) => self.new_ipv6.push((address.to_bits(), endpoint)),
        }
    }

    /// It says so no more.
    pub(super) fn unclaim(&mut self, address: IpAddr, endpoint: u32, work: &mut Work) {
        if let Some(known) = self.known.get_mut(address) {
            known.remove_claimant(endpoint);
            work.addresses.insert(address);
        }
    }

    /// A pod in the host network has an address, or has it no more.
    pub(super) fn set_host_pod(
        &mut self,
        address: IpAddr,
        endpoint: u32,
        more: bool,
        work: &mut Work,
    ) {
        self.known.of(address).set_host_pod(endpoint, more);
        work.addresses.insert(address);
    }

    /// There is one more reason, or one less, to think that an address is a node's.
    pub(super) fn count_node(&mut self, address: IpAddr, more: bool, work: &mut Work) {
        if self.known.of(address).count_node(more) {
            work.addresses.insert(address);
        }
    }

    /// The addresses that somebody has in a range, and the endpoints that say so.
    pub(super) fn within(&self, first: IpAddr, last: IpAddr, work: &mut Work) {
        for (address, known) in self.known.within(first, last) {
            work.addresses.insert(address);
            work.endpoints.extend(known.claimants().chain(known.host_pods().iter().copied()));
        }
    }

    /// Gives the addresses in the list their owners and classes.
    pub(super) fn settle(
        &mut self,
        work: &mut Work,
        chains: &Chains<'_>,
        tables: &mut Tables,
        directory: &mut Directory,
    ) -> Result<(), TooLarge> {
        self.known.add_all(std::mem::take(&mut self.new_ipv4), std::mem::take(&mut self.new_ipv6));
        let mut ipv4 = Vec::with_capacity(work.addresses.sorted().ipv4.len());
        let looked_at = work.addresses.sorted();
        // A whole cluster at once: one table of the right size instead of a dozen that grow.
        if looked_at.ipv6.len() > tables.ipv6.singles() {
            tables.ipv6.reserve(looked_at.ipv6.len());
        }
        let addresses = looked_at.ipv4.len() + looked_at.ipv6.len();
        if addresses > directory.owners.len() {
            directory.owners.reserve(addresses);
        }
        for address in looked_at.iter() {
            let address = &address;
            let known = self.known.of(*address);
            let (before, is_node) = (known.owner(), known.is_node());
            let owner = match known.only() {
                Some(only) => {
                    if !self.conflicts.is_empty() {
                        self.conflicts.remove(address);
                    }
                    Some(only)
                }
                None => first_of(*address, known, directory, &mut self.conflicts),
            };
            known.set_owner(owner);
            if !is_node && known.is_unclaimed() {
                self.known.remove(*address);
            }
            if owner != before {
                change_owner(*address, before, owner, directory);
            }
            if is_node != directory.node_addresses.contains(address) {
                let set = Arc::make_mut(&mut directory.node_addresses);
                if is_node {
                    set.insert(*address)
                } else {
                    set.remove(address)
                };
            }
            let flagged = self.node_rules && is_node;
            let own = owner.and_then(|owner| class_at(directory.endpoints.get(owner)?, *address));
            let (class, is_single) = if let Some(class) = own {
                (ClassId::new(class.record(), flagged), true)
            } else {
                let prefix = chains.prefixes.get(chains.of(*address, tables).0);
                let external = prefix
                    .map_or(ClassId::UNKNOWN, |p| Classes::id(p.external, p.flagged || flagged));
                // Prefixes of one address lie among the single addresses.
                (external, flagged || prefix.is_some_and(|prefix| prefix.net.prefix_len() == 128))
            };
            match address {
                IpAddr::V4(address) => ipv4.push((address.to_bits(), class)),
                IpAddr::V6(address) => {
                    tables.ipv6.assign(address.to_bits(), is_single.then_some(class));
                }
            }
        }
        tables.ipv4.assign(&ipv4).ok_or(TooLarge)
    }

    pub(super) fn bytes(&self) -> usize {
        self.known.bytes()
    }
}

/// Who owns an address that none or several claim.
///
/// A pod that has run to its end loses to one that has not, then one that does not run to one
/// that does, then the older to the newer; then the name decides, so that the order of loading
/// never does.
fn first_of(
    address: IpAddr,
    known: &Claim,
    directory: &Directory,
    conflicts: &mut BTreeMap<IpAddr, Vec<Diagnostic>>,
) -> Option<u32> {
    conflicts.remove(&address);
    let claimants = known.claimants();
    let mut records = claimants
        .filter_map(|number| Some((number, &*directory.endpoints.get(number)?.record)))
        .collect::<Vec<_>>();
    records.sort_by(|(_, a), (_, b)| rank(a).cmp(&rank(b)));
    let ((owner, winner), losers) = records.split_first()?;
    let diagnostics = losers.iter().map(|(_, loser)| conflict(address, winner, loser)).collect();
    conflicts.insert(address, diagnostics);
    Some(*owner)
}

fn rank(record: &EndpointRecord) -> impl Ord {
    (
        record.completed,
        !record.running,
        Reverse(record.created),
        &record.namespace,
        &record.name,
        record.kind,
    )
}

fn class_at(entry: &EndpointEntry, address: IpAddr) -> Option<ClassId> {
    let own = entry.addresses.iter().find(|own| own.address == address)?;
    Some(own.class)
}

fn change_owner(address: IpAddr, before: Option<u32>, now: Option<u32>, directory: &mut Directory) {
    let hash = hash_of_address(address);
    if let Some(before) = before {
        directory.owners.remove(hash, |slot| slot.has_hash(hash) && slot.number() == before);
    }
    if let Some(now) = now {
        directory.owners.insert(NumberSlot::new(hash, now));
    }
    for (number, owned) in [(before, false), (now, true)] {
        let Some(number) = number else { continue };
        let Some(entry) = directory.endpoints.get_mut(number) else { continue };
        for own in &mut entry.addresses {
            if own.address == address {
                own.owned = owned;
            }
        }
    }
}

fn conflict(address: IpAddr, winner: &EndpointRecord, loser: &EndpointRecord) -> Diagnostic {
    let message = format!(
        "address {address} is also claimed by pod {}/{}, which is taken to own it",
        winner.namespace, winner.name
    );
    let problem = Problem::Note { code: "address-conflict", path: Path::root(), message };
    Diagnostic::warning(problem).about(ObjectRef {
        kind: loser.kind,
        namespace: loser.namespace.to_string(),
        name: loser.name.to_string(),
    })
}
