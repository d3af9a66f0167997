use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Cidr, ParseCidrError, canonical};

/// A range of addresses without some smaller ranges.
///
/// An address outside of it, or in one of its excepts, is not *denied* by it: the block merely
/// does not match, and another peer, rule or policy may admit the address.
///
/// Families are kept apart as Go's `net.IPNet.Contains` keeps them: `0.0.0.0/0` matches no IPv6
/// address, `::/0` no IPv4 address, and an IPv4 address in IPv6 form (`::ffff:10.0.0.1`) is the
/// IPv4 address.
///
/// Source: `IPBlock` of k8s.io/api/networking/v1.
///
/// ```
/// use netpol_core::net::IpBlock;
///
/// let block = IpBlock::parse("10.0.0.0/8", &["10.1.0.0/16"])?;
/// assert!(block.contains("10.2.0.1".parse()?));
/// assert!(block.contains("::ffff:10.2.0.1".parse()?));
/// assert!(!block.contains("10.1.0.1".parse()?));
/// assert!(!block.contains("fd00::1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IpBlock {
    #[serde(deserialize_with = "canonical::network")]
    cidr: IpNet,
    #[serde(
        rename = "except",
        default,
        skip_serializing_if = "<[IpNet]>::is_empty",
        deserialize_with = "canonical::networks"
    )]
    excepts: Box<[IpNet]>,
}

/// The texts make no ipBlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseIpBlockError {
    /// The block's own CIDR does not parse.
    #[error("cidr: {0}")]
    Cidr(ParseCidrError),
    /// An except does not parse.
    #[error("except[{index}]: {error}")]
    Except {
        /// Which, counted from 0.
        index: usize,
        /// Why.
        error: ParseCidrError,
    },
    /// An except is not a strict subset of the block.
    #[error("except[{index}]: must be a strict subset of `cidr`")]
    NotSubset {
        /// Which, counted from 0.
        index: usize,
    },
}

impl IpBlock {
    /// The block of `cidr` without `excepts`. Bits beyond a prefix are dropped; an except may be
    /// anything, and one that does not touch `cidr` has no effect.
    #[must_use]
    pub fn new(cidr: IpNet, excepts: impl IntoIterator<Item = IpNet>) -> IpBlock {
        IpBlock {
            cidr: cidr.trunc(),
            excepts: excepts.into_iter().map(|except| except.trunc()).collect(),
        }
    }

    /// Reads a block the legacy way (see [`Cidr`]).
    ///
    /// # Errors
    ///
    /// When a text is no CIDR, or an except no
    /// [strict subset](Cidr::is_strict_subset_of) of `cidr`; the first such fault.
    pub fn parse(cidr: &str, excepts: &[impl AsRef<str>]) -> Result<IpBlock, ParseIpBlockError> {
        let cidr = Cidr::parse(cidr).map_err(ParseIpBlockError::Cidr)?;
        let excepts = excepts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let except = Cidr::parse(text.as_ref())
                    .map_err(|error| ParseIpBlockError::Except { index, error })?;
                if except.is_strict_subset_of(&cidr) {
                    Ok(except.network())
                } else {
                    Err(ParseIpBlockError::NotSubset { index })
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(IpBlock { cidr: cidr.network(), excepts })
    }

    /// Whether the address is in the block and in none of the excepts. Linear in the number of
    /// excepts.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.cidr.contains(&address) && !self.excepts.iter().any(|except| except.contains(&address))
    }

    /// The whole range.
    #[must_use]
    pub const fn cidr(&self) -> IpNet {
        self.cidr
    }

    /// The ranges cut out of it, in the order given.
    #[must_use]
    pub const fn excepts(&self) -> &[IpNet] {
        &self.excepts
    }
}

/// `10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16`.
impl fmt::Display for IpBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cidr.fmt(f)?;
        for (position, except) in self.excepts.iter().enumerate() {
            f.write_str(if position == 0 { " except " } else { ", " })?;
            except.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{IpBlock, ParseIpBlockError};

    fn contains(cidr: &str, excepts: &[&str], address: &str) -> bool {
        IpBlock::parse(cidr, excepts).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn families_stay_apart() {
        for (cidr, address, expected) in [
            ("0.0.0.0/0", "2001:db8::1", false),
            ("0.0.0.0/0", "10.0.0.1", true),
            ("0.0.0.0/0", "::ffff:10.0.0.1", true),
            ("::/0", "10.0.0.1", false),
            ("::/0", "::ffff:10.0.0.1", false),
            ("::/0", "2001:db8::1", true),
            ("::ffff:0:0/96", "203.0.113.9", true),
            ("::ffff:10.0.0.0/104", "10.5.5.5", true),
            ("::ffff:10.0.0.0/104", "11.5.5.5", false),
            ("::ffff:0:0/90", "10.0.0.1", false),
            ("::ffff:0:0/90", "::ffff:10.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
        ] {
            assert_eq!(contains(cidr, &[], address), expected, "{address} in {cidr}");
        }
    }

    #[test]
    fn excepts_cut_out_every_address_between_their_ends() {
        for (address, expected) in [
            ("9.255.255.255", false),
            ("10.0.0.0", true),
            ("10.0.255.255", true),
            ("10.1.0.0", false),
            ("10.1.255.255", false),
            ("10.2.0.0", true),
            ("10.255.255.255", true),
            ("11.0.0.0", false),
        ] {
            assert_eq!(contains("10.0.0.0/8", &["10.1.0.0/16"], address), expected, "{address}");
        }
        assert!(!contains("10.0.0.0/8", &["::ffff:10.1.0.0/112"], "10.1.0.1"));
        assert!(!contains("0.0.0.0/0", &["::ffff:0:0/96"], "10.1.0.1"));
    }

    #[test]
    fn tells_which_text_is_wrong() {
        assert!(matches!(IpBlock::parse("10.0.0.0", &["x"]), Err(ParseIpBlockError::Cidr(_))));
        assert!(matches!(
            IpBlock::parse("10.0.0.0/8", &["10.1.0.0/16", ""]),
            Err(ParseIpBlockError::Except { index: 1, .. })
        ));
        assert_eq!(
            IpBlock::parse("10.0.0.0/8", &["10.0.0.0/8"]),
            Err(ParseIpBlockError::NotSubset { index: 0 })
        );
    }

    #[test]
    fn prints() {
        let block = IpBlock::parse("10.1.2.3/8", &["10.1.0.0/16", "10.2.0.0/16"]).unwrap();
        assert_eq!(block.to_string(), "10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16");
    }
}
