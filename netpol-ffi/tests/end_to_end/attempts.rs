//! Attempts to reach somebody, many at once.

use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Socket, Type};

use crate::dataplane::Dataplane;
use crate::network::Pod;
use crate::sctp::{Chunk, SctpPacket};
use crate::servers::{echoes, receive_sctp, sctp_socket};

/// How to knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Knock {
    Tcp(u16),
    Udp(u16),
    Sctp(u16),
    Ping,
}

impl Knock {
    /// The knock that a question is about; `None` for what nobody can do with these servers.
    pub(crate) fn of(protocol: Protocol, transport: Transport) -> Option<Knock> {
        match (protocol, transport) {
            (Protocol::TCP, Transport::Ports { destination, .. }) => Some(Knock::Tcp(destination)),
            (Protocol::UDP, Transport::Ports { destination, .. }) => Some(Knock::Udp(destination)),
            (Protocol::SCTP, Transport::Ports { destination, .. }) => {
                Some(Knock::Sctp(destination))
            }
            _ => None,
        }
    }

    fn name(self, destination: IpAddr) -> &'static str {
        match self {
            Knock::Tcp(_) => "TCP",
            Knock::Udp(_) => "UDP",
            Knock::Sctp(_) => "SCTP",
            Knock::Ping if destination.is_ipv4() => "ICMP",
            Knock::Ping => "ICMPv6",
        }
    }

    pub(crate) fn port(self) -> Option<u16> {
        match self {
            Knock::Tcp(port) | Knock::Udp(port) | Knock::Sctp(port) => Some(port),
            Knock::Ping => None,
        }
    }
}

/// Somebody who knocks at somebody's door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) source: IpAddr,
    pub(crate) source_port: u16,
    pub(crate) destination: IpAddr,
    pub(crate) knock: Knock,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There was an answer.
    Reached,
    /// The dataplane said that it denied it, and there was none.
    Denied,
    /// Neither.
    Nothing,
}

/// Every attempt has a port of its own, so that none is taken for part of an earlier one's connection.
static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

/// How long to wait for an answer or a verdict; only what is wrong takes that long.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a denied attempt may still be answered, which it must not be.
const GRACE: Duration = Duration::from_millis(50);

