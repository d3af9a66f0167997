use std::fmt;

use super::QuestionError;
use super::question::hint;
use crate::model::ObjectRef;
use crate::net::Protocol;

/// A question about a Service has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The text is not `namespace/name`.
    #[error("`{text}` does not name a Service: write `namespace/name`")]
    Malformed {
        /// The text.
        text: String,
    },
    /// There is no such Service.
    #[error("no Service `{text}`{}", hint(.similar))]
    Unknown {
        /// The name asked for.
        text: String,
        /// Services with a similar name, for a hint.
        similar: Vec<String>,
    },
    /// The handle belongs to another engine.
    #[error("the Service handle is not of this engine")]
    ForeignHandle,
    /// The Service has no such port.
    #[error("Service `{service}` has no {protocol} port {wanted}; {}", list(.ports))]
    NoSuchPort {
        /// The Service.
        service: String,
        /// The number or name asked for.
        wanted: String,
        /// The protocol asked for.
        protocol: Protocol,
        /// What ports it has, as `5432/TCP (postgres)`.
        ports: Vec<String>,
    },
    /// The Service is another name for a name.
    #[error(
        "Service `{service}` is of type ExternalName: it has no backends and means the name \
         `{name}`; ask about an address of it"
    )]
    ExternalName {
        /// The Service.
        service: String,
        /// What it means.
        name: String,
    },
    /// Nobody gets what is sent to it.
    #[error("Service `{service}` has no backends: {why}")]
    NoBackends {
        /// The Service.
        service: String,
        /// Why.
        why: NoBackends,
    },
    /// The cluster holds something that does not say where traffic goes.
    #[error(
        "where Service `{service}` sends to is not known: in {object}, {what} is not understood"
    )]
    NotUnderstood {
        /// The Service.
        service: String,
        /// The Service itself, or one of its EndpointSlices.
        object: ObjectRef,
        /// What of it.
        what: String,
    },
    /// A pod gets what is sent to it of which nothing else is known.
    #[error(
        "{slice} says that Service `{service}` sends to Pod `{pod}`, which is not there, so that \
         nothing is known of the policies that select it"
    )]
    UnknownPod {
        /// The Service.
        service: String,
        /// The EndpointSlice.
        slice: ObjectRef,
        /// The pod, as `namespace/name`.
        pod: String,
    },
    /// A question about its backends has no answer.
    #[error(transparent)]
    Question(#[from] QuestionError),
}

/// Why a Service has no backends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoBackends {
    /// It has neither a selector nor EndpointSlices.
    NoSelector,
    /// No pod and no workload has its labels.
    NothingSelected {
        /// The labels, as `app=db,tier=data`.
        selector: String,
    },
    /// Those that there are do not take traffic.
    NoneReady {
        /// How many.
        count: usize,
    },
    /// Its EndpointSlices are empty.
    EmptySlices,
    /// Those that there are do not have the port.
    NoPort {
        /// What the port is called among them.
        port: String,
    },
    /// Those that there are have no address of a family in which it is served.
    OtherFamilies,
}

impl fmt::Display for NoBackends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoBackends::NoSelector => f.write_str(
                "it has no selector, and no EndpointSlice says where it sends to (Endpoints are \
                 not read)",
            ),
            NoBackends::NothingSelected { selector } => {
                write!(f, "nothing in its namespace has the labels `{selector}`")
            }
            NoBackends::NoneReady { count: 1 } => {
                f.write_str("the only one that there could be is not ready")
            }
            NoBackends::NoneReady { count } => {
                write!(f, "none of the {count} that there could be is ready")
            }
            NoBackends::EmptySlices => f.write_str("its EndpointSlices have no endpoints"),
            NoBackends::NoPort { port } => {
                write!(f, "none of those that there could be has a port {port}")
            }
            NoBackends::OtherFamilies => f.write_str(
                "none of those that there could be has an address of a family that it is served in",
            ),
        }
    }
}

fn list(ports: &[String]) -> String {
    match ports {
        [] => "it has none at all".to_owned(),
        ports => format!("its ports are {}", ports.join(", ")),
    }
}
