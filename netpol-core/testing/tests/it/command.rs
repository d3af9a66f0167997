//! The example command `decide`, as somebody runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::{env, fs, process};

use serde_json::Value;

pub(crate) const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const DUMP: &str = "-f testdata/dumps/cluster.yaml --stored";

static DECIDE: LazyLock<PathBuf> = LazyLock::new(|| example("decide"));

/// Builds an example command. Cargo tells no other package where an example lies, so it is asked to
/// build it, with the features that `make test` has: then it is there already.
pub(crate) fn example(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
    let profile = if cfg!(debug_assertions) { "test" } else { "release" };
    let output = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--exclude", "netpol-py"])
        .args(["--example", name, "--profile", profile])
        .args(["--message-format", "json", "--target-dir"])
        .arg(target)
        .current_dir(CORE)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8(output.stdout).expect("cargo speaks UTF-8");
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.expect("cargo builds the example")
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// An answer: the verdict on the first line, its code, and nothing to complain about.
    #[track_caller]
    fn answers(&self, verdict: &str) -> &Run {
        let code = match verdict {
            "allow" => 0,
            "deny" | "mixed" => 1,
            _ => panic!("not a verdict: {verdict}"),
        };
        assert_eq!(self.stdout.lines().next(), Some(verdict), "{self:?}");
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    fn is_quiet(&self) -> &Run {
        assert_eq!(self.stderr, "");
        self
    }

    /// No answer: nothing on stdout, and all of `parts` on stderr.
    #[track_caller]
    pub(crate) fn fails(&self, parts: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (2, ""), "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is missing in:\n{}", self.stderr);
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// Runs `decide` with the words of `line`, in the library's directory.
fn decide(line: &str) -> Run {
    command(line).output().expect("the command runs").into()
}

fn command(line: &str) -> Command {
    let mut command = Command::new(&*DECIDE);
    command.args(line.split_whitespace()).current_dir(CORE).stdin(Stdio::null());
    command
}

/// A directory of its own for a test's files, without blanks in its path.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        let directory = env::temp_dir().join(format!("netpol-{}-{name}", process::id()));
        fs::create_dir_all(&directory).expect("a temporary directory");
        Scratch(directory)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CLOSED_DB: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Pod
metadata: {name: db}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {}}
";

/// The front page prints the output of these commands, word for word.
#[test]
fn the_shop_of_the_readme() {
    let readme = include_str!("../../../../README.md");
    for (ends, verdict) in [
        ("--from shop/web --to shop/db --port postgres", "deny"),
        ("--from shop/api --to shop/db --port postgres", "allow"),
        ("--from shop/db --to 10.20.99.7 --port 443", "deny"),
    ] {
        let run = decide(&format!("-f examples/shop {ends} --explain"));
        run.answers(verdict).is_quiet();
        assert!(readme.contains(&format!("{ends} --explain")), "{ends}");
        assert!(readme.contains(&run.stdout), "the front page says otherwise:\n{}", run.stdout);
        decide(&format!("-f examples/shop {ends}")).answers(verdict).is_quiet();
    }
}

/// And of this one, about a Service.
#[test]
fn the_service_of_the_readme() {
    let readme = include_str!("../../../../README.md");
    let ends = "--from shop/web --to svc/shop/api --port 80";
    let run = decide(&format!("-f examples/shop {ends} --explain"));
    run.answers("allow").is_quiet();
    assert!(readme.contains(&format!("{ends} --explain")), "{ends}");
    assert!(readme.contains(&run.stdout), "the front page says otherwise:\n{}", run.stdout);
    for (ends, verdict) in [
        ("--from shop/api --to svc/shop/db --port postgres", "allow"),
        ("--from shop/api --to Service/shop/db --port 5432", "allow"),
        ("--from shop/web --to svc/shop/db --port postgres", "deny"),
        ("--from 203.0.113.5 --to svc/shop/web --port http", "allow"),
    ] {
        decide(&format!("-f examples/shop {ends}")).answers(verdict).is_quiet();
    }
}

/// What becomes of a Service is told backend by backend where they differ, and why there is no answer.
#[test]
fn services() {
    let scratch = Scratch::new("services");
    let file = scratch.write(
        "shop.yaml",
        "
{apiVersion: v1, kind: Namespace, metadata: {name: default}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: x, tier: one}},
 status: {phase: Running, podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, labels: {app: x}},
 status: {phase: Running, podIP: 10.0.0.2}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c, labels: {app: x}},
 status: {phase: Running, podIP: 10.0.0.3}}
