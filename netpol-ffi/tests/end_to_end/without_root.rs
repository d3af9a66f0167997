//! What needs no rights: the command line, and directories that are only followed.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use nix::sys::signal::Signal;

use crate::dataplane::{Dataplane, program};
use crate::manifests::Directory;
use crate::small_cluster::{allow_from, pod, shop, text};
use crate::support::root;

fn run(arguments: &[&str]) -> Option<(i32, String, String)> {
    let Output { status, stdout, stderr } =
        Command::new(program()?).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some((status.code().unwrap(), text(stdout), text(stderr)))
}

#[test]
fn a_wrong_command_line_ends_with_status_2_and_says_what_is_wrong() {
    for (arguments, expected) in [
        (&[][..], "one directory is needed"),
        (&["a", "b"], "one directory is needed"),
        (&["/nowhere/at/all"], "/nowhere/at/all: No such file or directory"),
        (&["/dev/null"], "/dev/null: Not a directory"),
        (&["--queue=65536", "a"], "--queue does not take `65536`"),
        (&["--queue=-1", "a"], "--queue does not take `-1`"),
        (&["--queue=", "a"], "--queue does not take ``"),
        (&["--queue=1x", "a"], "--queue does not take `1x`"),
        (&["--queue=65535", "a"], "no queues above 65535"),
        (&["--queues=257", "a"], "--queues does not take `257`"),
        (&["--queue-length=0", "a"], "--queue-length does not take `0`"),
        (&["--mark=3", "a"], "--mark does not take `3`"),
        (&["--mark=0", "a"], "--mark does not take `0`"),
        (&["--established=no", "a"], "--established does not take `no`"),
        (&["--log=some", "a"], "--log does not take `some`"),
        (&["--log-limit=99999999999", "a"], "--log-limit does not take `99999999999`"),
        (&["--frobnicate", "a"], "see netpol-nfqueue --help"),
    ] {
        let Some((status, out, error)) = run(arguments) else { return };
        assert_eq!((status, &*out), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    let Some((status, out, error)) = run(&["--help"]) else { return };
    assert_eq!((status, &*error), (0, ""));
    assert!(out.starts_with("usage: netpol-nfqueue [OPTION...] DIRECTORY\n"));
    let (status, out, _) = run(&["--version"]).unwrap();
    assert_eq!((status, out), (0, format!("netpol-nfqueue {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_rules_end_with_status_2() {
    for (arguments, expected) in [
        (&[][..], "one of install, remove and show is needed"),
        (&["frobnicate"], "`frobnicate` is none of"),
        (&["install", "--queue", "x"], "`x` is no number"),
        (&["install", "--queues", "0"], "there must be a queue"),
        (&["install", "--mark", "a;b"], "`a;b` is no mark"),
        (&["install", "--interface", "a;b"], "is no interface"),
        (&["install", "--established", "no"], "--established does not take `no`"),
    ] {
        let script = root().join("examples/nfqueue/netpol-nfqueue-rules");
        // Whatever it may do, it does nothing to this machine.
        let mut command = Command::new(script);
        command.args(arguments).env("IPTABLES", "true").env("IP6TABLES", "true");
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

/// Follows a directory, without queues.
struct Follower {
    dataplane: Dataplane,
    mark: usize,
}

impl Follower {
    fn new(directory: &Directory) -> Option<Follower> {
        program()?;
        let dataplane = Dataplane::follow(directory.path());
        Some(Follower { dataplane, mark: 0 })
    }

    /// Waits for a line that contains something, behind the one that was waited for before.
    fn says(&mut self, what: &str) -> String {
        let (line, mark) = self.dataplane.said.wait(self.mark, |line| line.contains(what));
        self.mark = mark;
        line
    }
}

#[test]
fn files_come_change_and_go() {
    let directory = shop("files");
    let Some(mut follower) = Follower::new(&directory) else { return };
    assert_eq!(follower.says("published"), "published generation 1: 5 objects of 5 files");
    directory.put("cache.yaml", &pod("shop/cache", 4));
    assert_eq!(follower.says("published"), "published generation 2: 6 objects of 6 files");
    // Several objects in place of one; JSON; another ending.
    let list = format!("{}---\n{}", pod("shop/cache", 4), pod("shop/queue", 5));
    directory.put("cache.yaml", &list);
    assert_eq!(follower.says("published"), "published generation 3: 7 objects of 6 files");
    let json = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}]}"#;
    directory.put("list.json", json);
    assert_eq!(follower.says("published"), "published generation 4: 8 objects of 7 files");
    // Renamed: the same objects from another file.
    fs::rename(directory.path().join("cache.yaml"), directory.path().join("moved.yml")).unwrap();
    assert_eq!(follower.says("published"), "published generation 5: 8 objects of 7 files");
    directory.remove("moved.yml");
    assert_eq!(follower.says("published"), "published generation 6: 6 objects of 6 files");
    // A Namespace goes without what other files have in it.
    directory.remove("namespaces.yaml");
    assert_eq!(follower.says("published"), "published generation 7: 5 objects of 5 files");
    // What is no manifest is none.
    directory.put("README.md", "kind: Pod");
    fs::create_dir(directory.path().join("folder.d")).unwrap();
    directory.put("last.yaml", &pod("shop/last", 6));
    assert_eq!(follower.says("published"), "published generation 8: 6 objects of 6 files");
    follower.dataplane.stop();
}

#[test]
fn a_file_is_read_when_its_writer_is_done() {
    let directory = shop("writing");
    let Some(mut follower) = Follower::new(&directory) else { return };
    follower.says("ready");
    // Truncated and written piece by piece: what it said before stays until it is closed.
    let mut file = File::create(directory.path().join("policy.yaml")).unwrap();
    for (index, piece) in [allow_from("job"), pod("shop/more", 5)].iter().enumerate() {
        file.write_all(piece.as_bytes()).unwrap();
        file.flush().unwrap();
        directory.put("other.yaml", &format!("# {index}"));
        let line = follower.says("published");
        assert!(
            line.contains(": 5 objects of 6 files, 1 of which")
                || line.ends_with("5 objects of 6 files"),
            "{line}"
        );
        file.write_all(b"---\n").unwrap();
    }
    drop(file);
    assert_eq!(follower.says("published"), "published generation 4: 6 objects of 6 files");
    // Appended to.
    let mut file =
        OpenOptions::new().append(true).open(directory.path().join("policy.yaml")).unwrap();
    file.write_all(pod("shop/again", 4).as_bytes()).unwrap();
    drop(file);
    assert_eq!(follower.says("published"), "published generation 5: 7 objects of 6 files");
    follower.dataplane.stop();
}

#[test]
fn an_object_has_one_file() {
    let directory = shop("twice");
    let Some(mut follower) = Follower::new(&directory) else { return };
    follower.says("ready");
    directory.put("twice.yaml", &format!("{}---\n{}", pod("shop/new", 7), pod("shop/db", 1)));
    let line = follower.says("error: ");
    assert_eq!(line, "error: Pod `shop/db` is there already, from db.yaml:1");
    assert!(follower.says(" --> ").ends_with("/twice.yaml:3"));
    follower.says("nothing changed");
    // When the first lets it go, the second has it, without having changed itself.
    directory.remove("db.yaml");
    assert_eq!(follower.says("published"), "published generation 2: 6 objects of 5 files");
    // In one step from one file to another.
    symlink("twice.yaml", directory.path().join("linked.yaml")).unwrap();
    follower.says("is there already");
    follower.says("nothing changed");
    directory.remove("twice.yaml");
    assert_eq!(follower.says("published"), "published generation 3: 4 objects of 4 files");
    directory.put("unnamed.yaml", "{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}");
    assert_eq!(follower.says("error: "), "error: an object without a name cannot be followed");
    follower.dataplane.stop();
}

#[test]
fn dumps_are_read_as_what_a_cluster_holds() {
    let directory = shop("stored");
    let wrong = allow_from("web").replace("port: 80", "port: 80000");
    directory.put("policy.yaml", &wrong);
    if program().is_none() {
        return;
    }
    let mut follower = Follower { dataplane: Dataplane::follow(directory.path()), mark: 0 };
    assert_eq!(
        follower.says("published"),
        "published generation 1: 4 objects of 5 files, 1 of which are not in force as they are; \
         until they are, nothing passes"
    );
    follower.dataplane.stop();
    let arguments = ["--queues=0", "--stored", text(directory.path())];
    let dataplane = Dataplane::start_here(&arguments);
    let mut follower = Follower { dataplane, mark: 0 };
    follower.says("warning: spec.ingress[0].ports[0].port");
    assert_eq!(follower.says("published"), "published generation 1: 5 objects of 5 files");
    follower.dataplane.stop();
}

#[test]
fn a_directory_may_go_and_come_back() {
    let (directory, aside) = (shop("away"), Directory::new("aside"));
    let Some(mut follower) = Follower::new(&directory) else { return };
    follower.says("ready");
    let hidden = aside.path().join("hidden");
    fs::rename(directory.path(), &hidden).unwrap();
    follower.says("is gone; what was read from it stays");
    fs::rename(&hidden, directory.path()).unwrap();
    follower.says("nothing changed");
    directory.remove("web.yaml");
    assert_eq!(follower.says("published"), "published generation 2: 4 objects of 4 files");
    // SIGHUP reads what no event tells of.
    follower.dataplane.signal(Signal::SIGHUP);
    follower.says("nothing changed");
    follower.dataplane.stop();
}
