use crate::directory::{ServiceDirectory, ServiceEntry};
use crate::inventory::{Dirty, Services};

/// Puts the Services that changed, or whose EndpointSlices did, in their places. Where their
/// traffic goes is found out when somebody asks: it depends on every pod, and no packet on it.
pub(super) fn set_services(dirty: &Dirty, services: &Services, directory: &mut ServiceDirectory) {
    for number in &dirty.services {
        let entry = services.get(*number).map(|record| ServiceEntry {
            record: record.clone(),
            slices: services.slices_of(record).into(),
        });
        directory.set(*number, entry);
    }
}