---
{apiVersion: v1, kind: Service, metadata: {name: x},
 spec: {clusterIP: 10.96.0.10, selector: {app: x}, ports: [{port: 80, targetPort: 8080}], internalTrafficPolicy: Local}}
---
{apiVersion: v1, kind: Service, metadata: {name: out, namespace: default},
 spec: {type: ExternalName, externalName: db.example.com}}
---
{apiVersion: v1, kind: Service, metadata: {name: nobody},
 spec: {selector: {app: nobody}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: headless},
 spec: {clusterIP: None, selector: {tier: one}, ports: [{name: http, port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: far}, spec: {ports: [{port: 80}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4,
 metadata: {name: far-1, labels: {kubernetes.io/service-name: far}},
 endpoints: [{addresses: [10.0.0.9], targetRef: {kind: Pod, name: gone}}], ports: [{port: 80}]}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: one},
 spec: {podSelector: {matchLabels: {tier: one}}, ingress: [{ports: [{port: 80}]}]}}
",
    );
    let lint = "warning: NetworkPolicy default/one: spec.ingress[0].ports[0].port: Service default/x \
                turns port 80 into its targetPort 8080 before policies see the packet, and no pod \
                that this is about listens on 80; name 8080";
    let local = "note: its internalTrafficPolicy is Local";
    let line = format!("-f {file} --from 192.0.2.1");
    let run = decide(&format!("{line} --to svc/default/x -p 80"));
    run.answers("mixed");
    let lines = "mixed\ndeny: default/a (10.0.0.1) port 8080\nallow: default/b (10.0.0.2) port \
                 8080\nallow: default/c (10.0.0.3) port 8080\n";
    assert!(run.stdout.starts_with(lines) && run.stdout.contains(local), "{}", run.stdout);
    assert_eq!(run.stderr.trim(), lint);

    let run = decide(&format!("{line} --to svc/default/x -p 80 --explain"));
    for part in [
        "TCP 192.0.2.1 -> svc/default/x port 80: 2 of 3 backends may be reached",
        "backend default/a (10.0.0.1) port 8080: deny\n  egress: allow, not a pod",
        "backends default/b (10.0.0.2), default/c (10.0.0.3) port 8080: allow\n",
        "    nearest: NetworkPolicy default/one spec.ingress[0] (ports[0]): TCP 8080 is not TCP 80",
        local,
    ] {
        assert!(run.stdout.contains(part), "`{part}` is missing in:\n{}", run.stdout);
    }
    let run = decide(&format!("{line} --to svc/default/x -p 80 -o json"));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((run.code, answer), (1, serde_json::json!({"verdict": "mixed"})));
    let run = decide(&format!("{line} --to svc/default/x -p 80 -o json --explain"));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["verdict"], "mixed");
    assert_eq!(answer["service"]["name"], "x");
    assert_eq!((answer["port"].as_u64(), answer["portName"].as_str()), (Some(80), None));
    assert_eq!(answer["backends"][0]["destination"]["endpoint"]["name"], "a");
    assert_eq!(answer["backends"][0]["transport"]["ports"]["destination"], 8080);
    assert_eq!(answer["backends"][1]["verdict"], "allow");

    // The address of a Service is nobody's, and says so.
    let run = decide(&format!("{line} --to 10.96.0.10 -p 80"));
    run.answers("allow");
    let note = "note: 10.96.0.10 is the ClusterIP of Service default/x, which nobody has: packets are \
                judged when they have the address of a backend, so ask about `svc/default/x`";
    assert!(run.stdout.contains(note), "{}", run.stdout);

    let run = decide(&format!("{line} --to svc/default/headless -p 80"));
    run.answers("allow");
    let note =
        "note: the Service is headless, so that nothing turns port 80 into its targetPort 8080";
    assert!(run.stdout.contains(note), "{}", run.stdout);
    decide(&format!("{line} --to svc/default/headless -p http")).answers("deny");

    for (asked, part) in [
        ("--to svc/default/out -p 80", "it has no backends and means the name `db.example.com`"),
        ("--to svc/default/nobody -p 80", "nothing in its namespace has the labels `app=nobody`"),
        ("--to svc/default/x -p 81", "has no TCP port 81; its ports are 80/TCP"),
        ("--to svc/default/x -p http", "has no TCP port `http`; its ports are 80/TCP"),
        ("--to svc/default/x -p 80 --protocol udp", "has no UDP port 80; its ports are 80/TCP"),
        ("--to svc/default/X -p 80", "no Service `default/X`; did you mean `default/x`?"),
        ("--to svc/x -p 80", "no endpoint `svc/x`"),
        ("--to service/x -p 80", "did you mean `svc/default/x`?"),
        ("--to svc/default/x --protocol icmp", "ICMP has none"),
        (
            "--to svc/default/far -p 80",
            "EndpointSlice default/far-1 says that Service `default/far` sends to Pod `default/gone`, \
             which is not there",
        ),
    ] {
        decide(&format!("{line} {asked}")).fails(&[part]);
    }
    let from = format!("-f {file} --from svc/default/x --to default/a -p 80");
    decide(&from)
        .fails(&["`svc/default/x` is a Service, not an endpoint: its pods open connections"]);
}

