//! The rooms of `netpol-core` and the arrows between them.
//!
//! Each folder or file in `netpol-core/src` is a room. The table says which other rooms it may
//! use; what it does use is read from the source. An arrow that is missing here is a decision to
//! be taken, not a line to be added in passing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Room, and the rooms it may use. Lower rooms come first, so no room can use a later one.
const ROOMS: &[(&str, &[&str])] = &[
    ("hash", &[]),
    ("numbers", &[]),
    ("net", &[]),
    ("model", &[]),
    ("field", &[]),
    ("selector", &["model"]),
    ("packet", &["net"]),
    ("options", &["packet"]),
    ("diagnostic", &["field", "model"]),
    ("tables", &["hash", "net", "numbers"]),
    ("manifest", &["model", "field", "diagnostic"]),
    ("validate", &["model", "field", "diagnostic", "selector", "net", "options"]),
    ("legacy", &["model", "field", "diagnostic", "selector", "validate"]),
    ("policy", &["model", "field", "selector", "net", "packet", "options", "validate", "legacy"]),
    ("inventory", &["hash", "model", "selector", "net", "numbers", "options", "policy"]),
    ("contents", &["inventory", "options"]),
    ("directory", &["hash", "model", "packet", "policy", "inventory", "tables"]),
    (
        "engine",
        &[
            "diagnostic",
            "directory",
            "field",
            "hash",
            "model",
            "net",
            "options",
            "packet",
            "policy",
            "tables",
        ],
    ),
    ("flows", &["net", "packet", "engine"]),
    (
        "compile",
        &[
            "diagnostic",
            "directory",
            "field",
            "hash",
            "inventory",
            "model",
            "net",
            "numbers",
            "options",
            "packet",
            "policy",
            "selector",
            "tables",
        ],
    ),
    ("render", &["field", "diagnostic", "engine", "manifest", "model", "packet", "policy"]),
    (
        "cluster",
        &[
            "compile",
            "contents",
            "diagnostic",
            "engine",
            "field",
            "hash",
            "inventory",
            "legacy",
            "manifest",
            "model",
            "options",
            "packet",
            "policy",
            "selector",
            "tables",
            "validate",
        ],
    ),
];

#[test]
fn arrows_are_those_of_the_table() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (room, used) in arrows() {
        let Some(allowed) = rooms.get(room.as_str()) else {
            wrong.push(format!("{room} is no room of the table"));
            continue;
        };
        for (other, file) in used {
            if !allowed.contains(&other.as_str()) {
                wrong.push(format!("{} uses {other}, but {room} may not", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_use_only_rooms_below_them() {
    for (index, (room, allowed)) in ROOMS.iter().enumerate() {
        for other in *allowed {
            let below = ROOMS[..index].iter().any(|(name, _)| name == other);
            assert!(below, "{room} may use {other}, which does not come before it");
        }
    }
}

#[test]
fn every_room_exists() {
    let there: BTreeSet<String> = arrows().into_keys().collect();
    for (room, _) in ROOMS {
        assert!(there.contains(*room), "there is no room {room}");
    }
}

/// The reference shares nothing with the engine but the objects, the options and the packet.
#[test]
fn reference_stands_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference");
    for file in sources(&folder) {
        let text = code(&fs::read_to_string(&file).expect("a source can be read"));
        for path in paths_after(&text, "netpol_core::") {
            let allowed =
                ["model", "options", "packet", "net", "Options", "Packet", "Verdict", "Direction"];
            assert!(allowed.contains(&path.as_str()), "{} uses {path}", file.display());
        }
        for path in paths_after(&text, "netpol_core::net::") {
            assert_eq!(path, "Protocol", "{} uses net::{path}", file.display());
        }
    }
}

/// The plain reader of packets shares nothing with the library; only what compares the two knows both.
#[test]
fn plain_reader_stands_alone() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/naive_packet/read.rs");
    let text = code(&fs::read_to_string(file).expect("a source can be read"));
    for other in ["netpol_core", "etherparse"] {
        assert!(!text.contains(other), "it uses {other}");
    }
}

/// The list of connections knows the table's options and the names of its answers, not the table.
#[test]
fn plain_list_stands_alone() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/naive_flows/table.rs");
    let text = code(&fs::read_to_string(file).expect("a source can be read"));
    let names = paths_after(&text, "netpol_core::flows::");
    assert_eq!(names, ["FlowOptions", "FlowState", "MidStream", "Tracking"]);
    for other in ["Engine", "etherparse"] {
        assert!(!text.contains(other), "it uses {other}");
    }
}

/// Which rooms each room uses, and in which file.
fn arrows() -> BTreeMap<String, BTreeMap<String, PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
    let mut arrows: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for file in sources(&root) {
        let inside = file.strip_prefix(&root).expect("it was found there");
        let first = inside.components().next().expect("a file has a name");
        let room = first.as_os_str().to_str().expect("names are ASCII").trim_end_matches(".rs");
        if room == "lib" {
            continue;
        }
        let used = arrows.entry(room.to_owned()).or_default();
        let text = code(&fs::read_to_string(&file).expect("a source can be read"));
        for other in paths_after(&text, "crate::") {
            if other != room {
                used.entry(other).or_insert_with(|| inside.to_owned());
            }
        }
    }
    arrows
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text without comments and without the tests at its bottom, which may use everything.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names of the paths that follow `prefix`, also of those in braces.
fn paths_after(text: &str, prefix: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut names = Vec::new();
    for (position, _) in text.match_indices(prefix) {
        let rest = &text[position + prefix.len()..];
        match rest.strip_prefix('{') {
            None => names.push(name(rest)),
            Some(list) => {
                // Only the outermost level holds rooms.
                let mut depth = 0_usize;
                let mut start = 0;
                for (index, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            names.push(name(&list[start..index]));
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            names.push(name(&list[start..index]));
                            start = index + 1;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn paths_are_found() {
    let text = "use crate::{a::{b, c}, d as e,\n f::G};\nlet x = crate::h::I;";
    assert_eq!(paths_after(text, "crate::"), ["a", "d", "f", "h"]);
}
