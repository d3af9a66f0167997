//! Packets as they lie in memory.

use super::{Engine, Reader};
use crate::packet::{RawPacket, RawPacketError, Verdict};

impl Engine {
    /// May this packet pass? The bytes begin with its IP header, IPv4 or IPv6.
    ///
    /// The same as [`decide`](Engine::decide) of the [`packet`](RawPacket::packet) that
    /// [`RawPacket::parse`] reads, and as that it knows no connection: replies, ICMP errors about
    /// what was allowed, and later fragments are judged as if each were the first packet;
    /// [`Flows`](crate::flows::Flows) knows them. Never allocates, locks or panics, whatever the bytes. Needs the feature `packet`.
    ///
    /// # Errors
    ///
    /// When the bytes are no packet that can be judged: then it must not pass.
    ///
    /// ```
    /// use netpol_core::{Cluster, Verdict};
    ///
    /// let mut cluster = Cluster::from_manifests("
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: db}
    /// status: {phase: Running, podIP: 10.0.0.1}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: db}
    /// spec: {podSelector: {}, ingress: [{ports: [{port: 5432}]}]}
    /// ")?;
    /// let engine = cluster.publish()?;
    ///
    /// let mut bytes = [0; 24];
    /// (bytes[0], bytes[3], bytes[9]) = (0x45, 24, 6);
    /// bytes[12..20].copy_from_slice(&[192, 0, 2, 1, 10, 0, 0, 1]);
    /// bytes[22..].copy_from_slice(&5432_u16.to_be_bytes());
    /// assert_eq!(engine.decide_raw(&bytes), Ok(Verdict::Allow));
    /// bytes[22..].copy_from_slice(&22_u16.to_be_bytes());
    /// assert_eq!(engine.decide_raw(&bytes), Ok(Verdict::Deny));
    ///
    /// let verdict = engine.decide_raw(&bytes[..23]).unwrap_or(Verdict::Deny);
    /// assert!(!verdict.is_allow());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn decide_raw(&self, bytes: &[u8]) -> Result<Verdict, RawPacketError> {
        Ok(self.decide(&RawPacket::judged(bytes)?))
    }
}

impl Reader {
    /// [`Engine::decide_raw`] of the newest engine. Needs the feature `packet`.
    ///
    /// # Errors
    ///
    /// When the bytes are no packet that can be judged: then it must not pass.
    #[inline]
    pub fn decide_raw(&mut self, bytes: &[u8]) -> Result<Verdict, RawPacketError> {
        self.engine().decide_raw(bytes)
    }
}