/// And of this one, with the administrators' policies.
#[test]
fn the_walk_of_the_readme() {
    let readme = include_str!("../../../../README.md");
    let files = "-f examples/shop -f examples/administrators.yaml";
    let ends = "--from shop/web --to shop/db --port postgres";
    let run = decide(&format!("{files} {ends} --explain"));
    run.answers("deny").is_quiet();
    assert!(readme.contains(&run.stdout), "the front page says otherwise:\n{}", run.stdout);
    for (ends, verdict, part) in [
        (
            "--from shop/db --to 169.254.169.254 --port 80",
            "deny",
            "Admin: Deny (ClusterNetworkPolicy guard-rails (priority 10) spec.egress[0] \
             \"no-metadata-service\" (to[0])) → deny",
        ),
        (
            "--from monitoring/prometheus --to shop/db --port postgres",
            "allow",
            "Admin: Accept (ClusterNetworkPolicy guard-rails (priority 10) spec.ingress[0] \
             \"monitoring\" (from[0])) → allow",
        ),
        (
            "--from shop/api --to shop/db --port postgres",
            "allow",
            "NetworkPolicy: isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, \
             allowed (NetworkPolicy shop/db spec.ingress[0] (from[0], ports[0])) → allow",
        ),
        (
            "--from shop/web --to monitoring/prometheus --port 9090",
            "deny",
            "Baseline: Deny (ClusterNetworkPolicy closed-by-default (priority 1000) \
             spec.ingress[0] (from[0])) → deny",
        ),
    ] {
        let run = decide(&format!("{files} {ends} --explain"));
        run.answers(verdict).is_quiet();
        assert!(run.stdout.contains(part), "`{part}` is missing in:\n{}", run.stdout);
    }
}

/// Domain names mean what they are said to mean.
#[test]
fn names_are_resolved_by_the_caller() {
    let scratch = Scratch::new("resolve");
    let file = scratch.write(
        "policy.yaml",
        "
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: registry-only}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Accept, to: [{domainNames: ['*.example.com']}]}
  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
status: {phase: Running, podIP: 10.0.0.1}
",
    );
    let line = format!("-f {file} --from p --to 192.0.2.7 -p 443");
    decide(&line).answers("deny").is_quiet();
    let resolve = "--resolve registry.example.com=192.0.2.7,2001:db8::7";
    decide(&format!("{line} {resolve}")).answers("allow").is_quiet();
    decide(&format!("{line} --resolve example.com=192.0.2.7")).answers("deny").is_quiet();
    decide(&format!("{line} --resolve registry")).fails(&["`registry` is not `name=address`"]);
    decide(&format!("{line} --resolve a.b=1.2.3")).fails(&["`1.2.3` in `a.b=1.2.3`"]);
}

/// The alpha form, the annotation that isolates, and what both mean with the switch and without.
#[test]
fn the_old_ways() {
    let scratch = Scratch::new("legacy");
    let pods = scratch.write(
        "pods.yaml",
        "
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: tenant-a, labels: {segment: backend}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: f, namespace: tenant-a, labels: {segment: frontend}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: tenant-a}}
---
{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: nobody, namespace: tenant-a},
 spec: {podSelector: {matchLabels: {segment: frontend}}, ingress: [{from: []}]}}
