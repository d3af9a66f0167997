//! Versions.

use crate::text::netpol_str;

/// The version of the library, such as `0.1.0`. The text lives as long as the library.
#[unsafe(no_mangle)]
pub extern "C" fn netpol_version() -> netpol_str {
    netpol_str::of(env!("CARGO_PKG_VERSION"))
}

/// The number of the binary interface; programs compare it with `NETPOL_ABI_VERSION`. It counts up
/// when a struct, function or number changes in a way that compiled programs would notice.
#[unsafe(no_mangle)]
pub extern "C" fn netpol_abi_version() -> u32 {
    NETPOL_ABI_VERSION
}

/// The binary interface that this header describes.
pub const NETPOL_ABI_VERSION: u32 = 1;
