//! Readers: the newest engine, for each thread.

use netpol_core::{Reader, ReaderFactory};

use crate::decision::netpol_decision;
use crate::engine::{judge, netpol_engine};
use crate::guard::{guard, guard_or};
use crate::packet::{netpol_packet, verdict_number};
use crate::pointer::{self, Place};
use crate::status::netpol_status;

/// Makes readers. Any number of threads may use it; it lives until it is freed, whatever becomes of
/// the cluster.
#[derive(Debug)]
pub struct netpol_readers(pub(crate) ReaderFactory);

/// Asks the newest engine, whichever that is at each call: one per thread. It never waits, and never
/// allocates once it has the newest engine.
///
/// One thread at a time may use a reader. While nobody asks, it keeps one engine alive.
#[derive(Debug)]
pub struct netpol_reader(pub(crate) Reader);

/// A reader of its own for a thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reader_new(
    readers: *const netpol_readers,
    reader_out: *mut *mut netpol_reader,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (readers, place) = unsafe { (pointer::shared(readers)?, Place::new(reader_out)?) };
        place.hand_over(netpol_reader(readers.0.reader()));
        Ok(())
    })
}

/// Frees what makes readers; NULL is ignored. Its readers go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_readers_free(readers: *mut netpol_readers) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(readers) });
}

/// Frees a reader; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_reader_free(reader: *mut netpol_reader) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(reader) });
}

/// May the packet pass? `verdict_out` is told a `netpol_verdict`.
///
/// NETPOL_STATUS_INVALID_VALUE when the packet is none; what cannot be asked about should not pass.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reader_decide(
    reader: *mut netpol_reader,
    packet: *const netpol_packet,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (reader, packet, place) = unsafe {
            (pointer::exclusive(reader)?, pointer::shared(packet)?, Place::new(verdict_out)?)
        };
        place.write(verdict_number(packet.ask(|packet| reader.0.decide(packet))?));
        Ok(())
    })
}

/// Judges many packets: `verdicts_out[i]` answers `packets[i]`. All are judged by the same engine,
/// and their memory loads overlap.
///
/// NETPOL_STATUS_INVALID_VALUE when one of them is none; then no verdict is written.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reader_decide_batch(
    reader: *mut netpol_reader,
    packets: *const netpol_packet,
    packets_len: usize,
    verdicts_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let reader = unsafe { pointer::exclusive(reader)? };
        // SAFETY: the header's contract.
        unsafe { judge(reader.0.engine(), packets, packets_len, verdicts_out) }
    })
}

/// The verdict, and what it rests on.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reader_attribute(
    reader: *mut netpol_reader,
    packet: *const netpol_packet,
    decision_out: *mut netpol_decision,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (reader, packet, place) = unsafe {
            (pointer::exclusive(reader)?, pointer::shared(packet)?, Place::new(decision_out)?)
        };
        place.write(packet.ask(|packet| reader.0.attribute(packet))?.into());
        Ok(())
    })
}

/// The engine that the reader asks now, for questions that one and the same engine has to answer.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reader_engine(
    reader: *mut netpol_reader,
    engine_out: *mut *mut netpol_engine,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (reader, place) = unsafe { (pointer::exclusive(reader)?, Place::new(engine_out)?) };
        place.hand_over(netpol_engine(reader.0.engine().clone()));
        Ok(())
    })
}

/// The generation of the engine that the reader asks now; 0 before the first publication, and for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_reader_generation(reader: *mut netpol_reader) -> u64 {
    guard_or(0, || {
        // SAFETY: the header's contract.
        unsafe { pointer::exclusive(reader) }.map_or(0, |reader| reader.0.engine().generation())
    })
}
