//! Reference evaluator, case files, generators and workloads for netpol.
