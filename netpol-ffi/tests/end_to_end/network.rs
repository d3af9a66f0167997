//! A node and its pods, as network namespaces.
//!
//! Namespaces have no names: each lives as long as a descriptor of it is open, so nothing is left of them
//! however the tests end, and runs do not see each other.

use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

use crate::servers::Servers;

/// A network namespace.
#[derive(Clone, Debug)]
pub(crate) struct Namespace(Arc<File>);

impl Namespace {
    pub(crate) fn new() -> io::Result<Namespace> {
        let make = || {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        };
        let file = thread::spawn(make).join().unwrap()?;
        Ok(Namespace(Arc::new(file)))
    }

    /// Moves the calling thread into it.
    pub(crate) fn enter(&self) {
        setns(self.0.as_fd(), CloneFlags::CLONE_NEWNET).unwrap();
    }

    /// Runs something in it.
    pub(crate) fn run<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        let in_it = || {
            self.enter();
            body()
        };
        thread::scope(|scope| scope.spawn(in_it).join())
            .unwrap_or_else(|p| std::panic::resume_unwind(p))
    }

    /// Runs a program in it, with something to read.
    pub(crate) fn output(&self, command: &mut Command, input: &str) -> Output {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.run(|| {
            let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        })
    }

    /// Runs a program in it that must succeed; what it printed.
    pub(crate) fn succeeds(&self, program: &str, arguments: &[&str], input: &str) -> String {
        let output = self.output(Command::new(program).args(arguments), input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}\n{input}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs lines of `ip`.
    pub(crate) fn ip(&self, lines: &str) {
        self.succeeds("ip", &["-batch", "-"], lines);
    }

    /// Sets a variable below `/proc/sys/net`.
    fn set(&self, name: &str, value: &str) {
        let path = format!("/proc/sys/net/{name}");
        self.run(|| std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}")));
    }

    /// A path that `ip link set ... netns` understands.
    fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}

/// A namespace with addresses and servers: a pod, or whatever is outside.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: Namespace,
    pub(crate) addresses: [IpAddr; 2],
    pub(crate) servers: Servers,
}

impl Pod {
    fn new(addresses: [IpAddr; 2]) -> Pod {
        let namespace = Namespace::new().unwrap();
        // Pings without raw sockets; no waiting for addresses to be found unique.
        namespace.set("ipv4/ping_group_range", "0 2147483647");
        namespace.set("ipv6/conf/default/accept_dad", "0");
        namespace.ip("link set lo up");
        let servers = Servers::default();
        Pod { namespace, addresses, servers }
    }

    /// The address of a family, 4 or 6.
    pub(crate) fn address(&self, family: u8) -> IpAddr {
        self.addresses[usize::from(family == 6)]
    }

    fn serve(&self) {
        self.namespace.run(|| self.servers.start(&self.namespace));
    }
}

/// The nth pod of a case, which has the address that cases give it.
pub(crate) fn pod_addresses(number: u8) -> [IpAddr; 2] {
    let number = u16::from(number);
    let v6 = Ipv6Addr::new(0xfd00, 0x10, 0x244, 0, 0, 0, 0, number);
    [IpAddr::V4(Ipv4Addr::new(10, 244, 0, number as u8)), IpAddr::V6(v6)]
}

/// A node with pods. Those with odd numbers hang on one bridge, as flannel has it, and reach each other
/// directly; those with even numbers have a link of their own, as with Calico; so packets are seen both
/// bridged and routed.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) namespace: Namespace,
    pub(crate) pods: Vec<Pod>,
    /// A machine behind another interface.
    pub(crate) outside: Pod,
    /// The node's own servers.
    pub(crate) servers: Servers,
}

/// The node's addresses.
pub(crate) const NODE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1)),
];

const OUTSIDE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 2)),
];

/// The interface of the bridge, and those of pods with links of their own.
pub(crate) const INTERFACES: [&str; 2] = ["cni0", "cali+"];

fn on_bridge(number: u8) -> bool {
    number % 2 == 1
}

impl Node {
    pub(crate) fn new(pods: u8) -> Node {
        let namespace = Namespace::new().unwrap();
        namespace.set("ipv6/conf/default/accept_dad", "0");
        namespace.set("ipv4/ping_group_range", "0 2147483647");
        namespace.ip(
            "link set lo up\nlink add cni0 type bridge\naddress add fe80::1/64 dev cni0 nodad\n\
             address add 169.254.1.1/32 dev cni0\nlink set cni0 up",
        );
        for variable in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
            namespace.set(variable, "1");
        }
        for name in ["iptables", "ip6tables"] {
            namespace.set(&format!("bridge/bridge-nf-call-{name}"), "1");
        }
        let outside = Pod::new(OUTSIDE);
        let node = Node { namespace, pods: Vec::new(), outside, servers: Servers::default() };
        node.connect_outside();
        let numbers = 1..=pods;
        let pods = numbers.clone().map(|number| node.pod(number, pods)).collect::<Vec<_>>();
        pods.iter().chain([&node.outside]).for_each(Pod::serve);
        node.namespace.run(|| node.servers.start(&node.namespace));
        Node { pods, ..node }
    }

    /// The pod with a number, from 1.
    pub(crate) fn pod_of(&self, number: u8) -> &Pod {
        &self.pods[usize::from(number) - 1]
    }

    fn connect_outside(&self) {
        let path = self.outside.namespace.path();
        let [[v4, v6], [far_v4, far_v6]] = [NODE, OUTSIDE];
        self.namespace.ip(&format!(
            "link add uplink type veth peer name eth0 netns {path}\naddress add {v4}/24 dev uplink\n\
             address add {v6}/64 dev uplink nodad\nlink set uplink up"
        ));
        self.outside.namespace.ip(&format!(
            "address add {far_v4}/24 dev eth0\naddress add {far_v6}/64 dev eth0 nodad\nlink set eth0 up\n\
             route add default via {v4}\nroute add default via {v6}"
        ));
    }

    fn pod(&self, number: u8, of: u8) -> Pod {
        let pod = Pod::new(pod_addresses(number));
        let (path, [v4, v6]) = (pod.namespace.path(), pod.addresses);
        let (link, interface) = if on_bridge(number) {
            (format!("veth{number}"), "cni0".to_owned())
        } else {
            (format!("cali{number}"), format!("cali{number}"))
        };
        let mut lines = format!("link add {link} type veth peer name eth0 netns {path}\n");
        if on_bridge(number) {
            // As flannel sets it, so that a pod may come back to itself by way of a Service.
            lines += &format!(
                "link set {link} master cni0\nlink set {link} type bridge_slave hairpin on\n"
            );
        } else {
            lines += &format!(
                "address add 169.254.1.1/32 dev {link}\naddress add fe80::1/64 dev {link} nodad\n"
            );
        }
        lines += &format!(
            "link set {link} up\nroute add {v4} dev {interface}\nroute add {v6} dev {interface}\n"
        );
        self.namespace.ip(&lines);

        let mut lines = format!(
            "address add {v4}/32 dev eth0\naddress add {v6}/128 dev eth0 nodad\nlink set eth0 up\n\
             route add 169.254.1.1 dev eth0 src {v4}\nroute add default via 169.254.1.1 src {v4}\n\
             route add default via fe80::1 dev eth0\n"
        );
        for neighbour in (1..=of).filter(|other| *other != number && on_bridge(*other)) {
            if on_bridge(number) {
                let [n4, n6] = pod_addresses(neighbour);
                lines += &format!("route add {n4} dev eth0 src {v4}\nroute add {n6} dev eth0\n");
            }
        }
        pod.namespace.ip(&lines);
        pod
    }
}
