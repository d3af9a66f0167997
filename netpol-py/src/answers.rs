//! Answers as objects of the package.

use netpol_core::engine::{
    Account, Attribution, MemoryUsage, NearMiss, PartyName, PolicyName, Reach, RuleName,
    ServiceExplanation, ServiceVerdict, TierStep,
};
use netpol_core::model::ObjectRef;
use netpol_core::packet::Transport;
use netpol_core::{
    Decision, Direction, EndpointId, Engine, Explanation, Reason, Tier, Verdict, render,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use serde::Serialize;

use crate::arguments::{address_to_python, network_to_python};
use crate::classes::{self, member};
use crate::diagnostics;

type Object<'py> = PyResult<Bound<'py, PyAny>>;

/// A verdict. The one answer that is given by the million, so both are kept.
pub(crate) fn verdict(py: Python<'_>, verdict: Verdict) -> Object<'_> {
    static MEMBERS: PyOnceLock<[Py<PyAny>; 2]> = PyOnceLock::new();
    let members = MEMBERS.get_or_try_init(py, || {
        let class = classes::verdict(py)?;
        PyResult::Ok([class.getattr("DENY")?.unbind(), class.getattr("ALLOW")?.unbind()])
    })?;
    let [deny, allow] = members;
    Ok(if verdict.is_allow() { allow } else { deny }.bind(py).clone())
}

/// An answer about a Service.
pub(crate) fn service_verdict(py: Python<'_>, verdict: ServiceVerdict) -> Object<'_> {
    member(classes::service_verdict(py)?, verdict.as_str())
}

fn direction(py: Python<'_>, direction: Direction) -> Object<'_> {
    member(classes::direction(py)?, direction.to_string())
}

fn reason(py: Python<'_>, reason: Reason) -> Object<'_> {
    member(classes::reason(py)?, reason.name())
}

fn tier(py: Python<'_>, tier: Tier) -> Object<'_> {
    member(classes::tier(py)?, tier.as_str())
}

/// A member by what its like in Rust serialises as.
fn member_of<'py>(
    class: PyResult<&Bound<'py, pyo3::types::PyType>>,
    value: &impl Serialize,
) -> Object<'py> {
    let text = serde_json::to_value(value).ok();
    let text = text.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    member(class?, text)
}

fn tuple<'py, T>(
    py: Python<'py>,
    items: &[T],
    convert: impl Fn(Python<'py>, &T) -> Object<'py>,
) -> PyResult<Bound<'py, PyTuple>> {
    let items = items.iter().map(|item| convert(py, item)).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, items)
}

/// An endpoint by its names.
pub(crate) fn endpoint_name<'py>(py: Python<'py>, name: &ObjectRef) -> Object<'py> {
    classes::endpoint(py)?.call1((&name.namespace, &name.name, name.kind.as_str()))
}

/// An endpoint by its handle.
pub(crate) fn endpoint<'py>(py: Python<'py>, engine: &Engine, id: EndpointId) -> Object<'py> {
    match engine.endpoint_name(id) {
        Some(name) => endpoint_name(py, &name),
        None => Ok(py.None().into_bound(py)),
    }
}

/// Endpoints by their handles.
pub(crate) fn endpoints<'py>(
    py: Python<'py>,
    engine: &Engine,
    ids: &[EndpointId],
) -> PyResult<Bound<'py, PyTuple>> {
    tuple(py, ids, |py, id| endpoint(py, engine, *id))
}

/// The name of a policy.
pub(crate) fn policy_name<'py>(py: Python<'py>, name: &PolicyName) -> Object<'py> {
    let PolicyName { kind, namespace, name: own, priority, .. } = name;
    let tier = tier(py, name.tier)?;
    classes::policy_name(py)?.call1((tier, kind.as_str(), namespace, own, *priority))
}

fn rule_name<'py>(py: Python<'py>, rule: &RuleName) -> Object<'py> {
    let policy = policy_name(py, &rule.policy)?;
    let direction = direction(py, rule.direction)?;
    let RuleName { rule: index, name, peer, port, .. } = rule;
    classes::rule_name(py)?.call1((policy, direction, *index, name.as_deref(), *peer, *port))
}

/// A decision, with the names of its policies.
pub(crate) fn decision<'py>(py: Python<'py>, engine: &Engine, decision: &Decision) -> Object<'py> {
    classes::decision(py)?.call1((
        verdict(py, decision.verdict)?,
        decision.generation,
        attribution(py, engine, &decision.egress)?,
        attribution(py, engine, &decision.ingress)?,
    ))
}

