//! What a table of connections is made with, as a struct that may grow.

use std::time::Duration;

use netpol_core::flows::{FlowOptions, MidStream};

use crate::pointer;
use crate::status::netpol_status;

/// What a table of connections is made with. Set everything to 0, then `size`, `seed` and what is wanted
/// otherwise: 0 means the default in every other field. What each says is with the field of the same
/// name in the documentation of `netpol_core::flows::FlowOptions` and `FlowTimeouts`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct netpol_flow_options {
    /// `sizeof(netpol_flow_options)`: fields that a program did not know of stay at their defaults.
    pub size: usize,
    /// Sixteen random bytes, from `getrandom` or the like, other ones for each table and start, and told
    /// to nobody: who knows them can send packets that all come to one place of the table. Not
    /// all 0.
    pub seed: [u64; 2],
    /// For how many flows there is to be room, of 66 bytes each. Default 65,536.
    pub capacity: usize,
    /// For how many fragmented packets there is to be room, of 56 bytes each. Default 1,024.
    pub fragments: usize,
    /// How long a flow is remembered after its last packet, in milliseconds: TCP that nobody has
    /// answered. Default 120,000.
    pub tcp_opening_ms: u64,
    /// TCP that was answered and not acknowledged. Default 60,000.
    pub tcp_answered_ms: u64,
    /// TCP that is established. Default 7,440,000: 2 hours and 4 minutes.
    pub tcp_established_ms: u64,
    /// TCP that one side has closed. Default 3,600,000.
    pub tcp_half_closed_ms: u64,
    /// TCP that both sides have closed. Default 120,000.
    pub tcp_closed_ms: u64,
    /// TCP that was reset. Default 10,000.
    pub tcp_reset_ms: u64,
    /// UDP that nobody has answered. Default 30,000.
    pub udp_opening_ms: u64,
    /// UDP that was answered. Default 120,000.
    pub udp_answered_ms: u64,
    /// SCTP whose handshake has not ended. Default 3,000.
    pub sctp_opening_ms: u64,
    /// SCTP that is established. Default 210,000.
    pub sctp_established_ms: u64,
    /// SCTP that is shutting down or was aborted. Default 10,000.
    pub sctp_closed_ms: u64,
    /// A question of ICMP. Default 30,000.
    pub icmp_ms: u64,
    /// Other protocols. Default 600,000.
    pub other_ms: u64,
    /// What the first fragment of a packet was answered. Default 30,000.
    pub fragments_ms: u64,
    /// A TCP segment without SYN, or SCTP packet without INIT, that belongs to no known flow: 1 judged
    /// as the first of one (default), 2 denied.
    pub mid_stream: u8,
    /// Not used; 0.
    pub reserved: [u8; 7],
}

impl netpol_flow_options {
    /// The options.
    ///
    /// # Safety
    ///
    /// Null, or a struct as large as its first field says.
    pub(crate) unsafe fn read(
        options: *const netpol_flow_options,
    ) -> Result<FlowOptions, netpol_status> {
        // SAFETY: every version of the struct begins with its size.
        let size = unsafe { *pointer::shared(options.cast::<usize>())? };
        if size != size_of::<netpol_flow_options>() {
            return Err(netpol_status::InvalidSize);
        }
        // SAFETY: as large as this version of it.
        unsafe { pointer::shared(options) }?.options()
    }

