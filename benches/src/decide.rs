//! The loops that are timed and counted.
//!
//! Each judges a list of packets and says how many are allowed. They are never inlined, so that
//! tools which count instructions can tell them by their names. They ask a [`Reader`], as a
//! dataplane does: to look whether there is a newer snapshot is part of every call.

use std::hint::black_box;

use netpol_core::{Packet, Reader, Verdict};
use netpol_testing::workload::Interpreter;

/// Packets of a usual batch.
pub const BATCH: usize = 32;
/// Packets of the largest batch that is measured.
pub const LARGEST_BATCH: usize = 64;

/// Asks the engine about one packet after the other.
#[inline(never)]
pub fn singly(reader: &mut Reader, packets: &[Packet]) -> usize {
    packets.iter().filter(|packet| reader.decide(packet).is_allow()).count()
}

/// Asks the engine about `size` packets at a time, at most [`LARGEST_BATCH`].
#[inline(never)]
pub fn in_batches(reader: &mut Reader, packets: &[Packet], size: usize) -> usize {
    let mut verdicts = [Verdict::Deny; LARGEST_BATCH];
    let mut allowed = 0;
    for batch in packets.chunks(size.clamp(1, LARGEST_BATCH)) {
        let verdicts = &mut verdicts[..batch.len()];
        // The lengths agree, so there is no error.
        let _ = reader.decide_batch(batch, verdicts);
        allowed += verdicts.iter().filter(|verdict| verdict.is_allow()).count();
    }
    allowed
}

/// Asks the engine about one packet after the other, and what each verdict rests on.
#[inline(never)]
pub fn attributed(reader: &mut Reader, packets: &[Packet]) -> usize {
    let allows = |packet: &&Packet| {
        let decision = reader.attribute(packet);
        // Nothing of the answer may be left out because nobody looks at it. Nor is it copied.
        black_box(&decision).verdict.is_allow()
    };
    packets.iter().filter(allows).count()
}

/// Asks the interpreter about one packet after the other.
#[inline(never)]
pub fn interpreted(interpreter: &Interpreter, packets: &[Packet]) -> usize {
    packets.iter().filter(|packet| interpreter.decide(packet).is_allow()).count()
}
