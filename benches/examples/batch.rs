//! What `netpol-ffi/examples/batch.c` does, in Rust: the difference is the price of a call through C.
//!
//! ```sh
//! cargo run --release -p netpol-benches --example batch -- FILE COUNT
//! ```

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::{Cluster, Options, Packet, Verdict};

const BATCH: usize = 32;

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
    // A C program has the fields of a packet; here they are made into one before it is judged too.
    let fields = (0..count).map(|_| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [(random >> 16) as u8, (random >> 24) as u8]
    });
    let fields = fields.collect::<Vec<_>>();
    let packet = |[source, destination]: [u8; 2]| {
        let address = |last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
        Packet::tcp(address(source), address(destination), 5432)
    };

    let start = Instant::now();
    let mut allowed = [0_usize; 2];
    for fields in &fields {
        allowed[0] += usize::from(reader.decide(&packet(*black_box(fields))).is_allow());
    }
    let singly = start.elapsed();
    let start = Instant::now();
    let mut verdicts = [Verdict::Deny; BATCH];
    for part in fields.chunks(BATCH) {
        let packets = part.iter().map(|fields| packet(*black_box(fields))).collect::<Vec<_>>();
        let verdicts = &mut verdicts[..part.len()];
        reader.decide_batch(&packets, verdicts)?;
        allowed[1] += verdicts.iter().filter(|verdict| verdict.is_allow()).count();
    }
    let in_batches = start.elapsed();
    assert_eq!(allowed[0], allowed[1]);
    println!("{} of {count} may pass", allowed[0]);
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e9 / count as f64;
    println!("{:.1} ns one by one, {:.1} ns in batches", each(singly), each(in_batches));
    Ok(())
}
