//! May this connection be opened? The answer for manifests on disk.
//!
//! ```text
//! decide -f <file or directory>... --from <endpoint | IP> --to <endpoint | svc/namespace/name | IP>
//!        --port <number or name> [--protocol TCP|UDP|SCTP|ICMP] [--explain] [-o text|json]
//!        [--stored] [--resolve <name>=<address>[,<address>...]]... [--legacy]
//! ```
//!
//! Exits with 0 for allow, 1 for deny, and 2 when there is no answer. A Service is allowed when every
//! backend of it is; where some are and some are not the answer is `mixed`, which exits with 1.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use netpol_core::engine::ServiceExplanation;
use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::net::Protocol;
use netpol_core::options::NetworkPolicySemantics;
use netpol_core::packet::Transport;
use netpol_core::{
    Admission, Cluster, Engine, Explanation, Options, Party, Question, ServiceQuestion,
    ServiceVerdict, render,
};

const USAGE: &str = "\
May this connection be opened?

usage: decide -f <file or directory>... --from <end> --to <end> --port <port> [options]

  -f, --filename <path>    a manifest, or a directory of manifests; may be repeated
      --from <end>         who connects: namespace/name, kind/namespace/name, or an IP address
      --to <end>           to whom; svc/namespace/name is a Service, and means each of its backends
  -p, --port <port>        a number, or the name of a port of the destination; not for ICMP
      --protocol <name>    TCP (the default), UDP, SCTP or ICMP
      --explain            say what the verdict rests on
  -o, --output <form>      text (the default) or json
      --stored             the manifests come from a cluster: take what it took, with warnings
      --resolve <name>=<address>[,<address>...]
                           what a domain name resolves to; may be repeated
      --legacy             read NetworkPolicies, those of 2016 too, as Kubernetes 1.3 to 1.6 did
  -h, --help               print this

A name without a namespace is one of namespace `default`.
Exits with 0 for allow, 1 for deny, 2 when there is no answer. A Service is allowed when each of its
backends is; mixed means that some are and some are not, and exits with 1.
";

/// What the command line asks for.
struct Arguments {
    paths: Vec<PathBuf>,
    from: String,
    to: String,
    port: Option<String>,
    protocol: String,
    explain: bool,
    json: bool,
    admission: Admission,
    resolved: Vec<(String, Vec<IpAddr>)>,
    legacy: bool,
}

/// The answer about an endpoint or address, or about a Service.
enum Answer {
    One(Box<Explanation>),
    Service(Box<ServiceExplanation>),
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            return print(USAGE, ExitCode::SUCCESS);
        }
        Err(error) => return fail(&format!("error: {error}\n\n{USAGE}")),
    };
    match run(&arguments) {
        Ok(answer) => {
            let code = if answer.is_allow() { 0 } else { 1 };
            print(&arguments.format(&answer), ExitCode::from(code))
        }
        Err(message) => fail(&message),
    }
}

