//! The smallest scenario that still shows the same.

use netpol_core::Options;
use netpol_core::model::{NetworkPolicy, Object, Pod};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Value;

use crate::cases::{Ask, Event};
use crate::generate::Scenario;
use crate::reference::ServiceQuestion;

/// Takes away from `scenario` whatever can be taken away while `shows` stays true: questions,
/// events, options, and then parts of objects.
#[must_use]
pub fn shrink(scenario: &Scenario, shows: impl Fn(&Scenario) -> bool) -> Scenario {
    let mut smallest = scenario.clone();
    let about_service = |ask: &ServiceQuestion| {
        let service_asks = vec![ask.clone()];
        Scenario { asks: Vec::new(), service_asks, ..scenario.clone() }
    };
    let about_ends = |ask: &Ask| {
        let asks = vec![ask.clone()];
        Scenario { asks, service_asks: Vec::new(), ..scenario.clone() }
    };
    let single = scenario.asks.iter().map(about_ends);
    let single = single.chain(scenario.service_asks.iter().map(about_service));
    if let Some(one) = single.into_iter().find(|one| shows(one)) {
        smallest = one;
    }
    // Every round takes something away, so it ends.
    while let Some(smaller) = smaller(&smallest).into_iter().find(|smaller| shows(smaller)) {
        smallest = smaller;
    }
    smallest
}

/// The scenarios that are one part smaller, boldest first.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    for size in [8, 1] {
        let chunks = scenario.events.len().div_ceil(size);
        for chunk in (0..chunks).rev() {
            let mut smaller = scenario.clone();
            let end = ((chunk + 1) * size).min(smaller.events.len());
            smaller.events.drain(chunk * size..end);
            all.push(smaller);
        }
    }
    if scenario.options != Options::default() {
        all.push(Scenario { options: Options::default(), ..scenario.clone() });
        all.extend(
            plainer_options(&scenario.options)
                .map(|options| Scenario { options, ..scenario.clone() }),
        );
    }
    for (position, event) in scenario.events.iter().enumerate() {
        for event in smaller_events(event) {
            let mut smaller = scenario.clone();
            smaller.events[position] = event;
            all.push(smaller);
        }
    }
    all
}

/// The options with one knob more at its default.
fn plainer_options(options: &Options) -> impl Iterator<Item = Options> {
    let table =
        |options: &Options| toml::Table::try_from(options).expect("options can be written as TOML");
    let (given, defaults) = (table(options), table(&Options::default()));
    let changed: Vec<String> =
        given.keys().filter(|key| given.get(*key) != defaults.get(*key)).cloned().collect();
    changed.into_iter().map(move |key| {
        let mut plainer = given.clone();
        match defaults.get(&key) {
            Some(default) => plainer.insert(key, default.clone()),
            None => plainer.remove(&key),
        };
        plainer.try_into().expect("these were options")
    })
}

fn smaller_events(event: &Event) -> Vec<Event> {
    match event {
        Event::Upsert { object, admission } => smaller_objects(object)
            .into_iter()
            .map(|object| Event::Upsert { object: Box::new(object), admission: *admission })
            .collect(),
        Event::ReplaceAll { kind, objects, admission } => (0..objects.len())
            .map(|position| {
                let mut objects = objects.clone();
                objects.remove(position);
                Event::ReplaceAll { kind: *kind, objects, admission: *admission }
            })
            .collect(),
        Event::ResolveDomain { name, addresses, expires } => {
            let without = |position: usize| {
                let mut addresses = addresses.clone();
                addresses.remove(position);
                Event::ResolveDomain { name: name.clone(), addresses, expires: *expires }
            };
            (0..addresses.len()).map(without).collect()
        }
        _ => Vec::new(),
    }
}

