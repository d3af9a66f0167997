//! Texts that cross the border.

use std::ffi::c_char;
use std::ptr;

use crate::guard::guard_or;
use crate::pointer;
use crate::status::netpol_status;

/// A text that somebody else owns: UTF-8, not terminated by NUL. A length of 0 is the empty text,
/// whatever the pointer.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_str {
    /// The first byte.
    pub data: *const c_char,
    /// How many bytes there are.
    pub len: usize,
}

impl netpol_str {
    /// A view of a text that outlives it.
    pub(crate) const fn of(text: &str) -> netpol_str {
        netpol_str { data: text.as_ptr().cast(), len: text.len() }
    }

    /// No text at all.
    pub(crate) const NONE: netpol_str = netpol_str { data: ptr::null(), len: 0 };

    /// The bytes.
    ///
    /// # Safety
    ///
    /// `data` points to `len` bytes that nobody writes to during the call.
    pub(crate) unsafe fn bytes<'a>(self) -> Result<&'a [u8], netpol_status> {
        // SAFETY: the caller's promise.
        unsafe { pointer::array(self.data.cast(), self.len) }
    }

    /// The text.
    ///
    /// # Safety
    ///
    /// As [`bytes`](netpol_str::bytes).
    pub(crate) unsafe fn text<'a>(self) -> Result<&'a str, netpol_status> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.bytes() }?;
        std::str::from_utf8(bytes).map_err(|_| netpol_status::InvalidUtf8)
    }

    /// The text, of its own.
    ///
    /// # Safety
    ///
    /// As [`bytes`](netpol_str::bytes).
    pub(crate) unsafe fn owned(self) -> Result<String, netpol_status> {
        // SAFETY: the caller's promise.
        unsafe { self.text() }.map(str::to_owned)
    }
}

/// A text that the library made. Any thread may read it; it lives until it is freed.
#[derive(Debug)]
pub struct netpol_string(pub(crate) String);

/// What is in a text; valid until it is freed. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_string_view(string: *const netpol_string) -> netpol_str {
    guard_or(netpol_str::NONE, || {
        // SAFETY: the header's contract.
        unsafe { pointer::shared(string) }
            .map_or(netpol_str::NONE, |string| netpol_str::of(&string.0))
    })
}

/// Frees a text; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_string_free(string: *mut netpol_string) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(string) });
}
