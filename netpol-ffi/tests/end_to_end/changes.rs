//! Policies, pods and files that change while connections are open.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::attempts::{Knock, Outcome, reach};
use crate::dataplane::{Dataplane, Fields, install_rules};
use crate::manifests::Directory;
use crate::network::{Node, Pod};
use crate::requirements;
use crate::servers::echoes;
use crate::small_cluster::{allow_from, pod, policy, shop};

const HTTP: Knock = Knock::Tcp(80);

/// A connection from a pod, which echoes.
fn connect(from: &Pod, to: IpAddr) -> TcpStream {
    let mut stream = from.namespace.run(|| TcpStream::connect(SocketAddr::new(to, 80))).unwrap();
    stream.set_nodelay(true).unwrap();
    assert!(lives(&mut stream));
    stream
}

/// Whether words still come back. TCP sends again what was lost, so what lives once more says all that it was
/// told meanwhile.
fn lives(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    echoes(stream, b"word\n")
}

/// Whether nothing comes back: what does would take a millisecond, not half a second.
fn is_cut(stream: &mut TcpStream, word: &[u8]) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.write_all(word).unwrap();
    stream.read(&mut [0; 64]).is_err()
}

fn node(more: &[&str]) -> Node {
    let node = Node::new(3);
    install_rules(&node.namespace, more);
    node
}

#[test]
fn connections_are_cut_and_restored_as_policies_change() {
    if !requirements::met("policy changes under traffic") {
        return;
    }
    let (node, directory) = (node(&[]), shop("changes"));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    for family in [4, 6] {
        let address = db.address(family);
        let mut open = connect(web, address);
        // One that no policy concerns: it must not notice anything.
        let mut other = connect(db, job.address(family));

        let mark = dataplane.mark();
        directory.put("policy.yaml", &allow_from("job"));
        dataplane.published(mark);
        assert!(is_cut(&mut open, b"lost?\n"), "{address}");
        let lines = dataplane.all_verdicts();
        let is_cut_web = |fields: &&Fields| {
            (&*fields["of"], &*fields["verdict"], &*fields["from"])
                == ("connection", "deny", "Pod/shop/web")
        };
        let cut = lines.iter().find(is_cut_web).unwrap();
        assert_eq!(cut["ingressPolicy"], "NetworkPolicy/shop/db");
        assert_eq!(reach(&dataplane, web, address, HTTP), Outcome::Denied);
        assert_eq!(reach(&dataplane, job, address, HTTP), Outcome::Reached);
        assert!(lives(&mut other));

        let mark = dataplane.mark();
        directory.put("policy.yaml", &allow_from("web"));
        dataplane.published(mark);
        open.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut word = [0; 6];
        open.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"lost?\n", "what was sent meanwhile comes now");
        assert!(lives(&mut open) && lives(&mut other));
        assert_eq!(reach(&dataplane, web, address, HTTP), Outcome::Reached);
        assert_eq!(reach(&dataplane, job, address, HTTP), Outcome::Denied);
        dataplane.forget_verdicts();
    }
    dataplane.stop();
}

#[test]
fn connections_that_were_there_before_the_program_are_judged_when_it_starts() {
    if !requirements::met("connections older than the program") {
        return;
    }
    // Nobody listens to the queue, and that is to be no hindrance.
    let (node, directory) = (node(&["--fail-open"]), shop("older"));
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    let mut allowed = connect(web, db.address(4));
    let mut denied = connect(job, db.address(4));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    assert!(lives(&mut allowed));
    assert!(is_cut(&mut denied, b"word\n"));
    dataplane.stop();
}

#[test]
fn established_keep_lets_connections_go_on() {
    if !requirements::met("--established=keep") {
        return;
    }
    let (node, directory) = (node(&["--established", "keep"]), shop("keep"));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &["--established=keep"]);
    let (db, web) = (node.pod_of(1), node.pod_of(3));
    let mut open = connect(web, db.address(6));
    let mark = dataplane.mark();
    directory.put("policy.yaml", &allow_from("job"));
    dataplane.said.wait(mark, |line| line.starts_with("published generation"));
    assert!(lives(&mut open));
    assert_eq!(reach(&dataplane, web, db.address(6), HTTP), Outcome::Denied);
    dataplane.stop();
}

#[test]
fn established_judge_queues_every_packet_and_spreads_connections_over_queues() {
    if !requirements::met("--established=judge") {
        return;
    }
    let options = ["--established=judge", "--queues=2", "--queue=7"];
    let (node, directory) = (node(&options), shop("judge"));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &options);
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    for family in [4, 6] {
        let address = db.address(family);
        // Replies pass although nothing allows them as packets that open something: `web` admits nobody.
        directory.put("web.policy.yaml", &policy("web", "web", "ingress: []"));
        dataplane.said.wait(0, |line| line.contains("6 objects"));
        let mut streams = (0..8).map(|_| connect(web, address)).collect::<Vec<_>>();
        let mark = dataplane.mark();
        directory.put("policy.yaml", &allow_from("job"));
        dataplane.said.wait(mark, |line| line.starts_with("published generation"));
        dataplane.forget_verdicts();
        assert!(streams.iter_mut().all(|stream| is_cut(stream, b"word\n")));
        let denied = dataplane.all_verdicts();
        assert!(denied.iter().any(|fields| fields["verdict"] == "deny"), "{denied:?}");
        assert_eq!(reach(&dataplane, job, address, HTTP), Outcome::Reached);
        assert_eq!(reach(&dataplane, db, web.address(family), HTTP), Outcome::Denied);
        let mark = dataplane.mark();
        directory.put("policy.yaml", &allow_from("web"));
        dataplane.said.wait(mark, |line| line.starts_with("published generation"));
    }
    dataplane.stop();
}

