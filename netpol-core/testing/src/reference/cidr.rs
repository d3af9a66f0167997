//! Address blocks: as the API server has always read them in an ipBlock, which is as Go's
//! `net.ParseCIDR` did before Go 1.17, and as the schemas of cluster-wide policies read them in
//! `networks`, which is as Go's `netip.ParsePrefix` does.
//!
//! Sources: `ParseCIDRSloppy` in `k8s.io/utils/net` and its fork of the old `net` package;
//! `IPNet.Contains` of Go's `net`; `ValidateIPBlock` in
//! `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`; `parseCIDR` in
//! `k8s.io/apiserver/pkg/cel/library/cidr.go`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block, with its host bits masked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    /// The lowest address. A block of IPv4 addresses in IPv6 form (`::ffff:10.0.0.0/104`) is the
    /// IPv4 block, as in Go.
    base: IpAddr,
    /// How many bits of the base count.
    prefix: u32,
    /// The number after the slash as it was written: 104, not 8, in the example above.
    written_prefix: u32,
}

impl Cidr {
    /// Reads `address/prefix`. Leading zeros count as nothing (`010.0.0.0/08` is `10.0.0.0/8`)
    /// and host bits are dropped (`10.1.2.3/8` is `10.0.0.0/8`).
    pub(super) fn parse(text: &str) -> Option<Cidr> {
        let (address, prefix) = text.split_once('/')?;
        let written_prefix = read_digits(prefix, 10)?;
        if let Some(address) = parse_v4(address) {
            if written_prefix > 32 {
                return None;
            }
            let base = Ipv4Addr::from_bits(address.to_bits() & mask_v4(written_prefix));
            return Some(Cidr { base: base.into(), prefix: written_prefix, written_prefix });
        }
        let address = parse_v6(address)?;
        if written_prefix > 128 {
            return None;
        }
        let base = Ipv6Addr::from_bits(address.to_bits() & mask_v6(written_prefix));
        // A base whose ffff has been masked away (`::ffff:0:0/90`) is an IPv6 block like others.
        Some(match base.to_ipv4_mapped() {
            Some(base) => Cidr {
                base: base.into(),
                prefix: written_prefix.saturating_sub(96),
                written_prefix,
            },
            None => Cidr { base: base.into(), prefix: written_prefix, written_prefix },
        })
    }

    /// Reads `address/prefix` where leading zeros and IPv4 addresses in IPv6 form are refused.
    /// Host bits are dropped here too.
    pub(super) fn parse_strict(text: &str) -> Option<Cidr> {
        let (address, prefix) = text.split_once('/')?;
        let no_leading_zero = |number: &str| number == "0" || !number.starts_with('0');
        let strict = no_leading_zero(prefix)
            && address.split(':').all(|group| {
                let dotted = group.contains('.');
                if dotted { group.split('.').all(no_leading_zero) } else { group.len() <= 4 }
            });
        let mapped = parse_v6(address).is_some_and(|address| address.to_ipv4_mapped().is_some());
        Cidr::parse(text).filter(|_| strict && !mapped)
    }

    /// Whether the block holds `address`. A block of one family holds no address of the other.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                address.to_bits() & mask_v4(self.prefix) == base.to_bits()
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                address.to_bits() & mask_v6(self.prefix) == base.to_bits()
            }
            _ => false,
        }
    }

    /// Whether `except` may stand beside this `cidr`: "must be a strict subset". The API server
    /// compares the prefix lengths as they were written, whatever their families.
    pub(super) fn admits_except(&self, except: &Cidr) -> bool {
        self.contains(except.base) && self.written_prefix < except.written_prefix
    }

    /// Whether the block holds every address of its family.
    pub(super) fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    /// The address after the lowest one, which a node's bridge holds where `self` is the node's
    /// pod range. `None` for a block of one address.
    pub(super) fn gateway(&self) -> Option<IpAddr> {
        let next = match self.base {
            IpAddr::V4(base) => IpAddr::V4(Ipv4Addr::from_bits(base.to_bits() | 1)),
            IpAddr::V6(base) => IpAddr::V6(Ipv6Addr::from_bits(base.to_bits() | 1)),
        };
        (next != self.base && self.contains(next)).then_some(next)
    }
}

