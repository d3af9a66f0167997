//! Objects as texts of manifests.

use netpol_core::model::{Object, Workload};
use serde_json::{Value, json};

/// An object as the text of a manifest.
pub(crate) fn manifest(object: &Object) -> String {
    let (version, kind, value) = match object {
        Object::Namespace(object) => ("v1", "Namespace", serde_json::to_value(object)),
        Object::Node(object) => ("v1", "Node", serde_json::to_value(object)),
        Object::Pod(object) => ("v1", "Pod", serde_json::to_value(object)),
        Object::Service(object) => ("v1", "Service", serde_json::to_value(object)),
        Object::EndpointSlice(object) => {
            ("discovery.k8s.io/v1", "EndpointSlice", serde_json::to_value(object))
        }
        Object::NetworkPolicy(object) => {
            ("networking.k8s.io/v1", "NetworkPolicy", serde_json::to_value(object))
        }
        Object::ExtensionsNetworkPolicy(object) => {
            ("extensions/v1beta1", "NetworkPolicy", serde_json::to_value(object))
        }
        Object::AlphaNetworkPolicy(object) => {
            ("net.alpha.kubernetes.io/v1alpha1", "NetworkPolicy", serde_json::to_value(object))
        }
        Object::ClusterNetworkPolicy(object) => (
            "policy.networking.k8s.io/v1alpha2",
            "ClusterNetworkPolicy",
            serde_json::to_value(object),
        ),
        Object::AdminNetworkPolicy(object) => (
            "policy.networking.k8s.io/v1alpha1",
            "AdminNetworkPolicy",
            serde_json::to_value(object),
        ),
        Object::BaselineAdminNetworkPolicy(object) => (
            "policy.networking.k8s.io/v1alpha1",
            "BaselineAdminNetworkPolicy",
            serde_json::to_value(object),
        ),
        Object::Workload(object) => {
            let kind = object.kind.as_str();
            let version = match kind {
                "Job" | "CronJob" => "batch/v1",
                "ReplicationController" => "v1",
                _ => "apps/v1",
            };
            let template = serde_json::to_value(&object.template);
            return workload(version, kind, object, template.unwrap());
        }
        other => panic!("a kind without a text: {other:?}"),
    };
    let mut value = value.unwrap();
    value["apiVersion"] = version.into();
    value["kind"] = kind.into();
    value.to_string()
}

/// A workload as its kind spells it.
fn workload(version: &str, kind: &str, object: &Workload, template: Value) -> String {
    let selector = match &object.selector {
        Some(selector) if kind == "ReplicationController" => json!(selector.match_labels),
        selector => json!(selector),
    };
    let mut spec = json!({"template": template, "selector": selector});
    if object.selector.is_none() {
        spec.as_object_mut().unwrap().remove("selector");
    }
    if kind == "CronJob" {
        spec = json!({"jobTemplate": {"spec": spec}});
    }
    let metadata = &object.metadata;
    json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}).to_string()
}
