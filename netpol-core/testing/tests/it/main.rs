//! The integration tests of netpol: one binary, one module for each kind of proof.

mod cases;
mod differential;
mod second_opinion;
