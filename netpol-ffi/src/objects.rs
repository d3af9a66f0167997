//! Objects from plain structs, for dataplanes that stream their own events.

use netpol_core::model::{
    Container, ContainerPort, Labels, Namespace, Node, NodeAddress, Object, ObjectMeta, Pod,
    PodCondition,
};

use crate::cluster::{admission, netpol_cluster, upsert};
use crate::guard::guard;
use crate::options::netpol_knob;
use crate::pointer;
use crate::report::{Listener, netpol_report};
use crate::status::netpol_status;
use crate::text::netpol_str;

/// A label, or a pair of another map.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_label {
    /// The key.
    pub key: netpol_str,
    /// The value.
    pub value: netpol_str,
}

/// A namespace.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_namespace {
    /// `sizeof(netpol_namespace)`.
    pub size: usize,
    /// Its name.
    pub name: netpol_str,
    /// Its labels.
    pub labels: *const netpol_label,
    /// How many there are.
    pub labels_len: usize,
}

/// A port that a container declares.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_container_port {
    /// Its name; empty for none.
    pub name: netpol_str,
    /// Its number.
    pub number: i32,
    /// The protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for TCP.
    pub protocol: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
}

/// A pod. Texts that are empty mean that the field is not there.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_pod {
    /// `sizeof(netpol_pod)`.
    pub size: usize,
    /// Its namespace; `default` when empty.
    pub namespace_: netpol_str,
    /// Its name.
    pub name: netpol_str,
    /// Its labels.
    pub labels: *const netpol_label,
    /// How many there are.
    pub labels_len: usize,
    /// Its addresses as texts, as `status.podIPs` has them: none, one, or one of each family.
    pub addresses: *const netpol_str,
    /// How many there are.
    pub addresses_len: usize,
    /// The node it runs on.
    pub node: netpol_str,
    /// The node's addresses as texts, as `status.hostIPs` has them.
    pub host_addresses: *const netpol_str,
    /// How many there are.
    pub host_addresses_len: usize,
    /// `status.phase`, such as `Running`; `Running` when empty.
    pub phase: netpol_str,
    /// The ports its containers declare.
    pub ports: *const netpol_container_port,
    /// How many there are.
    pub ports_len: usize,
    /// 1 when it is in the network of its node, else 0.
    pub host_network: u8,
    /// Whether its condition `Ready` is true: a `netpol_knob`. By default it has none, and Services
    /// send to it when it runs.
    pub ready: u8,
    /// 1 when it is going away (`metadata.deletionTimestamp`), else 0; matters to Services alone.
    pub terminating: u8,
    /// Not used; 0.
    pub reserved: [u8; 5],
}

/// A node.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_node {
    /// `sizeof(netpol_node)`.
    pub size: usize,
    /// Its name.
    pub name: netpol_str,
    /// Its labels.
    pub labels: *const netpol_label,
    /// How many there are.
    pub labels_len: usize,
    /// Its addresses as texts, as `status.addresses` has those of type `InternalIP`.
    pub addresses: *const netpol_str,
    /// How many there are.
    pub addresses_len: usize,
    /// Its pod ranges as texts, as `spec.podCIDRs` has them.
    pub pod_cidrs: *const netpol_str,
    /// How many there are.
    pub pod_cidrs_len: usize,
}

/// A struct that begins with its size, if it is that of this version.
///
/// # Safety
///
/// Null, or a struct as large as its first field says.
pub(crate) unsafe fn sized<'a, T>(pointer: *const T) -> Result<&'a T, netpol_status> {
    // SAFETY: every version of such a struct begins with its size.
    let size = unsafe { *pointer::shared(pointer.cast::<usize>())? };
    if size != size_of::<T>() {
        return Err(netpol_status::InvalidSize);
    }
    // SAFETY: as large as this version of it.
    unsafe { pointer::shared(pointer) }
}

/// A list of texts.
///
/// # Safety
///
/// Null or an array of that length, of texts that live during the call.
pub(crate) unsafe fn texts(
    texts: *const netpol_str,
    length: usize,
) -> Result<Vec<String>, netpol_status> {
    // SAFETY: the caller's promise.
    unsafe { pointer::array(texts, length) }?
        .iter()
        // SAFETY: the caller's promise.
        .map(|text| unsafe { text.owned() })
        .collect()
}

/// A map of labels; of equal keys the last counts.
///
/// # Safety
///
/// As [`texts`].
pub(crate) unsafe fn labels(
    labels: *const netpol_label,
    length: usize,
) -> Result<Labels, netpol_status> {
    // SAFETY: the caller's promise.
    unsafe { pointer::array(labels, length) }?
        .iter()
        // SAFETY: the caller's promise.
        .map(|label| unsafe { Ok((label.key.owned()?, label.value.owned()?)) })
        .collect()
}

/// How the API spells a protocol; `None` for the one that it fills in.
pub(crate) fn protocol(number: u8) -> Option<String> {
    match number {
        0 => None,
        6 => Some("TCP".to_owned()),
        17 => Some("UDP".to_owned()),
        132 => Some("SCTP".to_owned()),
        // Validation says that it is not supported.
        other => Some(other.to_string()),
    }
}

