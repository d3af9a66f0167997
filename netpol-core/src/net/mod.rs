//! Protocols, port ranges and address blocks; useful without the rest of the crate.
//!
//! [`Cidr`] reads a range of addresses as kube-apiserver reads it, in either of its two
//! strictnesses, and knows what it has to object to. [`IpBlock`] is such a range with smaller
//! ranges cut out of it, [`PolicyPort`] one entry of a rule's `ports`.
//!
//! ```
//! use netpol_core::net::{IpBlock, PolicyPort, PortRange, Protocol};
//!
//! let block = IpBlock::parse("172.17.0.0/16", &["172.17.1.0/24"])?;
//! assert!(block.contains("172.17.0.255".parse()?));
//! assert!(!block.contains("172.17.1.0".parse()?));
//!
//! let entry = PolicyPort::range(Protocol::TCP, PortRange::new(32000, 32768).unwrap());
//! assert!(entry.matches(Protocol::TCP, 32768, |_, _| None));
//! assert!(!entry.matches(Protocol::UDP, 32768, |_, _| None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
pub(crate) mod canonical;
mod cidr;
mod domain;
mod family;
mod ip_block;
mod port;
mod protocol;

pub use address::parse_address;
pub use cidr::{Cidr, CidrObjection, ParseCidrError};
pub use domain::{DomainPattern, InvalidDomainPattern};
pub(crate) use family::Families;
pub use ip_block::{IpBlock, ParseIpBlockError};
pub use port::{PolicyPort, PortRange, Ports};
pub use protocol::Protocol;
