use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use super::{hash_of_address, hash_of_name};
use crate::inventory::{ServiceAddress, ServiceRecord, SliceRecord};
use crate::tables::{NumberIndex, NumberSlot, Shelf};

/// Handle of a Service of an [`Engine`](crate::Engine).
///
/// Get one from [`Engine::service`](crate::Engine::service). It means the same Service in every
/// later engine of the same cluster, as long as that Service is there; then it may come to mean
/// another. In an engine of another cluster it is an error or means another Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ServiceId(pub(crate) u32);

impl ServiceId {
    /// The handle as a number, for languages that have no such types.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The handle with a [number](ServiceId::number). One that no engine gave out is a handle of
    /// another engine.
    #[must_use]
    pub const fn from_number(number: u32) -> ServiceId {
        ServiceId(number)
    }
}

/// A Service and its EndpointSlices, in order of their names.
#[derive(Clone, Debug)]
pub(crate) struct ServiceEntry {
    pub(crate) record: Arc<ServiceRecord>,
    pub(crate) slices: Arc<[Arc<SliceRecord>]>,
}

/// Services, by their numbers, names and addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceDirectory {
    entries: Shelf<ServiceEntry>,
    /// From the hash of namespace and name.
    names: NumberIndex,
    /// From the hash of an address, to each Service that has it.
    addresses: NumberIndex,
}

impl ServiceDirectory {
    /// A Service; `None` for a number from another engine.
    pub(crate) fn get(&self, id: ServiceId) -> Option<&ServiceEntry> {
        self.entries.get(id.0)
    }

    /// Every Service.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ServiceId, &ServiceEntry)> {
        self.entries.iter().map(|(number, entry)| (ServiceId(number), entry))
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.names.len()
    }

    /// The Service with a name.
    pub(crate) fn named(&self, namespace: &str, name: &str) -> Option<ServiceId> {
        let hash = hash_of_name(namespace, name);
        let is_named = |entry: &ServiceEntry| {
            (&*entry.record.namespace, &*entry.record.name) == (namespace, name)
        };
        let slot = self.names.find(hash, |slot| {
            slot.has_hash(hash) && self.entries.get(slot.number()).is_some_and(is_named)
        });
        slot.map(|slot| ServiceId(slot.number()))
    }

    /// The Services that take traffic at an address, and what it is to them, in order of their
    /// names.
    pub(crate) fn at(&self, address: IpAddr) -> Vec<(ServiceId, ServiceAddress)> {
        let hash = hash_of_address(address);
        let mut found = Vec::new();
        // Says no to every slot, so that it is shown all of them.
        self.addresses.find(hash, |slot| {
            let entry = self.entries.get(slot.number()).filter(|_| slot.has_hash(hash));
            let own = entry.into_iter().flat_map(|entry| &entry.record.addresses);
            let role = own.into_iter().find(|(own, _)| *own == address).map(|(_, role)| *role);
            found.extend(role.map(|role| (ServiceId(slot.number()), role)));
            false
        });
        found.sort_by_key(|(id, _)| {
            let record = self.get(*id).map(|entry| &entry.record);
            record.map(|record| (record.namespace.clone(), record.name.clone()))
        });
        found
    }

    /// Puts a Service in a place, or clears it.
    pub(crate) fn set(&mut self, number: u32, entry: Option<ServiceEntry>) {
        let before = self.entries.get(number).map(|entry| Arc::clone(&entry.record));
        let now = entry.as_ref().map(|entry| Arc::clone(&entry.record));
        self.entries.set(number, entry);
        if before.as_ref().zip(now.as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b)) {
            return;
        }
        let is_this = |slot: &NumberSlot, hash| slot.has_hash(hash) && slot.number() == number;
        if let Some(record) = before {
            let hash = hash_of_name(&record.namespace, &record.name);
            self.names.remove(hash, |slot| is_this(slot, hash));
            for (address, _) in &record.addresses {
                let hash = hash_of_address(*address);
                self.addresses.remove(hash, |slot| is_this(slot, hash));
            }
        }
        if let Some(record) = now {
            let hash = hash_of_name(&record.namespace, &record.name);
            self.names.insert(NumberSlot::new(hash, number));
            for (address, _) in &record.addresses {
                self.addresses.insert(NumberSlot::new(hash_of_address(*address), number));
            }
        }
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let entries = self.entries.iter().map(|(_, entry)| {
            entry.record.bytes() + entry.slices.iter().map(|slice| slice.bytes()).sum::<usize>()
        });
        entries.sum::<usize>() + self.entries.bytes() + self.names.bytes() + self.addresses.bytes()
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(crate) fn spare_bytes(&self) -> usize {
        self.entries.spare_bytes() + self.names.spare_bytes() + self.addresses.spare_bytes()
    }

    /// The Services as they are now, for a snapshot.
    pub(crate) fn share(&self) -> ServiceDirectory {
        ServiceDirectory {
            entries: self.entries.share(),
            names: self.names.share(),
            addresses: self.addresses.share(),
        }
    }
}
