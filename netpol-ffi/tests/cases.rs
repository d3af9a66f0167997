//! Every case file, put to the functions of the header: each question to the single call, both
//! directions, a batch, the attribution and a reader.

mod support;

use std::net::IpAddr;
use std::ptr::{null, null_mut};

use netpol::address::netpol_address;
use netpol::cluster::*;
use netpol::decision::*;
use netpol::engine::*;
use netpol::options::{netpol_knob, netpol_options};
use netpol::packet::{NETPOL_PACKET_VIA_SERVICE, netpol_packet};
use netpol::question::*;
use netpol::reader::*;
use netpol::report::*;
use netpol::service::*;
use netpol::status::netpol_status;
use netpol::status_text::netpol_status_text;
use netpol::text::*;
use netpol_core::model::{IntOrString, Kind};
use netpol_core::packet::Transport;
use netpol_core::{Admission, Options, Packet, Verdict};
use netpol_testing::cases::{self, Ask, Event, Implementation, ServiceAnswer, Unanswered};
use netpol_testing::reference::{
    self, BackendJudgement, DecidingRule, Judgement, Reason, Side, Tier,
};
use support::object_text::manifest;

/// The library, with the handles that a C program would have.
struct Library {
    cluster: *mut netpol_cluster,
    engine: *mut netpol_engine,
    reader: *mut netpol_reader,
    /// Whether texts may have policies in their oldest form.
    legacy_forms: bool,
}

impl Library {
    fn new(options: &Options, legacy_forms: bool) -> Library {
        let (cluster, engine, reader) = (null_mut(), null_mut(), null_mut());
        let mut library = Library { cluster, engine, reader, legacy_forms };
        let mut options = numbers(options);
        options.legacy_forms = netpol_knob::Off as u8 + u8::from(legacy_forms);
        // SAFETY: the pointers are to places that live during the calls.
        unsafe {
            let mut readers = null_mut();
            ok(netpol_cluster_new(&options, &mut library.cluster));
            ok(netpol_cluster_readers(library.cluster, &mut readers));
            ok(netpol_reader_new(readers, &mut library.reader));
            netpol_readers_free(readers);
        }
        library
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: each is what its function gave, or null.
        unsafe {
            netpol_cluster_free(self.cluster);
            netpol_engine_free(self.engine);
            netpol_reader_free(self.reader);
        }
    }
}

fn ok(status: netpol_status) {
    assert_eq!(status, netpol_status::Ok);
}

/// The options as numbers: the place of each choice in the order of the documentation, from 1.
fn numbers(options: &Options) -> netpol_options {
    let json = serde_json::to_value(options).unwrap();
    let number = |name: &str, choices: &[&str]| -> u8 {
        let value = &json[name];
        let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let place = choices.iter().position(|choice| *choice == word);
        u8::try_from(place.unwrap_or_else(|| panic!("{name}: {word}")) + 1).unwrap()
    };
    let switch = |name: &str| number(name, &["false", "true"]);
    netpol_options {
        size: size_of::<netpol_options>(),
        own_node_ingress: switch("ownNodeIngress"),
        own_node_egress: switch("ownNodeEgress"),
        pod_cidr_gateway: switch("podCidrGateway"),
        self_traffic: switch("selfTraffic"),
        service_hairpin: switch("serviceHairpin"),
        inject_metadata_name: switch("injectMetadataName"),
        end_port: switch("endPort"),
        host_network_pods: number("hostNetworkPods", &["ignore", "treatAsPod"]),
        ip_block_pods: number("ipBlockPods", &["match", "never"]),
        unmatched_protocols: number("unmatchedProtocols", &["deny", "allow", "essentialIcmp"]),
        named_port_containers: number(
            "namedPortContainers",
            &["containers", "containersAndSidecars", "allContainers"],
        ),
        fragments: number("fragments", &["unknownPort", "allow", "deny"]),
        missing_namespaces: number("missingNamespaces", &["metadataNameOnly", "empty", "error"]),
        completed_pods: number("completedPods", &["drop", "keep"]),
        unknown_pod_addresses: number("unknownPodAddresses", &["external", "deny"]),
        cidrs: number("cidrs", &["legacy", "strict"]),
        unreadable_subjects: number("unreadableSubjects", &["isolateNamespace", "error"]),
        baseline: number("baseline", &["perDirection", "literal"]),
        equal_priorities: number("equalPriorities", &["byName", "error"]),
        network_policies: number("networkPolicies", &["v1", "legacy"]),
        until_synced: number("untilSynced", &["null", "deny", "allow"]) - 1,
        legacy_forms: 0,
        reserved: [0; 2],
    }
}