",
    );
    let namespace = "testdata/articles/003-3-isolated-namespace.yaml";
    let line = format!("-f {pods} -f {namespace} --from tenant-a/x --to tenant-a/f -p 80");
    // An empty list is everybody today, and was nobody then; the annotation isolated.
    decide(&line).answers("allow");
    decide(&format!("{line} --legacy")).answers("deny");
    let run = decide(&format!("{line} --legacy --explain"));
    let isolated =
        "isolated by the annotation of Namespace tenant-a, NetworkPolicy tenant-a/nobody";
    assert!(run.stdout.contains(isolated), "{}", run.stdout);
}

/// So does it print the first of this file's errors.
#[test]
fn the_refusal_of_the_readme() {
    let readme = include_str!("../../../../README.md");
    let article = "testdata/articles/000-1-test-network-policy-misspelt.yaml";
    let text = fs::read_to_string(format!("{CORE}/{article}")).expect("the article is there");
    let scratch = Scratch::new("readme");
    scratch.write("test-network-policy.yaml", &text);
    let mut command = command("-f test-network-policy.yaml --from 10.0.0.1 --to 10.0.0.2 -p 80");
    let run = Run::from(command.current_dir(&scratch.0).output().expect("it runs"));
    let first = run.stderr.split("\n\n").next().expect("something is told");
    assert!(readme.contains(first), "the front page says otherwise:\n{first}");
    run.fails(&["namespacesSelector"]);
}

#[test]
fn what_else_the_shop_lets_through() {
    for (ends, verdict) in [
        ("--from 203.0.113.5 --to shop/web -p http", "allow"),
        ("--from 203.0.113.5 --to shop/web -p 443", "deny"),
        ("--from 203.0.113.5 --to shop/api -p http", "deny"),
        ("--from shop/web --to shop/api -p http", "allow"),
        ("--from deployment/shop/web --to Deployment/shop/api -p 8000", "allow"),
        ("--from shop/web --to shop/api -p 8080", "deny"),
        ("--from monitoring/prometheus --to shop/db -p metrics", "allow"),
        ("--from monitoring/prometheus --to shop/db -p postgres", "deny"),
        ("--from shop/db --to shop/api -p http", "deny"),
        ("--from shop/db --to 10.20.98.255 -p 443", "allow"),
        ("--from shop/db --to 10.20.100.0 -p 443", "allow"),
        ("--from shop/db --to 10.21.0.0 -p 443", "deny"),
        ("--from shop/db --to 10.20.98.255 -p 443 --protocol UDP", "deny"),
        ("--from shop/db --to 10.20.98.255 --protocol ICMP", "deny"),
        ("--from shop/web --to 10.20.98.255 --protocol icmp", "allow"),
    ] {
        decide(&format!("-f examples/shop {ends}")).answers(verdict).is_quiet();
    }
}

