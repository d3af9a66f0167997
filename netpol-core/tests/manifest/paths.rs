//! Files and directories.

use std::fs;
use std::path::PathBuf;

use netpol_core::manifest::{Admission, Manifest, ReadOptions};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\n";

/// A directory of this test's own, emptied.
fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest.objects().iter().map(|object| object.metadata().name.as_str()).collect()
}

#[test]
fn whole_directories_in_the_order_of_names() {
    let root = directory("whole");
    fs::create_dir_all(root.join("b/deep")).unwrap();
    fs::create_dir_all(root.join(".git")).unwrap();
    for (file, name) in [
        ("c.yml", "c"),
        ("a.yaml", "a"),
        ("b/deep/one.YAML", "b"),
        (".git/x.yaml", "hidden"),
        ("notes.txt", "text"),
        ("a.netpol.yaml", "expectations"),
        ("b/c.netpol.yml", "expectations"),
    ] {
        fs::write(root.join(file), POD.replace("NAME", name)).unwrap();
    }
    fs::write(root.join("d.json"), r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d"}}"#)
        .unwrap();
    let manifest = Manifest::read_paths(std::slice::from_ref(&root), &ReadOptions::default());
    assert_eq!(names(&manifest), ["a", "b", "c", "d"]);
    assert_eq!(manifest.findings(), []);

    // A file that is named is read whatever it is called, and twice if named twice.
    let paths = [root.join("notes.txt"), root.join("a.yaml"), root.join("a.yaml")];
    let manifest = Manifest::read_paths(&paths, &ReadOptions::default());
    assert_eq!(names(&manifest), ["text", "a", "a"]);
    assert_eq!(manifest.findings().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_mounted_config_map_is_read_once() {
    use std::os::unix::fs::symlink;
    let root = directory("mounted");
    fs::create_dir(root.join("..2026")).unwrap();
    fs::write(root.join("..2026/a.yaml"), POD.replace("NAME", "a")).unwrap();
    symlink("..2026", root.join("..data")).unwrap();
    symlink("..data/a.yaml", root.join("a.yaml")).unwrap();
    symlink(".", root.join("loop")).unwrap();
    let manifest = Manifest::read_paths(&[root], &ReadOptions::default());
    assert_eq!(names(&manifest), ["a"]);
    assert_eq!(manifest.findings(), []);
}

#[test]
fn what_cannot_be_read_is_told() {
    let root = directory("unreadable");
    let missing = root.join("missing.yaml");
    let manifest = Manifest::read_paths(&[missing.clone(), root], &ReadOptions::default());
    let told = manifest.diagnostics(Admission::Stored);
    assert!(told.iter().all(|diagnostic| diagnostic.is_error()));
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert!(
        told[0].starts_with(&format!("{}: error: the file cannot be read: ", missing.display()))
    );
    assert!(told[1].ends_with("the directory holds no .yaml, .yml or .json file"), "{told:?}");
}
