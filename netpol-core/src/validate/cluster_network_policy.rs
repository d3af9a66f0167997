use super::cluster_policy::ClusterPolicy;
use super::cluster_rules::cluster_policy_spec;
use super::object_meta;
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::{
    AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy, Kind, ObjectMeta,
};

/// Every fault of a new ClusterNetworkPolicy: its metadata, then its spec in the order of the API
/// type's fields.
///
/// Its experimental schema is the measure, which has more peers than the standard one and refuses
/// named ports beside some of them. Rules that the schema has as expressions are judged where the
/// rest of it holds.
///
/// Source: `policy.networking.k8s.io_clusternetworkpolicies.yaml` of
/// sigs.k8s.io/network-policy-api/config/crd/experimental.
#[must_use]
pub fn cluster_network_policy(policy: &ClusterNetworkPolicy) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = object_meta(&policy.metadata, Kind::ClusterNetworkPolicy, &path);
    errors.append(cluster_policy_spec(&ClusterPolicy::from(policy), &Path::new("spec")));
    errors
}

/// Every fault of a new AdminNetworkPolicy, as [`cluster_network_policy`] tells those of its
/// successor.
///
/// Source: `policy.networking.k8s.io_adminnetworkpolicies.yaml` of
/// sigs.k8s.io/network-policy-api/config/crd/experimental, v0.1.
#[must_use]
pub fn admin_network_policy(policy: &AdminNetworkPolicy) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = object_meta(&policy.metadata, Kind::AdminNetworkPolicy, &path);
    errors.append(cluster_policy_spec(&ClusterPolicy::from(policy), &Path::new("spec")));
    errors
}

/// Every fault of a new BaselineAdminNetworkPolicy, as [`cluster_network_policy`] tells those of
/// its successor.
///
/// Source: `policy.networking.k8s.io_baselineadminnetworkpolicies.yaml` of
/// sigs.k8s.io/network-policy-api/config/crd/experimental, v0.1.
#[must_use]
pub fn baseline_admin_network_policy(policy: &BaselineAdminNetworkPolicy) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = object_meta(&policy.metadata, Kind::BaselineAdminNetworkPolicy, &path);
    errors.append(singleton(&policy.metadata, &path));
    errors.append(cluster_policy_spec(&ClusterPolicy::from(policy), &Path::new("spec")));
    errors
}

/// The fault of the only object there may be when it has another name.
fn singleton(metadata: &ObjectMeta, path: &Path) -> ErrorList {
    let nameless = metadata.name.is_empty() && metadata.generate_name.is_empty();
    if nameless || metadata.name == "default" {
        return ErrorList::new();
    }
    let detail = "Only one baseline admin network policy with metadata.name=\"default\" can be created in \
         the cluster";
    let path = path.child("name");
    [Error::invalid(&path, &metadata.name, detail, origin::SINGLETON_NAME)].into_iter().collect()
}

#[cfg(test)]
mod tests;
