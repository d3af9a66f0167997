//! NetworkPolicies over the labels, addresses and ports of the cluster.

use std::net::IpAddr;

use netpol_core::model::{
    IntOrString, IpBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule,
    NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec, Object, ObjectMeta,
};

use super::Choices;
use super::addresses::Block;
use super::cluster::{
    PORT_NAMES, PORT_NUMBERS, PROTOCOLS, busy_namespace, namespace_selector, selector,
};

/// Makes policies, and remembers where their blocks and ranges begin and end.
#[derive(Debug)]
pub(super) struct Policies<'a> {
    /// The addresses that blocks lie around.
    pub(super) addresses: &'a [IpAddr],
    /// Whether to make what the API server would refuse, now and then.
    pub(super) junk: bool,
    /// The boundaries of all blocks, and their neighbours.
    pub(super) boundaries: Vec<IpAddr>,
    /// The boundaries of all ranges of ports, and their neighbours.
    pub(super) ports: Vec<u16>,
}

impl Policies<'_> {
    pub(super) fn policy(&mut self, choices: &mut impl Choices, number: usize) -> Object {
        const TYPES: [&[&str]; 5] =
            [&[], &["Ingress"], &["Egress"], &["Ingress", "Egress"], &["Egress", "Egress"]];
        const SPOILT_TYPES: [&[&str]; 4] =
            [&["ingress"], &["Ingress", ""], &["Ingress", "Egress", "Ingress"], &["Both"]];
        let spoilt_types = self.spoils(choices);
        let types = *choices.pick(if spoilt_types { &SPOILT_TYPES[..] } else { &TYPES[..] });
        let spoilt_subject = self.spoils(choices) && choices.once_in(2);
        let mut spec = NetworkPolicySpec {
            pod_selector: selector(choices, spoilt_subject),
            policy_types: types.iter().map(|text| (*text).to_owned()).collect(),
            ..NetworkPolicySpec::default()
        };
        // Two rules of three peers and three ports: enough for a rule to be the second best.
        for _ in 0..choices.between(0, 2) {
            let (ports, from) = (self.ports(choices), self.peers(choices));
            spec.ingress.push(NetworkPolicyIngressRule { ports, from });
        }
        for _ in 0..choices.between(0, 2) {
            let (ports, to) = (self.ports(choices), self.peers(choices));
            spec.egress.push(NetworkPolicyEgressRule { ports, to });
        }
        let metadata = ObjectMeta {
            // Names that sort otherwise than they are made.
            name: format!("{}-{number}", choices.pick(&["m", "a", "z"])),
            namespace: busy_namespace(choices),
            ..ObjectMeta::default()
        };
        Object::NetworkPolicy(NetworkPolicy { metadata, spec })
    }

    fn peers(&mut self, choices: &mut impl Choices) -> Vec<NetworkPolicyPeer> {
        (0..choices.between(0, 3)).map(|_| self.peer(choices)).collect()
    }

    fn peer(&mut self, choices: &mut impl Choices) -> NetworkPolicyPeer {
        let mut peer = NetworkPolicyPeer::default();
        let spoilt = self.spoils(choices);
        match choices.below(4) {
            0 => peer.pod_selector = Some(selector(choices, spoilt)),
            1 => peer.namespace_selector = Some(namespace_selector(choices, spoilt)),
            2 => {
                peer.pod_selector = Some(selector(choices, false));
                peer.namespace_selector = Some(namespace_selector(choices, spoilt));
            }
            _ => {}
        }
        let empty = peer == NetworkPolicyPeer::default();
        if (empty && !(spoilt && choices.once_in(4))) || (spoilt && choices.once_in(4)) {
            peer.ip_block = Some(self.ip_block(choices));
        }
        peer
    }

    fn ip_block(&mut self, choices: &mut impl Choices) -> IpBlock {
        let address = *choices.pick(self.addresses);
        let block = Block::around(choices, address);
        self.boundaries.extend(block.boundaries());
        let cidr = if self.spoils(choices) {
            let texts = ["", "10.0.0.0", "10.0.0.0/33", " 10.0.0.0/8", "fd00::%0/8", "10.0.0/8"];
            (*choices.pick(&texts)).to_owned()
        } else {
            block.write(choices)
        };
        let mut except = Vec::new();
        for _ in 0..choices.below(8) / 3 {
            let spoilt = self.spoils(choices);
            let cut = block.except(choices, spoilt);
            self.boundaries.extend(cut.boundaries());
            let junk = spoilt && choices.once_in(2);
            except.push(if junk { "fd00::/".to_owned() } else { cut.write(choices) });
        }
        IpBlock { cidr, except }
    }

    pub(super) fn ports(&mut self, choices: &mut impl Choices) -> Vec<NetworkPolicyPort> {
        (0..choices.between(0, 3)).map(|_| self.port(choices)).collect()
    }

    fn port(&mut self, choices: &mut impl Choices) -> NetworkPolicyPort {
        let mut port = NetworkPolicyPort::default();
        if choices.once_in(3) {
            port.protocol = Some((*choices.pick(&PROTOCOLS)).to_owned());
        }
        match choices.below(7) {
            0 => {}
            1..=3 => {
                let name = (*choices.pick(&PORT_NAMES)).to_owned();
                port.port = Some(IntOrString::String(name));
            }
            sort => {
                let number = *choices.pick(&PORT_NUMBERS);
                port.port = Some(IntOrString::Int(number.into()));
                let mut last = number;
                if sort == 6 {
                    last = number.saturating_add(*choices.pick(&[0, 1, 2, 1000, u16::MAX]));
                    port.end_port = Some(last.into());
                }
                self.remember_ends(number, last);
            }
        }
        if self.spoils(choices) {
            spoil(choices, &mut port);
        }
        port
    }

    /// Where a range of ports begins and ends is worth asking about, and what lies around it.
    pub(super) fn remember_ends(&mut self, first: u16, last: u16) {
        for end in [first, last] {
            let around = [Some(end), end.checked_sub(1), end.checked_add(1)];
            self.ports.extend(around.into_iter().flatten());
        }
    }

    pub(super) fn spoils(&self, choices: &mut impl Choices) -> bool {
        self.junk && choices.once_in(6)
    }
}

/// Makes the entry one that the API server would refuse.
fn spoil(choices: &mut impl Choices, port: &mut NetworkPolicyPort) {
    let name = |text: &str| Some(IntOrString::String(text.to_owned()));
    match choices.below(10) {
        0 => port.protocol = Some("tcp".to_owned()),
        1 => port.protocol = Some(String::new()),
        2 => port.port = Some(IntOrString::Int(0)),
        3 => port.port = Some(IntOrString::Int(65536)),
        4 => port.port = name("80"),
        5 => port.port = name("HTTP"),
        6 => port.end_port = Some(0),
        7 => port.end_port = Some(65536),
        8 => port.end_port = Some(-1),
        _ => {
            port.port = name("http");
            port.end_port = Some(80);
        }
    }
}
