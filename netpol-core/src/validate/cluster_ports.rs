//! What the schemas of the cluster-wide policies say of protocols and ports.

use std::ops::RangeInclusive;

use super::cluster_policy::Api;
use super::schema::{max_items, min_items, number_in, one_of, required_number};
use crate::field::{Error, ErrorKind, ErrorList, Path, origin};
use crate::model::{
    AdminNetworkPolicyPort, AdminNetworkPolicyPortNumber, AdminNetworkPolicyPortRange,
    ClusterNetworkPolicyPort, ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol,
    ClusterNetworkPolicyProtocolPorts,
};

const NUMBERS: RangeInclusive<i32> = 1..=65535;

/// Every fault of the `protocols` of a ClusterNetworkPolicy's rule, at `path`.
pub(super) fn protocols(
    protocols: &[ClusterNetworkPolicyProtocol],
    api: &Api,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    errors.extend(min_items(protocols.len(), path, origin::PORTS_MIN));
    errors.extend(max_items(protocols.len(), api.limit, path, origin::PORTS_MAX));
    for (index, entry) in protocols.iter().enumerate() {
        errors.append(protocol(entry, &path.index(index)));
    }
    errors
}

fn protocol(entry: &ClusterNetworkPolicyProtocol, path: &Path) -> ErrorList {
    let ClusterNetworkPolicyProtocol { tcp, udp, sctp, destination_named_port } = entry;
    let fields = [
        ("tcp", tcp.is_some()),
        ("udp", udp.is_some()),
        ("sctp", sctp.is_some()),
        ("destinationNamedPort", destination_named_port.is_some()),
    ];
    let mut errors: ErrorList = one_of(&fields, path, origin::PORT_ONE_OF).into_iter().collect();
    for (name, ports) in [("tcp", tcp), ("udp", udp), ("sctp", sctp)] {
        let Some(ClusterNetworkPolicyProtocolPorts { destination_port }) = ports else { continue };
        let path = path.child(name);
        match destination_port {
            Some(port) => errors.append(self::port(port, &path.child("destinationPort"))),
            None => {
                let detail = "should have at least 1 property: `destinationPort`; all ports are \
                              the range from 1 to 65535";
                let kind = ErrorKind::Invalid;
                let origin = origin::DESTINATION_PORT_REQUIRED;
                errors.push(Error::of_kind(kind, &path, None, detail, origin));
            }
        }
    }
    errors
}

fn port(port: &ClusterNetworkPolicyPort, path: &Path) -> ErrorList {
    let ClusterNetworkPolicyPort { number, range } = port;
    let fields = [("number", number.is_some()), ("range", range.is_some())];
    let mut errors: ErrorList = one_of(&fields, path, origin::PORT_ONE_OF).into_iter().collect();
    if let Some(number) = number {
        errors.extend(number_in(*number, &NUMBERS, &path.child("number"), origin::PORT_NUMBER));
    }
    if let Some(ClusterNetworkPolicyPortRange { start, end }) = range {
        let path = path.child("range");
        let ends = range_ends(*start, *end, &path);
        if let (true, Some(start), Some(end)) = (ends.is_empty(), start, end)
            && start >= end
        {
            let detail = "Start port must be less than End port";
            let value = format!("{start}-{end}");
            errors.push(Error::invalid(&path, value, detail, origin::PORT_RANGE));
        }
        errors.append(ends);
    }
    errors
}

/// Every fault of the `ports` of an AdminNetworkPolicy's or BaselineAdminNetworkPolicy's rule, at
/// `path`. A protocol may be any text there, and a range may end before it begins.
pub(super) fn ports(ports: &[AdminNetworkPolicyPort], api: &Api, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    errors.extend(min_items(ports.len(), path, origin::PORTS_MIN));
    errors.extend(max_items(ports.len(), api.limit, path, origin::PORTS_MAX));
    for (index, entry) in ports.iter().enumerate() {
        errors.append(admin_port(entry, &path.index(index)));
    }
    errors
}

fn admin_port(entry: &AdminNetworkPolicyPort, path: &Path) -> ErrorList {
    let AdminNetworkPolicyPort { port_number, named_port, port_range } = entry;
    let fields = [
        ("portNumber", port_number.is_some()),
        ("namedPort", named_port.is_some()),
        ("portRange", port_range.is_some()),
    ];
    let mut errors: ErrorList = one_of(&fields, path, origin::PORT_ONE_OF).into_iter().collect();
    if let Some(AdminNetworkPolicyPortNumber { port, .. }) = port_number {
        let path = path.child("portNumber").child("port");
        let missing = origin::PORT_NUMBER_REQUIRED;
        errors.extend(required_number(*port, &NUMBERS, &path, missing, origin::PORT_NUMBER));
    }
    if let Some(AdminNetworkPolicyPortRange { start, end, .. }) = port_range {
        errors.append(range_ends(*start, *end, &path.child("portRange")));
    }
    errors
}

fn range_ends(start: Option<i32>, end: Option<i32>, path: &Path) -> ErrorList {
    let missing = origin::PORT_RANGE_REQUIRED;
    [("start", start), ("end", end)]
        .into_iter()
        .filter_map(|(name, number)| {
            let path = path.child(name);
            required_number(number, &NUMBERS, &path, missing, origin::PORT_NUMBER)
        })
        .collect()
}
