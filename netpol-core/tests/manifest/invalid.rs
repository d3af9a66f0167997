//! The files of testdata/invalid: each says in its first lines what is wrong with it. The format is
//! in the README there.

use std::path::Path;

use netpol_core::manifest::{Manifest, ReadOptions};

use super::told;

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
        let expected: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# read: ")).collect();
        let manifest = Manifest::read(Some(&name), text.as_bytes(), &ReadOptions::default());
        assert_eq!(told(&manifest), expected, "{name}");
        read += 1;
    }
    assert!(read >= 20, "files are missing");
}
