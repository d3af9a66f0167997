//! What answers in a pod: TCP, UDP and SCTP at two ports. They remember who came.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use socket2::{Domain, Protocol, Socket, Type};

use crate::network::Namespace;
use crate::sctp::{Chunk, SctpPacket};

/// The ports of the servers, for each protocol.
pub(crate) const PORTS: [u16; 2] = [80, 81];

/// The number of SCTP.
const SCTP: i32 = 132;

/// Who came, as the servers saw them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Servers {
    guests: Arc<Mutex<BTreeSet<SocketAddr>>>,
}

impl Servers {
    /// Whether anything came from an address and port.
    pub(crate) fn saw(&self, guest: SocketAddr) -> bool {
        self.guests.lock().unwrap().contains(&guest)
    }

    fn note(&self, guest: SocketAddr) {
        let address = SocketAddr::new(guest.ip().to_canonical(), guest.port());
        self.guests.lock().unwrap().insert(address);
    }

    /// Starts them in the namespace that the calling thread is in. They end with the process.
    pub(crate) fn start(&self, namespace: &Namespace) {
        let everywhere = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        for port in PORTS {
            let listener = TcpListener::bind((everywhere, port)).unwrap();
            self.spawn(namespace, move |servers| servers.serve_tcp(&listener));
            let socket = UdpSocket::bind((everywhere, port)).unwrap();
            self.spawn(namespace, move |servers| servers.serve_udp(&socket));
        }
        for domain in [Domain::IPV4, Domain::IPV6] {
            let socket = sctp_socket(domain);
            self.spawn(namespace, move |servers| servers.serve_sctp(&socket));
        }
    }

    fn spawn(&self, namespace: &Namespace, body: impl FnOnce(Servers) + Send + 'static) {
        let (servers, namespace) = (self.clone(), namespace.clone());
        thread::spawn(move || {
            namespace.enter();
            body(servers);
        });
    }

    /// Echoes whatever comes.
    fn serve_tcp(&self, listener: &TcpListener) {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            if let Ok(guest) = stream.peer_addr() {
                self.note(guest);
            }
            thread::spawn(move || {
                let mut buffer = [0; 1024];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    if stream.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
            });
        }
    }

    fn serve_udp(&self, socket: &UdpSocket) {
        let mut buffer = [0; 65536];
        while let Ok((length, guest)) = socket.recv_from(&mut buffer) {
            self.note(guest);
            // Nothing is lost when nobody waits for it.
            let _ = socket.send_to(&buffer[..length], guest);
        }
    }

    fn serve_sctp(&self, socket: &UdpSocket) {
        while let Some((packet, guest)) = receive_sctp(socket) {
            if packet.chunk == Chunk::Init && PORTS.contains(&packet.destination_port) {
                self.note(SocketAddr::new(guest, packet.source_port));
                let _ = socket.send_to(&packet.answer().write(), SocketAddr::new(guest, 0));
            }
        }
    }
}

/// A raw socket for SCTP, as one that sends and receives datagrams from the SCTP header on.
pub(crate) fn sctp_socket(domain: Domain) -> UdpSocket {
    Socket::new(domain, Type::RAW, Some(Protocol::from(SCTP))).unwrap().into()
}

/// The next packet that can be read, and who sent it; `None` when there is none in time.
pub(crate) fn receive_sctp(socket: &UdpSocket) -> Option<(SctpPacket, IpAddr)> {
    loop {
        let mut buffer = [0; 2048];
        let (length, guest) = socket.recv_from(&mut buffer).ok()?;
        // Raw sockets of IPv4 are given the IP header too.
        let header = if guest.is_ipv4() { usize::from(buffer[0] & 15) * 4 } else { 0 };
        if let Some(packet) = buffer[..length].get(header..).and_then(SctpPacket::read) {
            return Some((packet, guest.ip()));
        }
    }
}

/// A connection to a server that echoes.
pub(crate) fn echoes(stream: &mut TcpStream, word: &[u8]) -> bool {
    let mut back = vec![0; word.len()];
    stream.write_all(word).is_ok() && stream.read_exact(&mut back).is_ok() && back == word
}
