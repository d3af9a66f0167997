//! What `netpol-ffi/examples/batch.c` does, in Rust: the difference is the price of a call through C.
//!
//! ```sh
//! cargo run --profile dist -p netpol-benches --example batch -- FILE COUNT
//! ```

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::{Cluster, Options, Packet, Verdict};

const BATCH: usize = 32;

/// What a program knows of a packet. As large as a `netpol_packet`, so that as much memory is read,
/// and made into a packet before it is judged, as the library does.
#[derive(Clone, Copy)]
struct Fields {
    source: [u8; 16],
    destination: [u8; 16],
    port: u16,
    _others: [u8; 14],
}

impl Fields {
    fn packet(&self) -> Packet {
        Packet::tcp(address(&self.source), address(&self.destination), self.port)
    }

    /// The headers of IPv4 and TCP, of which what decides is filled in.
    fn headers(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        (bytes[0], bytes[3], bytes[9]) = (0x45, 40, 6);
        bytes[12..16].copy_from_slice(&self.source[..4]);
        bytes[16..20].copy_from_slice(&self.destination[..4]);
        bytes[22..24].copy_from_slice(&self.port.to_be_bytes());
        bytes
    }
}

fn address(&[a, b, c, d, ..]: &[u8; 16]) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = std::env::args().collect::<Vec<_>>();
    let [_, file, count] = &arguments[..] else { return Err("usage: batch FILE COUNT".into()) };
    let count: usize = count.parse()?;

    let manifest = Manifest::read(Some(file), &std::fs::read(file)?, &ReadOptions::default());
    let mut cluster = Cluster::new(Options::default());
    cluster.apply(&manifest, Admission::Create)?;
    cluster.publish()?;
    let mut reader = cluster.readers().reader();

    let mut random = 1_u32;
    let packets = (0..count).map(|_| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let address = |last| {
            let mut bytes = [0; 16];
            (bytes[0], bytes[3]) = (10, last);
            bytes
        };
        let (source, destination) = (address((random >> 16) as u8), address((random >> 24) as u8));
        Fields { source, destination, port: 5432, _others: [0; 14] }
    });
    let packets = packets.collect::<Vec<_>>();
    let headers = packets.iter().map(Fields::headers).collect::<Vec<_>>();

    let mut allowed = [0_usize; 3];
    let start = Instant::now();
    for fields in &packets {
        allowed[0] += usize::from(reader.decide(&black_box(fields).packet()).is_allow());
    }
    let singly = start.elapsed();
    let start = Instant::now();
    let mut verdicts = [Verdict::Deny; BATCH];
    let mut stage =
        [Packet::tcp(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into(), 0); BATCH];
    for part in packets.chunks(BATCH) {
        let (stage, verdicts) = (&mut stage[..part.len()], &mut verdicts[..part.len()]);
        for (place, fields) in stage.iter_mut().zip(black_box(part)) {
            *place = fields.packet();
        }
        reader.decide_batch(stage, verdicts)?;
        allowed[1] += verdicts.iter().filter(|verdict| verdict.is_allow()).count();
    }
    let in_batches = start.elapsed();
    let start = Instant::now();
    for bytes in &headers {
        allowed[2] += usize::from(reader.decide_raw(black_box(&bytes[..]))?.is_allow());
    }
    let from_bytes = start.elapsed();
    assert_eq!(allowed, [allowed[0]; 3]);
    println!("{} of {count} may pass", allowed[0]);
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e9 / count as f64;
    let (singly, in_batches, from_bytes) = (each(singly), each(in_batches), each(from_bytes));
    println!(
        "{singly:.1} ns one by one, {in_batches:.1} ns in batches, {from_bytes:.1} ns from bytes"
    );
    Ok(())
}
