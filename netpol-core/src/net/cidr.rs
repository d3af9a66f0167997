use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::address::{parse_ipv4, parse_ipv6, parse_number};

/// A range of addresses, together with how it was written.
///
/// Kubernetes reads the CIDRs of its older types in two ways. The *legacy* reading, which
/// [`Cidr::parse`] follows, is that of Go before 1.17: numbers may have leading zeros and are
/// decimal nevertheless (`010.0.0.0/8` is `10.0.0.0/8`), bits beyond the prefix are dropped
/// (`10.1.2.3/8` is `10.0.0.0/8`), and IPv4 may be written in IPv6 form
/// (`::ffff:10.0.0.0/104` is `10.0.0.0/8`). The *strict* reading, [`Cidr::parse_strict`], which is
/// the default of kube-apiserver since 1.36, refuses those three and accepts the rest; what it
/// would say of a range that was read the legacy way is its [objection](Cidr::objection).
///
/// Sources: `ParseCIDRSloppy` of k8s.io/utils/net, `IsValidCIDRForLegacyField` of
/// k8s.io/apimachinery/pkg/util/validation, KEP-4858.
///
/// ```
/// use netpol_core::net::{Cidr, CidrObjection};
///
/// let cidr = Cidr::parse("::ffff:10.0.0.0/104")?;
/// assert_eq!(cidr.network().to_string(), "10.0.0.0/8");
/// assert_eq!(cidr.objection(), Some(CidrObjection::Ipv4Mapped));
/// assert!(Cidr::parse_strict("::ffff:10.0.0.0/104").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    network: IpNet,
    address: IpAddr,
    prefix_length: u8,
    objection: Option<CidrObjection>,
    canonical: bool,
}

/// What the strict reading of a CIDR refuses although the legacy reading accepts it. When there
/// are several reasons, it is the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CidrObjection {
    /// A number of the address or the prefix length has leading zeros.
    LeadingZeros,
    /// It is an IPv4 range in IPv6 form.
    Ipv4Mapped,
    /// Bits are set beyond the prefix length.
    HostBits,
}

/// The text is no CIDR, or none that the strict reading accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", .0.map_or(NOT_A_CIDR, CidrObjection::as_str))]
pub struct ParseCidrError(Option<CidrObjection>);

const NOT_A_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// Bits of IPv6 before an IPv4 address in IPv6 form begins.
const MAPPED_BITS: u8 = 96;

impl Cidr {
    /// Reads a CIDR the legacy way, as kube-apiserver did by default up to 1.35.
    ///
    /// # Errors
    ///
    /// When the text is not one address, one `/` and a prefix length that fits the address; also
    /// for blanks, zones and signs.
    pub fn parse(text: &str) -> Result<Cidr, ParseCidrError> {
        Cidr::read(text).ok_or(ParseCidrError(None))
    }

    /// Reads a CIDR the strict way, as kube-apiserver does by default since 1.36. IPv6 text need
    /// not be in its shortest form, nor in lower case.
    ///
    /// # Errors
    ///
    /// When [`Cidr::parse`] fails, or when the result has an [objection](Cidr::objection).
    pub fn parse_strict(text: &str) -> Result<Cidr, ParseCidrError> {
        let cidr = Cidr::parse(text)?;
        match cidr.objection {
            Some(objection) => Err(ParseCidrError(Some(objection))),
            None => Ok(cidr),
        }
    }

    /// Reads a CIDR as the schemas of cluster-wide policies do: bits beyond the prefix may be set
    /// and are dropped, everything else is as in the [strict](Cidr::parse_strict) reading.
    ///
    /// Source: `isCIDR` of k8s.io/apiserver/pkg/cel/library/cidr.go.
    ///
    /// # Errors
    ///
    /// When [`Cidr::parse`] fails, for leading zeros, and for IPv4 in IPv6 form.
    pub fn parse_network(text: &str) -> Result<Cidr, ParseCidrError> {
        let cidr = Cidr::parse(text)?;
        match cidr.objection {
            None | Some(CidrObjection::HostBits) => Ok(cidr),
            objection => Err(ParseCidrError(objection)),
        }
    }

