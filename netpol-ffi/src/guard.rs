//! Keeps panics from unwinding into C.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::netpol_status;

/// Runs the body of a function that has a status.
#[inline]
pub(crate) fn guard(body: impl FnOnce() -> Result<(), netpol_status>) -> netpol_status {
    guard_or(netpol_status::Panic, || match body() {
        Ok(()) => netpol_status::Ok,
        Err(status) => status,
    })
}

/// Runs the body of a function that has none; a panic gives `otherwise`.
#[inline]
pub(crate) fn guard_or<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    // What the body was writing to is given back as it is: values of the core are replaced as a
    // whole or marked for compilation anew, never left half moved.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::{guard, guard_or};
    use crate::status::netpol_status;

    #[test]
    fn a_panic_becomes_a_status_and_the_next_call_works() {
        assert_eq!(guard(|| panic!("as it would")), netpol_status::Panic);
        assert_eq!(guard_or(7, || panic!("as it would")), 7);
        assert_eq!(guard(|| Err(netpol_status::NullPointer)), netpol_status::NullPointer);
        assert_eq!(guard(|| Ok(())), netpol_status::Ok);
    }
}
