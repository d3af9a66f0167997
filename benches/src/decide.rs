//! The loops that are timed and counted.
//!
//! Each judges a list of packets and says how many are allowed. They are never inlined, so that
//! tools which count instructions can tell them by their names.

use netpol_core::{Engine, Packet, Verdict};
use netpol_testing::workload::Interpreter;

/// Packets of a batch.
pub const BATCH: usize = 32;

/// Asks the engine about one packet after the other.
#[inline(never)]
pub fn singly(engine: &Engine, packets: &[Packet]) -> usize {
    packets.iter().filter(|packet| engine.decide(packet).is_allow()).count()
}

/// Asks the engine about [`BATCH`] packets at a time.
#[inline(never)]
pub fn in_batches(engine: &Engine, packets: &[Packet]) -> usize {
    let mut verdicts = [Verdict::Deny; BATCH];
    let mut allowed = 0;
    for batch in packets.chunks(BATCH) {
        let verdicts = &mut verdicts[..batch.len()];
        // The lengths agree, so there is no error.
        let _ = engine.decide_batch(batch, verdicts);
        allowed += verdicts.iter().filter(|verdict| verdict.is_allow()).count();
    }
    allowed
}

/// Asks the interpreter about one packet after the other.
#[inline(never)]
pub fn interpreted(interpreter: &Interpreter, packets: &[Packet]) -> usize {
    packets.iter().filter(|packet| interpreter.decide(packet).is_allow()).count()
}
