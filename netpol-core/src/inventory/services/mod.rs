//! Services and their EndpointSlices: where traffic goes that is sent to a Service.
//!
//! They are no part of what policies see, so that nothing else depends on them: not even a
//! namespace is there because a Service is in it.

mod fault;
mod record;
mod saved;
mod slice;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use record::{
    ServiceAddress, ServiceForm, ServicePortRecord, ServiceRecord, TargetPort,
};
pub(super) use saved::SavedServices;
pub(crate) use slice::{SliceEndpoint, SliceRecord};

use super::labels::LabelIndex;
use crate::model::{EndpointSlice, Service};
use crate::numbers::Numbers;

/// Every Service, with a number that stays while it does, and every EndpointSlice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services {
    records: Vec<Option<Arc<ServiceRecord>>>,
    numbers: Numbers,
    namespaces: BTreeMap<Box<str>, Namespace>,
    /// Numbers of those that changed, and of those of them that are gone.
    changed: Vec<u32>,
    left: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Namespace {
    /// By name.
    services: BTreeMap<Box<str>, u32>,
    /// By name: the Service that each is part of.
    slices: BTreeMap<Box<str>, Box<str>>,
    /// By the name of the Service, by their own.
    slices_of: BTreeMap<Box<str>, BTreeMap<Box<str>, Arc<SliceRecord>>>,
}

impl Namespace {
    fn is_empty(&self) -> bool {
        self.services.is_empty() && self.slices.is_empty()
    }

    fn forget_slice(&mut self, service: &str, name: &str) {
        if let Some(slices) = self.slices_of.get_mut(service) {
            slices.remove(name);
            if slices.is_empty() {
                self.slices_of.remove(service);
            }
        }
    }
}

impl Services {
    /// A Service by its number.
    pub(crate) fn get(&self, number: u32) -> Option<&Arc<ServiceRecord>> {
        self.records.get(number as usize)?.as_ref()
    }

