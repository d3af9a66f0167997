//! Services and EndpointSlices from plain structs.

use netpol_core::model::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, IntOrString, Object,
    ObjectReference, Service, ServicePort,
};

use crate::cluster::{admission, netpol_cluster, upsert};
use crate::guard::guard;
use crate::objects::{
    condition, labels, namespace, netpol_container_port, netpol_label, protocol, sized, texts,
};
use crate::pointer;
use crate::report::{Listener, netpol_report};
use crate::status::netpol_status;
use crate::text::netpol_str;

/// A port of a Service.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_service_port {
    /// Its name; may be empty where there is one port alone.
    pub name: netpol_str,
    /// The name of the port of the pods; empty for `target`.
    pub target_name: netpol_str,
    /// The number that clients connect to.
    pub number: i32,
    /// The number of the port of the pods; 0 for `number`.
    pub target: i32,
    /// The protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for TCP.
    pub protocol: u8,
    /// Not used; 0.
    pub reserved: [u8; 7],
}

/// A Service. Texts that are empty mean that the field is not there.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_service {
    /// `sizeof(netpol_service)`.
    pub size: usize,
    /// Its namespace; `default` when empty.
    pub namespace_: netpol_str,
    /// Its name.
    pub name: netpol_str,
    /// `spec.type`; `ClusterIP` when empty.
    pub type_: netpol_str,
    /// The labels of its pods; none when somebody else writes its EndpointSlices.
    pub selector: *const netpol_label,
    /// How many there are.
    pub selector_len: usize,
    /// Its ports.
    pub ports: *const netpol_service_port,
    /// How many there are.
    pub ports_len: usize,
    /// Its own addresses as texts, as `spec.clusterIPs` has them; `None` for a headless Service.
    pub cluster_ips: *const netpol_str,
    /// How many there are.
    pub cluster_ips_len: usize,
    /// The families it is served in, `IPv4` and `IPv6`, as `spec.ipFamilies` has them.
    pub ip_families: *const netpol_str,
    /// How many there are.
    pub ip_families_len: usize,
    /// Addresses of the outside at which nodes take its traffic, as texts.
    pub external_ips: *const netpol_str,
    /// How many there are.
    pub external_ips_len: usize,
    /// What the name of an `ExternalName` Service stands for.
    pub external_name: netpol_str,
    /// 1 when pods that are not ready are sent to as well, else 0.
    pub publish_not_ready_addresses: u8,
    /// 1 when `spec.internalTrafficPolicy` is `Local`, else 0.
    pub internal_traffic_local: u8,
    /// Not used; 0.
    pub reserved: [u8; 6],
}

/// An endpoint of an EndpointSlice.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_slice_endpoint {
    /// Its address as a text.
    pub address: netpol_str,
    /// The namespace of the pod that it is; that of the slice when empty.
    pub pod_namespace: netpol_str,
    /// The name of the pod that it is; empty when it is none.
    pub pod: netpol_str,
    /// Whether it takes traffic: a `netpol_knob`, on by default.
    pub ready: u8,
    /// Whether it could, going away or not: a `netpol_knob`, on by default.
    pub serving: u8,
    /// Whether it is going away: a `netpol_knob`, off by default.
    pub terminating: u8,
    /// Not used; 0.
    pub reserved: [u8; 5],
}

/// An EndpointSlice: some of the endpoints of a Service.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_endpoint_slice {
    /// `sizeof(netpol_endpoint_slice)`.
    pub size: usize,
    /// Its namespace; `default` when empty.
    pub namespace_: netpol_str,
    /// Its name.
    pub name: netpol_str,
    /// The name of its Service, as the label `kubernetes.io/service-name` has it.
    pub service: netpol_str,
    /// `addressType`; `IPv4` when empty.
    pub address_type: netpol_str,
    /// Where traffic goes.
    pub endpoints: *const netpol_slice_endpoint,
    /// How many there are.
    pub endpoints_len: usize,
    /// The ports that all of them have, by the names of the Service's ports.
    pub ports: *const netpol_container_port,
    /// How many there are.
    pub ports_len: usize,
}

/// Adds a Service, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_upsert_service(
    cluster: *mut netpol_cluster,
    service: *const netpol_service,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, service) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?, sized(service)?) };
        // SAFETY: the header's contract.
        let service = unsafe { service.object() }?;
        upsert(cluster, Object::Service(service), self::admission(admission)?, listener)
    })
}

/// Adds an EndpointSlice, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_upsert_endpoint_slice(
    cluster: *mut netpol_cluster,
    slice: *const netpol_endpoint_slice,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, slice) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?, sized(slice)?) };
        // SAFETY: the header's contract.
        let slice = unsafe { slice.object() }?;
        upsert(cluster, Object::EndpointSlice(slice), self::admission(admission)?, listener)
    })
}