/// Reads an address with the same leniency. One in IPv6 form (`::ffff:10.0.0.1`) is the IPv4
/// address.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    let v4 = || parse_v4(text).map(IpAddr::V4);
    let v6 = || parse_v6(text).map(|address| IpAddr::V6(address).to_canonical());
    v4().or_else(v6)
}

fn mask_v4(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix).unwrap_or(0)
}

fn mask_v6(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

/// Four decimal numbers up to 255, with any number of leading zeros.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let octets: Vec<u8> = text
        .split('.')
        .map(|part| read_digits(part, 10).and_then(|number| u8::try_from(number).ok()))
        .collect::<Option<_>>()?;
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some(Ipv4Addr::from(octets))
}

/// Eight hexadecimal numbers up to ffff, with any number of leading zeros; `::` once, for at least
/// one of them; the last two may be written as an IPv4 address. No zone.
fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    let groups = match text.split_once("::") {
        // A second `::` leaves an empty group behind, which is no number.
        Some((head, tail)) => {
            let head = read_groups(head, false)?;
            let tail = read_groups(tail, true)?;
            let missing = 8usize.checked_sub(head.len() + tail.len()).filter(|&count| count > 0)?;
            [head, vec![0; missing], tail].concat()
        }
        None => read_groups(text, true).filter(|groups| !groups.is_empty())?,
    };
    let groups: [u16; 8] = groups.try_into().ok()?;
    Some(Ipv6Addr::from(groups))
}

/// The numbers between single colons; none for the empty text. Only the end of the address may be
/// written as IPv4.
fn read_groups(text: &str, at_end: bool) -> Option<Vec<u16>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut groups = Vec::new();
    let parts: Vec<&str> = text.split(':').collect();
    for (position, part) in parts.iter().enumerate() {
        if part.contains('.') {
            let last = at_end && position + 1 == parts.len();
            let [a, b, c, d] = parse_v4(part).filter(|_| last)?.octets();
            groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
        } else {
            groups.push(u16::try_from(read_digits(part, 16)?).ok()?);
        }
    }
    Some(groups)
}