fn view(text: &str) -> netpol_str {
    netpol_str { data: text.as_ptr().cast(), len: text.len() }
}

fn seen(text: netpol_str) -> String {
    if text.len == 0 {
        return String::new();
    }
    // SAFETY: the library said that so many bytes are there.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.len) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The refusal as text, or nothing.
fn refusal(status: netpol_status, report: *mut netpol_report) -> Result<(), String> {
    // SAFETY: the report is null or what the call gave.
    unsafe {
        let text = seen(netpol_report_text(report));
        let mut errors = 0;
        for index in 0..netpol_report_count(report) {
            let mut diagnostic = std::mem::MaybeUninit::<netpol_diagnostic>::uninit();
            ok(netpol_report_at(report, index, diagnostic.as_mut_ptr()));
            let diagnostic = diagnostic.assume_init();
            errors += usize::from(diagnostic.severity == netpol_severity::Error as u8);
            assert!(diagnostic.message.len != 0, "{text}");
        }
        netpol_report_free(report);
        match status {
            netpol_status::Ok => {
                assert_eq!(errors, 0, "{text}");
                Ok(())
            }
            netpol_status::Refused => {
                assert!(errors > 0);
                Err(text)
            }
            other => Err(seen(netpol_status_text(other as i32))),
        }
    }
}

fn admission(admission: Admission) -> i32 {
    match admission {
        Admission::Create => netpol_admission::Create as i32,
        Admission::Stored => netpol_admission::Stored as i32,
    }
}

fn kind_number(kind: Kind) -> i32 {
    let kinds = [
        "Namespace",
        "Node",
        "Pod",
        "NetworkPolicy",
        "ClusterNetworkPolicy",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "ReplicationController",
        "Service",
        "EndpointSlice",
    ];
    i32::try_from(kinds.iter().position(|known| *known == kind.as_str()).unwrap() + 1).unwrap()
}

fn address(address: IpAddr) -> netpol_address {
    let (bytes, family) = bytes(address);
    netpol_address { bytes, family, reserved: [0; 3] }
}

fn bytes(address: IpAddr) -> ([u8; 16], u8) {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            (bytes, 4)
        }
        IpAddr::V6(address) => (address.octets(), 6),
    }
}

/// Ports, transport, type and code.
fn transport(transport: Transport) -> (u16, u16, u8, u8, u8) {
    match transport {
        Transport::Ports { source, destination } => (source, destination, 0, 0, 0),
        Transport::Icmp { kind, code } => (0, 0, 1, kind, code),
        _ => (0, 0, 2, 0, 0),
    }
}

/// `None` for a packet between two families, which C programs cannot write down.
fn packet(packet: &Packet) -> Option<netpol_packet> {
    let ((source, family), (destination, other)) =
        (bytes(packet.source()), bytes(packet.destination()));
    let (source_port, destination_port, transport, icmp_type, icmp_code) =
        transport(packet.transport());
    (family == other).then_some(netpol_packet {
        source,
        destination,
        source_port,
        destination_port,
        family,
        protocol: packet.protocol().0,
        transport,
        flags: if packet.is_via_service() { NETPOL_PACKET_VIA_SERVICE } else { 0 },
        icmp_type,
        icmp_code,
        reserved: [0; 6],
    })
}

impl Implementation for Library {
    fn name(&self) -> &str {
        "libnetpol"
    }

    fn reset(&mut self, options: &Options) {
        *self = Library::new(options, self.legacy_forms);
    }

    fn validates(&self) -> bool {
        true
    }

