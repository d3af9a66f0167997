//! The classes that are written in Python, imported when they are needed first.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

macro_rules! classes {
    ($($name:ident = $module:literal . $class:literal;)*) => {
        $(
            /// The class of that name.
            pub(crate) fn $name(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
                static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
                CLASS.import(py, $module, $class)
            }
        )*
    };
}

classes! {
    ipv4_address = "ipaddress"."IPv4Address";
    ipv6_address = "ipaddress"."IPv6Address";
    ipv4_network = "ipaddress"."IPv4Network";
    ipv6_network = "ipaddress"."IPv6Network";
    account = "netpol._answers"."Account";
    backend = "netpol._answers"."Backend";
    attribution = "netpol._answers"."Attribution";
    conversion = "netpol._answers"."Conversion";
    decision = "netpol._answers"."Decision";
    explanation = "netpol._answers"."Explanation";
    memory_usage = "netpol._answers"."MemoryUsage";
    near_miss = "netpol._answers"."NearMiss";
    party = "netpol._answers"."Party";
    policy_footprint = "netpol._answers"."PolicyFootprint";
    reach = "netpol._answers"."Reach";
    service_explanation = "netpol._answers"."ServiceExplanation";
    tier_step = "netpol._answers"."TierStep";
    applied = "netpol._diagnostics"."Applied";
    diagnostic = "netpol._diagnostics"."Diagnostic";
    location = "netpol._diagnostics"."Location";
    endpoint = "netpol._names"."Endpoint";
    object_name = "netpol._names"."ObjectName";
    policy_name = "netpol._names"."PolicyName";
    rule_name = "netpol._names"."RuleName";
    options = "netpol._options"."Options";
    read_options = "netpol._options"."ReadOptions";
    direction = "netpol._verdicts"."Direction";
    reason = "netpol._verdicts"."Reason";
    severity = "netpol._verdicts"."Severity";
    service_verdict = "netpol._verdicts"."ServiceVerdict";
    stage = "netpol._verdicts"."Stage";
    tier = "netpol._verdicts"."Tier";
    tier_outcome = "netpol._verdicts"."TierOutcome";
    verdict = "netpol._verdicts"."Verdict";
    ambiguous_endpoint_error = "netpol._errors"."AmbiguousEndpointError";
    malformed_name_error = "netpol._errors"."MalformedNameError";
    no_common_family_error = "netpol._errors"."NoCommonFamilyError";
    port_name_error = "netpol._errors"."PortNameError";
    question_error = "netpol._errors"."QuestionError";
    raw_packet_error = "netpol._errors"."RawPacketError";
    refused_error = "netpol._errors"."RefusedError";
    row_error = "netpol._errors"."RowError";
    service_error = "netpol._errors"."ServiceError";
    service_name_error = "netpol._errors"."ServiceNameError";
    saved_error = "netpol._errors"."SavedError";
    unknown_endpoint_error = "netpol._errors"."UnknownEndpointError";
}

/// Member of an enumeration, by its value.
pub(crate) fn member<'py>(
    class: &Bound<'py, PyType>,
    value: impl IntoPyObject<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    class.call1((value,))
}