fn smaller_objects(object: &Object) -> Vec<Object> {
    let mut all = Vec::new();
    for key in object.metadata().labels.keys() {
        let mut smaller = object.clone();
        smaller.metadata_mut().labels.remove(key);
        all.push(smaller);
    }
    for key in object.metadata().annotations.keys() {
        let mut smaller = object.clone();
        smaller.metadata_mut().annotations.remove(key);
        all.push(smaller);
    }
    macro_rules! smaller_specs {
        ($variant:ident, $policy:ident) => {
            for spec in smaller_values(&$policy.spec) {
                let mut smaller = $policy.clone();
                smaller.spec = spec;
                all.push(Object::$variant(smaller));
            }
        };
    }
    match object {
        Object::Pod(pod) => all.extend(smaller_pods(pod).into_iter().map(Object::Pod)),
        Object::NetworkPolicy(policy) => {
            all.extend(smaller_policies(policy).into_iter().map(Object::NetworkPolicy));
        }
        Object::Node(node) => {
            for position in 0..node.status.addresses.len() {
                let mut node = node.clone();
                node.status.addresses.remove(position);
                all.push(Object::Node(node));
            }
            for position in 0..node.spec.pod_cidrs.len() {
                let mut node = node.clone();
                node.spec.pod_cidrs.remove(position);
                all.push(Object::Node(node));
            }
        }
        Object::Service(service) => smaller_specs!(Service, service),
        Object::EndpointSlice(slice) => {
            all.extend(smaller_values(slice).into_iter().map(Object::EndpointSlice));
        }
        Object::ExtensionsNetworkPolicy(policy) => smaller_specs!(ExtensionsNetworkPolicy, policy),
        Object::AlphaNetworkPolicy(policy) => smaller_specs!(AlphaNetworkPolicy, policy),
        Object::ClusterNetworkPolicy(policy) => smaller_specs!(ClusterNetworkPolicy, policy),
        Object::AdminNetworkPolicy(policy) => smaller_specs!(AdminNetworkPolicy, policy),
        Object::BaselineAdminNetworkPolicy(policy) => {
            smaller_specs!(BaselineAdminNetworkPolicy, policy);
        }
        _ => {}
    }
    all
}

/// The values with one entry less of some list or one field less of some table, outer ones first,
/// as far as they are still values of the type.
fn smaller_values<T: Serialize + DeserializeOwned>(value: &T) -> Vec<T> {
    let value = Value::try_from(value).expect("every object can be written as TOML");
    let smaller = trimmed(&value).into_iter();
    smaller.filter_map(|value| value.try_into().ok()).collect()
}

fn trimmed(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Array(list) => {
            for position in 0..list.len() {
                let mut smaller = list.clone();
                smaller.remove(position);
                all.push(Value::Array(smaller));
            }
            for (position, entry) in list.iter().enumerate() {
                for entry in trimmed(entry) {
                    let mut smaller = list.clone();
                    smaller[position] = entry;
                    all.push(Value::Array(smaller));
                }
            }
        }
        Value::Table(table) => {
            for key in table.keys() {
                let mut smaller = table.clone();
                smaller.remove(key);
                all.push(Value::Table(smaller));
            }
            for (key, entry) in table {
                for entry in trimmed(entry) {
                    let mut smaller = table.clone();
                    smaller.insert(key.clone(), entry);
                    all.push(Value::Table(smaller));
                }
            }
        }
        _ => {}
    }
    all
}

fn smaller_pods(pod: &Pod) -> Vec<Pod> {
    let mut all = Vec::new();
    let mut without = |change: &dyn Fn(&mut Pod)| {
        let mut smaller = pod.clone();
        change(&mut smaller);
        if smaller != *pod {
            all.push(smaller);
        }
    };
    for position in 0..pod.spec.containers.len() {
        without(&|pod| drop(pod.spec.containers.remove(position)));
    }
    for position in 0..pod.spec.init_containers.len() {
        without(&|pod| drop(pod.spec.init_containers.remove(position)));
    }
    for position in 0..pod.status.pod_ips.len() {
        without(&|pod| drop(pod.status.pod_ips.remove(position)));
    }
    without(&|pod| pod.metadata.creation_timestamp = None);
    without(&|pod| pod.metadata.deletion_timestamp = None);
    without(&|pod| pod.status.conditions.clear());
    without(&|pod| pod.spec.node_name.clear());
    without(&|pod| pod.spec.host_network = false);
    without(&|pod| {
        pod.status.host_ip.clear();
        pod.status.host_ips.clear();
    });
    without(&|pod| "Running".clone_into(&mut pod.status.phase));
    all
}

fn smaller_policies(policy: &NetworkPolicy) -> Vec<NetworkPolicy> {
    let spec = &policy.spec;
    let mut all = Vec::new();
    let mut without = |change: &dyn Fn(&mut NetworkPolicy)| {
        let mut smaller = policy.clone();
        change(&mut smaller);
        if smaller != *policy {
            all.push(smaller);
        }
    };
    without(&|policy| policy.spec.pod_selector = Default::default());
    for (rule, entry) in spec.ingress.iter().enumerate() {
        without(&|policy| drop(policy.spec.ingress.remove(rule)));
        for peer in 0..entry.from.len() {
            without(&|policy| drop(policy.spec.ingress[rule].from.remove(peer)));
        }
        for port in 0..entry.ports.len() {
            without(&|policy| drop(policy.spec.ingress[rule].ports.remove(port)));
        }
    }
    for (rule, entry) in spec.egress.iter().enumerate() {
        without(&|policy| drop(policy.spec.egress.remove(rule)));
        for peer in 0..entry.to.len() {
            without(&|policy| drop(policy.spec.egress[rule].to.remove(peer)));
        }
        for port in 0..entry.ports.len() {
            without(&|policy| drop(policy.spec.egress[rule].ports.remove(port)));
        }
    }
    all
}