    fn options(&self) -> Result<FlowOptions, netpol_status> {
        if self.reserved != [0; 7] || self.seed == [0; 2] {
            return Err(netpol_status::InvalidValue);
        }
        let mut options = FlowOptions::new(self.seed);
        for (option, value) in
            [(&mut options.capacity, self.capacity), (&mut options.fragments, self.fragments)]
        {
            if value != 0 {
                *option = value;
            }
        }
        let timeouts = &mut options.timeouts;
        for (timeout, milliseconds) in [
            (&mut timeouts.tcp_opening, self.tcp_opening_ms),
            (&mut timeouts.tcp_answered, self.tcp_answered_ms),
            (&mut timeouts.tcp_established, self.tcp_established_ms),
            (&mut timeouts.tcp_half_closed, self.tcp_half_closed_ms),
            (&mut timeouts.tcp_closed, self.tcp_closed_ms),
            (&mut timeouts.tcp_reset, self.tcp_reset_ms),
            (&mut timeouts.udp_opening, self.udp_opening_ms),
            (&mut timeouts.udp_answered, self.udp_answered_ms),
            (&mut timeouts.sctp_opening, self.sctp_opening_ms),
            (&mut timeouts.sctp_established, self.sctp_established_ms),
            (&mut timeouts.sctp_closed, self.sctp_closed_ms),
            (&mut timeouts.icmp, self.icmp_ms),
            (&mut timeouts.other, self.other_ms),
            (&mut timeouts.fragments, self.fragments_ms),
        ] {
            if milliseconds != 0 {
                *timeout = Duration::from_millis(milliseconds);
            }
        }
        options.mid_stream = match self.mid_stream {
            0 => options.mid_stream,
            1 => MidStream::Judge,
            2 => MidStream::Deny,
            _ => return Err(netpol_status::InvalidValue),
        };
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each field of milliseconds is the timeout of its name, and each default what the comment says.
    #[test]
    fn timeouts_are_those_of_the_table() {
        let mut options = netpol_flow_options { seed: [1, 0], ..Default::default() };
        let names_and_defaults = |options: &FlowOptions| -> Vec<(String, u64)> {
            let text = format!("{:#?}", options.timeouts);
            let lines = text.lines().filter_map(|line| line.trim().split_once(": "));
            let lines = lines.map(|(name, time)| {
                let seconds = time.trim_end_matches(',').trim_end_matches('s');
                (name.to_owned(), seconds.parse::<f64>().unwrap())
            });
            lines.map(|(name, seconds)| (name, (seconds * 1e3).round() as u64)).collect()
        };
        let defaults = names_and_defaults(&options.options().unwrap());
        let source = include_str!("flow_options.rs");
        let mut documented = source.split("pub struct netpol_flow_options").nth(1).unwrap();
        documented = documented.split("pub mid_stream").next().unwrap();
        let fields = documented.split(": u64,").filter_map(|field| {
            let (comment, name) = field.rsplit_once("pub ")?;
            let default = comment.rsplit_once("Default ")?.1;
            let digits = default.chars().take_while(|c| c.is_ascii_digit() || *c == ',');
            let digits = digits.filter(char::is_ascii_digit).collect::<String>();
            Some((name.trim_end_matches("_ms").to_owned(), digits.parse::<u64>().unwrap()))
        });
        assert_eq!(fields.collect::<Vec<_>>(), defaults);

        let fields: [fn(&mut netpol_flow_options) -> &mut u64; 14] = [
            |it| &mut it.tcp_opening_ms,
            |it| &mut it.tcp_answered_ms,
            |it| &mut it.tcp_established_ms,
            |it| &mut it.tcp_half_closed_ms,
            |it| &mut it.tcp_closed_ms,
            |it| &mut it.tcp_reset_ms,
            |it| &mut it.udp_opening_ms,
            |it| &mut it.udp_answered_ms,
            |it| &mut it.sctp_opening_ms,
            |it| &mut it.sctp_established_ms,
            |it| &mut it.sctp_closed_ms,
            |it| &mut it.icmp_ms,
            |it| &mut it.other_ms,
            |it| &mut it.fragments_ms,
        ];
        for (number, field) in (1_u64..).zip(fields) {
            *field(&mut options) = number * 1_000;
        }
        let set = names_and_defaults(&options.options().unwrap());
        let expected = defaults.iter().zip(1..).map(|((name, _), n)| (name.clone(), n * 1_000));
        assert_eq!(set, expected.collect::<Vec<_>>());
    }
}