    fn handle(&mut self, event: &Event) -> Result<(), String> {
        let cluster = self.cluster;
        let mut report = null_mut();
        // SAFETY: every pointer is to something that lives during the call.
        unsafe {
            let addresses = |list: &[IpAddr]| list.iter().map(|a| address(*a)).collect::<Vec<_>>();
            match event {
                Event::Upsert { object, admission: taken } => {
                    let text = manifest(object);
                    let status = netpol_cluster_apply(
                        cluster,
                        view(""),
                        view(&text),
                        admission(*taken),
                        null_mut(),
                        &mut report,
                    );
                    return refusal(status, report);
                }
                Event::Apply { text, admission: taken } => {
                    let status = netpol_cluster_apply(
                        cluster,
                        view("case"),
                        view(text),
                        admission(*taken),
                        null_mut(),
                        &mut report,
                    );
                    return refusal(status, report);
                }
                Event::ReplaceAll { kind, objects, admission: taken } => {
                    let text = objects.iter().map(manifest).collect::<Vec<_>>().join("\n---\n");
                    let status = netpol_cluster_replace_all(
                        cluster,
                        kind_number(*kind),
                        view(""),
                        view(&text),
                        admission(*taken),
                        &mut report,
                    );
                    return refusal(status, report);
                }
                Event::Delete { kind, namespace, name } => ok(netpol_cluster_delete(
                    cluster,
                    kind_number(*kind),
                    view(namespace),
                    view(name),
                    null_mut(),
                )),
                Event::NodeAddresses { node, addresses: list } => {
                    let list = addresses(list);
                    ok(netpol_cluster_set_node_addresses(
                        cluster,
                        view(node),
                        list.as_ptr(),
                        list.len(),
                    ));
                }
                Event::ResolveDomain { name, addresses: list, expires } => {
                    let list = addresses(list);
                    let expires = expires.map_or(0, |at| u64::try_from(at.as_nanos()).unwrap());
                    ok(netpol_cluster_resolve_domain(
                        cluster,
                        view(name),
                        list.as_ptr(),
                        list.len(),
                        expires,
                    ));
                }
                Event::WithdrawDomain { name, addresses: list } => {
                    let list = list.as_deref().map(addresses);
                    let (pointer, length) =
                        list.as_ref().map_or((null(), 0), |list| (list.as_ptr(), list.len()));
                    ok(netpol_cluster_withdraw_domain(cluster, view(name), pointer, length));
                }
                Event::Advance(now) => {
                    ok(netpol_cluster_advance(cluster, u64::try_from(now.as_nanos()).unwrap()));
                }
                Event::Synced(synced) => ok(netpol_cluster_set_synced(cluster, *synced)),
            }
        }
        Ok(())
    }

    fn publish(&mut self) -> Result<(), String> {
        let (mut engine, mut report) = (null_mut(), null_mut());
        // SAFETY: every pointer is to something that lives during the call.
        unsafe {
            let status = netpol_cluster_publish(self.cluster, &mut engine, &mut report);
            refusal(status, report)?;
            netpol_engine_free(self.engine);
        }
        self.engine = engine;
        Ok(())
    }

    fn ask(&self, ask: &Ask) -> Result<Judgement, Unanswered> {
        if self.engine.is_null() {
            return Err(Unanswered::Fault("nothing was published".to_owned()));
        }
        match ask {
            Ask::Packet(asked) => {
                let packet = packet(asked)
                    .ok_or_else(|| Unanswered::Fault("a packet of two families".to_owned()))?;
                self.ask_packet(&packet)
            }
            Ask::Question(question) => self.ask_question(question),
        }
    }

    fn ask_service(&self, question: &reference::ServiceQuestion) -> Option<ServiceAnswer> {
        Some(self.answer_about_service(question))
    }
}

impl Library {
    fn ask_packet(&self, packet: &netpol_packet) -> Result<Judgement, Unanswered> {
        let mut decision = std::mem::MaybeUninit::uninit();
        let (mut single, mut by_reader) = (9, 9);
        let (mut directions, mut batch) = ([9; 2], [9; 33]);
        // SAFETY: every pointer is to something that lives during the call.
        let decision = unsafe {
            ok(netpol_engine_attribute(self.engine, packet, decision.as_mut_ptr()));
            ok(netpol_engine_decide(self.engine, packet, &mut single));
            ok(netpol_reader_decide(self.reader, packet, &mut by_reader));
            for (number, verdict) in (0..).zip(&mut directions) {
                ok(netpol_engine_decide_direction(self.engine, packet, number, verdict));
            }
            let many = [*packet; 33];
            ok(netpol_reader_decide_batch(self.reader, many.as_ptr(), 33, batch.as_mut_ptr()));
            decision.assume_init()
        };
        let judgement = self.judgement(&decision)?;
        let expected = judgement.verdict() as u8;
        let each = [judgement.ingress.verdict as u8, judgement.egress.verdict as u8];
        if (single, by_reader, directions) != (expected, expected, each) || batch != [expected; 33]
        {
            return Err(Unanswered::Fault(format!(
                "{single} {by_reader} {directions:?} {batch:?} where attribution says {expected}"
            )));
        }
        Ok(judgement)
    }