impl Attempt {
    pub(crate) fn new(source: IpAddr, destination: IpAddr, knock: Knock) -> Attempt {
        let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed) % 50_000 + 10_000;
        Attempt { source, source_port: port, destination, knock }
    }

    /// What the verdict log calls it.
    pub(crate) fn key(&self) -> String {
        let Attempt { source, source_port, destination, knock } = self;
        let name = knock.name(*destination);
        match knock.port() {
            Some(port) => format!("{name} {source} {source_port} {destination} {port}"),
            None => format!("{name} {source} {destination}"),
        }
    }

    /// Whether the door opened before `enough`.
    fn is_answered(&self, enough: &AtomicBool) -> bool {
        match self.knock {
            Knock::Tcp(port) => self.connects(port, enough),
            Knock::Udp(port) => {
                let socket = self.socket(Type::DGRAM, None);
                let word = self.source_port.to_be_bytes();
                self.asks(&socket.into(), port, &word, enough, |answer| answer == word)
            }
            Knock::Ping => {
                let protocol = if self.source.is_ipv4() {
                    socket2::Protocol::ICMPV4
                } else {
                    socket2::Protocol::ICMPV6
                };
                let (request, reply) = if self.source.is_ipv4() { (8, 0) } else { (128, 129) };
                let socket = self.socket(Type::DGRAM, Some(protocol));
                let message = [request, 0, 0, 0, 0, 0, 0, 1, b'?'];
                self.asks(&socket.into(), 0, &message, enough, |answer| answer[0] == reply)
            }
            Knock::Sctp(port) => self.associates(port, enough),
        }
    }

    fn domain(&self) -> Domain {
        Domain::for_address(SocketAddr::new(self.source, 0))
    }

    /// A socket at the attempt's own address and port.
    fn socket(&self, kind: Type, protocol: Option<socket2::Protocol>) -> Socket {
        let socket = Socket::new(self.domain(), kind, protocol).unwrap();
        let own = SocketAddr::new(self.source, self.source_port);
        socket.set_reuse_address(true).unwrap();
        socket.bind(&own.into()).unwrap_or_else(|error| panic!("{own}: {error}"));
        socket
    }

    fn connects(&self, port: u16, enough: &AtomicBool) -> bool {
        let socket = self.socket(Type::STREAM, None);
        socket.set_nonblocking(true).unwrap();
        // No port is kept for a while behind it.
        socket.set_linger(Some(Duration::ZERO)).unwrap();
        let _ = socket.connect(&SocketAddr::new(self.destination, port).into());
        while !enough.load(Ordering::Relaxed) {
            let mut waits = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
            if poll(&mut waits, PollTimeout::from(10_u8)).unwrap() > 0 {
                if !matches!(socket.take_error(), Ok(None)) {
                    return false;
                }
                socket.set_nonblocking(false).unwrap();
                let mut stream = TcpStream::from(socket);
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                return echoes(&mut stream, b"knock\n");
            }
        }
        false
    }

    /// Sends a datagram, again each second, until something like an answer comes.
    fn asks(
        &self,
        socket: &UdpSocket,
        port: u16,
        word: &[u8],
        enough: &AtomicBool,
        is_answer: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let (destination, mut sent) = (SocketAddr::new(self.destination, port), None::<Instant>);
        let mut buffer = [0; 2048];
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        while !enough.load(Ordering::Relaxed) {
            if sent.is_none_or(|sent| sent.elapsed() > Duration::from_secs(1)) {
                let _ = socket.send_to(word, destination);
                sent = Some(Instant::now());
            }
            if let Ok((length, from)) = socket.recv_from(&mut buffer)
                && from.ip() == self.destination
                && is_answer(&buffer[..length])
            {
                return true;
            }
        }
        false
    }

    fn associates(&self, port: u16, enough: &AtomicBool) -> bool {
        let socket = sctp_socket(self.domain());
        let init = SctpPacket {
            chunk: Chunk::Init,
            source_port: self.source_port,
            destination_port: port,
            verification_tag: 0,
            initiate_tag: u32::from(self.source_port),
        };
        let mut sent = None::<Instant>;
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        while !enough.load(Ordering::Relaxed) {
            if sent.is_none_or(|sent| sent.elapsed() > Duration::from_secs(1)) {
                let _ = socket.send_to(&init.write(), SocketAddr::new(self.destination, 0));
                sent = Some(Instant::now());
            }
            if let Some((answer, from)) = receive_sctp(&socket)
                && (from, answer.chunk) == (self.destination, Chunk::InitAck)
                && (answer.source_port, answer.destination_port) == (port, self.source_port)
            {
                return answer.verification_tag == init.initiate_tag;
            }
        }
        false
    }
}

/// Makes attempts, each from its pod, all at once. Nobody waits for a time that was guessed: an attempt is
/// over when it is answered, or when the dataplane has said that it denied it.
pub(crate) fn make(dataplane: &Dataplane, attempts: &[(&Pod, Attempt)]) -> Vec<Outcome> {
    let enough = Arc::new(AtomicBool::new(false));
    let begun = attempts.iter().map(|(pod, attempt)| begin(pod, *attempt, &enough));
    let begun = begun.collect::<Vec<JoinHandle<bool>>>();
    let start = Instant::now();
    let is_denied = |attempt: &Attempt| dataplane.denied(&attempt.key());
    let is_over = |(thread, (_, attempt)): (&JoinHandle<bool>, &(&Pod, Attempt))| {
        thread.is_finished() || is_denied(attempt)
    };
    while !begun.iter().zip(attempts).all(is_over) && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(2));
    }
    thread::sleep(GRACE);
    enough.store(true, Ordering::Relaxed);
    let outcome = |(thread, (_, attempt)): (JoinHandle<bool>, &(&Pod, Attempt))| {
        if thread.join().unwrap() {
            Outcome::Reached
        } else if is_denied(attempt) {
            Outcome::Denied
        } else {
            Outcome::Nothing
        }
    };
    begun.into_iter().zip(attempts).map(outcome).collect()
}

fn begin(pod: &Pod, attempt: Attempt, enough: &Arc<AtomicBool>) -> JoinHandle<bool> {
    let (namespace, enough) = (pod.namespace.clone(), Arc::clone(enough));
    thread::spawn(move || {
        namespace.enter();
        attempt.is_answered(&enough)
    })
}

/// One attempt.
pub(crate) fn reach(dataplane: &Dataplane, from: &Pod, to: IpAddr, knock: Knock) -> Outcome {
    let source = from.address(if to.is_ipv4() { 4 } else { 6 });
    dataplane.forget_verdicts();
    make(dataplane, &[(from, Attempt::new(source, to, knock))])[0]
}
