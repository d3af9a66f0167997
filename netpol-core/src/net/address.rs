use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an IP address as kube-apiserver reads the address fields of its older types: as Go did
/// before 1.17, with leading zeros read as decimal (`010.0.0.1` is 10.0.0.1) and without a zone.
///
/// An IPv4 address in IPv6 form (`::ffff:10.0.0.1`) is returned as the IPv4 address. `None` when
/// the text is no address.
///
/// Source: `ParseIPSloppy` of k8s.io/utils/net.
///
/// ```
/// use netpol_core::net::parse_address;
///
/// assert_eq!(parse_address("010.0.0.1"), Some([10, 0, 0, 1].into()));
/// assert_eq!(parse_address("::ffff:10.0.0.1"), Some([10, 0, 0, 1].into()));
/// assert_eq!(parse_address("fe80::1%eth0"), None);
/// ```
#[must_use]
pub fn parse_address(text: &str) -> Option<IpAddr> {
    let address = match parse_ipv4(text) {
        Some(address) => IpAddr::V4(address),
        None => IpAddr::V6(parse_ipv6(text)?),
    };
    Some(address.to_canonical())
}

/// Four decimal numbers of any width up to 255.
pub(super) fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let (mut octets, mut dots) = ([0; 4], 0);
    let mut octet: Option<u32> = None;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                let value = octet.unwrap_or(0) * 10 + u32::from(byte - b'0');
                octet = Some(value).filter(|value| *value <= 255);
                octet?;
            }
            b'.' => {
                *octets.get_mut(dots)? = octet.take()?;
                dots += 1;
            }
            _ => return None,
        }
    }
    *octets.get_mut(dots)? = octet?;
    let [a, b, c, d] = octets;
    (dots == 3).then(|| Ipv4Addr::from_bits(a << 24 | b << 16 | c << 8 | d))
}

/// RFC 4291 text, the last 32 bits possibly dotted, with groups of any width up to ffff.
pub(super) fn parse_ipv6(text: &str) -> Option<Ipv6Addr> {
    let Some((head, tail)) = text.split_once("::") else {
        let groups = Groups::read(text, true)?;
        return (!text.is_empty() && groups.length == 8).then(|| Ipv6Addr::from(groups.values));
    };
    let mut groups = Groups::read(head, false)?;
    let tail = Groups::read(tail, true)?;
    // The ellipsis stands for at least one group.
    let gap = 7usize.checked_sub(groups.length)?.checked_sub(tail.length)? + 1;
    groups.length += gap;
    for value in tail.values.into_iter().take(tail.length) {
        groups.push(value)?;
    }
    Some(Ipv6Addr::from(groups.values))
}

/// Up to eight groups of an IPv6 address.
#[derive(Default)]
struct Groups {
    values: [u16; 8],
    length: usize,
}

impl Groups {
    /// Reads groups between colons; none in an empty text. `dotted` says whether the last may be
    /// an IPv4 address, which makes two groups.
    fn read(text: &str, dotted: bool) -> Option<Groups> {
        let mut groups = Groups::default();
        if text.is_empty() {
            return Some(groups);
        }
        let mut fields = text.split(':').peekable();
        while let Some(field) = fields.next() {
            if dotted && fields.peek().is_none() && field.contains('.') {
                let [a, b, c, d] = parse_ipv4(field)?.octets();
                groups.push(u16::from_be_bytes([a, b]))?;
                groups.push(u16::from_be_bytes([c, d]))?;
            } else {
                groups.push(u16::try_from(parse_number(field, 16)?).ok()?)?;
            }
        }
        Some(groups)
    }

    /// `None` when there are eight already.
    fn push(&mut self, value: u16) -> Option<()> {
        *self.values.get_mut(self.length)? = value;
        self.length += 1;
        Some(())
    }
}

/// Digits only, at least one, with any number of leading zeros; `None` from 2²⁴ on, which is
/// beyond everything an address or a prefix length can hold.
pub(super) fn parse_number(digits: &str, radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.chars().try_fold(0u32, |number, digit| {
        let number = number * radix + digit.to_digit(radix)?;
        (number < 1 << 24).then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::parse_address;

    #[test]
    fn reads_what_the_standard_library_reads() {
        for text in [
            "0.0.0.0",
            "255.255.255.255",
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3::6:7:8",
            "2001:DB8::a",
            "1:2:3:4:5:6:1.2.3.4",
            "::1.2.3.4",
            "64:ff9b::192.0.2.33",
            "::ffff:10.0.0.1",
        ] {
            let expected: IpAddr = text.parse().unwrap();
            assert_eq!(parse_address(text), Some(expected.to_canonical()), "{text}");
        }
    }

    #[test]
    fn leading_zeros_are_decimal_and_hexadecimal() {
        for (text, plain) in [
            ("010.020.0030.1", "10.20.30.1"),
            ("::000001", "::1"),
            ("0000002001:db8::", "2001:db8::"),
            ("::ffff:010.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(parse_address(text), Some(plain.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            " ",
            ".",
            ":",
            ":::",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.4 ",
            " 1.2.3.4",
            "+1.2.3.4",
            "1.2.3.-4",
            "1.2.3.256",
            "1.2.3.99999999999999999999",
            "0x1.2.3.4",
            "1..2.3",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1::2::3",
            ":1::2",
            "1:",
            "1:2:3:4:5:6:7:",
            "12345::",
            "g::",
            "1.2.3.4::",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5:1.2.3.4",
            "fe80::1%eth0",
            "[::1]",
            "١.2.3.4",
        ] {
            assert_eq!(parse_address(text), None, "{text}");
        }
    }
}
