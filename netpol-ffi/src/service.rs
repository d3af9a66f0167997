//! Questions about Services.

use netpol_core::ServiceVerdict;
use netpol_core::engine::{Backend, ServiceError, ServiceId, ServiceQuestion};
use netpol_core::manifest::Manifest;
use netpol_core::net::Protocol;
use netpol_core::{Engine, Party, render};

use crate::address::address_bytes;
use crate::decision::netpol_decision;
use crate::engine::netpol_engine;
use crate::guard::{guard, guard_or};
use crate::pointer::{self, Place};
use crate::question::netpol_party;
use crate::report::{Listener, netpol_report};
use crate::status::netpol_status;
use crate::text::{netpol_str, netpol_string};

/// Handle of a Service, from `netpol_engine_service`. It means the same Service in every later engine
/// of its cluster, as long as that Service is there.
pub type netpol_service_id = u32;

/// May this end open a connection to that port of a Service? Packets are judged after the Service's
/// address has been replaced by that of a backend, and its port by the backend's, so this means: may
/// it open one to each of the backends?
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_service_question {
    /// Who sends.
    pub source: netpol_party,
    /// The Service.
    pub service: netpol_service_id,
    /// Number of the Service's port, when `port_name` is empty; of a headless Service, which
    /// translates nothing, the port of its pods.
    pub port: u16,
    /// The protocol number.
    pub protocol: u8,
    /// Not used; 0.
    pub reserved: u8,
    /// Name of the Service's port.
    pub port_name: netpol_str,
}

/// The answer about a Service.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_service_verdict {
    /// No backend may be reached.
    Deny = 0,
    /// Every backend may be reached.
    Allow = 1,
    /// Some may be reached and some not: it depends on which of them a connection is given to.
    Mixed = 2,
}

/// One of those who get what is sent to a Service.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_backend {
    /// Who it is: an endpoint, or an address of which nobody knows whose it is.
    pub party: netpol_party,
    /// The port on it.
    pub port: u16,
    /// Not used; 0.
    pub reserved: [u8; 6],
    /// Whether it may be reached, and what that rests on.
    pub decision: netpol_decision,
}

/// Those who get what is sent to a Service. Any thread may read it; it lives until it is freed.
#[derive(Debug)]
pub struct netpol_backends(Vec<netpol_backend>);

impl netpol_service_question {
    /// # Safety
    ///
    /// The name of the port lives during the call.
    unsafe fn read(&self) -> Result<ServiceQuestion, netpol_status> {
        if self.reserved != 0 {
            return Err(netpol_status::InvalidValue);
        }
        let (source, service) = (self.source.read()?, ServiceId::from_number(self.service));
        // SAFETY: the caller's promise.
        let name = unsafe { self.port_name.text() }?;
        let protocol = Protocol(self.protocol);
        Ok(if name.is_empty() {
            ServiceQuestion::port(source, service, protocol, self.port)
        } else {
            ServiceQuestion::named_port(source, service, protocol, name)
        })
    }
}

impl netpol_backend {
    fn of(backend: &Backend, engine: &Engine) -> Result<netpol_backend, netpol_status> {
        let decision = engine.attribute_question(&backend.question)?.into();
        let party = match backend.party {
            Party::Address(address) => {
                let (family, address) = address_bytes(address);
                netpol_party { address, endpoint: 0, family, reserved: [0; 3] }
            }
            Party::Endpoint(endpoint) => netpol_party {
                address: [0; 16],
                endpoint: endpoint.number(),
                family: 0,
                reserved: [0; 3],
            },
        };
        Ok(netpol_backend { party, port: backend.port, reserved: [0; 6], decision })
    }
}

impl From<ServiceError> for netpol_status {
    fn from(error: ServiceError) -> netpol_status {
        match error {
            ServiceError::Malformed { .. } => netpol_status::MalformedName,
            ServiceError::ForeignHandle => netpol_status::ForeignHandle,
            ServiceError::NoSuchPort { .. } => netpol_status::UnknownPortName,
            ServiceError::ExternalName { .. } => netpol_status::ExternalName,
            ServiceError::NoBackends { .. } => netpol_status::NoBackends,
            ServiceError::NotUnderstood { .. } => netpol_status::NotUnderstood,
            ServiceError::UnknownPod { .. } => netpol_status::UnknownPod,
            ServiceError::Question(error) => error.into(),
            // `Unknown`, and what the core may come to say: there is no answer.
            _ => netpol_status::UnknownService,
        }
    }
}

