//! The program and its rules come and go.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::attempts::{Knock, Outcome, reach};
use crate::dataplane::{Dataplane, install_rules, rules};
use crate::network::Node;
use crate::requirements;
use crate::servers::echoes;
use crate::small_cluster::{shop, text};

const HTTP: Knock = Knock::Tcp(80);

#[test]
fn without_the_program_the_rules_decide() {
    if !requirements::met("the end of the program") {
        return;
    }
    for (open, signal) in
        [(false, Signal::SIGTERM), (false, Signal::SIGKILL), (true, Signal::SIGINT)]
    {
        let (node, directory) = (Node::new(3), shop("end"));
        install_rules(&node.namespace, if open { &["--fail-open"] } else { &[] });
        let options: &[&str] = if open { &["--fail-open"] } else { &[] };
        let dataplane = Dataplane::ready(&node.namespace, directory.path(), options);
        let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
        let to = SocketAddr::new(db.address(6), 80);
        let mut stream = web.namespace.run(|| TcpStream::connect(to)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        assert!(echoes(&mut stream, b"before\n"));

        let (status, said) = dataplane.end(signal);
        if signal != Signal::SIGKILL {
            assert!(status.success(), "{status} {said:?}");
            assert_eq!(said.last().unwrap(), "stopped");
        }
        // What is open goes on; what is new passes if that was asked for. Neighbours are found all the same.
        db.namespace.ip("neighbour flush all");
        assert!(echoes(&mut stream, b"after\n"));
        let tries = |pod: &crate::network::Pod| {
            pod.namespace
                .run(|| TcpStream::connect_timeout(&to, Duration::from_millis(300)).is_ok())
        };
        assert_eq!((tries(web), tries(job)), (open, open));

        // The next one takes over.
        let dataplane = Dataplane::ready(&node.namespace, directory.path(), options);
        assert!(echoes(&mut stream, b"again\n"));
        assert_eq!(reach(&dataplane, web, db.address(6), HTTP), Outcome::Reached);
        assert_eq!(reach(&dataplane, job, db.address(6), HTTP), Outcome::Denied);
        dataplane.stop();
    }
}

#[test]
fn counters_tell_what_was_judged() {
    if !requirements::met("counters") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("counters"));
    install_rules(&node.namespace, &[]);
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    assert_eq!(reach(&dataplane, web, db.address(4), HTTP), Outcome::Reached);
    assert_eq!(reach(&dataplane, job, db.address(4), Knock::Ping), Outcome::Denied);
    let mark = dataplane.mark();
    dataplane.signal(Signal::SIGUSR1);
    let line = |start: &str| dataplane.said.wait(mark, |line| line.starts_with(start)).0;
    assert_eq!(line("counters: allowed"), "counters: allowed=1 denied=1 unreadable=0 unlogged=0");
    let files = "counters: generation=1 synced=1 files=5 filesRefused=0 objects=5";
    assert_eq!(line("counters: generation"), files);
    let connections = "counters: connectionsCut=0 connectionsRestored=0 connectionsGeneration=1";
    assert_eq!(line("counters: connections"), connections);
    let queue = "counters: queue=0 waiting=0 droppedFull=0 droppedUndelivered=0";
    assert_eq!(line("counters: queue"), queue);
    dataplane.stop();
}

#[test]
fn a_queue_has_one_program() {
    if !requirements::met("two programs at one queue") {
        return;
    }
    let (node, directory) = (Node::new(1), shop("two"));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &["--queue=3"]);
    let second = Dataplane::start(&node.namespace, &["-q3", text(directory.path())]);
    let (line, _) = second.said.wait(0, |line| line.starts_with("netpol-nfqueue: queue 3: "));
    assert!(line.contains("no other program"), "{line}");
    dataplane.stop();
}

#[test]
fn rules_are_replaced_and_removed_as_a_whole() {
    if !requirements::met("netpol-nfqueue-rules") {
        return;
    }
    let node = Node::new(1);
    let shown = || rules(&node.namespace, &["show"]).1;
    let nothing = shown();
    assert_eq!(nothing, "");
    assert!(rules(&node.namespace, &["remove"]).0, "there is nothing to remove");
    install_rules(&node.namespace, &["--queues", "4", "--queue", "2"]);
    let first = shown();
    assert!(first.contains("--queue-balance 2:5"), "{first}");
    install_rules(&node.namespace, &["--queues", "4", "--queue", "2"]);
    assert_eq!(shown(), first, "twice is as once");
    let (success, said) =
        rules(&node.namespace, &["install", "--fail-open", "--ipv4-only", "--mark=0x8"]);
    assert!(success, "{said}");
    let second = shown();
    assert!(
        second.contains("--queue-num 0 --queue-bypass") && second.contains("0x8/0x8"),
        "{second}"
    );
    let jumps =
        second.lines().filter(|line| line.ends_with("-j NETPOL-NFQUEUE")).collect::<Vec<_>>();
    assert_eq!(
        jumps.iter().filter(|line| line.starts_with("-A FORWARD -j")).count(),
        1,
        "{second}"
    );
    assert!(rules(&node.namespace, &["remove"]).0);
    assert_eq!(shown(), nothing);
}
