//! What belongs to no rule: replies, errors, neighbours, fragments, Services, the node itself.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::attempts::{Knock, Outcome, reach};
use crate::dataplane::{Dataplane, install_rules};
use crate::network::{NODE, Node, Pod};
use crate::requirements;
use crate::small_cluster::{policy, shop};

const HTTP: Knock = Knock::Tcp(80);

/// A socket of a pod.
fn udp(pod: &Pod, family: u8) -> UdpSocket {
    let socket = pod.namespace.run(|| UdpSocket::bind((pod.address(family), 0))).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

#[test]
fn replies_and_errors_pass_without_a_rule() {
    if !requirements::met("replies without a rule") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("replies"));
    install_rules(&node.namespace, &[]);
    // `db` may be asked by everybody, and may say nothing of its own.
    let spec = "policyTypes: [Ingress, Egress], ingress: [{}], egress: []";
    directory.put("policy.yaml", &policy("db", "db", spec));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, job) = (node.pod_of(1), node.pod_of(2));
    for family in [4, 6] {
        let (to, back) = (db.address(family), job.address(family));
        for knock in [HTTP, Knock::Udp(81), Knock::Sctp(80), Knock::Ping] {
            assert_eq!(reach(&dataplane, job, to, knock), Outcome::Reached, "{to} {knock:?}");
            assert_eq!(reach(&dataplane, db, back, knock), Outcome::Denied, "{back} {knock:?}");
        }
        // A closed port is told by an ICMP error, which is about the connection.
        let socket = udp(job, family);
        socket.connect(SocketAddr::new(to, 9)).unwrap();
        socket.send(b"?").unwrap();
        let error = socket.recv(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused, "{to}");
    }
    dataplane.stop();
}

#[test]
fn neighbours_are_found_under_a_default_deny() {
    if !requirements::met("neighbour and listener discovery") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("neighbours"));
    install_rules(&node.namespace, &[]);
    // Nothing may pass but TCP at port 80, in both directions of everybody.
    let rules = "policyTypes: [Ingress, Egress], ingress: [{ports: [{port: 80}]}], egress: [{ports: [{port: 80}]}]";
    for app in ["db", "job", "web"] {
        directory.put(&format!("{app}.policy.yaml"), &policy(&format!("{app}-80"), app, rules));
    }
    directory.remove("policy.yaml");
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, web) = (node.pod_of(1), node.pod_of(3));
    let flush = || [db, web].iter().for_each(|pod| pod.namespace.ip("neighbour flush all"));
    let chain = |arguments: &str| {
        let arguments = format!("-w -t mangle {arguments}");
        let arguments = arguments.split(' ').collect::<Vec<_>>();
        node.namespace.succeeds(ip6tables(), &arguments, "")
    };

    // By the rules, which spare the queue them, and so also while nobody listens to it.
    flush();
    assert_eq!(reach(&dataplane, web, db.address(6), HTTP), Outcome::Reached);
    assert_eq!(reach(&dataplane, web, db.address(6), Knock::Ping), Outcome::Denied);

    // By the engine: everything of ICMPv6 is queued.
    chain("-I NETPOL-NFQUEUE -p ipv6-icmp -j NFQUEUE --queue-num 0");
    flush();
    dataplane.forget_verdicts();
    // Joining a group is told to the bridge, by a report.
    db.namespace.ip(
        "link set eth0 down\nlink set eth0 up\naddress replace fd00:10:244::1/128 dev eth0 nodad\n\
                     route replace fd00:10:244::3 dev eth0",
    );
    let outcome = {
        let outcome = reach_again(&dataplane, web, db.address(6));
        assert_eq!(outcome, Outcome::Reached);
        dataplane.all_verdicts()
    };
    let passed =
        outcome.iter().filter(|fields| fields.get("protocol").is_some_and(|p| p == "ICMPv6"));
    let passed = passed.filter(|fields| fields["ingressReason"] == "linkSignalling");
    let types = passed.map(|fields| fields["type"].clone()).collect::<BTreeSet<_>>();
    for expected in ["135", "136", "143"] {
        assert!(types.contains(expected), "{types:?}");
    }

    // And the other way round: without them nobody is found, so they did come by here.
    chain("-I NETPOL-NFQUEUE -p ipv6-icmp -j DROP");
    flush();
    assert_eq!(reach(&dataplane, web, db.address(6), HTTP), Outcome::Nothing);
    dataplane.stop();
}