    fn read(text: &str) -> Option<Cidr> {
        let (address_text, length_text) = text.split_once('/')?;
        let address = match parse_ipv4(address_text) {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(parse_ipv6(address_text)?),
        };
        let prefix_length = u8::try_from(parse_number(length_text, 10)?).ok()?;
        let network = network(address, prefix_length)?;
        let mapped = address != address.to_canonical();

        // The standard library refuses leading zeros and nothing else that was accepted above.
        let leading_zeros = address_text.parse::<IpAddr>().is_err()
            || (length_text.len() > 1 && length_text.starts_with('0'));
        let objection = if leading_zeros {
            Some(CidrObjection::LeadingZeros)
        } else if mapped {
            Some(CidrObjection::Ipv4Mapped)
        } else if address != network.addr() {
            Some(CidrObjection::HostBits)
        } else {
            None
        };
        Some(Cidr {
            network,
            address,
            prefix_length,
            objection,
            canonical: text == network.to_string(),
        })
    }

    /// The range itself: bits beyond the prefix are zero, and IPv4 in IPv6 form is IPv4.
    ///
    /// A range written in IPv6 form that is wider than all of IPv4 (`::ffff:0:0/90`) stays IPv6;
    /// in Kubernetes it matches no IPv4 address.
    #[must_use]
    pub const fn network(&self) -> IpNet {
        self.network
    }

    /// The address as written, before the bits beyond the prefix were dropped; IPv4 in IPv6 form
    /// is IPv4.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address.to_canonical()
    }

    /// The prefix length as written: 104 for `::ffff:10.0.0.0/104`, whose network is
    /// `10.0.0.0/8`.
    #[must_use]
    pub const fn written_prefix_length(&self) -> u8 {
        self.prefix_length
    }

    /// Why the strict reading refuses it; `None` when it does not.
    #[must_use]
    pub const fn objection(&self) -> Option<CidrObjection> {
        self.objection
    }

    /// Whether the text was exactly what [`network`](Cidr::network) prints; for IPv6 that is the
    /// form of RFC 5952.
    #[must_use]
    pub const fn is_canonical(&self) -> bool {
        self.canonical
    }

    /// Whether `self` may stand in the `except` list of an ipBlock over `cidr`: its first address
    /// lies in `cidr`, and its prefix length is larger.
    ///
    /// As in kube-apiserver the lengths are compared as they were written, even across families:
    /// `::ffff:10.1.0.0/112` may be cut out of `10.0.0.0/8`, but `10.1.0.0/16` may not be cut out
    /// of `::ffff:10.0.0.0/104`.
    ///
    /// Source: `ValidateIPBlock` of kubernetes/pkg/apis/networking/validation.
    ///
    /// ```
    /// use netpol_core::net::Cidr;
    ///
    /// let cidr = Cidr::parse("10.0.0.0/8")?;
    /// assert!(Cidr::parse("10.1.0.0/16")?.is_strict_subset_of(&cidr));
    /// assert!(!Cidr::parse("10.0.0.0/8")?.is_strict_subset_of(&cidr));
    /// assert!(!Cidr::parse("11.1.0.0/16")?.is_strict_subset_of(&cidr));
    /// # Ok::<(), netpol_core::net::ParseCidrError>(())
    /// ```
    #[must_use]
    pub fn is_strict_subset_of(&self, cidr: &Cidr) -> bool {
        cidr.network.contains(&self.network.addr()) && cidr.prefix_length < self.prefix_length
    }
}

/// The legacy reading.
impl FromStr for Cidr {
    type Err = ParseCidrError;

    fn from_str(text: &str) -> Result<Cidr, ParseCidrError> {
        Cidr::parse(text)
    }
}

/// The range in canonical form, not as it was written.
impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.network.fmt(f)
    }
}

impl CidrObjection {
    /// What kube-apiserver says.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CidrObjection::LeadingZeros => "must not have leading 0s in IP or prefix length",
            CidrObjection::Ipv4Mapped => "must not have an IPv4-mapped IPv6 address",
            CidrObjection::HostBits => "must not have bits set beyond the prefix length",
        }
    }
}

impl fmt::Display for CidrObjection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ParseCidrError {
    /// What the strict reading objects to; `None` when the text is no CIDR in either reading.
    #[must_use]
    pub const fn objection(&self) -> Option<CidrObjection> {
        self.0
    }
}

