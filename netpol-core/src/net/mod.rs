//! Protocols, port ranges and address blocks; useful without the rest of the crate.

mod protocol;

pub use protocol::Protocol;
