//! How calls end.

/// How a call ended. The numbers never change; new ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum netpol_status {
    /// It did what it is for.
    Ok = 0,
    /// A pointer that must not be NULL is.
    NullPointer = 100,
    /// A text is not UTF-8.
    InvalidUtf8 = 101,
    /// A number is none of the values it may have, or a reserved field is not 0.
    InvalidValue = 102,
    /// A length does not fit: two arrays that belong together, or more than memory can hold.
    InvalidLength = 103,
    /// The size field of a struct is none that this library knows.
    InvalidSize = 104,
    /// The input is refused, with reasons; nothing changed.
    Refused = 200,
    /// There is no endpoint of this name.
    UnknownEndpoint = 201,
    /// Endpoints of several kinds share the name.
    AmbiguousEndpoint = 202,
    /// The name is neither `namespace/name` nor `kind/namespace/name`.
    MalformedName = 203,
    /// A handle is of another engine.
    ForeignHandle = 204,
    /// The ends have no address family in common.
    NoCommonFamily = 205,
    /// The destination, or the Service, has no such port, or declares it for several numbers.
    UnknownPortName = 206,
    /// There is no Service of this name.
    UnknownService = 207,
    /// The name is a Service's, which is no end of a connection.
    IsService = 208,
    /// Nobody gets what is sent to the Service.
    NoBackends = 209,
    /// The Service has no backends, and means another name.
    ExternalName = 210,
    /// Where the Service sends to is not understood.
    NotUnderstood = 211,
    /// The Service sends to a pod that is not there, so that nothing is known of it.
    UnknownPod = 212,
    /// The bytes are no packet that can be judged; it should not pass.
    UnreadablePacket = 300,
    /// The table of connections knows no flow that the packet belongs to.
    UnknownFlow = 301,
    /// A defect of the library was met and contained. The call may have been done in part.
    Panic = 900,
}

impl netpol_status {
    /// All of them.
    pub(crate) const ALL: [netpol_status; 22] = [
        netpol_status::Ok,
        netpol_status::NullPointer,
        netpol_status::InvalidUtf8,
        netpol_status::InvalidValue,
        netpol_status::InvalidLength,
        netpol_status::InvalidSize,
        netpol_status::Refused,
        netpol_status::UnknownEndpoint,
        netpol_status::AmbiguousEndpoint,
        netpol_status::MalformedName,
        netpol_status::ForeignHandle,
        netpol_status::NoCommonFamily,
        netpol_status::UnknownPortName,
        netpol_status::UnknownService,
        netpol_status::IsService,
        netpol_status::NoBackends,
        netpol_status::ExternalName,
        netpol_status::NotUnderstood,
        netpol_status::UnknownPod,
        netpol_status::UnreadablePacket,
        netpol_status::UnknownFlow,
        netpol_status::Panic,
    ];
}
