use std::sync::Arc;

use smallvec::SmallVec;

use super::prefixes::Chain;
use super::{Compiler, TooLarge};
use crate::directory::{EndpointAddress, EndpointEntry, hash_of_name};
use crate::inventory::{EndpointRecord, Inventory};
use crate::model::Kind;
use crate::options::{CompletedPods, HostNetworkPods, Options};
use crate::tables::{ClassId, NumberSlot};

impl Compiler {
    /// Gives an endpoint its classes, or takes them back when it is one no more.
    pub(super) fn place(
        &mut self,
        number: u32,
        inventory: &Inventory,
        options: &Options,
    ) -> Result<(), TooLarge> {
        let record = inventory.endpoint(number);
        let record = record.filter(|record| is_endpoint(number, record, inventory, options));
        let before = self.directory.endpoints.get(number).cloned();
        let label_class_before = self.label_class_of(number);
        let mut entry = match record {
            Some(record) => Some(self.entry(number, record, inventory, options)?),
            None => {
                self.set_label_class(number, 0);
                None
            }
        };
        self.reclaim(number, before.as_ref(), entry.as_ref());
        if let Some(before) = &before {
            for own in &before.addresses {
                self.classes.release(own.class.record());
            }
            if before.addresses.is_empty() {
                self.classes.release(before.without_address.record());
            }
            self.nodes.release_own_set(before.own_node);
        }
        if label_class_before != 0 {
            self.label_classes.release(label_class_before);
        }
        // Who owns an address is found out later, and told only when it changes.
        let owned = |own: &EndpointAddress| {
            let before = before.iter().flat_map(|before| &before.addresses);
            before.clone().any(|other| other.address == own.address && other.owned)
        };
        for own in entry.iter_mut().flat_map(|entry| &mut entry.addresses) {
            own.owned = owned(own);
        }
        if before != entry {
            self.changes.endpoint(number, before.as_ref(), entry.as_ref());
            self.directory.endpoints.set(number, entry);
        }
        Ok(())
    }

    /// The entry of an endpoint, with everything it needs in use once more.
    fn entry(
        &mut self,
        number: u32,
        record: &Arc<EndpointRecord>,
        inventory: &Inventory,
        options: &Options,
    ) -> Result<EndpointEntry, TooLarge> {
        let is_pod =
            !record.host_network || options.host_network_pods == HostNetworkPods::TreatAsPod;
        let mut label_class = 0;
        if is_pod {
            let facts = inventory.names.labels.facts_of(&record.labels);
            let (port_names, directory) = (&self.policies.port_names, &mut self.directory);
            label_class = self.label_classes.acquire(record, &facts, port_names, directory);
            if self.label_classes.is_new(label_class) {
                self.refresh_label_class(label_class, options)?;
            }
        }
        self.set_label_class(number, label_class);
        let mut addresses: SmallVec<[EndpointAddress; 2]> = SmallVec::new();
        for address in &record.addresses {
            let chain = self.chains().of(*address, &self.tables);
            let class = ClassId::new(self.acquire_class(label_class, chain)?, false);
            addresses.push(EndpointAddress { address: *address, class, owned: false });
        }
        let without_address = if addresses.is_empty() {
            ClassId::new(self.acquire_class(label_class, Chain::WITHOUT_ADDRESS)?, false)
        } else {
            ClassId::UNKNOWN
        };
        let (directory, work) = (&mut self.directory, &mut self.work);
        let own_node = self.nodes.acquire_own_set(record, &mut self.addresses, directory, work);
        Ok(EndpointEntry {
            record: Arc::clone(record),
            addresses,
            without_address,
            own_node,
            is_pod,
        })
    }

    /// The label class that an endpoint was given; 0 where policies do not see a pod.
    pub(super) fn label_class_of(&self, number: u32) -> u32 {
        self.label_class_of.get(number as usize).copied().unwrap_or(0)
    }

    fn set_label_class(&mut self, number: u32, label_class: u32) {
        let place = number as usize;
        if place >= self.label_class_of.len() {
            self.label_class_of.resize(place + 1, 0);
        }
        self.label_class_of[place] = label_class;
    }

    /// Tells the addresses and names whose they are.
    fn reclaim(
        &mut self,
        number: u32,
        before: Option<&EndpointEntry>,
        now: Option<&EndpointEntry>,
    ) {
        // What pods in the host network send from is the node's.
        fn claims(entry: Option<&EndpointEntry>) -> &[EndpointAddress] {
            let entry = entry.filter(|entry| !entry.record.host_network);
            entry.map_or(&[], |entry| &entry.addresses)
        }
        let (old, new) = (claims(before), claims(now));
        let has = |list: &[EndpointAddress], own: &EndpointAddress| {
            list.iter().any(|other| other.address == own.address)
        };
        for own in old {
            if !has(new, own) {
                self.addresses.unclaim(own.address, number, &mut self.work);
            }
        }
        for own in new {
            if has(old, own) {
                // Its rank or class may be another.
                self.work.addresses.insert(own.address);
            } else {
                self.addresses.claim(own.address, number, &mut self.work);
            }
        }
        self.set_host_pod(number, before, false);
        self.set_host_pod(number, now, true);
        if before.is_some() != now.is_some()
            && let Some(entry) = before.or(now)
        {
            let hash = hash_of_name(&entry.record.namespace, &entry.record.name);
            let names = &mut self.directory.names;
            if now.is_some() {
                names.insert(NumberSlot::new(hash, number));
            } else {
                names.remove(hash, |slot| slot.has_hash(hash) && slot.number() == number);
            }
        }
    }

    fn set_host_pod(&mut self, number: u32, entry: Option<&EndpointEntry>, more: bool) {
        let Some(entry) = entry.filter(|entry| entry.record.host_network) else { return };
        for own in &entry.addresses {
            self.addresses.set_host_pod(own.address, number, more, &mut self.work);
        }
    }
}

/// Whether a pod or workload becomes an endpoint: live pods do, and workloads of which no pod is
/// there.
fn is_endpoint(
    number: u32,
    record: &EndpointRecord,
    inventory: &Inventory,
    options: &Options,
) -> bool {
    match record.kind {
        Kind::Pod => !record.completed || options.completed_pods == CompletedPods::Keep,
        _ => !inventory.has_own_pods(number, record),
    }
}
