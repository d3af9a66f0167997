//! Rows as what they ask.

use std::net::{IpAddr, Ipv4Addr};

use netpol_core::engine::QuestionError;
use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use netpol_core::{Engine, Packet, Party, Question};

use super::column::{Bytes, Flags, Keys, Numbers, Texts};
use crate::arguments::{port_number, protocol_name, protocol_number};
use crate::question::{party_of_text, port_of_text};
use crate::row_fault::RowFault;

/// The names of the columns, as questions call them.
pub(super) const COLUMNS: [&str; 8] = [
    "source",
    "destination",
    "port",
    "protocol",
    "icmp_type",
    "icmp_code",
    "fragment",
    "via_service",
];

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Flows {
    pub(super) rows: usize,
    pub(super) source: Ends,
    pub(super) destination: Ends,
    pub(super) port: Option<Ports>,
    pub(super) protocol: Protocols,
    pub(super) icmp_type: Option<Numbers>,
    pub(super) icmp_code: Option<Numbers>,
    pub(super) fragment: Flags,
    pub(super) via_service: Flags,
}

/// One end of each row.
#[derive(Debug)]
pub(super) enum Ends {
    Same(Party),
    /// IPv4 addresses.
    Numbers(Numbers),
    Bytes(Bytes),
    Text(Texts),
    /// Each end once, found already.
    Known {
        keys: Keys,
        parties: Vec<Result<Party, String>>,
    },
}

/// The destination ports.
#[derive(Debug)]
pub(super) enum Ports {
    Numbers(Numbers),
    Text(Texts),
    /// One name, of whatever port each destination has under it.
    Name(String),
}

/// The protocols.
#[derive(Debug)]
pub(super) enum Protocols {
    Same(Protocol),
    Numbers(Numbers),
    Text(Texts),
}

/// What a row asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Packet(Packet),
    Question(Question),
}

impl Flows {
    pub(super) const fn len(&self) -> usize {
        self.rows
    }

    /// What a row asks, and an error where it asks nothing.
    #[inline]
    pub(super) fn row(&self, engine: &Engine, row: usize) -> Result<Asked, RowFault> {
        let fault = |column, detail| RowFault { row, column, detail };
        let source = self.source.at(engine, row).map_err(|detail| fault("source", detail))?;
        let destination =
            self.destination.at(engine, row).map_err(|detail| fault("destination", detail))?;
        let protocol = self.protocol.at(row).map_err(|detail| fault("protocol", detail))?;
        let transport = self.transport(engine, row, destination, protocol)?;
        let via_service =
            self.via_service.at(row).ok_or_else(|| fault("via_service", missing()))?;
        if let (Party::Address(from), Party::Address(to)) = (source, destination) {
            if from.is_ipv4() != to.is_ipv4() {
                let detail = format!("{to} is not of the family of {from}");
                return Err(fault("destination", detail));
            }
            let packet = Packet::new(from, to, protocol, transport);
            return Ok(Asked::Packet(if via_service { packet.via_service() } else { packet }));
        }
        let question = Question::new(source, destination, protocol, transport);
        Ok(Asked::Question(if via_service { question.via_service() } else { question }))
    }

    #[inline]
    fn transport(
        &self,
        engine: &Engine,
        row: usize,
        destination: Party,
        protocol: Protocol,
    ) -> Result<Transport, RowFault> {
        let fault = |column, detail| RowFault { row, column, detail };
        if self.fragment.at(row).ok_or_else(|| fault("fragment", missing()))? {
            return Ok(Transport::Unknown);
        }
        if protocol.has_policy_ports() {
            let port = self.port.as_ref().ok_or_else(|| {
                fault("port", format!("{protocol} needs a port, and there is no such column"))
            })?;
            let port = port.at(engine, row, destination, protocol);
            let destination = port.map_err(|detail| fault("port", detail))?;
            return Ok(Transport::Ports { source: 0, destination });
        }
        if !matches!(protocol, Protocol::ICMP | Protocol::ICMPV6) {
            return Ok(Transport::Unknown);
        }
        let number = |column, numbers: Option<&Numbers>| match numbers {
            None => Ok(None),
            Some(numbers) => {
                let number = numbers.at(row).map_err(|detail| fault(column, detail))?;
                let number = number.map(|number| {
                    u8::try_from(number)
                        .map_err(|_| fault(column, format!("{number} is not in 0 to 255")))
                });
                number.transpose()
            }
        };
        let kind = number("icmp_type", self.icmp_type.as_ref())?;
        let code = number("icmp_code", self.icmp_code.as_ref())?;
        Ok(match kind {
            Some(kind) => Transport::Icmp { kind, code: code.unwrap_or(0) },
            None => Transport::Unknown,
        })
    }
}

impl Ends {
    /// The end in a row.
    #[inline]
    pub(super) fn at(&self, engine: &Engine, row: usize) -> Result<Party, String> {
        match self {
            Ends::Same(party) => Ok(*party),
            Ends::Numbers(numbers) => {
                let number = numbers.at(row)?.ok_or_else(missing)?;
                let bits = u32::try_from(number)
                    .map_err(|_| format!("{number} is no IPv4 address: 0 to 4294967295"))?;
                Ok(Party::Address(IpAddr::V4(Ipv4Addr::from_bits(bits))))
            }
            Ends::Bytes(bytes) => address_of_bytes(bytes.at(row).ok_or_else(missing)?),
            Ends::Text(texts) => {
                let text = texts.at(row).ok_or_else(missing)?;
                party_of_text(engine, text).map_err(|error| error.to_string())
            }
            Ends::Known { keys, parties } => {
                let key = keys.get(row).map_or(usize::MAX, |key| *key as usize);
                parties.get(key).cloned().unwrap_or_else(|| Err(missing()))
            }
        }
    }
}

fn address_of_bytes(bytes: &[u8]) -> Result<Party, String> {
    let address = if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        IpAddr::from(bytes)
    } else if let Ok(bytes) = <[u8; 16]>::try_from(bytes) {
        IpAddr::from(bytes)
    } else {
        return Err(format!("{} bytes are no address: 4 or 16", bytes.len()));
    };
    Ok(Party::from(address))
}

impl Ports {
    #[inline]
    fn at(
        &self,
        engine: &Engine,
        row: usize,
        destination: Party,
        protocol: Protocol,
    ) -> Result<u16, String> {
        let named = |text: &str| {
            port_of_text(engine, destination, text, protocol).map_err(|fault| fault.to_string())
        };
        match self {
            Ports::Numbers(numbers) => port_number(numbers.at(row)?.ok_or_else(missing)?),
            Ports::Text(texts) => named(texts.at(row).ok_or_else(missing)?),
            Ports::Name(name) => named(name),
        }
    }
}

impl Protocols {
    #[inline]
    fn at(&self, row: usize) -> Result<Protocol, String> {
        match self {
            Protocols::Same(protocol) => Ok(*protocol),
            Protocols::Numbers(numbers) => protocol_number(numbers.at(row)?.ok_or_else(missing)?),
            Protocols::Text(texts) => {
                let text = texts.at(row).ok_or_else(missing)?;
                let known = protocol_name(text)
                    .or_else(|| text.parse::<i64>().ok().and_then(|n| protocol_number(n).ok()));
                known.ok_or_else(|| format!("unknown protocol `{text}`"))
            }
        }
    }
}

fn missing() -> String {
    "there is no value".to_owned()
}

/// A row that asks something which has no answer.
pub(super) fn unanswered(row: usize, error: &QuestionError) -> RowFault {
    RowFault { row, column: "destination", detail: error.to_string() }
}
