//! Inputs made to be too much: each ends with the right answers or a clear refusal.
//!
//! Nothing here measures time; [`ends`] only tells a hang from a wait.

mod objects;
mod policies;
mod texts;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc;
use std::time::Duration;
use std::{panic, thread};

use netpol_core::manifest::ReadOptions;
use netpol_core::{Admission, Applied, Cluster, Engine, Error, Manifest, Options, Packet};

use super::questions::address;

/// Where the subject `d/subject` of most policies here is.
const SUBJECT: &str = "10.0.0.1";

/// Runs `work` to its end, which must come: a long time after it should have, the test fails.
fn ends(work: impl FnOnce() + Send + 'static) {
    const TOO_LONG: Duration = Duration::from_secs(600);
    let (done, is_done) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        // Whoever waited may be gone.
        let _ = done.send(());
    });
    match is_done.recv_timeout(TOO_LONG) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {}
    }
    if let Err(failure) = worker.join() {
        panic::resume_unwind(failure);
    }
}

fn apply(text: &str, admission: Admission) -> Result<(Cluster, Applied), Error> {
    let manifest = Manifest::read(Some("hostile.yaml"), text.as_bytes(), &ReadOptions::default());
    let mut cluster = Cluster::new(Options::default());
    let applied = cluster.apply(&manifest, admission)?;
    Ok((cluster, applied))
}

/// The engine over a text that nothing is wrong with.
fn engine(text: &str) -> Engine {
    let (mut cluster, applied) =
        apply(text, Admission::Create).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(applied.warnings, []);
    cluster.publish().unwrap_or_else(|error| panic!("{error}"))
}

/// Namespace `d` and its pod `subject`, as a list that further items can follow.
fn with_subject() -> String {
    format!(
        "
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Namespace, metadata: {{name: d}}}}
- {}",
        pod("subject", "role: subject", SUBJECT)
    )
}

fn pod(name: &str, labels: &str, ip: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: d, labels: {{{labels}}}}}, \
         status: {{phase: Running, podIP: \"{ip}\"}}}}\n"
    )
}

/// An ingress policy over `d/subject`, down to where its rules begin.
fn policy(name: &str) -> String {
    format!(
        "
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {{name: {name}, namespace: d}}
  spec:
    podSelector: {{matchLabels: {{role: subject}}}}
    policyTypes: [Ingress]
    ingress:
"
    )
}

fn ipv4(bits: u32) -> IpAddr {
    Ipv4Addr::from(bits).into()
}

/// Whether `source` reaches the subject on a TCP port.
fn enters(engine: &Engine, source: IpAddr, port: u16) -> bool {
    engine.decide(&Packet::tcp(source, address(SUBJECT), port)).is_allow()
}
