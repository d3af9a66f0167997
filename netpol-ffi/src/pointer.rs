//! Follows pointers from C: the contract of each is in the head of the header.

use std::slice;

use crate::status::netpol_status;

/// What `pointer` points to.
///
/// # Safety
///
/// Null, or a value of the type that nobody writes to during the call.
#[inline]
pub(crate) unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T, netpol_status> {
    // SAFETY: not null is checked by `as_ref`; the rest is the caller's promise.
    unsafe { pointer.as_ref() }.ok_or(netpol_status::NullPointer)
}

/// What `pointer` points to, to write to.
///
/// # Safety
///
/// Null, or a value of the type that nobody else uses during the call.
#[inline]
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T) -> Result<&'a mut T, netpol_status> {
    // SAFETY: not null is checked by `as_mut`; the rest is the caller's promise.
    unsafe { pointer.as_mut() }.ok_or(netpol_status::NullPointer)
}

/// The values of an array; none when the length is 0, whatever the pointer.
///
/// # Safety
///
/// As [`shared`], for `length` values.
#[inline]
pub(crate) unsafe fn array<'a, T>(
    pointer: *const T,
    length: usize,
) -> Result<&'a [T], netpol_status> {
    check(pointer, length)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: not null and not longer than an object can be, as checked; the rest is the caller's
    // promise.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

fn check<T>(pointer: *const T, length: usize) -> Result<(), netpol_status> {
    if length == 0 {
        return Ok(());
    }
    if pointer.is_null() {
        return Err(netpol_status::NullPointer);
    }
    if !pointer.is_aligned() || length > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(netpol_status::InvalidLength);
    }
    Ok(())
}

/// A place for a result, which is written on success alone.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// The place, before any work is done for it.
    ///
    /// # Safety
    ///
    /// Null, or room for the value that nobody else uses during the call.
    #[inline]
    pub(crate) unsafe fn new(pointer: *mut T) -> Result<Place<T>, netpol_status> {
        if pointer.is_null() { Err(netpol_status::NullPointer) } else { Ok(Place(pointer)) }
    }

    /// Writes the result, without reading what was there.
    #[inline]
    pub(crate) fn write(self, value: T) {
        // SAFETY: by the promise made to `new`, which refused null.
        unsafe { self.0.write(value) }
    }
}

impl<T> Place<*mut T> {
    /// Hands a new object over.
    pub(crate) fn hand_over(self, value: T) {
        self.write(Box::into_raw(Box::new(value)));
    }
}

/// Takes an object back and drops it; null is nobody's.
///
/// # Safety
///
/// Null, or what [`Place::hand_over`] gave and nobody took back yet.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: it came from a `Box` of the same type, by the caller's promise.
        drop(unsafe { Box::from_raw(pointer) });
    }
}