    fn ask_question(&self, asked: &reference::Question) -> Result<Judgement, Unanswered> {
        let (source_port, destination_port, transport, icmp_type, icmp_code) =
            transport(asked.transport);
        let question = netpol_question {
            source: self.party(&asked.source)?,
            destination: self.party(&asked.destination)?,
            source_port,
            destination_port,
            protocol: asked.protocol.0,
            transport,
            flags: 0,
            icmp_type,
            icmp_code,
            reserved: [0; 3],
        };
        let (mut decision, mut verdict) = (std::mem::MaybeUninit::uninit(), 9);
        // SAFETY: every pointer is to something that lives during the call.
        let decision = unsafe {
            let status =
                netpol_engine_attribute_question(self.engine, &question, decision.as_mut_ptr());
            unanswered(status, "")?;
            ok(netpol_engine_decide_question(self.engine, &question, &mut verdict));
            decision.assume_init()
        };
        let judgement = self.judgement(&decision)?;
        assert_eq!(verdict, judgement.verdict() as u8);
        Ok(judgement)
    }

    fn party(&self, party: &reference::Party) -> Result<netpol_party, Unanswered> {
        let (mut address, mut family, mut endpoint) = ([0; 16], 0, 0);
        match party {
            reference::Party::Address(ip) => (address, family) = bytes(ip.to_canonical()),
            reference::Party::Name(name) => {
                // SAFETY: every pointer is to something that lives during the call.
                let status =
                    unsafe { netpol_engine_endpoint(self.engine, view(name), &mut endpoint) };
                unanswered(status, name)?;
            }
        }
        Ok(netpol_party { address, endpoint, family, reserved: [0; 3] })
    }

    fn answer_about_service(&self, asked: &reference::ServiceQuestion) -> ServiceAnswer {
        let source = self.party(&asked.source)?;
        let (mut service, mut verdict, mut backends) = (0, 9, null_mut());
        // SAFETY: every pointer is to something that lives during the call.
        let status =
            unsafe { netpol_engine_service(self.engine, view(&asked.service), &mut service) };
        unanswered(status, &asked.service)?;
        let (port, port_name) = match &asked.port {
            IntOrString::Int(number) => (u16::try_from(*number).unwrap(), ""),
            IntOrString::String(name) => (0, name.as_str()),
        };
        let port_name = view(port_name);
        let protocol = asked.protocol.0;
        let question =
            netpol_service_question { source, service, port, protocol, reserved: 0, port_name };
        // SAFETY: as before; the list is read while it lives.
        let mut judgements = unsafe {
            let status = netpol_engine_attribute_service(self.engine, &question, &mut backends);
            unanswered(status, &asked.service)?;
            ok(netpol_engine_decide_service(self.engine, &question, &mut verdict));
            let (mut list, mut length) = (null(), 0);
            ok(netpol_backends_list(backends, &mut list, &mut length));
            let list = std::slice::from_raw_parts(list, length);
            let judgements = list.iter().map(|backend| self.backend(backend));
            let judgements = judgements.collect::<Result<Vec<_>, Unanswered>>();
            netpol_backends_free(backends);
            judgements?
        };
        let allowed = judgements.iter().filter(|one| one.judgement.verdict().is_allow()).count();
        let expected = match allowed {
            0 => netpol_service_verdict::Deny,
            all if all == judgements.len() => netpol_service_verdict::Allow,
            _ => netpol_service_verdict::Mixed,
        };
        assert_eq!(verdict, expected as u8);
        judgements.sort_by(|a, b| (&a.backend, a.port).cmp(&(&b.backend, b.port)));
        Ok(judgements)
    }

    fn backend(&self, backend: &netpol_backend) -> Result<BackendJudgement, Unanswered> {
        let name = match backend.party.family {
            0 => {
                let mut name = null_mut();
                // SAFETY: every pointer is to something that lives during the call.
                let text = unsafe {
                    let endpoint = backend.party.endpoint;
                    ok(netpol_engine_endpoint_name(self.engine, endpoint, &mut name));
                    let text = seen(netpol_string_view(name));
                    netpol_string_free(name);
                    text
                };
                let (kind, name) = text.split_once('/').unwrap();
                let prefix = format!("{}/", kind.to_lowercase());
                format!("{}{name}", if kind == "Pod" { "" } else { prefix.as_str() })
            }
            4 => {
                let [a, b, c, d, ..] = backend.party.address;
                IpAddr::from([a, b, c, d]).to_string()
            }
            _ => IpAddr::from(backend.party.address).to_string(),
        };
        let judgement = self.judgement(&backend.decision)?;
        Ok(BackendJudgement { backend: name, port: backend.port, judgement })
    }

