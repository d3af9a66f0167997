//! What statuses say.

use crate::status::netpol_status;
use crate::text::netpol_str;

const fn text(status: netpol_status) -> &'static str {
    match status {
        netpol_status::Ok => "ok",
        netpol_status::NullPointer => "a pointer is NULL that must not be",
        netpol_status::InvalidUtf8 => "a text is not UTF-8",
        netpol_status::InvalidValue => "a number is none of the values it may have",
        netpol_status::InvalidLength => "a length does not fit",
        netpol_status::InvalidSize => "a size field is none that this library knows",
        netpol_status::Refused => "the input is refused",
        netpol_status::UnknownEndpoint => "there is no such endpoint",
        netpol_status::AmbiguousEndpoint => "endpoints of several kinds share the name",
        netpol_status::MalformedName => "the name is not of the form namespace/name",
        netpol_status::ForeignHandle => "the handle is of another engine",
        netpol_status::NoCommonFamily => "the ends have no address family in common",
        netpol_status::UnknownPortName => "the destination has no one port of this name",
        netpol_status::UnknownService => "there is no such Service",
        netpol_status::IsService => "a Service is no end of a connection",
        netpol_status::NoBackends => "nobody gets what is sent to the Service",
        netpol_status::ExternalName => "the Service means another name",
        netpol_status::NotUnderstood => "where the Service sends to is not understood",
        netpol_status::UnknownPod => "the Service sends to a pod that is not there",
        netpol_status::UnreadablePacket => "the bytes are no packet that can be judged",
        netpol_status::UnknownFlow => "the packet belongs to no flow that is known",
        netpol_status::Panic => "a defect of the library was met",
    }
}

/// A status in a few words, for logs; any number may be asked about. The text lives as long as the
/// library.
#[unsafe(no_mangle)]
pub extern "C" fn netpol_status_text(status: i32) -> netpol_str {
    let known = netpol_status::ALL.into_iter().find(|known| *known as i32 == status);
    netpol_str::of(known.map_or("unknown status", text))
}