    /// The EndpointSlices of a Service, in order of their names.
    pub(crate) fn slices_of(&self, service: &ServiceRecord) -> Vec<Arc<SliceRecord>> {
        let namespace = self.namespaces.get(&service.namespace);
        let slices = namespace.and_then(|namespace| namespace.slices_of.get(&service.name));
        slices.into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// Adds a Service, or changes it.
    pub(super) fn upsert(&mut self, name: Box<str>, service: &Service, labels: &mut LabelIndex) {
        self.put(ServiceRecord::from_service(name, service, labels), labels);
    }

    fn put(&mut self, record: ServiceRecord, labels: &mut LabelIndex) {
        let known = self.number_of(&record.namespace, &record.name);
        let before = known.and_then(|number| self.get(number)).map(Arc::clone);
        if let Some(before) = &before {
            before.drop_labels(labels);
            if **before == record {
                return;
            }
        }
        let number = known.unwrap_or_else(|| {
            let number = self.numbers.take(u32::MAX).unwrap_or(u32::MAX);
            let namespace = self.namespaces.entry(record.namespace.clone()).or_default();
            namespace.services.insert(record.name.clone(), number);
            number
        });
        super::put(&mut self.records, number, Arc::new(record));
        self.changed.push(number);
    }

    /// Forgets a Service. Says whether it was there.
    pub(super) fn delete(&mut self, namespace: &str, name: &str, labels: &mut LabelIndex) -> bool {
        let Some(home) = self.namespaces.get_mut(namespace) else { return false };
        let Some(number) = home.services.remove(name) else { return false };
        self.tidy(namespace);
        if let Some(record) = self.records.get_mut(number as usize).and_then(Option::take) {
            record.drop_labels(labels);
        }
        self.changed.push(number);
        self.left.push(number);
        true
    }

    /// Adds an EndpointSlice, or changes it.
    pub(super) fn upsert_slice(&mut self, name: Box<str>, slice: &EndpointSlice) {
        let namespace = slice.metadata.namespace.as_str();
        self.put_slice(namespace, SliceRecord::from_slice(name, slice));
    }

    fn put_slice(&mut self, namespace: &str, record: SliceRecord) {
        let home = self.namespaces.entry(namespace.into()).or_default();
        let before = home.slices.insert(record.name.clone(), record.service.clone());
        if let Some(before) = before.filter(|before| *before != record.service) {
            home.forget_slice(&before, &record.name);
            self.slices_changed(namespace, &before);
        }
        let home = self.namespaces.entry(namespace.into()).or_default();
        let slices = home.slices_of.entry(record.service.clone()).or_default();
        if slices.get(&record.name).is_some_and(|known| **known == record) {
            return;
        }
        let service = record.service.clone();
        slices.insert(record.name.clone(), Arc::new(record));
        self.slices_changed(namespace, &service);
    }

    /// Forgets an EndpointSlice. Says whether it was there.
    pub(super) fn delete_slice(&mut self, namespace: &str, name: &str) -> bool {
        let Some(home) = self.namespaces.get_mut(namespace) else { return false };
        let Some(service) = home.slices.remove(name) else { return false };
        home.forget_slice(&service, name);
        self.tidy(namespace);
        self.slices_changed(namespace, &service);
        true
    }

    /// Forgets everything in a namespace.
    pub(super) fn clear_namespace(&mut self, namespace: &str, labels: &mut LabelIndex) {
        let Some(home) = self.namespaces.remove(namespace) else { return };
        for number in home.services.into_values() {
            if let Some(record) = self.records.get_mut(number as usize).and_then(Option::take) {
                record.drop_labels(labels);
            }
            self.changed.push(number);
            self.left.push(number);
        }
    }

    /// Namespace and name of every Service.
    pub(super) fn names(&self) -> Vec<(Box<str>, Box<str>)> {
        self.names_of(|namespace| namespace.services.keys().cloned().collect())
    }

    /// Namespace and name of every EndpointSlice.
    pub(super) fn slice_names(&self) -> Vec<(Box<str>, Box<str>)> {
        self.names_of(|namespace| namespace.slices.keys().cloned().collect())
    }

    fn names_of(&self, names: fn(&Namespace) -> Vec<Box<str>>) -> Vec<(Box<str>, Box<str>)> {
        let namespaces = self.namespaces.iter();
        let all = namespaces.flat_map(|(namespace, home)| {
            names(home).into_iter().map(move |name| (namespace.clone(), name))
        });
        all.collect()
    }

    /// Whether one changed since the last call of [`take_changed`](Self::take_changed).
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Numbers of the Services that changed since the last call, and of those that are gone.
    pub(super) fn take_changed(&mut self) -> (Vec<u32>, Vec<u32>) {
        (std::mem::take(&mut self.changed), std::mem::take(&mut self.left))
    }

    /// Numbers of all Services.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.records).filter(|(_, record)| record.is_some()).map(|(number, _)| number)
    }

    /// The numbers of Services that are gone may be others'.
    pub(super) fn give_back(&mut self, left: &[u32]) {
        for number in left {
            self.numbers.give_back(*number);
        }
    }

    /// How many EndpointSlices there are.
    pub(crate) fn slices(&self) -> usize {
        self.namespaces.values().map(|namespace| namespace.slices.len()).sum()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let slices = self.namespaces.values().flat_map(|home| home.slices_of.values());
        let slices = slices.flat_map(BTreeMap::values).map(|slice| slice.bytes());
        self.records.iter().flatten().map(|record| record.bytes()).sum::<usize>()
            + self.records.capacity() * size_of::<usize>()
            + slices.sum::<usize>()
            + self.numbers.bytes()
    }

    fn number_of(&self, namespace: &str, name: &str) -> Option<u32> {
        self.namespaces.get(namespace)?.services.get(name).copied()
    }

    fn slices_changed(&mut self, namespace: &str, service: &str) {
        self.changed.extend(self.number_of(namespace, service));
    }

    fn tidy(&mut self, namespace: &str) {
        if self.namespaces.get(namespace).is_some_and(Namespace::is_empty) {
            self.namespaces.remove(namespace);
        }
    }
}
