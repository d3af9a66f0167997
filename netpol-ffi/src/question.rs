//! Questions about endpoints.

use std::net::IpAddr;

use netpol_core::engine::QuestionError;
use netpol_core::net::Protocol;
use netpol_core::{EndpointId, Party, Question};

use crate::address::address;
use crate::packet::{NETPOL_PACKET_VIA_SERVICE, transport};
use crate::status::netpol_status;

/// Handle of an endpoint, from `netpol_engine_endpoint` or `netpol_engine_owner`. It means the same
/// endpoint in every later engine of its cluster, as long as that endpoint is there.
pub type netpol_endpoint = u32;

/// One end of a question: an address, or an endpoint whatever address its packets carry.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_party {
    /// The address, when `family` is 4 or 6; an IPv4 address is the first four bytes.
    pub address: [u8; 16],
    /// The endpoint, when `family` is 0.
    pub endpoint: netpol_endpoint,
    /// 4 or 6 for an address, 0 for an endpoint.
    pub family: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
}

/// May this end open that connection to the other? As a packet, between endpoints: each is judged by
/// its own labels and ports, even when its address is forged, another's, or not known yet.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_question {
    /// Who sends.
    pub source: netpol_party,
    /// Who receives.
    pub destination: netpol_party,
    /// The sender's port. No rule looks at it.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// The protocol number.
    pub protocol: u8,
    /// A `netpol_transport`.
    pub transport: u8,
    /// NETPOL_PACKET_VIA_SERVICE, or 0.
    pub flags: u8,
    /// ICMP type.
    pub icmp_type: u8,
    /// ICMP code.
    pub icmp_code: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
}

const _: () = assert!(size_of::<netpol_party>() == 24 && size_of::<netpol_question>() == 60);

impl netpol_party {
    pub(crate) fn read(&self) -> Result<Party, netpol_status> {
        if self.reserved != [0; 3] {
            return Err(netpol_status::InvalidValue);
        }
        match self.family {
            0 => Ok(EndpointId::from_number(self.endpoint).into()),
            family => Ok(IpAddr::into(address(family, &self.address)?)),
        }
    }
}

impl netpol_question {
    pub(crate) fn read(&self) -> Result<Question, netpol_status> {
        if self.reserved != [0; 3] || self.flags & !NETPOL_PACKET_VIA_SERVICE != 0 {
            return Err(netpol_status::InvalidValue);
        }
        let ports = (self.source_port, self.destination_port);
        let transport = transport(self.transport, ports, (self.icmp_type, self.icmp_code))?;
        let (source, destination) = (self.source.read()?, self.destination.read()?);
        let question = Question::new(source, destination, Protocol(self.protocol), transport);
        Ok(if self.flags == 0 { question } else { question.via_service() })
    }
}

impl From<QuestionError> for netpol_status {
    fn from(error: QuestionError) -> netpol_status {
        match error {
            QuestionError::Malformed { .. } => netpol_status::MalformedName,
            QuestionError::Ambiguous { .. } => netpol_status::AmbiguousEndpoint,
            QuestionError::IsService { .. } => netpol_status::IsService,
            QuestionError::ForeignHandle => netpol_status::ForeignHandle,
            QuestionError::NoCommonFamily { .. } => netpol_status::NoCommonFamily,
            QuestionError::UnknownPortName { .. } | QuestionError::AmbiguousPortName { .. } => {
                netpol_status::UnknownPortName
            }
            // `Unknown`, and what the core may come to say: there is no answer.
            _ => netpol_status::UnknownEndpoint,
        }
    }
}