fn attribution<'py>(py: Python<'py>, engine: &Engine, found: &Attribution) -> Object<'py> {
    let policy = found.policy.and_then(|policy| engine.policy_name(policy));
    classes::attribution(py)?.call1((
        verdict(py, found.verdict)?,
        reason(py, found.reason)?,
        found.tier.map(|found| tier(py, found)).transpose()?,
        policy.map(|policy| policy_name(py, &policy)).transpose()?,
        found.rule,
        found.peer,
        found.port,
    ))
}

/// An explanation.
pub(crate) fn explanation<'py>(py: Python<'py>, found: &Explanation) -> Object<'py> {
    let (port, icmp) = match found.transport {
        Transport::Ports { destination, .. } => (Some(destination), None),
        Transport::Icmp { kind, code } => (None, Some((kind, code))),
        _ => (None, None),
    };
    let arguments = (
        verdict(py, found.verdict)?,
        found.generation,
        party(py, &found.source)?,
        party(py, &found.destination)?,
        found.protocol.to_string(),
        port,
        icmp,
        account(py, &found.egress)?,
        account(py, &found.ingress)?,
        PyTuple::new(py, &found.notes)?,
        found.to_string(),
        render::explanation_json(found),
    );
    classes::explanation(py)?.call1(arguments)
}

/// An explanation of an answer about a Service.
pub(crate) fn service_explanation<'py>(py: Python<'py>, found: &ServiceExplanation) -> Object<'py> {
    classes::service_explanation(py)?.call1((
        service_verdict(py, found.verdict)?,
        found.generation,
        party(py, &found.source)?,
        diagnostics::object_name(py, &found.service)?,
        found.protocol.to_string(),
        found.port,
        found.port_name.as_deref(),
        tuple(py, &found.backends, explanation)?,
        PyTuple::new(py, &found.notes)?,
        found.to_string(),
        render::service_explanation_json(found),
    ))
}

fn party<'py>(py: Python<'py>, party: &PartyName) -> Object<'py> {
    let endpoint = party.endpoint.as_ref().map(|name| endpoint_name(py, name)).transpose()?;
    let address = party.address.map(|address| address_to_python(py, address)).transpose()?;
    classes::party(py)?.call1((endpoint, address))
}

fn account<'py>(py: Python<'py>, account: &Account) -> Object<'py> {
    classes::account(py)?.call1((
        direction(py, account.direction)?,
        verdict(py, account.verdict)?,
        reason(py, account.reason)?,
        tuple(py, &account.tiers, tier_step)?,
        tuple(py, &account.isolated_by, policy_name)?,
        tuple(py, &account.allowed_by, rule_name)?,
        account.nearest_miss.as_ref().map(|miss| near_miss(py, miss)).transpose()?,
    ))
}

fn tier_step<'py>(py: Python<'py>, step: &TierStep) -> Object<'py> {
    classes::tier_step(py)?.call1((
        tier(py, step.tier)?,
        member_of(classes::tier_outcome(py), &step.outcome)?,
        step.rule.as_ref().map(|rule| rule_name(py, rule)).transpose()?,
    ))
}

fn near_miss<'py>(py: Python<'py>, miss: &NearMiss) -> Object<'py> {
    let stage = member_of(classes::stage(py), &miss.stage)?;
    classes::near_miss(py)?.call1((rule_name(py, &miss.rule)?, stage, &miss.detail))
}

/// Who reaches whom.
pub(crate) fn reach<'py>(py: Python<'py>, engine: &Engine, reach: &Reach) -> Object<'py> {
    let endpoints = endpoints(py, engine, &reach.endpoints)?;
    let networks = tuple(py, &reach.networks, |py, network| network_to_python(py, *network))?;
    classes::reach(py)?.call1((endpoints, networks))
}

/// Bytes, part by part.
pub(crate) fn memory_usage<'py>(py: Python<'py>, usage: &MemoryUsage) -> Object<'py> {
    let part = |parts: &[(&'static str, usize)]| {
        let dictionary = PyDict::new(py);
        for (name, bytes) in parts {
            dictionary.set_item(name, bytes)?;
        }
        PyResult::Ok(dictionary)
    };
    classes::memory_usage(py)?.call1((
        part(&usage.hot)?,
        part(&usage.provenance)?,
        part(&usage.names)?,
        part(&usage.writer)?,
    ))
}