/// The handle of the Service `namespace/name`; `svc/` or `service/` may stand before it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_service(
    engine: *const netpol_engine,
    name: netpol_str,
    service_out: *mut netpol_service_id,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, name, place) =
            unsafe { (pointer::shared(engine)?, name.text()?, Place::new(service_out)?) };
        place.write(engine.0.service(name)?.number());
        Ok(())
    })
}

/// The name of a Service, as `namespace/name`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_service_name(
    engine: *const netpol_engine,
    service: netpol_service_id,
    name_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, place) = unsafe { (pointer::shared(engine)?, Place::new(name_out)?) };
        let name = engine.0.service_name(ServiceId::from_number(service));
        let name = name.ok_or(netpol_status::ForeignHandle)?;
        place.hand_over(netpol_string(format!("{}/{}", name.namespace, name.name)));
        Ok(())
    })
}

/// May this connection to a Service be opened? `verdict_out` is told a `netpol_service_verdict`.
///
/// There is no answer, and a status that says why, when nobody gets what is sent to it
/// (NETPOL_STATUS_NO_BACKENDS, NETPOL_STATUS_EXTERNAL_NAME), when it has no such port
/// (NETPOL_STATUS_UNKNOWN_PORT_NAME), and when it cannot be told who gets it
/// (NETPOL_STATUS_NOT_UNDERSTOOD, NETPOL_STATUS_UNKNOWN_POD).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_decide_service(
    engine: *const netpol_engine,
    question: *const netpol_service_question,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(question)?.read()?, Place::new(verdict_out)?)
        };
        place.write(match engine.0.decide_service(&question)? {
            ServiceVerdict::Deny => netpol_service_verdict::Deny,
            ServiceVerdict::Allow => netpol_service_verdict::Allow,
            ServiceVerdict::Mixed => netpol_service_verdict::Mixed,
        } as u8);
        Ok(())
    })
}

/// Who gets what is sent to a Service, and whether each may be reached, in order of namespace, name
/// and port, and at the end those that are addresses. As `netpol_engine_decide_service`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_attribute_service(
    engine: *const netpol_engine,
    question: *const netpol_service_question,
    backends_out: *mut *mut netpol_backends,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question, place) = unsafe {
            (
                pointer::shared(engine)?,
                pointer::shared(question)?.read()?,
                Place::new(backends_out)?,
            )
        };
        let backends = engine.0.backends(&question)?;
        let backends = backends.iter().map(|backend| netpol_backend::of(backend, &engine.0));
        place.hand_over(netpol_backends(backends.collect::<Result<_, netpol_status>>()?));
        Ok(())
    })
}

/// The backends: the list lives as long as `backends`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_backends_list(
    backends: *const netpol_backends,
    list_out: *mut *const netpol_backend,
    list_len_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (backends, list, length) = unsafe {
            (pointer::shared(backends)?, Place::new(list_out)?, Place::new(list_len_out)?)
        };
        list.write(backends.0.as_ptr());
        length.write(backends.0.len());
        Ok(())
    })
}

/// Frees a list of backends; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_backends_free(backends: *mut netpol_backends) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(backends) });
}

/// Everything the answer about a Service rests on, with names: `text_out` as text, `json_out` as
/// JSON; either may be NULL. As `netpol_engine_decide_service`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_explain_service(
    engine: *const netpol_engine,
    question: *const netpol_service_question,
    text_out: *mut *mut netpol_string,
    json_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question) =
            unsafe { (pointer::shared(engine)?, pointer::shared(question)?.read()?) };
        let explanation = engine.0.explain_service(&question)?;
        // SAFETY: the header's contract.
        let (text, json) = unsafe { (Place::new(text_out), Place::new(json_out)) };
        if let Ok(place) = text {
            place.hand_over(netpol_string(explanation.to_string()));
        }
        if let Ok(place) = json {
            place.hand_over(netpol_string(render::service_explanation_json(&explanation)));
        }
        Ok(())
    })
}

/// What the policies say that they probably do not mean, such as a port number that is a Service's
/// and no pod's; NULL when there is nothing. Looks at every Service, policy and endpoint.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_lints(
    engine: *const netpol_engine,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, listener) = unsafe {
            let engine = pointer::shared(engine)?;
            Place::new(report_out)?;
            (engine, Listener::new(report_out))
        };
        listener.tell(&engine.0.lints(), &Manifest::default());
        Ok(())
    })
}
