//! Packets read from memory in the plainest way, for the library to agree with.
//!
//! It follows the RFCs field by field, copies what it has read, and shares no code with
//! `netpol_core::packet`. [`disagreement`] puts the two side by side.

mod agreement;
mod read;

pub use agreement::{disagreement, disagreement_of_prefixes};
pub use read::{Carried, NaivePacket, Piece, read};