/// As [`reach`], keeping the verdicts that there are.
fn reach_again(dataplane: &Dataplane, from: &Pod, to: IpAddr) -> Outcome {
    let attempt = crate::attempts::Attempt::new(from.address(6), to, HTTP);
    crate::attempts::make(dataplane, &[(from, attempt)])[0]
}

fn ip6tables() -> &'static str {
    let legacy = std::process::Command::new("ip6tables-legacy").arg("--version").output().is_ok();
    if legacy { "ip6tables-legacy" } else { "ip6tables" }
}

#[test]
fn fragments_and_segments_in_one_are_judged_as_what_they_are_of() {
    if !requirements::met("fragments and offloaded segments") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("fragments"));
    install_rules(&node.namespace, &[]);
    let rule = "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80, protocol: UDP}, {port: 80}]}]";
    directory.put("policy.yaml", &policy("db", "db", rule));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    for family in [4, 6] {
        // In five pieces; only the first has ports.
        let datagram = [7; 7000];
        for (from, passes) in [(web, true), (job, false)] {
            let socket = udp(from, family);
            socket
                .set_read_timeout(Some(Duration::from_millis(if passes { 5000 } else { 300 })))
                .unwrap();
            socket.send_to(&datagram, SocketAddr::new(db.address(family), 80)).unwrap();
            let answer = socket.recv(&mut [0; 8000]);
            assert_eq!(answer.ok(), passes.then_some(7000), "{:?}", from.addresses);
            let guest = socket.local_addr().unwrap();
            assert_eq!(db.servers.saw(guest), passes);
        }
        // A megabyte, which the sender hands over in segments of up to 64 KiB.
        let to = SocketAddr::new(db.address(family), 80);
        let mut stream = web.namespace.run(|| std::net::TcpStream::connect(to)).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let sent =
            std::thread::spawn(move || std::io::Write::write_all(&mut writer, &[5; 1 << 20]));
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut back = vec![0; 1 << 20];
        std::io::Read::read_exact(&mut stream, &mut back).unwrap();
        sent.join().unwrap().unwrap();
        assert!(back.iter().all(|byte| *byte == 5));
    }
    dataplane.stop();
}

/// The bytes of a TCP segment without data.
fn segment(source: SocketAddr, destination: SocketAddr, flags: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(source.port().to_be_bytes());
    bytes.extend(destination.port().to_be_bytes());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0x20, 0, 0, 0, 0, 0]);
    // RFC 9293, section 3.1: over addresses, protocol, length and segment.
    let octets = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let pseudo = [octets(source.ip()), octets(destination.ip()), vec![0, 6, 0, 20], bytes.clone()];
    let words = pseudo.concat();
    let sum = words.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1])).sum::<u32>();
    let sum = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

#[test]
fn segments_of_no_connection_that_open_none_are_dropped() {
    if !requirements::met("segments of unknown connections") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("segments"));
    install_rules(&node.namespace, &[]);
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, web) = (node.pod_of(1), node.pod_of(3));
    let (syn, ack) = (2, 16);
    for family in [4, 6] {
        let destination = SocketAddr::new(db.address(family), 80);
        let domain = socket2::Domain::for_address(destination);
        let raw = || socket2::Socket::new(domain, socket2::Type::RAW, Some(socket2::Protocol::TCP));
        let socket = UdpSocket::from(web.namespace.run(raw).unwrap());
        let send = |port, flags| {
            let source = SocketAddr::new(web.address(family), port);
            let to = SocketAddr::new(destination.ip(), 0);
            socket.send_to(&segment(source, destination, flags), to).unwrap();
            format!("TCP {} {port} {} 80", source.ip(), destination.ip())
        };
        // A rule would allow it, if it opened a connection; but nobody knows who opened the one that it is of.
        let stray = send(5001, ack);
        let opening = send(5002, syn);
        while dataplane.verdicts(&opening).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(dataplane.verdicts(&opening)[0]["verdict"], "allow");
        assert!(dataplane.verdicts(&stray).is_empty());
    }
    dataplane.stop();
}