fn run(arguments: &Arguments) -> Result<Answer, String> {
    let (mut reading, mut options) = (ReadOptions::default(), Options::default());
    if arguments.legacy {
        reading.legacy = true;
        options.network_policies = NetworkPolicySemantics::Legacy;
    }
    let manifest = Manifest::read_paths(&arguments.paths, &reading);
    let mut cluster = Cluster::new(options);
    let told = cluster.apply(&manifest, arguments.admission);
    let diagnostics = match &told {
        Ok(applied) => applied.warnings.as_slice(),
        Err(error) => error.diagnostics(),
    };
    let text = render::diagnostics(diagnostics, &manifest, render::Style::Plain);
    if told.is_err() {
        return Err(text);
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
    for (name, addresses) in &arguments.resolved {
        cluster.resolve_domain(name, addresses.iter().copied(), None);
    }
    let engine = cluster.publish().map_err(|error| format!("{error}\n"))?;
    for warning in engine.warnings().iter().chain(&engine.lints()) {
        let _ = writeln!(std::io::stderr(), "{warning}");
    }
    arguments.ask(&engine).map_err(|error| format!("error: {error}\n"))
}

impl Arguments {
    /// `None` when only help was asked for.
    fn parse() -> Result<Option<Arguments>, Box<dyn std::error::Error>> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};

        let mut paths = Vec::new();
        let (mut from, mut to, mut port) = (None, None, None);
        let mut protocol = "TCP".to_owned();
        let (mut explain, mut json, mut admission) = (false, false, Admission::Create);
        let (mut resolved, mut legacy) = (Vec::new(), false);
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('f') | Long("filename") => {
                    paths.extend(parser.values()?.map(PathBuf::from));
                }
                Long("from") => from = Some(parser.value()?.string()?),
                Long("to") => to = Some(parser.value()?.string()?),
                Short('p') | Long("port") => port = Some(parser.value()?.string()?),
                Long("protocol") => protocol = parser.value()?.string()?,
                Long("explain") => explain = true,
                Long("stored") => admission = Admission::Stored,
                Long("resolve") => resolved.push(resolution(&parser.value()?.string()?)?),
                Long("legacy") => legacy = true,
                Short('o') | Long("output") => {
                    json = match parser.value()?.string()?.as_str() {
                        "json" => true,
                        "text" => false,
                        other => return Err(format!("unknown output form `{other}`").into()),
                    }
                }
                Short('h') | Long("help") => return Ok(None),
                Short(_) | Long(_) | Value(_) => return Err(argument.unexpected().into()),
            }
        }
        if paths.is_empty() {
            return Err("no manifests: give them with -f".into());
        }
        let from = from.ok_or("--from is missing")?;
        let to = to.ok_or("--to is missing")?;
        Ok(Some(Arguments {
            paths,
            from,
            to,
            port,
            protocol,
            explain,
            json,
            admission,
            resolved,
            legacy,
        }))
    }

    fn ask(&self, engine: &Engine) -> Result<Answer, Box<dyn std::error::Error>> {
        let from = party(engine, &self.from)?;
        if is_service(&self.to) {
            return self.ask_service(engine, from).map(Box::new).map(Answer::Service);
        }
        let to = party(engine, &self.to)?;
        if self.protocol.eq_ignore_ascii_case("ICMP") {
            return self.ask_icmp(engine, from, to).map(Box::new).map(Answer::One);
        }
        let protocol = self.protocol()?;
        let port = match self.port()? {
            Port::Number(number) => number,
            Port::Name(name) => named_port(engine, to, name, protocol)?,
        };
        let question = Question::port(from, to, protocol, port);
        Ok(Answer::One(Box::new(engine.explain_question(&question)?)))
    }

    fn ask_service(
        &self,
        engine: &Engine,
        from: Party,
    ) -> Result<ServiceExplanation, Box<dyn std::error::Error>> {
        if self.protocol.eq_ignore_ascii_case("ICMP") {
            return Err(
                "a Service sends on what comes to its ports, and ICMP has none; ask about \
                        its backends"
                    .into(),
            );
        }
        let (service, protocol) = (engine.service(&self.to)?, self.protocol()?);
        let question = match self.port()? {
            Port::Number(number) => ServiceQuestion::port(from, service, protocol, number),
            Port::Name(name) => ServiceQuestion::named_port(from, service, protocol, name),
        };
        Ok(engine.explain_service(&question)?)
    }

    fn protocol(&self) -> Result<Protocol, String> {
        Protocol::from_api(&self.protocol.to_ascii_uppercase())
            .ok_or_else(|| format!("unknown protocol `{}`", self.protocol))
    }

    fn port(&self) -> Result<Port<'_>, String> {
        let port = self.port.as_deref().ok_or("--port is missing")?;
        // A port name has a letter, so that it is never taken for a number.
        if port.contains(|symbol: char| symbol.is_ascii_alphabetic()) {
            return Ok(Port::Name(port));
        }
        let number = port.parse::<u16>();
        number.map(Port::Number).map_err(|_| format!("`{port}` is no port: 0 to 65535, or a name"))
    }

    /// An echo request, of the family in which the two ends meet.
    fn ask_icmp(
        &self,
        engine: &Engine,
        from: Party,
        to: Party,
    ) -> Result<Explanation, Box<dyn std::error::Error>> {
        if self.port.is_some() {
            return Err("ICMP has no ports".into());
        }
        let ask = |protocol, kind| {
            let transport = Transport::Icmp { kind, code: 0 };
            engine.explain_question(&Question::new(from, to, protocol, transport))
        };
        let explanation = ask(Protocol::ICMP, 8)?;
        match explanation.source.address.or(explanation.destination.address) {
            Some(IpAddr::V6(_)) => Ok(ask(Protocol::ICMPV6, 128)?),
            _ => Ok(explanation),
        }
    }

    fn format(&self, answer: &Answer) -> String {
        let mut text = match (self.json, self.explain) {
            (true, true) => answer.json(),
            (true, false) => format!("{{\"verdict\": \"{}\"}}", answer.verdict()),
            (false, true) => answer.to_text(),
            (false, false) => answer.summary(),
        };
        text.push('\n');
        text
    }
}

