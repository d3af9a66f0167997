//! The program netpol-nfqueue: how it is built, run, and listened to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::network::{INTERFACES, Namespace};
use crate::support::{compilers, has, library, missing, root, succeeded};

const LIBRARIES: [&str; 3] = ["libnetfilter_queue", "libnetfilter_conntrack", "libmnl"];

/// How long to wait for what the program is to say; only what is wrong takes that long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program under the sanitizers, which end it with status 99 when they find anything; `None`, and said why,
/// when it cannot be built here.
pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    if !has("pkg-config") {
        return None;
    }
    let flags = Command::new("pkg-config").args(["--cflags", "--libs"]).args(LIBRARIES).output();
    let flags = flags.unwrap();
    if !flags.status.success() {
        let why = String::from_utf8_lossy(&flags.stderr);
        missing("netpol-nfqueue", why.lines().next().unwrap_or_default());
        return None;
    }
    let flags = String::from_utf8(flags.stdout).unwrap();
    let sources = std::fs::read_dir(root().join("examples/nfqueue")).unwrap();
    let sources = sources.map(|entry| entry.unwrap().path());
    let sources = sources.filter(|path| path.extension().is_some_and(|e| e == "c"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("netpol-nfqueue");
    let mut cc = Command::new(compilers()[0]);
    cc.args(["-std=c11", "-D_GNU_SOURCE", "-pthread", "-g", "-Wall", "-Wextra", "-Wpedantic"]);
    cc.args(["-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I"]);
    cc.arg(root().join("../include")).arg("-o").arg(&program).args(sources);
    cc.arg("-L").arg(library()).arg(format!("-Wl,-rpath,{}", library().display())).arg("-lnetpol");
    succeeded(cc.args(flags.split_whitespace()));
    Some(program)
}

/// Lines that a program prints, as they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Lines {
    fn follow(stream: impl Read + Send + 'static) -> Lines {
        let lines = Lines::default();
        let written = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                written.0.0.lock().unwrap().push(line);
                written.0.1.notify_all();
            }
        });
        lines
    }

    /// All until now.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().clone()
    }

    /// Waits for a line behind the first `from`, and gives it and how many lines there are up to it.
    ///
    /// # Panics
    ///
    /// When it does not come.
    pub(crate) fn wait(&self, from: usize, what: impl Fn(&str) -> bool) -> (String, usize) {
        let start = Instant::now();
        let mut lines = self.0.0.lock().unwrap();
        loop {
            let found = lines.iter().enumerate().skip(from).find(|(_, line)| what(line));
            if let Some((at, line)) = found {
                return (line.clone(), at + 1);
            }
            if start.elapsed() > PATIENCE {
                let said = lines[from..].join("\n");
                drop(lines);
                panic!("it does not come:\n{said}");
            }
            lines = self.0.1.wait_timeout(lines, Duration::from_millis(100)).unwrap().0;
        }
    }
}

/// A line of the verdict log: its fields by name.
pub(crate) type Fields = BTreeMap<String, String>;

/// Verdicts by what they are about.
type Verdicts = Arc<Mutex<BTreeMap<String, Vec<Fields>>>>;

/// A running netpol-nfqueue. Ends with this value, or with the process.
#[derive(Debug)]
pub(crate) struct Dataplane {
    pub(crate) said: Lines,
    verdicts: Verdicts,
    pid: Pid,
    status: Option<Receiver<ExitStatus>>,
}

impl Dataplane {
    /// Starts it in a namespace. Whether there is a program is to be asked before.
    pub(crate) fn start(namespace: &Namespace, arguments: &[&str]) -> Dataplane {
        Dataplane::start_in(Some(namespace.clone()), arguments)
    }

    /// Starts it where the tests are.
    pub(crate) fn start_here(arguments: &[&str]) -> Dataplane {
        Dataplane::start_in(None, arguments)
    }

    /// Follows a directory, and judges nothing.
    pub(crate) fn follow(directory: &Path) -> Dataplane {
        Dataplane::start_here(&["--queues=0", directory.to_str().unwrap()])
    }