const DUMP_ANSWERS: &[(&str, &str)] = &[
    ("--from shop/web-7d4b9c6f5-x2lqp --to shop/api-6f8c4d7b9-mm5wz -p http", "allow"),
    ("--from shop/web-7d4b9c6f5-x2lqp --to shop/db-0 -p postgres", "deny"),
    ("--from shop/api-6f8c4d7b9-mm5wz --to shop/db-0 -p postgres", "allow"),
    ("--from shop/api-6f8c4d7b9-mm5wz --to shop/db-0 -p 5432 --protocol SCTP", "deny"),
    // Terminating, and a peer to its end.
    ("--from shop/api-6f8c4d7b9-old77 --to shop/db-0 -p postgres", "allow"),
    // Pending, without an address.
    ("--from shop/web-7d4b9c6f5-zz9hp --to shop/api-6f8c4d7b9-mm5wz -p http", "allow"),
    // A sidecar's port; the address of a pod that completed belongs to the one that has it now.
    ("--from monitoring/prometheus-0 --to shop/db-0 -p metrics", "allow"),
    ("--from 10.244.1.10 --to shop/api-6f8c4d7b9-mm5wz -p http", "allow"),
    ("--from 10.244.1.10 --to shop/db-0 -p postgres", "deny"),
    ("--from 10.244.1.10 --to 8.8.8.8 -p 53", "allow"),
    // Names of a destination's ports differ by protocol.
    ("--from shop/db-0 --to kube-system/coredns-5d78c9869d-k2r7w -p dns --protocol udp", "allow"),
    ("--from shop/db-0 --to kube-system/coredns-5d78c9869d-k2r7w -p dns-tcp", "allow"),
    ("--from shop/db-0 --to kube-system/coredns-5d78c9869d-k2r7w -p metrics", "deny"),
    // Both families.
    ("--from fd00:10:244:1::c --to fd00:10:244:2::b -p 5432", "allow"),
    ("--from fd00:10:244:1::a --to fd00:10:244:2::b -p 5432", "deny"),
    ("--from shop/db-0 --to 2001:db8:20:1::7 -p 443", "allow"),
    ("--from shop/db-0 --to 2001:db8:21::7 -p 443", "deny"),
    ("--from 2001:db8::1 --to shop/db-0 --protocol ICMP", "deny"),
    // Nodes, and the pods in their network.
    ("--from 192.168.10.12 --to shop/db-0 -p 5432", "allow"),
    ("--from fd00:192:168:10::12 --to shop/db-0 -p 5432", "allow"),
    ("--from 192.168.10.11 --to shop/db-0 -p 5432", "deny"),
    ("--from kube-system/kube-proxy-tz6sj --to shop/db-0 -p 5432", "allow"),
    ("--from kube-system/kube-proxy-8wq4n --to shop/db-0 -p 5432", "deny"),
];

/// `kubectl get ns,nodes,pods,netpol -A`, with `-o yaml` and `-o json`, in either admission.
#[test]
fn dumps_of_a_cluster() {
    for file in ["cluster.yaml", "cluster.json"] {
        for stored in ["--stored", ""] {
            for (ends, verdict) in DUMP_ANSWERS {
                let run = decide(&format!("-f testdata/dumps/{file} {stored} {ends}"));
                run.answers(verdict).is_quiet();
            }
        }
    }
}

/// As `kubectl get --raw` has them: the items do not say what they are.
#[test]
fn typed_lists() {
    let scratch = Scratch::new("typed-lists");
    let text = fs::read_to_string(format!("{CORE}/testdata/dumps/cluster.json")).expect("a file");
    let dump: Value = serde_json::from_str(&text).expect("JSON");
    let mut files = String::new();
    for (kind, api_version) in [
        ("Namespace", "v1"),
        ("Node", "v1"),
        ("Pod", "v1"),
        ("NetworkPolicy", "networking.k8s.io/v1"),
    ] {
        let mut items = dump["items"].as_array().expect("a list").clone();
        items.retain(|item| item["kind"] == kind);
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.remove("kind");
            item.remove("apiVersion");
        }
        let list = serde_json::json!({
            "kind": format!("{kind}List"),
            "apiVersion": api_version,
            "metadata": {"resourceVersion": "9431"},
            "items": items,
        });
        let path = scratch.write(&format!("{kind}.json"), &list.to_string());
        files.push_str(&format!("-f {path} "));
    }
    for (ends, verdict) in DUMP_ANSWERS {
        decide(&format!("{files} {ends}")).answers(verdict).is_quiet();
    }
}

