//! The engine: an immutable snapshot, and everything one may ask of it.

use std::net::{IpAddr, Ipv4Addr};

use netpol_core::engine::PolicyId;
use netpol_core::net::Protocol;
use netpol_core::render;
use netpol_core::{Engine, Packet, Verdict};

use crate::address::netpol_address;
use crate::decision::{netpol_decision, tier_number};
use crate::guard::{guard, guard_or};
use crate::packet::{netpol_direction, netpol_packet, verdict_number};
use crate::pointer::{self, Place};
use crate::question::{netpol_endpoint, netpol_question};
use crate::status::netpol_status;
use crate::text::{netpol_str, netpol_string};

/// An immutable snapshot of a cluster, which answers. Any number of threads may ask it at once; it
/// lives until every clone of it is freed, whatever becomes of the cluster.
#[derive(Debug)]
pub struct netpol_engine(pub(crate) Engine);

/// A policy by its names. The texts live as long as the engine.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_policy_name {
    /// The kind, as the API spells it; `Namespace` for the isolating annotation of old clusters.
    pub kind: netpol_str,
    /// A `netpol_tier`.
    pub tier: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
    /// The priority of a cluster-wide policy, the smaller the earlier; 0 for others.
    pub priority: i32,
}

/// How many packets of a batch are turned into those of the engine at a time.
const BATCH: usize = 32;

/// Judges an array of packets.
///
/// # Safety
///
/// `packets` and `verdicts_out` are null or arrays of that length, as the header has it.
pub(crate) unsafe fn judge(
    engine: &Engine,
    packets: *const netpol_packet,
    length: usize,
    verdicts_out: *mut u8,
) -> Result<(), netpol_status> {
    // SAFETY: the caller's promise.
    let packets = unsafe { pointer::array(packets, length) }?;
    if length != 0 && verdicts_out.is_null() {
        return Err(netpol_status::NullPointer);
    }
    // Looked at twice, so that nothing is written when one of them is none.
    if !packets.iter().all(netpol_packet::is_valid) {
        return Err(netpol_status::InvalidValue);
    }
    let nobody = Packet::tcp(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Ipv4Addr::UNSPECIFIED.into(), 0);
    let (mut stage, mut verdicts) = ([nobody; BATCH], [Verdict::Deny; BATCH]);
    for (part, packets) in packets.chunks(BATCH).enumerate() {
        let (stage, verdicts) = (&mut stage[..packets.len()], &mut verdicts[..packets.len()]);
        for (place, packet) in stage.iter_mut().zip(packets) {
            packet.ask(|packet| *place = *packet)?;
        }
        engine.decide_batch(stage, verdicts).map_err(|_| netpol_status::InvalidLength)?;
        // SAFETY: a verdict lies in memory as its number, and this part of the array is within the
        // length that it has, by the caller's promise.
        unsafe {
            let place = verdicts_out.add(part * BATCH);
            place.copy_from_nonoverlapping(verdicts.as_ptr().cast(), verdicts.len());
        }
    }
    Ok(())
}

/// Another handle of the same engine.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_clone(
    engine: *const netpol_engine,
    engine_out: *mut *mut netpol_engine,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, place) = unsafe { (pointer::shared(engine)?, Place::new(engine_out)?) };
        place.hand_over(netpol_engine(engine.0.clone()));
        Ok(())
    })
}

/// Frees a handle of an engine; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_engine_free(engine: *mut netpol_engine) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(engine) });
}

/// How many publications of the cluster there were, this one included; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_engine_generation(engine: *const netpol_engine) -> u64 {
    guard_or(0, || {
        // SAFETY: the header's contract.
        unsafe { pointer::shared(engine) }.map_or(0, |engine| engine.0.generation())
    })
}

/// May the packet pass? As `netpol_reader_decide`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_decide(
    engine: *const netpol_engine,
    packet: *const netpol_packet,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, packet, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(packet)?, Place::new(verdict_out)?)
        };
        place.write(verdict_number(packet.ask(|packet| engine.0.decide(packet))?));
        Ok(())
    })
}

/// May the packet pass as far as one end is asked? `direction` is a `netpol_direction`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_decide_direction(
    engine: *const netpol_engine,
    packet: *const netpol_packet,
    direction: i32,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, packet, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(packet)?, Place::new(verdict_out)?)
        };
        let packet = packet.read()?;
        place.write(verdict_number(if is_ingress(direction)? {
            engine.0.decide_ingress(&packet)
        } else {
            engine.0.decide_egress(&packet)
        }));
        Ok(())
    })
}

const fn is_ingress(direction: i32) -> Result<bool, netpol_status> {
    if direction == netpol_direction::Ingress as i32 {
        Ok(true)
    } else if direction == netpol_direction::Egress as i32 {
        Ok(false)
    } else {
        Err(netpol_status::InvalidValue)
    }
}

/// Judges many packets. As `netpol_reader_decide_batch`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_decide_batch(
    engine: *const netpol_engine,
    packets: *const netpol_packet,
    packets_len: usize,
    verdicts_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        unsafe { judge(&pointer::shared(engine)?.0, packets, packets_len, verdicts_out) }
    })
}

/// The verdict, and what it rests on.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_attribute(
    engine: *const netpol_engine,
    packet: *const netpol_packet,
    decision_out: *mut netpol_decision,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, packet, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(packet)?, Place::new(decision_out)?)
        };
        place.write(packet.ask(|packet| engine.0.attribute(packet))?.into());
        Ok(())
    })
}

/// Everything the verdict rests on, with names, as text for people.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_explain(
    engine: *const netpol_engine,
    packet: *const netpol_packet,
    text_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, packet, place) =
            unsafe { (pointer::shared(engine)?, pointer::shared(packet)?, Place::new(text_out)?) };
        place.hand_over(netpol_string(engine.0.explain(&packet.read()?).to_string()));
        Ok(())
    })
}

