//! What the API server would refuse in a cluster-wide policy, and what a newer API may say that
//! this one cannot.

use netpol_core::model::{
    AdminNetworkPolicyPort, AdminNetworkPolicyPortNumber, AdminNetworkPolicyPortRange,
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyPort,
    ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol, ClusterNetworkPolicyProtocolPorts,
    LabelSelector, NamespacedPod,
};

use super::Choices;
use super::cluster::selector;
use super::cluster_kind::ClusterKind;

/// A word that is no action of this kind of policy.
pub(super) fn action(choices: &mut impl Choices, kind: ClusterKind) -> String {
    let words = match kind {
        ClusterKind::Cluster => ["", "Allow", "accept", "Log"],
        ClusterKind::Admin => ["", "Accept", "deny", "Log"],
        ClusterKind::BaselineAdmin => ["", "Accept", "Pass", "Log"],
    };
    (*choices.pick(&words)).to_owned()
}

/// Spoils who is meant by labels, as a subject or as a peer.
pub(super) fn spoil_pods(
    choices: &mut impl Choices,
    namespaces: &mut Option<LabelSelector>,
    pods: &mut Option<NamespacedPod>,
) {
    let everything = || Some(LabelSelector::default());
    let some_pods =
        |namespace_selector, pod_selector| Some(NamespacedPod { namespace_selector, pod_selector });
    (*namespaces, *pods) = match choices.below(7) {
        // Neither, which is what remains of a field that a newer API has.
        0 => (None, None),
        1 => (everything(), some_pods(None, everything())),
        2 => (Some(selector(choices, true)), None),
        3 => (None, some_pods(everything(), None)),
        4 => (None, some_pods(Some(selector(choices, true)), everything())),
        5 => (None, some_pods(everything(), Some(selector(choices, true)))),
        // The newer version understands that.
        _ => (None, some_pods(None, everything())),
    };
}

pub(super) fn spoil_sources(
    choices: &mut impl Choices,
    from: &mut Vec<ClusterNetworkPolicyIngressPeer>,
) {
    if choices.once_in(4) {
        from.clear();
    }
    if let Some(peer) = from.last_mut() {
        spoil_pods(choices, &mut peer.namespaces, &mut peer.pods);
    }
}

pub(super) fn spoil_destinations(
    choices: &mut impl Choices,
    to: &mut Vec<ClusterNetworkPolicyEgressPeer>,
) {
    const NETWORKS: [&str; 10] = [
        "",
        "10.0.0.0",
        "10.0.0.0/33",
        "010.0.0.0/8",
        "10.0.0.0/08",
        "::ffff:10.0.0.0/104",
        "::ffff:0:0/90",
        "fe80::1%eth0/64",
        "00fd0::/16",
        "10.0.0.0/8 ",
    ];
    const NAMES: [&str; 6] = ["", "*", "*.com", "localhost", "a..b", "-a.b"];
    let list = |text: &&str| Some(vec!["10.0.0.0/8".to_owned(), (*text).to_owned()]);
    let names = |text: &&str| Some(vec!["example.com".to_owned(), (*text).to_owned()]);
    if choices.once_in(8) {
        to.clear();
    }
    let Some(peer) = to.last_mut() else { return };
    let mut spoilt = ClusterNetworkPolicyEgressPeer::default();
    match choices.below(8) {
        0 | 1 => {
            spoil_pods(choices, &mut spoilt.namespaces, &mut spoilt.pods);
        }
        2 => spoilt.networks = list(choices.pick(&NETWORKS)),
        3 => spoilt.networks = Some(Vec::new()),
        4 => spoilt.nodes = Some(selector(choices, true)),
        5 => spoilt.domain_names = names(choices.pick(&NAMES)),
        6 => spoilt.domain_names = Some(Vec::new()),
        // Two fields; and names are none of the older Baseline's, even good ones.
        _ => {
            spoilt = peer.clone();
            spoilt.domain_names = Some(vec!["*.example.com".to_owned()]);
            if choices.once_in(2) {
                spoilt.namespaces = Some(LabelSelector::default());
            }
        }
    }
    *peer = spoilt;
}

pub(super) fn spoil_protocols(
    choices: &mut impl Choices,
    protocols: &mut Option<Vec<ClusterNetworkPolicyProtocol>>,
) {
    let list = protocols.get_or_insert_default();
    if choices.once_in(6) {
        list.clear();
        return;
    }
    let mut entry = ClusterNetworkPolicyProtocol::default();
    let http = ClusterNetworkPolicyPort { number: Some(80), range: None };
    let port = match choices.below(8) {
        0 => Some(None),
        1 => Some(Some(ClusterNetworkPolicyPort::default())),
        2 => {
            let number = Some(*choices.pick(&[0, -1, 65536, i32::MAX]));
            Some(Some(ClusterNetworkPolicyPort { number, range: None }))
        }
        3 | 4 => {
            let (start, end) = bad_range(choices);
            let range = Some(ClusterNetworkPolicyPortRange { start, end });
            let number = choices.once_in(3).then_some(80);
            Some(Some(ClusterNetworkPolicyPort { number, range }))
        }
        5 => {
            entry.destination_named_port = Some(String::new());
            None
        }
        // Two fields.
        6 => {
            entry.destination_named_port = Some("http".to_owned());
            Some(Some(http))
        }
        // No field, which is what remains of one that a newer API has.
        _ => None,
    };
    entry.tcp = port.map(|port| ClusterNetworkPolicyProtocolPorts { destination_port: port });
    list.push(entry);
}

pub(super) fn spoil_admin_ports(
    choices: &mut impl Choices,
    ports: &mut Option<Vec<AdminNetworkPolicyPort>>,
) {
    let list = ports.get_or_insert_default();
    if choices.once_in(6) {
        list.clear();
        return;
    }
    let mut entry = AdminNetworkPolicyPort::default();
    let number = |protocol: Option<&str>, port| {
        let protocol = protocol.map(str::to_owned);
        Some(AdminNetworkPolicyPortNumber { protocol, port })
    };
    match choices.below(8) {
        0 => entry.port_number = number(None, None),
        1 => entry.port_number = number(None, Some(*choices.pick(&[0, -1, 65536, i32::MAX]))),
        2 => {
            let protocol = *choices.pick(&["tcp", "", "ICMP"]);
            entry.port_number = number(Some(protocol), Some(80));
        }
        3 | 4 => {
            let (start, end) = bad_range(choices);
            entry.port_range = Some(AdminNetworkPolicyPortRange { protocol: None, start, end });
        }
        5 => entry.named_port = Some(String::new()),
        // Two fields.
        6 => {
            entry.port_number = number(None, Some(80));
            entry.named_port = Some("http".to_owned());
        }
        // No field, which is what remains of one that a newer API has.
        _ => {}
    }
    list.push(entry);
}

fn bad_range(choices: &mut impl Choices) -> (Option<i32>, Option<i32>) {
    *choices.pick(&[
        (Some(81), Some(80)),
        (Some(0), Some(80)),
        (Some(80), Some(65536)),
        (Some(80), None),
        (None, Some(80)),
        (None, None),
    ])
}