#[test]
fn services_are_judged_by_the_pods_behind_them() {
    if !requirements::met("Services") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("services"));
    install_rules(&node.namespace, &[]);
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, job, web) = (node.pod_of(1), node.pod_of(2), node.pod_of(3));
    // As kube-proxy does: the Service's port 8080 is the pod's port 80.
    let service: IpAddr = [10, 96, 0, 1].into();
    let iptables = ip6tables().replace("ip6", "ip");
    let nat = |rule: &str| {
        let arguments = format!("-w -t nat {rule}");
        node.namespace.succeeds(&iptables, &arguments.split(' ').collect::<Vec<_>>(), "");
    };
    nat("-A PREROUTING -d 10.96.0.1 -p tcp --dport 8080 -j DNAT --to-destination 10.244.0.1:80");
    nat("-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE");
    // Hairpin: the pod must not see itself as the other end.
    nat("-A POSTROUTING -s 10.244.0.1 -d 10.244.0.1 -j MASQUERADE");
    let knock = Knock::Tcp(8080);
    assert_eq!(reach(&dataplane, web, service, knock), Outcome::Reached);
    let logged = dataplane.all_verdicts();
    assert_eq!((&*logged[0]["to"], &*logged[0]["destinationPort"]), ("Pod/shop/db", "80"));
    // The log tells of the pod, so `reach` does not find its own question there.
    assert_eq!(reach(&dataplane, job, service, knock), Outcome::Nothing);
    assert_eq!(dataplane.all_verdicts()[0]["verdict"], "deny");
    // The pod may not reach itself by a Service unless a rule says so, by whatever way it comes back.
    assert_eq!(reach(&dataplane, db, service, knock), Outcome::Nothing);
    assert_eq!(dataplane.all_verdicts()[0]["ingressReason"], "noRuleMatches");
    // Masqueraded on the way out, a pod is still itself; and replies find their way.
    assert_eq!(reach(&dataplane, web, node.outside.address(4), HTTP), Outcome::Reached);
    assert_eq!(dataplane.all_verdicts()[0]["from"], "Pod/shop/web");

    // An open connection by way of the Service is cut as any other.
    let stream = web.namespace.run(|| std::net::TcpStream::connect(SocketAddr::new(service, 8080)));
    let mark = dataplane.mark();
    directory.put("policy.yaml", &crate::small_cluster::allow_from("job"));
    dataplane.published(mark);
    let mut stream = stream.unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(!crate::servers::echoes(&mut stream, b"word\n"));
    dataplane.stop();
}

#[test]
fn the_node_reaches_its_pods_and_is_judged_as_their_destination() {
    if !requirements::met("traffic of the node itself") {
        return;
    }
    let (node, directory) = (Node::new(3), shop("node"));
    install_rules(&node.namespace, &[]);
    let spec = "policyTypes: [Ingress, Egress], ingress: [], egress: []";
    directory.put("policy.yaml", &policy("db", "db", spec));
    let dataplane = Dataplane::ready(&node.namespace, directory.path(), &[]);
    let (db, web) = (node.pod_of(1), node.pod_of(3));
    for family in [4, 6] {
        let own = NODE[usize::from(family == 6)];
        // The kubelet's probes, also of a pod that admits nobody, and when open connections are judged again.
        let to = SocketAddr::new(db.address(family), 80);
        let mut probe = node.namespace.run(|| std::net::TcpStream::connect(to)).unwrap();
        probe.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert!(crate::servers::echoes(&mut probe, b"probe\n"));
        let mark = dataplane.mark();
        let more = format!("ingress: [{{ports: [{{port: 900{family}}}]}}]");
        directory.put("more.yaml", &policy("more", "db", &more));
        dataplane.published(mark);
        assert!(crate::servers::echoes(&mut probe, b"probe\n"));
        // A pod that may say nothing does not reach the node; others do.
        assert_eq!(reach(&dataplane, db, own, HTTP), Outcome::Denied);
        assert_eq!(reach(&dataplane, web, own, HTTP), Outcome::Reached);
        // From outside: a destination in the cluster, an unknown source.
        assert_eq!(reach(&dataplane, &node.outside, db.address(family), HTTP), Outcome::Denied);
        assert_eq!(reach(&dataplane, &node.outside, web.address(family), HTTP), Outcome::Reached);
    }
    dataplane.stop();
}
