//! What the front page shows.

use std::fs;

use super::{CORE, Run, Scratch, command, decide};

/// The front page prints the output of these commands, word for word.
#[test]
fn the_shop_of_the_readme() {
    let readme = include_str!("../../../../../README.md");
    for (ends, verdict) in [
        ("--from shop/web --to shop/db --port postgres", "deny"),
        ("--from shop/api --to shop/db --port postgres", "allow"),
        ("--from shop/db --to 10.20.99.7 --port 443", "deny"),
    ] {
        let run = decide(&format!("-f examples/shop {ends} --explain"));
        run.answers(verdict).is_quiet();
        assert!(readme.contains(&format!("{ends} --explain")), "{ends}");
        assert!(readme.contains(&run.stdout), "the front page says otherwise:\n{}", run.stdout);
        decide(&format!("-f examples/shop {ends}")).answers(verdict).is_quiet();
    }
}

/// And of this one, about a Service.
#[test]
fn the_service_of_the_readme() {
    let readme = include_str!("../../../../../README.md");
    let ends = "--from shop/web --to svc/shop/api --port 80";
    let run = decide(&format!("-f examples/shop {ends} --explain"));
    run.answers("allow").is_quiet();
    assert!(readme.contains(&format!("{ends} --explain")), "{ends}");
    assert!(readme.contains(&run.stdout), "the front page says otherwise:\n{}", run.stdout);
    for (ends, verdict) in [
        ("--from shop/api --to svc/shop/db --port postgres", "allow"),
        ("--from shop/api --to Service/shop/db --port 5432", "allow"),
        ("--from shop/web --to svc/shop/db --port postgres", "deny"),
        ("--from 203.0.113.5 --to svc/shop/web --port http", "allow"),
    ] {
        decide(&format!("-f examples/shop {ends}")).answers(verdict).is_quiet();
    }
}

/// And of these, with the administrators' policies.
#[test]
fn the_walk_of_the_readme() {
    let readme = include_str!("../../../../../README.md");
    let files = "-f examples/shop -f examples/administrators.yaml";
    let ends = "--from shop/web --to shop/db --port postgres";
    let run = decide(&format!("{files} {ends} --explain"));
    run.answers("deny").is_quiet();
    assert!(readme.contains(&run.stdout), "the front page says otherwise:\n{}", run.stdout);
    for (ends, verdict, part) in [
        (
            "--from shop/db --to 169.254.169.254 --port 80",
            "deny",
            "Admin: Deny (ClusterNetworkPolicy guard-rails (priority 10) spec.egress[0] \
             \"no-metadata-service\" (to[0])) → deny",
        ),
        (
            "--from monitoring/prometheus --to shop/db --port postgres",
            "allow",
            "Admin: Accept (ClusterNetworkPolicy guard-rails (priority 10) spec.ingress[0] \
             \"monitoring\" (from[0])) → allow",
        ),
        (
            "--from shop/api --to shop/db --port postgres",
            "allow",
            "NetworkPolicy: isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, \
             allowed (NetworkPolicy shop/db spec.ingress[0] (from[0], ports[0])) → allow",
        ),
        (
            "--from shop/web --to monitoring/prometheus --port 9090",
            "deny",
            "Baseline: Deny (ClusterNetworkPolicy closed-by-default (priority 1000) \
             spec.ingress[0] (from[0])) → deny",
        ),
    ] {
        let run = decide(&format!("{files} {ends} --explain"));
        run.answers(verdict).is_quiet();
        assert!(run.stdout.contains(part), "`{part}` is missing in:\n{}", run.stdout);
    }
}

/// It prints the first of this file's errors, too.
#[test]
fn the_refusal_of_the_readme() {
    let readme = include_str!("../../../../../README.md");
    let article = "testdata/articles/000-1-test-network-policy-misspelt.yaml";
    let text = fs::read_to_string(format!("{CORE}/{article}")).expect("the article is there");
    let scratch = Scratch::new("readme");
    scratch.write("test-network-policy.yaml", &text);
    let mut command = command("-f test-network-policy.yaml --from 10.0.0.1 --to 10.0.0.2 -p 80");
    let run = Run::from(command.current_dir(&scratch.0).output().expect("it runs"));
    let first = run.stderr.split("\n\n").next().expect("something is told");
    assert!(readme.contains(first), "the front page says otherwise:\n{first}");
    run.fails(&["namespacesSelector"]);
}

#[test]
fn what_else_the_shop_lets_through() {
    for (ends, verdict) in [
        ("--from 203.0.113.5 --to shop/web -p http", "allow"),
        ("--from 203.0.113.5 --to shop/web -p 443", "deny"),
        ("--from 203.0.113.5 --to shop/api -p http", "deny"),
        ("--from shop/web --to shop/api -p http", "allow"),
        ("--from deployment/shop/web --to Deployment/shop/api -p 8000", "allow"),
        ("--from shop/web --to shop/api -p 8080", "deny"),
        ("--from monitoring/prometheus --to shop/db -p metrics", "allow"),
        ("--from monitoring/prometheus --to shop/db -p postgres", "deny"),
        ("--from shop/db --to shop/api -p http", "deny"),
        ("--from shop/db --to 10.20.98.255 -p 443", "allow"),
        ("--from shop/db --to 10.20.100.0 -p 443", "allow"),
        ("--from shop/db --to 10.21.0.0 -p 443", "deny"),
        ("--from shop/db --to 10.20.98.255 -p 443 --protocol UDP", "deny"),
        ("--from shop/db --to 10.20.98.255 --protocol ICMP", "deny"),
        ("--from shop/web --to 10.20.98.255 --protocol icmp", "allow"),
    ] {
        decide(&format!("-f examples/shop {ends}")).answers(verdict).is_quiet();
    }
}