/// `None` when the prefix is too long for the address.
fn network(address: IpAddr, prefix_length: u8) -> Option<IpNet> {
    match address {
        IpAddr::V4(address) => Some(IpNet::V4(Ipv4Net::new(address, prefix_length).ok()?.trunc())),
        IpAddr::V6(address) => {
            let network = Ipv6Net::new(address, prefix_length).ok()?.trunc();
            let inside = network.addr().to_ipv4_mapped();
            match (inside, prefix_length.checked_sub(MAPPED_BITS)) {
                (Some(address), Some(length)) => {
                    Some(IpNet::V4(Ipv4Net::new(address, length).ok()?))
                }
                _ => Some(IpNet::V6(network)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cidr, CidrObjection};

    #[test]
    fn reads_networks() {
        for (text, network) in [
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("010.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.0/08", "10.0.0.0/8"),
            ("10.0.0.0/0000000008", "10.0.0.0/8"),
            ("::/0", "::/0"),
            ("2001:DB8:0:0::/32", "2001:db8::/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/128", "10.1.2.3/32"),
            ("::ffff:0:0/90", "::ffc0:0:0/90"),
            ("::ffff:10.0.0.0/95", "::fffe:0:0/95"),
        ] {
            let cidr = Cidr::parse(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(cidr.network().to_string(), network, "{text}");
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            " ",
            "/",
            "10.0.0.0",
            "192.168.5.6",
            "fd00:192:168::",
            "10.0.0/8",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0.0.0/256",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "+10.0.0.0/8",
            "10.0.0.0/8/8",
            " 10.0.0.0/8",
            "10.0.0.0/8 ",
            "10.0.0.0/255.0.0.0",
            "fe80::1%eth0/64",
            "fe80::/64%eth0",
            "10.0.0.0/99999999999999999999",
        ] {
            let error = Cidr::parse(text).expect_err(text);
            assert_eq!(error.objection(), None, "{text}");
        }
    }

    #[test]
    fn objects_to_the_first_of_three() {
        for (text, objection) in [
            ("10.0.0.0/8", None),
            ("10.0.0.0/0", Some(CidrObjection::HostBits)),
            ("0.0.0.0/0", None),
            ("FD00:0:0::/16", None),
            ("0001::/16", None),
            ("010.0.0.0/8", Some(CidrObjection::LeadingZeros)),
            ("010.1.2.3/8", Some(CidrObjection::LeadingZeros)),
            ("10.0.0.0/08", Some(CidrObjection::LeadingZeros)),
            ("0.0.0.0/00", Some(CidrObjection::LeadingZeros)),
            ("00001::/16", Some(CidrObjection::LeadingZeros)),
            ("::ffff:010.0.0.0/104", Some(CidrObjection::LeadingZeros)),
            ("::ffff:10.0.0.0/104", Some(CidrObjection::Ipv4Mapped)),
            ("::ffff:10.1.2.3/104", Some(CidrObjection::Ipv4Mapped)),
            ("::ffff:0:0/90", Some(CidrObjection::Ipv4Mapped)),
            ("10.1.2.3/8", Some(CidrObjection::HostBits)),
            ("fd00::1/64", Some(CidrObjection::HostBits)),
        ] {
            assert_eq!(Cidr::parse(text).unwrap().objection(), objection, "{text}");
            assert_eq!(
                Cidr::parse_strict(text).err().and_then(|error| error.objection()),
                objection,
                "{text}"
            );
        }
    }

    #[test]
    fn canonical_text() {
        for (text, canonical) in [
            ("10.0.0.0/8", true),
            ("10.1.0.0/8", false),
            ("2001:db8::/32", true),
            ("2001:DB8::/32", false),
            ("2001:db8:0::/32", false),
            ("::ffff:10.0.0.0/104", false),
        ] {
            assert_eq!(Cidr::parse(text).unwrap().is_canonical(), canonical, "{text}");
        }
    }

    #[test]
    fn excepts_compare_lengths_as_written() {
        for (cidr, except, valid) in [
            ("10.0.0.0/8", "10.0.0.0/9", true),
            ("10.0.0.0/8", "10.0.0.0/8", false),
            ("10.0.0.0/8", "10.0.0.0/7", false),
            ("10.0.0.0/8", "11.0.0.0/16", false),
            ("10.0.0.0/8", "10.1.2.3/16", true),
            ("::ffff:10.0.0.0/104", "10.1.0.0/16", false),
            ("::ffff:10.0.0.0/104", "::ffff:10.1.0.0/112", true),
            ("10.0.0.0/8", "::ffff:10.1.0.0/112", true),
            ("0.0.0.0/0", "::ffff:0:0/96", true),
            ("0.0.0.0/8", "::ffff:0:0/100", true),
            ("::/0", "10.0.0.0/8", false),
            ("10.0.0.0/8", "fd00::/16", false),
            ("fd00::/16", "fd00::/17", true),
        ] {
            let outcome =
                Cidr::parse(except).unwrap().is_strict_subset_of(&Cidr::parse(cidr).unwrap());
            assert_eq!(outcome, valid, "{except} of {cidr}");
        }
    }
}
