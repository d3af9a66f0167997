use std::net::IpAddr;

use ipnet::IpNet;

use super::gathered::Gathered;
use super::work::{AddressList, Sorted};
use crate::directory::EndpointEntry;
use crate::tables::{Atom, Change, Class, ClassId, SignatureId, Tables};

/// Notes during a publication what it changes.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeCollector {
    everything: bool,
    endpoints: Gathered<u32>,
    /// Endpoints with other classes than before, which may mean the same.
    moved: Vec<(u32, ClassId, ClassId)>,
    addresses: AddressList,
    prefixes: Vec<(IpNet, ClassId, ClassId)>,
}

/// The tables before and now, and the atoms that only one of them knows.
struct Comparison<'tables> {
    before: &'tables Tables,
    now: &'tables Tables,
    transient: &'tables [Atom],
}

impl ChangeCollector {
    /// Begins a publication; when everything is compiled there is nothing to take note of.
    pub(super) const fn begin(&mut self, everything: bool) {
        self.everything = everything;
    }

    /// Takes note of what an endpoint was and is.
    pub(super) fn endpoint(
        &mut self,
        number: u32,
        before: Option<&EndpointEntry>,
        now: Option<&EndpointEntry>,
    ) {
        if self.everything {
            return;
        }
        let (Some(before), Some(now)) = (before, now) else {
            self.whole_endpoint(number, [before, now]);
            return;
        };
        let known =
            |entry: &EndpointEntry| (entry.own_node, entry.is_pod, entry.record.host_network);
        if known(before) != known(now) || !has_same_addresses(before, now) {
            self.whole_endpoint(number, [Some(before), Some(now)]);
            return;
        }
        for (before, now) in before.addresses.iter().zip(&now.addresses) {
            self.moved.push((number, before.class, now.class));
        }
        self.moved.push((number, before.without_address, now.without_address));
    }

    fn whole_endpoint(&mut self, number: u32, entries: [Option<&EndpointEntry>; 2]) {
        self.endpoints.insert(number);
        let entries = entries.into_iter().flatten();
        for own in entries.flat_map(|entry| &entry.addresses) {
            self.addresses.insert(own.address);
        }
    }

    /// Takes note of an address about which something changed that classes do not tell.
    pub(super) fn address(&mut self, address: IpAddr) {
        self.addresses.insert(address);
    }

    /// Takes note of a prefix whose addresses that are nobody's get another class.
    pub(super) fn prefix(&mut self, net: IpNet, before: ClassId, now: ClassId) {
        if !self.everything {
            self.prefixes.push((net, before, now));
        }
    }

    /// What changed from the tables `before` to those of `now`: `written` are the classes that were
    /// written to, `looked_at` the addresses that may have changed classes, `transient` the atoms
    /// that only one of the two states knows.
    pub(super) fn end(
        &mut self,
        before: &Tables,
        now: &Tables,
        transient: &[Atom],
        written: &[u32],
        looked_at: Sorted<'_>,
    ) -> Change {
        if self.everything {
            self.addresses.clear();
            return Change::everything();
        }
        let comparison = Comparison { before, now, transient };
        let mut classes = written.to_vec();
        classes.sort_unstable();
        classes.dedup();
        classes.retain(|number| {
            let (old, new) = (ClassId::new(*number, false), ClassId::new(*number, false));
            !comparison.mean_the_same(old, new)
        });
        for (number, old, new) in self.moved.drain(..) {
            if !comparison.mean_the_same(old, new) {
                self.endpoints.insert(number);
            }
        }
        for address in looked_at.iter() {
            if !comparison.mean_the_same(before.class_of(address), now.class_of(address)) {
                self.addresses.insert(address);
            }
        }
        let addresses = self.addresses.sorted().iter().collect();
        self.addresses.clear();
        let endpoints = self.endpoints.sorted().into();
        self.endpoints.clear();
        let prefixes = self.prefixes.drain(..);
        let prefixes = prefixes.filter(|(_, old, new)| !comparison.mean_the_same(*old, *new));
        Change {
            everything: false,
            classes: classes.into(),
            endpoints,
            addresses,
            prefixes: prefixes.map(|(net, ..)| net).collect(),
        }
    }
}

fn has_same_addresses(a: &EndpointEntry, b: &EndpointEntry) -> bool {
    let (a, b) = (a.addresses.iter(), b.addresses.iter());
    a.map(|own| own.address).eq(b.map(|own| own.address))
}

impl Comparison<'_> {
    /// Whether a class of before means for verdicts what a class of now does.
    ///
    /// Rule sets are interned, and no number is given out twice in one publication, so equal numbers
    /// are equal rules. An atom that came or went with this publication is spoken of only by rule
    /// sets that came or went with it too, so for a peer it makes no difference.
    fn mean_the_same(&self, old: ClassId, new: ClassId) -> bool {
        if old.is_flagged() != new.is_flagged() {
            return false;
        }
        let (old, new): (&Class, &Class) =
            (self.before.classes.at(old.record()), self.now.classes.at(new.record()));
        old.ingress.has_rules_of(&new.ingress)
            && old.egress.has_rules_of(&new.egress)
            && self.same_peer(old.as_source().signature, new.as_source().signature)
            && self.same_peer(old.as_destination().signature, new.as_destination().signature)
    }

    fn same_peer(&self, old: SignatureId, new: SignatureId) -> bool {
        if old == new {
            return true;
        }
        let lasting = |tables: &Tables, signature: SignatureId| {
            let signature = tables.signatures.at(signature.0);
            let atoms = tables.atoms(signature).iter();
            let atoms = atoms.filter(|atom| self.transient.binary_search(atom).is_err());
            (atoms.copied().collect::<Vec<_>>(), tables.named_ports(signature).to_vec())
        };
        lasting(self.before, old) == lasting(self.now, new)
    }
}
