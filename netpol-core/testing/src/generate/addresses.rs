//! Addresses of one small network, and blocks around them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Choices;

/// An address that a pod of the cluster may have. There are eleven of each family, so that pods
/// collide.
pub(super) fn of_a_pod(choices: &mut impl Choices, ipv6: bool) -> IpAddr {
    let host = choices.between(1, 11);
    if ipv6 { v6(0xFD00, host) } else { v4([10, 0, 0, 0], host) }
}

/// An address of the node with this number, which lies outside of the pod ranges.
pub(super) fn of_a_node(node: usize, ipv6: bool) -> IpAddr {
    if ipv6 { v6(0xFD01, node) } else { v4([192, 168, 0, 0], node) }
}

/// The pod ranges of the node with this number: eight addresses each, side by side.
pub(super) fn pod_ranges(node: usize) -> [String; 2] {
    let (v4, v6) = (v4([10, 0, 0, 0], node * 8), v6(0xFD00, node * 8));
    [format!("{v4}/29"), format!("{v6}/125")]
}

/// An address that nobody in the cluster has.
pub(super) fn of_a_stranger(choices: &mut impl Choices, ipv6: bool) -> IpAddr {
    let texts: [&str; 6] = if ipv6 {
        [
            "2001:db8::1",
            "::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fe80::1",
            "ff02::1",
            "::1",
        ]
    } else {
        ["203.0.113.9", "0.0.0.0", "255.255.255.255", "10.255.0.1", "127.0.0.1", "9.255.255.255"]
    };
    choices.pick(&texts).parse().expect("an address")
}

fn v4(network: [u8; 4], host: usize) -> IpAddr {
    let host = u32::try_from(host).expect("hosts are few");
    Ipv4Addr::from_bits(Ipv4Addr::from(network).to_bits() + host).into()
}

fn v6(network: u16, host: usize) -> IpAddr {
    let host = u128::try_from(host).expect("hosts are few");
    Ipv6Addr::from_bits(u128::from(network) << 112 | host).into()
}

/// A block, as generated; the text may write it in many ways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    address: IpAddr,
    prefix: u32,
}

impl Block {
    /// A block around `address`. The lengths are those at which networks of pods and nodes begin
    /// and end, and the extremes.
    pub(super) fn around(choices: &mut impl Choices, address: IpAddr) -> Block {
        let host_bits = *choices.pick(&[0, 3, 4, 1, 2, 8, 16, 24, 31, 32, 5, 126, 127, 128]);
        let bits = if address.is_ipv4() { 32 } else { 128 };
        Block { address, prefix: bits - host_bits.min(bits) }
    }

    /// A block inside this one, as an except should be; now and then it is as large, larger or
    /// elsewhere.
    pub(super) fn except(self, choices: &mut impl Choices, junk: bool) -> Block {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        let longer = *choices.pick(&[1, 2, 3, 8, bits]);
        let mut except = Block { prefix: (self.prefix + longer).min(bits), ..self };
        if junk {
            except.prefix = *choices.pick(&[self.prefix, self.prefix.saturating_sub(1), 0, bits]);
        }
        // Sometimes at the end of the block rather than around its address.
        if choices.below(2) == 1 {
            except.address = self.last();
        }
        except
    }

    /// The first and last address, and their neighbours outside.
    pub(super) fn boundaries(self) -> Vec<IpAddr> {
        let (first, last) = (bits(self.first()), bits(self.last()));
        let highest = if self.address.is_ipv4() { u128::from(u32::MAX) } else { u128::MAX };
        let below = first.checked_sub(1);
        let above = last.checked_add(1).filter(|&above| above <= highest);
        [Some(first), Some(last), below, above]
            .into_iter()
            .flatten()
            .map(|bits| self.like(bits))
            .collect()
    }

    /// The block as text. A plain way half of the time; otherwise with host bits, leading zeros,
    /// upper case, or in IPv6 form, all of which the API server has always read.
    pub(super) fn write(self, choices: &mut impl Choices) -> String {
        let (first, prefix) = (self.first(), self.prefix);
        match (choices.below(8), self.address, first) {
            (4, address, _) => format!("{address}/{prefix}"),
            (5, IpAddr::V4(address), _) => {
                let [a, b, c, d] = address.octets();
                format!("{a:03}.{b:02}.{c:04}.{d}/{prefix:04}")
            }
            (6 | 7, IpAddr::V4(address), _) => {
                format!("{}/{}", address.to_ipv6_mapped(), prefix + 96)
            }
            (5, IpAddr::V6(address), _) => {
                let groups = address.segments().map(|group| format!("{group:04X}"));
                format!("{}/{prefix}", groups.join(":"))
            }
            (_, _, first) => format!("{first}/{prefix}"),
        }
    }

    /// The block as text that the schemas of cluster-wide policies take: host bits and upper case
    /// are fine, leading zeros and IPv4 in IPv6 form are not.
    pub(super) fn write_strictly(self, choices: &mut impl Choices) -> String {
        let address = if choices.once_in(4) { self.address } else { self.first() };
        let text = format!("{address}/{}", self.prefix);
        if choices.once_in(8) { text.to_uppercase() } else { text }
    }

    fn first(self) -> IpAddr {
        self.like(bits(self.address) & !self.host_mask())
    }

    fn last(self) -> IpAddr {
        self.like(bits(self.address) | self.host_mask())
    }

    fn host_mask(self) -> u128 {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        (1_u128.checked_shl(bits - self.prefix).unwrap_or(0)).wrapping_sub(1)
    }

    fn like(self, bits: u128) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => {
                Ipv4Addr::from_bits(u32::try_from(bits).expect("the mask is short")).into()
            }
            IpAddr::V6(_) => Ipv6Addr::from_bits(bits).into(),
        }
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}