    fn judgement(&self, decision: &netpol_decision) -> Result<Judgement, Unanswered> {
        let judgement = Judgement {
            ingress: self.side(&decision.ingress)?,
            egress: self.side(&decision.egress)?,
        };
        assert_eq!(decision.verdict, judgement.verdict() as u8);
        Ok(judgement)
    }

    fn side(&self, attribution: &netpol_attribution) -> Result<Side, Unanswered> {
        let rule = || self.rule(attribution);
        let reason = match attribution.reason {
            1 => Reason::NotAPod,
            2 => Reason::NotIsolated,
            3 => Reason::Allowed(rule()?),
            4 => Reason::NoRuleMatches,
            5 => Reason::SelfTraffic,
            6 => Reason::OwnNode,
            7 => Reason::LinkSignalling,
            8 => Reason::UnmatchedProtocol,
            9 => Reason::EssentialIcmp,
            10 => Reason::Fragment,
            11 => Reason::UnknownPodAddress,
            12 => Reason::NotSynced,
            13 => Reason::Denied(rule()?),
            14 => Reason::NotUnderstood(rule()?),
            other => return Err(Unanswered::Fault(format!("an unknown reason: {other}"))),
        };
        Ok(Side { verdict: Verdict::from_allowed(attribution.verdict == 1), reason })
    }

    fn rule(&self, attribution: &netpol_attribution) -> Result<DecidingRule, Unanswered> {
        let (mut policy, mut name) = (std::mem::MaybeUninit::uninit(), null_mut());
        // SAFETY: every pointer is to something that lives during the call.
        let (policy, name) = unsafe {
            ok(netpol_engine_policy(
                self.engine,
                attribution.policy,
                policy.as_mut_ptr(),
                &mut name,
            ));
            let text = seen(netpol_string_view(name));
            netpol_string_free(name);
            (policy.assume_init(), text)
        };
        let tier = match policy.tier {
            1 => Tier::Admin,
            2 => Tier::NetworkPolicy,
            3 => Tier::Baseline,
            other => return Err(Unanswered::Fault(format!("an unknown tier: {other}"))),
        };
        assert_eq!(policy.tier, attribution.tier);
        let kinds = [
            Kind::Namespace,
            Kind::NetworkPolicy,
            Kind::ClusterNetworkPolicy,
            Kind::AdminNetworkPolicy,
            Kind::BaselineAdminNetworkPolicy,
        ];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == seen(policy.kind));
        let (namespace, name) = name.split_once('/').unwrap_or(("", &name));
        let index = |number: u32| (number != NETPOL_NONE).then_some(number as usize);
        Ok(DecidingRule {
            tier,
            kind: kind.unwrap(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            rule: index(attribution.rule).unwrap(),
            peer: index(attribution.peer),
            port: index(attribution.port),
        })
    }
}

fn unanswered(status: netpol_status, name: &str) -> Result<(), Unanswered> {
    let name = name.to_owned();
    match status {
        netpol_status::Ok => Ok(()),
        netpol_status::UnknownEndpoint
        | netpol_status::UnknownService
        | netpol_status::MalformedName => Err(reference::QuestionError::Unknown(name).into()),
        netpol_status::AmbiguousEndpoint => Err(reference::QuestionError::Ambiguous(name).into()),
        netpol_status::NoCommonFamily => Err(reference::QuestionError::NoCommonFamily.into()),
        netpol_status::IsService => Err(reference::QuestionError::IsService(name).into()),
        netpol_status::UnknownPortName => Err(reference::QuestionError::NoPort(name).into()),
        netpol_status::NoBackends => Err(reference::QuestionError::NoBackends(name).into()),
        netpol_status::ExternalName => Err(reference::QuestionError::ExternalName(name).into()),
        netpol_status::NotUnderstood => Err(reference::QuestionError::NotUnderstood(name).into()),
        netpol_status::UnknownPod => Err(reference::QuestionError::UnknownPod(name).into()),
        other => Err(Unanswered::Fault(seen(netpol_status_text(other as i32)))),
    }
}

#[test]
fn every_case_has_its_verdict() {
    let cases = cases::load_all();
    let failures = cases.iter().flat_map(|case| {
        // The reader of cases knows the oldest form; articles are texts, and one must not be read.
        let legacy_forms = !case.name.starts_with("article");
        cases::run(case, &mut Library::new(&Options::default(), legacy_forms))
    });
    let failures = failures.map(|failure| failure.to_string()).collect::<Vec<_>>();
    assert!(
        failures.is_empty(),
        "{} answers of {} cases are wrong:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}
