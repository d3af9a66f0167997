//! netpol-nfqueue on a node whose pods are network namespaces: what really connects, and what the program does
//! when files, policies, pods and the program itself come and go.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod attempts;
mod changes;
mod dataplane;
mod lifetime;
mod manifests;
mod network;
mod requirements;
mod sctp;
mod servers;
mod small_cluster;
mod traffic;
mod upstream;
mod without_root;