#[test]
fn json_for_programs() {
    let run = decide(&format!("{DUMP} --from shop/db-0 --to 10.20.99.1 -p 443 -o json"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer, serde_json::json!({"verdict": "deny"}));

    let ends = "--from shop/db-0 --to 10.20.99.1 -p 443 -o json --explain";
    let run = decide(&format!("{DUMP} {ends}"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(answer["source"]["endpoint"]["name"], "db-0");
    assert_eq!(answer["source"]["address"], "10.244.2.11");
    assert_eq!(answer["destination"], serde_json::json!({"address": "10.20.99.1"}));
    assert_eq!(answer["egress"]["reason"], "noRuleMatches");
    assert_eq!(answer["egress"]["nearestMiss"]["stage"], "except");
    assert_eq!(answer["egress"]["nearestMiss"]["rule"]["policy"]["name"], "db");
    assert_eq!(answer["ingress"]["reason"], "notAPod");
}

/// Errors and warnings are for people and go to stderr, whatever the output form.
#[test]
fn refusals_and_warnings_stay_off_stdout() {
    let misspelt = "-f testdata/articles/000-1-test-network-policy-misspelt.yaml";
    for form in ["text", "json"] {
        decide(&format!("{misspelt} --from 10.0.0.1 --to 10.0.0.2 -p 80 -o {form}")).fails(&[
            "error: spec.ingress[0].from[1].namespacesSelector: Unknown field: did you mean \
             `namespaceSelector`?",
            "000-1-test-network-policy-misspelt.yaml:19:7",
            "000-1-test-network-policy-misspelt.yaml:32:7",
            "must specify a peer",
        ]);
    }

    let scratch = Scratch::new("warnings");
    let path = scratch.write(
        "policy.yaml",
        "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: lax, namespace: missing}
spec: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.1/8}}]}]}
",
    );
    let run = decide(&format!("-f {path} --from 10.0.0.1 --to 10.0.0.2 -p 80 -o json"));
    assert_eq!((run.code, run.stdout.as_str()), (0, "{\"verdict\": \"allow\"}\n"));
    assert!(run.stderr.contains("warning: spec.egress[0].to[0].ipBlock.cidr"), "{}", run.stderr);
    assert!(run.stderr.contains("warning: Namespace missing"), "{}", run.stderr);

    // What a cluster has taken is no error.
    let run = decide(&format!("{misspelt} --stored --from 10.0.0.1 --to 10.0.0.2 -p 80"));
    run.answers("allow");
    assert!(run.stderr.contains("warning: spec.ingress[0].from[1]"), "{}", run.stderr);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
}

#[test]
fn files_and_directories() {
    let scratch = Scratch::new("files");
    let question = "--from 10.9.9.9 --to db -p 80";
    let db = scratch.write("all/deep/db.YML", CLOSED_DB);
    scratch.write("all/.hidden.yaml", "not: [yaml");
    scratch.write("all/notes.txt", "not: [yaml");
    let allow = scratch.write(
        "more/allow.json",
        r#"{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "open"}, "spec": {"podSelector": {}, "ingress": [{}]}}"#,
    );
    let all = scratch.0.join("all").display().to_string();

    decide(&format!("-f {db} {question}")).answers("deny").is_quiet();
    decide(&format!("-f {all} {question}")).answers("deny").is_quiet();
    decide(&format!("-f {all} -f {allow} {question}")).answers("allow").is_quiet();
    decide(&format!("-f {allow} {all} {question}")).answers("allow").is_quiet();
    decide(&format!("--filename={all} --filename {allow} {question}")).answers("allow");
    decide(&format!("-f {} {question}", scratch.path())).answers("allow").is_quiet();

    // The same object twice, with both places.
    decide(&format!("-f {db} -f {db} {question}")).fails(&["db.YML:2:1", "the first one is here"]);

    fs::create_dir(scratch.0.join("empty")).expect("a directory");
    let empty = format!("{}/empty", scratch.path());
    decide(&format!("-f {empty} {question}")).fails(&["holds no .yaml, .yml or .json file"]);
    decide(&format!("-f {all}/nowhere.yaml {question}")).fails(&["nowhere.yaml", "cannot be read"]);

    // An empty file is a manifest of nothing.
    let nothing = scratch.write("nothing.yaml", "");
    decide(&format!("-f {nothing} --from 10.0.0.1 --to 10.0.0.2 -p 80")).answers("allow");
    decide(&format!("-f {nothing} {question}")).fails(&["no endpoint `default/db`"]);
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new("unreadable");
    let secret = scratch.write("secret.yaml", CLOSED_DB);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("it is ours");
    // Whoever may read everything reads this too.
    if fs::read(&secret).is_err() {
        let question = "--from 10.9.9.9 --to db -p 80";
        decide(&format!("-f {secret} {question}")).fails(&["secret.yaml", "cannot be read"]);
        decide(&format!("-f {} {question}", scratch.path())).fails(&["cannot be read"]);
    }

    // A name that is no UTF-8 is still a name of a file.
    let odd = scratch.0.join(std::ffi::OsStr::from_bytes(b"\xff.yaml"));
    if fs::write(&odd, CLOSED_DB).is_ok() {
        let mut command = command("--from 10.9.9.9 --to db -p 80 -f");
        Run::from(command.arg(&odd).output().expect("it runs")).answers("deny");
    }
    let mut command = command(&format!("{DUMP} --from shop/db-0 -p 80 --to"));
    let run = command.arg(std::ffi::OsStr::from_bytes(b"\xff")).output().expect("it runs");
    Run::from(run).fails(&["error: "]);
}