#[test]
fn whoever_has_an_address_now_is_judged() {
    if !requirements::met("pods that come, go and inherit addresses") {
        return;
    }
    let (node, directory) = (node(&[]), shop("reuse"));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, web) = (node.pod_of(1), node.pod_of(3));
    for family in [4, 6] {
        let address = db.address(family);
        let mut open = connect(web, address);

        // The pod goes, and with it what its label was allowed.
        let mark = dataplane.mark();
        directory.remove("web.yaml");
        dataplane.published(mark);
        assert!(is_cut(&mut open, b"1"));
        assert_eq!(reach(&dataplane, web, address, HTTP), Outcome::Denied);

        // Another pod gets its address.
        let mark = dataplane.mark();
        directory.put("heir.yaml", &pod("shop/heir", 3));
        dataplane.published(mark);
        assert!(is_cut(&mut open, b"2"));
        assert_eq!(reach(&dataplane, web, address, HTTP), Outcome::Denied);
        let denied = dataplane.all_verdicts();
        assert_eq!(denied[0]["from"], "Pod/shop/heir");

        // In one step the heir goes and the first comes back, under the names of files that say nothing.
        let mark = dataplane.mark();
        directory.put("heir.yaml", &pod("shop/web", 3));
        dataplane.published(mark);
        open.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut words = [0; 2];
        open.read_exact(&mut words).unwrap();
        assert_eq!(&words, b"12");
        assert_eq!(reach(&dataplane, web, address, HTTP), Outcome::Reached);
        directory.put("web.yaml", "");
        let mark = dataplane.mark();
        directory.remove("heir.yaml");
        dataplane.published(mark);
        let mark = dataplane.mark();
        directory.put("web.yaml", &pod("shop/web", 3));
        dataplane.published(mark);
    }
    dataplane.stop();
}

#[test]
fn a_broken_file_changes_nothing_and_says_where_it_is_broken() {
    if !requirements::met("broken manifests") {
        return;
    }
    let (node, directory) = (node(&[]), shop("broken"));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    let as_before = |directory: &Directory, name: &str, text: &str, place: &str| {
        let mark = dataplane.mark();
        directory.put(name, text);
        let place = format!("{}:{place}", directory.path().join(name).display());
        dataplane.said.wait(mark, |line| line.ends_with(&place));
        dataplane.said.wait(mark, |line| line == "nothing changed");
        assert_eq!(reach(&dataplane, web, db.address(4), HTTP), Outcome::Reached);
        assert_eq!(reach(&dataplane, job, db.address(6), HTTP), Outcome::Denied);
    };
    as_before(&directory, "policy.yaml", "{apiVersion: networking.k8s.io/v1, kind:\n", "1:1");
    let wrong = allow_from("job").replace("port: 80", "port: 80000");
    let column = wrong.find("80000").unwrap() + 1;
    let place = format!("2:{column}");
    as_before(&directory, "policy.yaml", &format!("# a comment\n{wrong}"), &place);
    as_before(&directory, "new.yaml", &allow_from("job"), "1");

    let mark = dataplane.mark();
    directory.put("policy.yaml", &allow_from("job"));
    dataplane.published(mark);
    assert_eq!(reach(&dataplane, web, db.address(4), HTTP), Outcome::Denied);
    assert_eq!(reach(&dataplane, job, db.address(6), HTTP), Outcome::Reached);
    dataplane.stop();
}

#[test]
fn nothing_passes_until_every_file_could_be_read_once() {
    if !requirements::met("a broken manifest at the start") {
        return;
    }
    let (node, directory) = (node(&[]), shop("start"));
    directory.put("policy.yaml", "kind: NetworkPolicy");
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, web) = (node.pod_of(1), node.pod_of(3));
    // Even between two pods that no policy is about.
    assert_eq!(reach(&dataplane, db, web.address(4), HTTP), Outcome::Denied);
    assert_eq!(dataplane.all_verdicts()[0]["egressReason"], "notSynced");
    let mark = dataplane.mark();
    directory.put("policy.yaml", &allow_from("web"));
    dataplane.published(mark);
    assert_eq!(reach(&dataplane, db, web.address(4), HTTP), Outcome::Reached);
    assert_eq!(reach(&dataplane, web, db.address(6), HTTP), Outcome::Reached);
    dataplane.stop();
}
