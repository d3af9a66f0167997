//! The committed header is what the source says.

use std::path::Path;

/// `UPDATE_HEADER=1` (or `make header`) writes it anew.
#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new()
        .with_crate(root)
        .with_config(config)
        .generate()
        .expect("the source parses");
    let mut header = Vec::new();
    bindings.write(&mut header);
    let header = String::from_utf8(header).unwrap();
    let path = root.join("../include/netpol.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &header).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(header == committed, "include/netpol.h is not what the source says: run `make header`");
}

/// What the header offers has been called from C, with all that C programs get wrong.
#[test]
fn every_function_is_called_from_c() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let header = read("../include/netpol.h");
    let programs =
        ["flows", "manifests", "misuse", "objects"].map(|name| read(&format!("tests/c/{name}.c")));
    // Declarations begin in the first column, and comments do not.
    let declared =
        header.lines().filter(|line| line.starts_with(|start: char| start.is_ascii_alphabetic()));
    let functions = declared.filter_map(|line| {
        let (before, _) = line.split_once('(')?;
        before.rsplit([' ', '*']).next().filter(|name| name.starts_with("netpol_"))
    });
    let functions = functions.collect::<Vec<_>>();
    assert!(functions.len() > 80, "{} functions in the header", functions.len());
    let called = |name: &&str| programs.iter().any(|text| text.contains(&format!("{name}(")));
    let forgotten = functions.into_iter().filter(|name| !called(name)).collect::<Vec<_>>();
    assert_eq!(forgotten, [""; 0], "functions that no test in C calls");
}
