//! Questions that have no answer.

use super::{DUMP, decide};

#[test]
fn ends_that_nobody_knows() {
    for (ends, parts) in [
        ("--from shop/api --to shop/db-0 -p 1", &["no endpoint `shop/api`", "did you mean"][..]),
        ("--from shop/db-1 --to shop/db-0 -p 1", &["did you mean `shop/db-0`?"]),
        ("--from monitoring/db-0 --to shop/db-0 -p 1", &["did you mean `shop/db-0`?"]),
        ("--from db-0 --to shop/db-0 -p 1", &["`default/db-0`", "did you mean `shop/db-0`?"]),
        ("--from deployment/shop/db-0 --to 10.0.0.1 -p 1", &["`deployment/shop/db-0`"]),
        ("--from shop/migrate-28911-v9xkd --to 10.0.0.1 -p 1", &["no live pod"]),
        ("--from a/b/c/d --to 10.0.0.1 -p 1", &["write `namespace/name`"]),
        ("--from 10.244.2.300 --to 10.0.0.1 -p 1", &["10.244.2.300"]),
        // The API's pod of the first family alone.
        ("--from shop/api-6f8c4d7b9-mm5wz --to 2001:db8::1 -p 1", &["of the same family"]),
    ] {
        decide(&format!("{DUMP} {ends}")).fails(parts);
        decide(&format!("{DUMP} {ends} -o json --explain")).fails(parts);
    }
}

#[test]
fn ports_that_mean_nothing() {
    let ends = format!("{DUMP} --from 10.244.1.20 --to");
    for (rest, part) in [
        ("shop/db-0 -p http", "`shop/db-0` declares no TCP port named `http`"),
        ("shop/db-0 -p metrics --protocol UDP", "declares no UDP port named `metrics`"),
        ("192.0.2.1 -p http", "no pod owns"),
        ("192.168.10.11 -p http", "no pod owns"),
        ("shop/db-0 -p 65536", "`65536` is no port"),
        ("shop/db-0 -p -1", "`-1` is no port"),
        ("shop/db-0 -p 8,9", "`8,9` is no port"),
        ("shop/db-0", "--port is missing"),
        ("shop/db-0 -p 80 --protocol ICMP", "ICMP has no ports"),
        ("shop/db-0 -p 80 --protocol GRE", "unknown protocol `GRE`"),
    ] {
        decide(&format!("{ends} {rest}")).fails(&[part]);
    }
    // By its address the destination is the same pod.
    decide(&format!("{ends} 10.244.2.11 -p metrics")).answers("allow").is_quiet();
    decide(&format!("{ends} 10.244.2.11 -p 65535")).answers("deny").is_quiet();
    decide(&format!("{ends} 10.244.2.11 -p 0")).answers("deny").is_quiet();
}

#[test]
fn arguments_that_make_no_question() {
    for (line, part) in [
        ("", "no manifests"),
        ("--from 10.0.0.1 --to 10.0.0.2 -p 80", "no manifests"),
        ("-f", "-f"),
        ("-f examples/shop --to 10.0.0.2 -p 80", "--from is missing"),
        ("-f examples/shop --from 10.0.0.2 -p 80", "--to is missing"),
        ("-f examples/shop --from 10.0.0.2 --to 10.0.0.1 -p 80 -o yaml", "`yaml`"),
        ("-f examples/shop --from", "--from"),
        ("-f examples/shop --unknown", "--unknown"),
        ("--from 10.0.0.1 10.0.0.2", "10.0.0.2"),
    ] {
        decide(line).fails(&["error: ", part, "usage: decide"]);
    }
    for line in ["-h", "--help", "-f examples/shop --help"] {
        let run = decide(line);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("usage: decide"));
    }
}
