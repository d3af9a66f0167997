//! Pieces of packets: [`Fragment`].

/// A piece of a packet that was too long for some link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is no third kind")]
pub enum Fragment {
    /// The first, which has the ports.
    First {
        /// What the pieces of one packet have in common; 16 bits of it in IPv4.
        identification: u32,
    },
    /// A later one, which has none.
    Later {
        /// What the pieces of one packet have in common; 16 bits of it in IPv4.
        identification: u32,
        /// Where in the packet it begins, in units of eight bytes; never 0.
        offset: u16,
    },
}

impl Fragment {
    /// The piece at `offset`; `None` for one that is the whole packet.
    pub(super) const fn of(offset: u16, more: bool, identification: u32) -> Option<Fragment> {
        match (offset, more) {
            (0, false) => None,
            (0, true) => Some(Fragment::First { identification }),
            _ => Some(Fragment::Later { identification, offset }),
        }
    }

    /// What the pieces of one packet have in common.
    #[must_use]
    pub const fn identification(self) -> u32 {
        match self {
            Fragment::First { identification } | Fragment::Later { identification, .. } => {
                identification
            }
        }
    }
}