#[test]
fn ends_that_nobody_knows() {
    for (ends, parts) in [
        ("--from shop/api --to shop/db-0 -p 1", &["no endpoint `shop/api`", "did you mean"][..]),
        ("--from shop/db-1 --to shop/db-0 -p 1", &["did you mean `shop/db-0`?"]),
        ("--from monitoring/db-0 --to shop/db-0 -p 1", &["did you mean `shop/db-0`?"]),
        ("--from db-0 --to shop/db-0 -p 1", &["`default/db-0`", "did you mean `shop/db-0`?"]),
        ("--from deployment/shop/db-0 --to 10.0.0.1 -p 1", &["`deployment/shop/db-0`"]),
        ("--from shop/migrate-28911-v9xkd --to 10.0.0.1 -p 1", &["no live pod"]),
        ("--from a/b/c/d --to 10.0.0.1 -p 1", &["write `namespace/name`"]),
        ("--from 10.244.2.300 --to 10.0.0.1 -p 1", &["10.244.2.300"]),
        // The API's pod of the first family alone.
        ("--from shop/api-6f8c4d7b9-mm5wz --to 2001:db8::1 -p 1", &["of the same family"]),
    ] {
        decide(&format!("{DUMP} {ends}")).fails(parts);
        decide(&format!("{DUMP} {ends} -o json --explain")).fails(parts);
    }
}

#[test]
fn ports_that_mean_nothing() {
    let ends = format!("{DUMP} --from 10.244.1.20 --to");
    for (rest, part) in [
        ("shop/db-0 -p http", "`shop/db-0` declares no TCP port named `http`"),
        ("shop/db-0 -p metrics --protocol UDP", "declares no UDP port named `metrics`"),
        ("192.0.2.1 -p http", "no pod owns"),
        ("192.168.10.11 -p http", "no pod owns"),
        ("shop/db-0 -p 65536", "`65536` is no port"),
        ("shop/db-0 -p -1", "`-1` is no port"),
        ("shop/db-0 -p 8,9", "`8,9` is no port"),
        ("shop/db-0", "--port is missing"),
        ("shop/db-0 -p 80 --protocol ICMP", "ICMP has no ports"),
        ("shop/db-0 -p 80 --protocol GRE", "unknown protocol `GRE`"),
    ] {
        decide(&format!("{ends} {rest}")).fails(&[part]);
    }
    // By its address the destination is the same pod.
    decide(&format!("{ends} 10.244.2.11 -p metrics")).answers("allow").is_quiet();
    decide(&format!("{ends} 10.244.2.11 -p 65535")).answers("deny").is_quiet();
    decide(&format!("{ends} 10.244.2.11 -p 0")).answers("deny").is_quiet();
}

#[test]
fn arguments_that_make_no_question() {
    for (line, part) in [
        ("", "no manifests"),
        ("--from 10.0.0.1 --to 10.0.0.2 -p 80", "no manifests"),
        ("-f", "-f"),
        ("-f examples/shop --to 10.0.0.2 -p 80", "--from is missing"),
        ("-f examples/shop --from 10.0.0.2 -p 80", "--to is missing"),
        ("-f examples/shop --from 10.0.0.2 --to 10.0.0.1 -p 80 -o yaml", "`yaml`"),
        ("-f examples/shop --from", "--from"),
        ("-f examples/shop --unknown", "--unknown"),
        ("--from 10.0.0.1 10.0.0.2", "10.0.0.2"),
    ] {
        decide(line).fails(&["error: ", part, "usage: decide"]);
    }
    for line in ["-h", "--help", "-f examples/shop --help"] {
        let run = decide(line);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("usage: decide"));
    }
}

/// An answer that could not be written is none.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = command("-f examples/shop --from shop/web --to shop/api -p http");
    let status = command.stdout(full).status().expect("it runs");
    assert_eq!(status.code(), Some(2));
}