impl netpol_service {
    /// The Service as the API has it.
    ///
    /// # Safety
    ///
    /// Its pointers are null or arrays of the lengths beside them.
    unsafe fn object(&self) -> Result<Service, netpol_status> {
        let switches = [self.publish_not_ready_addresses, self.internal_traffic_local];
        if switches.iter().any(|switch| *switch > 1) || self.reserved != [0; 6] {
            return Err(netpol_status::InvalidValue);
        }
        // SAFETY: the caller's promise, for every pointer of the struct.
        unsafe {
            let mut service = Service::default();
            service.metadata.namespace = namespace(self.namespace_)?;
            service.metadata.name = self.name.owned()?;
            let spec = &mut service.spec;
            spec.kind = self.type_.owned()?;
            spec.selector = labels(self.selector, self.selector_len)?;
            let ports = pointer::array(self.ports, self.ports_len)?.iter();
            spec.ports = ports.map(|port| port.object()).collect::<Result<_, netpol_status>>()?;
            spec.cluster_ips = texts(self.cluster_ips, self.cluster_ips_len)?;
            spec.cluster_ip = spec.cluster_ips.first().cloned().unwrap_or_default();
            spec.ip_families = texts(self.ip_families, self.ip_families_len)?;
            spec.external_ips = texts(self.external_ips, self.external_ips_len)?;
            spec.external_name = self.external_name.owned()?;
            spec.publish_not_ready_addresses = self.publish_not_ready_addresses == 1;
            let local = (self.internal_traffic_local == 1).then(|| "Local".to_owned());
            spec.internal_traffic_policy = local;
            Ok(service)
        }
    }
}

impl netpol_service_port {
    /// # Safety
    ///
    /// Its texts live during the call.
    unsafe fn object(&self) -> Result<ServicePort, netpol_status> {
        if self.reserved != [0; 7] {
            return Err(netpol_status::InvalidValue);
        }
        // SAFETY: the caller's promise.
        let (name, target) = unsafe { (self.name.owned()?, self.target_name.owned()?) };
        let target_port = match (target.is_empty(), self.target) {
            (false, 0) => Some(IntOrString::String(target)),
            // One or the other.
            (false, _) => return Err(netpol_status::InvalidValue),
            (true, 0) => None,
            (true, number) => Some(IntOrString::Int(number)),
        };
        Ok(ServicePort { name, protocol: protocol(self.protocol), port: self.number, target_port })
    }
}

impl netpol_endpoint_slice {
    /// The EndpointSlice as the API has it.
    ///
    /// # Safety
    ///
    /// As [`netpol_service::object`].
    unsafe fn object(&self) -> Result<EndpointSlice, netpol_status> {
        // SAFETY: the caller's promise, for every pointer of the struct.
        unsafe {
            let mut slice = EndpointSlice::default();
            slice.metadata.namespace = namespace(self.namespace_)?;
            slice.metadata.name = self.name.owned()?;
            let label = EndpointSlice::SERVICE_NAME.to_owned();
            slice.metadata.labels.insert(label, self.service.owned()?);
            slice.address_type = self.address_type.owned()?;
            if slice.address_type.is_empty() {
                slice.address_type = "IPv4".to_owned();
            }
            for endpoint in pointer::array(self.endpoints, self.endpoints_len)? {
                slice.endpoints.push(endpoint.object()?);
            }
            for port in pointer::array(self.ports, self.ports_len)? {
                if port.reserved != [0; 3] {
                    return Err(netpol_status::InvalidValue);
                }
                let (name, protocol) = (Some(port.name.owned()?), protocol(port.protocol));
                slice.ports.push(EndpointPort { name, protocol, port: Some(port.number) });
            }
            Ok(slice)
        }
    }
}

impl netpol_slice_endpoint {
    /// # Safety
    ///
    /// Its texts live during the call.
    unsafe fn object(&self) -> Result<Endpoint, netpol_status> {
        if self.reserved != [0; 5] {
            return Err(netpol_status::InvalidValue);
        }
        let conditions = EndpointConditions {
            ready: condition(self.ready)?,
            serving: condition(self.serving)?,
            terminating: condition(self.terminating)?,
        };
        // SAFETY: the caller's promise.
        let (address, namespace, name) =
            unsafe { (self.address.owned()?, self.pod_namespace.owned()?, self.pod.owned()?) };
        let target_ref = (!name.is_empty()).then(|| {
            let kind = "Pod".to_owned();
            ObjectReference { kind, namespace, name }
        });
        Ok(Endpoint { addresses: vec![address], conditions, target_ref })
    }
}
