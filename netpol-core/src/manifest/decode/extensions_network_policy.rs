use crate::manifest::tree::Node;
use crate::model::{
    ExtensionsNetworkPolicy, ExtensionsNetworkPolicyIngressRule, ExtensionsNetworkPolicySpec,
    Object,
};

use super::at::At;
use super::decoder::{Decoder, Read};
use super::label_selector::unreadable_selector;
use super::network_policy::{egress, peers, ports, unreadable_peer};
use super::parts::{elements, metadata_and_spec, selector, strings};

/// Reads a policy of `extensions/v1beta1`: as one of `networking.k8s.io/v1`, but the lists of a
/// rule can be missing.
pub(in crate::manifest) fn extensions_network_policy(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let unreadable = || ExtensionsNetworkPolicySpec {
        pod_selector: unreadable_selector(),
        ..Default::default()
    };
    let (metadata, spec) = metadata_and_spec(decoder, node, at, spec, unreadable);
    Object::ExtensionsNetworkPolicy(ExtensionsNetworkPolicy { metadata, spec })
}

fn spec(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ExtensionsNetworkPolicySpec> {
    let fields = decoder.fields(node, at)?;
    Ok(ExtensionsNetworkPolicySpec {
        pod_selector: decoder.read_or_default(fields, at, "podSelector", selector),
        ingress: decoder.read_or_default(fields, at, "ingress", |decoder, node, at| {
            Ok(elements(decoder, node, at, ingress_rule, unreadable_ingress_rule))
        }),
        egress: decoder.read_or_default(fields, at, "egress", egress),
        policy_types: decoder.read_or_default(fields, at, "policyTypes", strings),
    })
}

fn ingress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ExtensionsNetworkPolicyIngressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(ExtensionsNetworkPolicyIngressRule {
        from: decoder.read(fields, at, "from", peers)?,
        ports: decoder.read(fields, at, "ports", ports)?,
    })
}

fn unreadable_ingress_rule() -> ExtensionsNetworkPolicyIngressRule {
    ExtensionsNetworkPolicyIngressRule { from: Some(vec![unreadable_peer()]), ports: None }
}