/// The same as JSON for programs.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_explain_json(
    engine: *const netpol_engine,
    packet: *const netpol_packet,
    json_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, packet, place) =
            unsafe { (pointer::shared(engine)?, pointer::shared(packet)?, Place::new(json_out)?) };
        let explanation = engine.0.explain(&packet.read()?);
        place.hand_over(netpol_string(render::explanation_json(&explanation)));
        Ok(())
    })
}

/// May this connection be opened, between endpoints?
///
/// NETPOL_STATUS_NO_COMMON_FAMILY and NETPOL_STATUS_FOREIGN_HANDLE when there is no answer.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_decide_question(
    engine: *const netpol_engine,
    question: *const netpol_question,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(question)?, Place::new(verdict_out)?)
        };
        place.write(verdict_number(engine.0.decide_question(&question.read()?)?));
        Ok(())
    })
}

/// The answer for one end alone. `direction` is a `netpol_direction`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_decide_question_direction(
    engine: *const netpol_engine,
    question: *const netpol_question,
    direction: i32,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(question)?, Place::new(verdict_out)?)
        };
        let question = question.read()?;
        place.write(verdict_number(if is_ingress(direction)? {
            engine.0.decide_question_ingress(&question)?
        } else {
            engine.0.decide_question_egress(&question)?
        }));
        Ok(())
    })
}

/// The answer, and what it rests on.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_attribute_question(
    engine: *const netpol_engine,
    question: *const netpol_question,
    decision_out: *mut netpol_decision,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(question)?, Place::new(decision_out)?)
        };
        place.write(engine.0.attribute_question(&question.read()?)?.into());
        Ok(())
    })
}

/// Everything the answer rests on, with names: `text_out` as text, `json_out` as JSON; either may be
/// NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_explain_question(
    engine: *const netpol_engine,
    question: *const netpol_question,
    text_out: *mut *mut netpol_string,
    json_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, question) = unsafe { (pointer::shared(engine)?, pointer::shared(question)?) };
        let explanation = engine.0.explain_question(&question.read()?)?;
        // SAFETY: the header's contract.
        let (text, json) = unsafe { (Place::new(text_out), Place::new(json_out)) };
        if let Ok(place) = text {
            place.hand_over(netpol_string(explanation.to_string()));
        }
        if let Ok(place) = json {
            place.hand_over(netpol_string(render::explanation_json(&explanation)));
        }
        Ok(())
    })
}

/// The handle of the endpoint `namespace/name`, or `kind/namespace/name` where endpoints of several
/// kinds share the rest.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_endpoint(
    engine: *const netpol_engine,
    name: netpol_str,
    endpoint_out: *mut netpol_endpoint,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, name, place) =
            unsafe { (pointer::shared(engine)?, name.text()?, Place::new(endpoint_out)?) };
        place.write(engine.0.endpoint(name)?.number());
        Ok(())
    })
}

/// The handle of the pod that owns an address; NETPOL_STATUS_UNKNOWN_ENDPOINT when none does.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_owner(
    engine: *const netpol_engine,
    address: *const netpol_address,
    endpoint_out: *mut netpol_endpoint,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, address, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(address)?, Place::new(endpoint_out)?)
        };
        let owner = engine.0.owner(address.read()?).ok_or(netpol_status::UnknownEndpoint)?;
        place.write(owner.number());
        Ok(())
    })
}

/// The name of an endpoint, as `kind/namespace/name`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_endpoint_name(
    engine: *const netpol_engine,
    endpoint: netpol_endpoint,
    name_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, place) = unsafe { (pointer::shared(engine)?, Place::new(name_out)?) };
        let endpoint = netpol_core::EndpointId::from_number(endpoint);
        let name = engine.0.endpoint_name(endpoint).ok_or(netpol_status::ForeignHandle)?;
        let name = format!("{}/{}/{}", name.kind.as_str(), name.namespace, name.name);
        place.hand_over(netpol_string(name));
        Ok(())
    })
}

/// The number of a named port of an endpoint, for a protocol.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_port_number(
    engine: *const netpol_engine,
    endpoint: netpol_endpoint,
    name: netpol_str,
    protocol: u8,
    port_out: *mut u16,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, name, place) =
            unsafe { (pointer::shared(engine)?, name.text()?, Place::new(port_out)?) };
        let endpoint = netpol_core::EndpointId::from_number(endpoint);
        place.write(engine.0.port_number(endpoint, name, Protocol(protocol))?);
        Ok(())
    })
}

/// What a policy of an attribution is called: `namespace/name`, or `name` for a cluster-wide one, in
/// `name_out`; kind, tier and priority in `policy_out`. Either may be NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_policy(
    engine: *const netpol_engine,
    policy: u32,
    policy_out: *mut netpol_policy_name,
    name_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let engine = unsafe { pointer::shared(engine)? };
        let policy = PolicyId::from_number(policy);
        let policy = engine.0.policy_name(policy).ok_or(netpol_status::ForeignHandle)?;
        // SAFETY: the header's contract.
        let (place, name) = unsafe { (Place::new(policy_out), Place::new(name_out)) };
        if let Ok(place) = place {
            place.write(netpol_policy_name {
                kind: netpol_str::of(policy.kind.as_str()),
                tier: tier_number(Some(policy.tier)) as u8,
                reserved: [0; 3],
                priority: policy.priority.unwrap_or(0),
            });
        }
        if let Ok(name) = name {
            let separator = if policy.namespace.is_empty() { "" } else { "/" };
            let text = format!("{}{separator}{}", policy.namespace, policy.name);
            name.hand_over(netpol_string(text));
        }
        Ok(())
    })
}