    fn start_in(namespace: Option<Namespace>, arguments: &[&str]) -> Dataplane {
        let mut command = Command::new("setpriv");
        // The kernel ends it when the thread below does, which waits for it as long as the process lives.
        command.args(["--pdeathsig", "KILL", "--"]).arg(program().unwrap()).args(arguments);
        command.env("ASAN_OPTIONS", "exitcode=99").env("UBSAN_OPTIONS", "exitcode=99");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (started, child) = channel();
        let (ended, status) = channel();
        thread::spawn(move || {
            namespace.iter().for_each(Namespace::enter);
            let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
            let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
            started
                .send((pid, child.stdout.take().unwrap(), child.stderr.take().unwrap()))
                .unwrap();
            let _ = ended.send(child.wait().unwrap());
        });
        let (pid, stdout, stderr) = child.recv().unwrap();
        let verdicts = Verdicts::default();
        let written = Arc::clone(&verdicts);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let fields = fields(&line);
                written.lock().unwrap().entry(key(&fields)).or_default().push(fields);
            }
        });
        Dataplane { said: Lines::follow(stderr), verdicts, pid, status: Some(status) }
    }

    /// As [`start`](Dataplane::start), for a directory and with all verdicts logged; returns when it judges.
    pub(crate) fn ready(namespace: &Namespace, directory: &Path, more: &[&str]) -> Dataplane {
        let directory = directory.to_str().unwrap();
        let mut arguments = vec!["--log=all", "--log-limit=0"];
        arguments.extend(more);
        arguments.push(directory);
        let dataplane = Dataplane::start(namespace, &arguments);
        dataplane.said.wait(0, |line| line == "ready");
        dataplane
    }

    /// How many lines it has said.
    pub(crate) fn mark(&self) -> usize {
        self.said.all().len()
    }

    /// Waits until it has published something behind the first `from` lines and judged open connections by it;
    /// the generation.
    pub(crate) fn published(&self, from: usize) -> u64 {
        let (line, at) = self.said.wait(from, |line| line.starts_with("published generation "));
        let generation = line.split([' ', ':']).nth(2).unwrap();
        let judged = format!("judged open connections by generation {generation}:");
        self.said.wait(at, |line| line.starts_with(&judged));
        generation.parse().unwrap()
    }

    /// The verdicts on something, in order.
    pub(crate) fn verdicts(&self, key: &str) -> Vec<Fields> {
        self.verdicts.lock().unwrap().get(key).cloned().unwrap_or_default()
    }

    /// All verdicts.
    pub(crate) fn all_verdicts(&self) -> Vec<Fields> {
        self.verdicts.lock().unwrap().values().flatten().cloned().collect()
    }

    /// Whether it said that it denied something.
    pub(crate) fn denied(&self, key: &str) -> bool {
        let verdicts = self.verdicts.lock().unwrap();
        verdicts.get(key).is_some_and(|list| list.iter().any(|fields| fields["verdict"] == "deny"))
    }

    /// Begins a new list of verdicts.
    pub(crate) fn forget_verdicts(&self) {
        self.verdicts.lock().unwrap().clear();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid, signal).unwrap();
    }

    /// Ends it by a signal; its exit status, and what it said.
    pub(crate) fn end(mut self, signal: Signal) -> (ExitStatus, Vec<String>) {
        self.signal(signal);
        let status = self.status.take().unwrap().recv_timeout(PATIENCE).expect("it ends");
        let said = self.said.all();
        (status, said)
    }

    /// Ends it as an init system does, which must go well.
    pub(crate) fn stop(self) {
        let (status, said) = self.end(Signal::SIGTERM);
        assert!(status.success(), "{status}:\n{}", said.join("\n"));
    }
}

impl Drop for Dataplane {
    fn drop(&mut self) {
        if self.status.is_some() {
            let _ = kill(self.pid, Signal::SIGKILL);
        }
        if thread::panicking() {
            eprintln!("netpol-nfqueue said:\n{}", self.said.all().join("\n"));
        }
    }
}

fn fields(line: &str) -> Fields {
    let fields = line.split(' ').filter_map(|field| field.split_once('='));
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn key(fields: &Fields) -> String {
    let get = |name| fields.get(name).map_or("", String::as_str);
    let (protocol, source, destination) = (get("protocol"), get("source"), get("destination"));
    if fields.contains_key("destinationPort") {
        format!(
            "{protocol} {source} {} {destination} {}",
            get("sourcePort"),
            get("destinationPort")
        )
    } else {
        format!("{protocol} {source} {destination}")
    }
}

/// Runs `netpol-nfqueue-rules`; whether it went well, and what it said.
pub(crate) fn rules(namespace: &Namespace, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(root().join("examples/nfqueue/netpol-nfqueue-rules"));
    for (variable, name) in [("IPTABLES", "iptables-legacy"), ("IP6TABLES", "ip6tables-legacy")] {
        // Kernels that lack nftables' queue have that of iptables.
        if Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
        {
            command.env(variable, name);
        }
    }
    let output = namespace.output(command.args(arguments), "");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said.into_owned())
}

/// Installs the rules of a node.
pub(crate) fn install_rules(namespace: &Namespace, more: &[&str]) {
    let mut arguments = vec!["install"];
    arguments.extend(INTERFACES.iter().flat_map(|interface| ["--interface", interface]));
    arguments.extend(more);
    let (success, said) = rules(namespace, &arguments);
    assert!(success, "{said}");
}
