use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::TooLarge;
use super::classes::Classes;
use super::endpoints::Candidate;
use super::nodes::Nodes;
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::{EndpointEntry, EndpointId};
use crate::field::Path;
use crate::hash::Map;
use crate::inventory::EndpointRecord;
use crate::model::ObjectRef;
use crate::options::Options;
use crate::tables::{ClassId, Ipv4Table, Ipv6Table, Segment, flatten};

/// Who has which address.
#[derive(Debug)]
pub(super) struct Addresses {
    pub(super) ipv4: Ipv4Table,
    pub(super) ipv6: Ipv6Table,
    pub(super) endpoints: Vec<EndpointEntry>,
    pub(super) owners: Map<IpAddr, EndpointId>,
}

/// Gives every endpoint its classes and every address its owner.
pub(super) fn assign(
    candidates: &[Candidate<'_>],
    nodes: &Nodes,
    classes: &mut Classes<'_>,
    options: &Options,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Addresses, TooLarge> {
    let owners = owners(candidates, warnings);
    // Only an own-node rule makes a node's address something to look twice at.
    let node_rules = options.own_node_ingress || options.own_node_egress;
    let flagged = |address: &IpAddr| node_rules && nodes.addresses.contains(address);

    let mut exact: Vec<(IpAddr, ClassId)> = Vec::with_capacity(owners.len());
    let mut endpoints = Vec::with_capacity(candidates.len());
    for ((number, candidate), own_node) in (0..).zip(candidates).zip(&nodes.own_set_of) {
        let record = candidate.record;
        let labels = if candidate.is_pod {
            Some(classes.label_class(candidate.namespace, record)?)
        } else {
            None
        };
        let mut addresses = SmallVec::new();
        for address in &record.addresses {
            let class = classes.of_endpoint(labels, Some(*address), flagged(address))?;
            addresses.push((*address, class));
            if owners.get(address) == Some(&EndpointId(number)) {
                exact.push((*address, class));
            }
        }
        let without_address = if addresses.is_empty() {
            classes.of_endpoint(labels, None, false)?
        } else {
            ClassId::UNKNOWN
        };
        endpoints.push(EndpointEntry {
            record: Arc::clone(record),
            namespace: candidate.namespace,
            addresses,
            without_address,
            own_node: *own_node,
            is_pod: candidate.is_pod,
        });
    }
    for address in nodes.addresses.iter().filter(|address| !owners.contains_key(*address)) {
        let class = classes.class(None, classes.chains.of(*address), flagged(address))?;
        exact.push((*address, class));
    }
    let (ipv4, ipv6) = tables(classes, exact)?;
    Ok(Addresses { ipv4, ipv6, endpoints, owners })
}

/// Who owns each address that a live pod has, and a warning for every conflict.
///
/// A pod that has run to its end loses to one that has not, then one that does not run to one that
/// does, then the older to the newer; then the name decides, so that the order of loading never
/// does.
fn owners(candidates: &[Candidate<'_>], warnings: &mut Vec<Diagnostic>) -> Map<IpAddr, EndpointId> {
    let rank =
        |record: &EndpointRecord| (record.completed, !record.running, Reverse(record.created));
    let mut owners: Map<IpAddr, EndpointId> =
        Map::with_capacity_and_hasher(candidates.len(), crate::hash::FixedHasher);
    for (number, candidate) in (0..).zip(candidates) {
        let record = candidate.record;
        if record.host_network {
            continue;
        }
        for address in &record.addresses {
            let owner = owners.entry(*address).or_insert(EndpointId(number));
            if *owner == EndpointId(number) {
                continue;
            }
            let Some(holder) = candidates.get(owner.0 as usize) else { continue };
            // Candidates come in order of their names, so an equal one that comes later loses.
            let (winner, loser) = if rank(record) < rank(holder.record) {
                *owner = EndpointId(number);
                (record, holder.record)
            } else {
                (holder.record, record)
            };
            warnings.push(conflict(*address, winner, loser));
        }
    }
    owners
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

fn tables(
    classes: &mut Classes<'_>,
    exact: Vec<(IpAddr, ClassId)>,
) -> Result<(Ipv4Table, Ipv6Table), TooLarge> {
    // Narrower than they come, because there may be a million to sort.
    let narrow = |range: Segment<u128>| {
        let (first, last) = (u32::try_from(range.first).ok()?, u32::try_from(range.last).ok()?);
        Some(Segment { first, last, class: range.class })
    };
    let mut ranges4 = ranges(classes, false)?.into_iter().filter_map(narrow).collect::<Vec<_>>();
    let ranges6 = ranges(classes, true)?;
    let mut exact6 = Vec::new();
    for (address, class) in exact {
        match address {
            IpAddr::V4(address) => {
                let at = address.to_bits();
                ranges4.push(Segment { first: at, last: at, class: class.bits() });
            }
            IpAddr::V6(address) => exact6.push((address.to_bits(), class.bits())),
        }
    }
    // Stable, so that an address of its own comes after, and wins over, a prefix of the same size.
    ranges4.sort_by_key(|range| (range.first, Reverse(range.last)));
    let outside = ClassId::UNKNOWN.bits();
    let points4 = flatten(ranges4.into_iter(), outside, |address: u32| address.checked_add(1));
    let points6 = flatten(ranges6.into_iter(), outside, |address: u128| address.checked_add(1));
    let ipv4 = Ipv4Table::new(&points4).ok_or(TooLarge)?;
    Ok((ipv4, Ipv6Table::new(&exact6, &points6)))
}

/// The prefixes of a family, in address order, outer before inner, with the class of addresses
/// that nobody has.
fn ranges(classes: &mut Classes<'_>, ipv6: bool) -> Result<Vec<Segment<u128>>, TooLarge> {
    let chains = classes.chains.segments(ipv6).collect::<Vec<_>>();
    let mut ranges = Vec::with_capacity(chains.len());
    for Segment { first, last, class: chain } in chains {
        let flagged = classes.chains.is_flagged(chain);
        let class = classes.class(None, chain, flagged)?;
        ranges.push(Segment { first, last, class: class.bits() });
    }
    Ok(ranges)
}
