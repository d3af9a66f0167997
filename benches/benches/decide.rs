//! Quick comparisons while working on the hot path; for numbers to quote see `netpol-bench`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netpol_benches::{Subject, decide};
use netpol_testing::workload::{Parameters, TraceParameters};

fn decisions(criterion: &mut Criterion) {
    let parameters = Parameters::with_pods(10_000);
    let subject = Subject::new(&parameters, &TraceParameters::default())
        .expect("the cluster takes what was generated for it");
    subject.check().expect("engine and interpreter agree");
    let packets = subject.trace.packets.as_slice();
    let mut reader = subject.cluster.readers().reader();

    let mut group = criterion.benchmark_group("10k");
    group.throughput(Throughput::Elements(packets.len() as u64));
    group.bench_function("single", |bencher| {
        bencher.iter(|| decide::singly(&mut reader, packets));
    });
    group.bench_function("batch", |bencher| {
        bencher.iter(|| decide::in_batches(&mut reader, packets, decide::BATCH));
    });
    group.bench_function("interpreter", |bencher| {
        bencher.iter(|| decide::interpreted(&subject.interpreter, packets));
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
