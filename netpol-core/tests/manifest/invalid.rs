//! The files of testdata/invalid: each says in its first lines what is wrong with it. The format is
//! in the README there.

use std::path::Path;

use netpol_core::diagnostic::Diagnostic;
use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::{Admission, Cluster, Options};

use super::{summary, told};

#[test]
fn each_is_told_as_it_says_itself() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/invalid");
    let mut read = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = |phase: &'static str| {
            text.lines().filter_map(move |line| line.strip_prefix(phase)).map(str::to_owned)
        };
        let manifest = Manifest::read(Some(&name), text.as_bytes(), &ReadOptions::default());
        assert_eq!(told(&manifest), expected("# read: ").collect::<Vec<_>>(), "{name}");

        let mut judged: Vec<String> = judge(&manifest).iter().map(summary).collect();
        let mut all: Vec<String> = expected("# read: ").chain(expected("# validate: ")).collect();
        judged.sort();
        all.sort();
        assert_eq!(judged, all, "{name}");
        read += 1;
    }
    assert!(read >= 50, "files are missing");
}

/// What a cluster says about `manifest`, whether or not it takes it.
fn judge(manifest: &Manifest) -> Vec<Diagnostic> {
    match Cluster::new(Options::default()).apply(manifest, Admission::Create) {
        Ok(applied) => applied.warnings,
        Err(error) => error.diagnostics().to_vec(),
    }
}
