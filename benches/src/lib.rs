//! Worlds, timings and instruction counts for netpol.
