//! The integration tests of netpol: one binary, one module for each kind of proof.

mod admission;
mod articles;
mod cases;
mod command;
mod contents;
mod conversion;
mod convert;
mod coverage;
mod differential;
mod feeding;
mod hostile;
mod laws;
mod legacy_laws;
mod lints;
mod packet_bytes;
mod publication;
mod questions;
mod raw_packet_laws;
mod raw_packets;
mod rooms;
mod second_opinion;
mod service_laws;
mod small_cluster;
mod threads;
mod tier_laws;
mod worlds;
