//! Services and EndpointSlices as they are written down.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::{
    ServiceAddress, ServiceForm, ServicePortRecord, ServiceRecord, Services, SliceRecord,
    TargetPort,
};
use crate::inventory::labels::LabelIndex;
use crate::model::Labels;
use crate::net::{Families, canonical};

/// Every Service and every EndpointSlice, in order of their names.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::inventory) struct SavedServices {
    services: Vec<SavedService>,
    slices: Vec<SavedSlice>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedService {
    namespace: Box<str>,
    name: Box<str>,
    form: ServiceForm,
    selector: Labels,
    ports: Box<[ServicePortRecord]>,
    addresses: Vec<SavedAddress>,
    families: Families,
    publish_not_ready: bool,
    local: bool,
    exposed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAddress {
    #[serde(deserialize_with = "canonical::address")]
    address: IpAddr,
    role: ServiceAddress,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedSlice {
    namespace: Box<str>,
    slice: SliceRecord,
}

impl SavedServices {
    pub(in crate::inventory) fn new(services: &Services, labels: &LabelIndex) -> SavedServices {
        let homes = services.namespaces.iter();
        let numbers = homes.flat_map(|(_, home)| home.services.values());
        let records = numbers.filter_map(|number| services.get(*number));
        let slices = services.namespaces.iter().flat_map(|(namespace, home)| {
            home.slices.iter().filter_map(move |(name, service)| {
                let slice = home.slices_of.get(service)?.get(name)?;
                Some(SavedSlice { namespace: namespace.clone(), slice: SliceRecord::clone(slice) })
            })
        });
        SavedServices {
            services: records.map(|record| SavedService::new(record, labels)).collect(),
            slices: slices.collect(),
        }
    }

    /// Puts everything into an empty place.
    ///
    /// # Errors
    ///
    /// What contradicts itself, with what is wrong with it.
    pub(in crate::inventory) fn restore(
        self,
        labels: &mut LabelIndex,
    ) -> Result<Services, (String, &'static str)> {
        let mut services = Services::default();
        for saved in self.services {
            let place = format!("Service {}/{}", saved.namespace, saved.name);
            if saved.ports.iter().any(|port| !port.is_consistent()) {
                return Err((place, "has a port without a number"));
            }
            if services.number_of(&saved.namespace, &saved.name).is_some() {
                return Err((place, "is there twice"));
            }
            services.put(saved.record(labels), labels);
        }
        for SavedSlice { namespace, slice } in self.slices {
            let place = format!("EndpointSlice {namespace}/{}", slice.name);
            if !slice.is_consistent() {
                return Err((place, "has a port without a number, or an address in two forms"));
            }
            let home = services.namespaces.get(&namespace);
            if home.is_some_and(|home| home.slices.contains_key(&slice.name)) {
                return Err((place, "is there twice"));
            }
            services.put_slice(&namespace, slice);
        }
        Ok(services)
    }
}

impl SavedService {
    fn new(record: &ServiceRecord, labels: &LabelIndex) -> SavedService {
        let selector = record
            .selector
            .iter()
            .map(|label| (labels.key(*label).to_owned(), labels.value(*label).to_string()));
        let addresses = record.addresses.iter();
        SavedService {
            namespace: record.namespace.clone(),
            name: record.name.clone(),
            form: record.form.clone(),
            selector: selector.collect(),
            ports: record.ports.clone(),
            addresses: addresses
                .map(|(address, role)| SavedAddress { address: *address, role: *role })
                .collect(),
            families: record.families,
            publish_not_ready: record.publish_not_ready,
            local: record.local,
            exposed: record.is_exposed,
            fault: record.fault,
        }
    }

    fn record(self, labels: &mut LabelIndex) -> ServiceRecord {
        let addresses = self.addresses.into_iter();
        let mut addresses =
            addresses.map(|saved| (saved.address, saved.role)).collect::<smallvec::SmallVec<_>>();
        addresses.sort_unstable();
        addresses.dedup_by_key(|(address, _)| *address);
        ServiceRecord {
            namespace: self.namespace,
            name: self.name,
            form: self.form,
            selector_text: super::record::text(&self.selector),
            selector: super::record::keep_labels(&self.selector, labels),
            ports: self.ports,
            addresses,
            families: self.families,
            publish_not_ready: self.publish_not_ready,
            local: self.local,
            is_exposed: self.exposed,
            fault: self.fault,
        }
    }
}

impl ServicePortRecord {
    /// Whether it is one that was ever saved.
    fn is_consistent(&self) -> bool {
        let targets_none = match &self.target {
            TargetPort::Number(number) => *number == 0,
            TargetPort::Name(name) => name.is_empty(),
            TargetPort::Unreadable => false,
        };
        self.number != 0 && !targets_none
    }
}

impl SliceRecord {
    /// Whether it is one that was ever saved.
    fn is_consistent(&self) -> bool {
        self.ports.iter().all(|port| port.number != 0)
            && self.endpoints.iter().all(|one| one.address == one.address.to_canonical())
    }
}
