//! Where a TCP connection begins and ends: [`TcpFlags`].

use std::fmt;

/// The flags of a TCP segment that tell where a connection begins and ends (RFC 9293,
/// section 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpFlags(u8);

impl TcpFlags {
    const FIN: u8 = 1;
    const SYN: u8 = 2;
    const RST: u8 = 4;
    const ACK: u8 = 16;
    const KNOWN: u8 = TcpFlags::FIN | TcpFlags::SYN | TcpFlags::RST | TcpFlags::ACK;

    /// From the last byte of the word that has them; what else is in it does not matter.
    pub(super) const fn of(bits: u8) -> TcpFlags {
        TcpFlags(bits & TcpFlags::KNOWN)
    }

    /// The sender has nothing more to send.
    #[must_use]
    pub const fn fin(self) -> bool {
        self.0 & TcpFlags::FIN != 0
    }

    /// The sender opens a connection, or answers to one that was opened.
    #[must_use]
    pub const fn syn(self) -> bool {
        self.0 & TcpFlags::SYN != 0
    }

    /// The connection is gone.
    #[must_use]
    pub const fn rst(self) -> bool {
        self.0 & TcpFlags::RST != 0
    }

    /// The sender acknowledges something: every segment but the first has it.
    #[must_use]
    pub const fn ack(self) -> bool {
        self.0 & TcpFlags::ACK != 0
    }
}

impl fmt::Debug for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpFlags")
            .field("fin", &self.fin())
            .field("syn", &self.syn())
            .field("rst", &self.rst())
            .field("ack", &self.ack())
            .finish()
    }
}