/// A port as the command line gives it.
enum Port<'text> {
    Number(u16),
    Name(&'text str),
}

impl Answer {
    fn is_allow(&self) -> bool {
        match self {
            Answer::One(explanation) => explanation.verdict.is_allow(),
            Answer::Service(explanation) => explanation.verdict.is_allow(),
        }
    }

    fn verdict(&self) -> String {
        match self {
            Answer::One(explanation) => explanation.verdict.to_string(),
            Answer::Service(explanation) => explanation.verdict.to_string(),
        }
    }

    fn json(&self) -> String {
        match self {
            Answer::One(explanation) => render::explanation_json(explanation),
            Answer::Service(explanation) => render::service_explanation_json(explanation),
        }
    }

    fn to_text(&self) -> String {
        match self {
            Answer::One(explanation) => explanation.to_string(),
            Answer::Service(explanation) => explanation.to_string(),
        }
    }

    /// The verdict, what it is for each backend where they differ, and the notes.
    fn summary(&self) -> String {
        let mut text = self.verdict();
        let notes = match self {
            Answer::One(explanation) => &explanation.notes,
            Answer::Service(explanation) => &explanation.notes,
        };
        if let Answer::Service(explanation) = self
            && explanation.verdict == ServiceVerdict::Mixed
        {
            for Explanation { verdict, destination, transport, .. } in &explanation.backends {
                let _ = write!(text, "\n{verdict}: {destination}");
                if let Transport::Ports { destination, .. } = transport {
                    let _ = write!(text, " port {destination}");
                }
            }
        }
        for note in notes {
            let _ = write!(text, "\nnote: {note}");
        }
        text
    }
}

/// Whether the text is `svc/namespace/name`, or the same with `service`.
fn is_service(text: &str) -> bool {
    let kind = text.split_once('/').filter(|(_, name)| name.contains('/')).map(|(kind, _)| kind);
    kind.is_some_and(|kind| ["svc", "service"].iter().any(|it| kind.eq_ignore_ascii_case(it)))
}

/// `name=address,address`.
fn resolution(text: &str) -> Result<(String, Vec<IpAddr>), Box<dyn std::error::Error>> {
    let (name, addresses) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not `name=address`"))?;
    let addresses = addresses.split(',').map(|address| {
        address.parse().map_err(|_| format!("`{address}` in `{text}` is no IP address"))
    });
    Ok((name.to_owned(), addresses.collect::<Result<_, _>>()?))
}

/// An address as it is, anything else as the name of an endpoint.
fn party(engine: &Engine, text: &str) -> Result<Party, Box<dyn std::error::Error>> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Party::from(address));
    }
    let name = if text.contains('/') { text.to_owned() } else { format!("default/{text}") };
    Ok(Party::from(engine.endpoint(&name)?))
}

fn named_port(
    engine: &Engine,
    to: Party,
    name: &str,
    protocol: Protocol,
) -> Result<u16, Box<dyn std::error::Error>> {
    let endpoint = match to {
        Party::Endpoint(endpoint) => Some(endpoint),
        Party::Address(address) => engine.owner(address),
    };
    let endpoint = endpoint
        .ok_or_else(|| format!("port `{name}` means nothing on an address that no pod owns"))?;
    Ok(engine.port_number(endpoint, name, protocol)?)
}

/// Prints the answer; an answer that nobody could read is none.
fn print(text: &str, code: ExitCode) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => code,
        Err(_) => ExitCode::from(2),
    }
}

fn fail(text: &str) -> ExitCode {
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(2)
}
