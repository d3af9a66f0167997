use serde::{Deserialize, Serialize};

/// What of a Service or an EndpointSlice is not understood, so that nobody can say where the
/// Service's traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fault {
    Selector,
    Type,
    AddressType,
    EndpointAddress,
    PortProtocol,
}

impl Fault {
    /// The part of the object, as messages tell it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Fault::Selector => "its selector",
            Fault::Type => "its type",
            Fault::AddressType => "its addressType",
            Fault::EndpointAddress => "the address of one of its endpoints",
            Fault::PortProtocol => "the protocol of one of its ports",
        }
    }
}