/// A number of digits only: no sign, no blank. Go's reader gives up at 0xFFFFFF; everything above
/// is too large for any place in an address anyway.
fn read_digits(text: &str, radix: u32) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.chars().try_fold(0_u32, |number, digit| {
        Some(number * radix + digit.to_digit(radix)?).filter(|&number| number < 0xFF_FFFF)
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::Cidr;

    fn holds(cidr: &str, address: &str) -> bool {
        Cidr::parse(cidr).expect("the cidr parses").contains(address.parse().expect("an address"))
    }

    #[test]
    fn reads_what_the_api_server_reads() {
        for text in [
            "10.0.0.0/8",
            "010.0.0.0/08",
            "10.1.2.3/8",
            "0000000000000010.0.0.0/0000008",
            "::/0",
            "FD00:0:0::/16",
            "00000fd00::/16",
            "1:2:3:4:5:6:7:8/128",
            "1:2:3:4:5:6:7::/64",
            "::1:2:3:4:5:6:7/64",
            "::ffff:10.0.0.0/104",
            "1:2:3:4:5:6:010.0.0.1/128",
            "1::2.3.4.5/0",
        ] {
            assert!(Cidr::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            " ",
            "/",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0/8",
            " 10.0.0.0/8",
            "10.0.0.0/8 ",
            "10.0.0.0/+8",
            "10.0.0.0/-8",
            "10.0.0.0/8/8",
            "256.0.0.0/8",
            "1.2.3.4.5/8",
            "1..2.3/8",
            "fd00::/129",
            "fd00:192:168::",
            "fe80::1%eth0/64",
            "1:2:3:4:5:6:7:8::/64",
            ":::/0",
            "::1::/64",
            ":1/64",
            "1:/64",
            "1:2:3:4:5:6:7/64",
            "12345::/16",
            "1.2.3.4::/64",
            "1:2:3:4:5:6:7:1.2.3.4/64",
            "g::/16",
            "/8",
            "10.0.0.0/",
            "::/99999999999999999999",
        ] {
            assert!(Cidr::parse(text).is_none(), "{text}");
        }
    }

    /// Go's `netip.ParsePrefix` reads addresses as Rust's standard library does.
    #[test]
    fn reads_strictly_what_schemas_take() {
        for text in [
            "10.0.0.0/8",
            "10.0.0.1/8",
            "0.0.0.0/0",
            "1.2.3.4/32",
            "::/0",
            "FD00:0:0::/16",
            "fd00:0000::1/128",
            "1:2:3:4:5:6:7::/64",
            "1:2:3:4:5:6:10.0.0.1/128",
            "::fffe:1.2.3.4/96",
            "::1.2.3.4/96",
        ] {
            assert!(Cidr::parse_strict(text).is_some(), "{text}");
            let (address, _) = text.split_once('/').expect("it has a prefix");
            assert!(address.parse::<IpAddr>().is_ok(), "{text}");
        }
        for text in [
            "",
            "10.0.0.0",
            "010.0.0.0/8",
            "10.0.0.00/8",
            "10.0.0.0/08",
            "10.0.0.0/00",
            "10.0.0.0/33",
            "::/129",
            "::ffff:1.2.3.4/120",
            "::ffff:0:0/90",
            "0:0:0:0:0:ffff:a00:0/104",
            "1:2:3:4:5:6:010.0.0.1/128",
            "00fd0::/16",
            "fe80::1%eth0/64",
            "10.0.0.0/8 ",
            "10.0.0.0/+8",
        ] {
            assert!(Cidr::parse_strict(text).is_none(), "{text}");
        }
    }

    #[test]
    fn families_keep_apart() {
        assert!(holds("0.0.0.0/0", "10.0.0.1") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "10.0.0.1"));
        assert!(!holds("::/0", "::ffff:10.0.0.1") && holds("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(holds("::ffff:0:0/96", "203.0.113.9") && holds("::ffff:10.0.0.0/104", "10.5.5.5"));
        assert!(!holds("::ffff:10.0.0.0/104", "11.0.0.0") && !holds("::ffff:0:0/90", "0.0.0.1"));
        assert!(holds("10.1.2.3/8", "10.9.9.9") && holds("010.0.0.0/8", "10.0.0.0"));
    }

    #[test]
    fn excepts_are_strict_subsets_as_written() {
        let admits = |cidr, except| {
            let [cidr, except] = [cidr, except].map(|text| Cidr::parse(text).expect("parses"));
            cidr.admits_except(&except)
        };
        assert!(admits("10.0.0.0/8", "10.0.0.0/9") && admits("10.0.0.0/8", "10.1.2.3/16"));
        assert!(!admits("10.0.0.0/8", "10.0.0.0/8") && !admits("10.0.0.0/8", "10.0.0.0/7"));
        assert!(!admits("::ffff:10.0.0.0/104", "10.1.0.0/16"));
        assert!(admits("10.0.0.0/8", "::ffff:10.1.0.0/112"));
        assert!(admits("0.0.0.0/0", "::ffff:0:0/96"));
        assert!(!admits("::/0", "10.0.0.0/8") && !admits("10.0.0.0/8", "fd00::/16"));
    }

    #[test]
    fn gateways() {
        let gateway = |text| Cidr::parse(text).and_then(|cidr| cidr.gateway());
        assert_eq!(gateway("10.244.1.0/24"), "10.244.1.1".parse().ok());
        assert_eq!(gateway("fd00:1::/64"), "fd00:1::1".parse().ok());
        assert_eq!(gateway("10.244.1.1/32"), None);
        assert_eq!(gateway("10.244.1.2/32"), None);
    }
}