/// Adds a namespace, or replaces the one of its name. `admission` is a `netpol_admission`.
///
/// NETPOL_STATUS_REFUSED when it is not as the API server would have it, with every reason in the
/// report; then nothing changed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_upsert_namespace(
    cluster: *mut netpol_cluster,
    namespace_: *const netpol_namespace,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, namespace) = unsafe {
            (Listener::new(report_out), pointer::exclusive(cluster)?, sized(namespace_)?)
        };
        // SAFETY: the header's contract.
        let (name, labels) =
            unsafe { (namespace.name.owned()?, labels(namespace.labels, namespace.labels_len)?) };
        let metadata = ObjectMeta { name, labels, ..ObjectMeta::default() };
        let object = Object::Namespace(Namespace { metadata });
        upsert(cluster, object, self::admission(admission)?, listener)
    })
}

/// Adds a pod, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_upsert_pod(
    cluster: *mut netpol_cluster,
    pod: *const netpol_pod,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, pod) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?, sized(pod)?) };
        // SAFETY: the header's contract.
        let pod = unsafe { pod.object() }?;
        upsert(cluster, Object::Pod(pod), self::admission(admission)?, listener)
    })
}

impl netpol_pod {
    /// The pod as the API has it.
    ///
    /// # Safety
    ///
    /// Its pointers are null or arrays of the lengths beside them.
    unsafe fn object(&self) -> Result<Pod, netpol_status> {
        if self.host_network > 1 || self.terminating > 1 || self.reserved != [0; 5] {
            return Err(netpol_status::InvalidValue);
        }
        // SAFETY: the caller's promise, for every pointer of the struct.
        unsafe {
            let mut pod = Pod::default();
            pod.metadata.namespace = namespace(self.namespace_)?;
            pod.metadata.name = self.name.owned()?;
            pod.metadata.labels = labels(self.labels, self.labels_len)?;
            pod.spec.node_name = self.node.owned()?;
            pod.spec.host_network = self.host_network == 1;
            let ports = pointer::array(self.ports, self.ports_len)?;
            if !ports.is_empty() {
                let ports = ports.iter().map(|port| {
                    if port.reserved != [0; 3] {
                        return Err(netpol_status::InvalidValue);
                    }
                    Ok(ContainerPort {
                        name: port.name.owned()?,
                        container_port: port.number,
                        protocol: protocol(port.protocol),
                    })
                });
                pod.spec.containers = vec![Container {
                    name: "container".to_owned(),
                    ports: ports.collect::<Result<_, netpol_status>>()?,
                    restart_policy: None,
                }];
            }
            pod.status.phase = self.phase.owned()?;
            if pod.status.phase.is_empty() {
                pod.status.phase = "Running".to_owned();
            }
            if let Some(ready) = condition(self.ready)? {
                let status = if ready { "True" } else { "False" };
                let (kind, status) = ("Ready".to_owned(), status.to_owned());
                pod.status.conditions.push(PodCondition { kind, status });
            }
            if self.terminating == 1 {
                // When it began to does not matter.
                pod.metadata.deletion_timestamp = "1970-01-01T00:00:00Z".parse().ok();
            }
            pod.status.pod_ips = texts(self.addresses, self.addresses_len)?;
            pod.status.pod_ip = pod.status.pod_ips.first().cloned().unwrap_or_default();
            pod.status.host_ips = texts(self.host_addresses, self.host_addresses_len)?;
            pod.status.host_ip = pod.status.host_ips.first().cloned().unwrap_or_default();
            Ok(pod)
        }
    }
}

/// What a condition says, if anything.
pub(crate) const fn condition(number: u8) -> Result<Option<bool>, netpol_status> {
    const OFF: u8 = netpol_knob::Off as u8;
    const ON: u8 = netpol_knob::On as u8;
    match number {
        0 => Ok(None),
        OFF => Ok(Some(false)),
        ON => Ok(Some(true)),
        _ => Err(netpol_status::InvalidValue),
    }
}

/// A namespace's name, where `default` may be left out.
///
/// # Safety
///
/// The text lives during the call.
pub(crate) unsafe fn namespace(name: netpol_str) -> Result<String, netpol_status> {
    // SAFETY: the caller's promise.
    let name = unsafe { name.owned() }?;
    Ok(if name.is_empty() { "default".to_owned() } else { name })
}

/// Adds a node, or replaces the one of its name. As `netpol_cluster_upsert_namespace`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_upsert_node(
    cluster: *mut netpol_cluster,
    node: *const netpol_node,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, node) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?, sized(node)?) };
        let mut object = Node::default();
        // SAFETY: the header's contract, for every pointer of the struct.
        let (addresses, pod_cidrs) = unsafe {
            object.metadata.name = node.name.owned()?;
            object.metadata.labels = labels(node.labels, node.labels_len)?;
            (texts(node.addresses, node.addresses_len)?, texts(node.pod_cidrs, node.pod_cidrs_len)?)
        };
        object.spec.pod_cidr = pod_cidrs.first().cloned().unwrap_or_default();
        object.spec.pod_cidrs = pod_cidrs;
        let addresses = addresses.into_iter();
        object.status.addresses = addresses
            .map(|address| NodeAddress { kind: "InternalIP".to_owned(), address })
            .collect();
        upsert(cluster, Object::Node(object), self::admission(admission)?, listener)
    })
}
