//! What does this cluster of 2016 mean today? Its NetworkPolicies as `networking.k8s.io/v1` has
//! them.
//!
//! ```text
//! convert [-n <namespace>] [-o yaml|json] [--stored] <file, directory or ->...
//! ```
//!
//! Exits with 0 when nothing was left out, 1 when the notes say that something was or could not be
//! known, and 2 when there is no answer.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use netpol_core::diagnostic::{Diagnostic, Problem};
use netpol_core::legacy::{self, Conversion};
use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::{NetworkPolicy, Object};
use netpol_core::render::{self, Style};
use netpol_core::{Admission, Cluster, Options};
use serde::Serialize;

const USAGE: &str = "\
What does a cluster of Kubernetes 1.3 to 1.6 mean today? Prints the networking.k8s.io/v1
NetworkPolicies that do what its NetworkPolicies and the annotations of its Namespaces did.

usage: convert [options] <file, directory or ->...

  -n, --namespace <name>   where policies are that name no namespace (default: default)
  -o, --output <form>      yaml (the default): one document each; or json: one List
      --stored             the manifests come from a cluster: take what it took, with warnings
  -h, --help               print this

Policies are read in extensions/v1beta1, net.alpha.kubernetes.io/v1alpha1 (also without an
apiVersion) and networking.k8s.io/v1. `-` is the standard input. Give the Namespaces too: without
them nobody can tell which of the policies had any effect. Where nothing is of an older form, the
policies are printed as they are.

Exits with 0 when everything was converted; with 1 when it was, but notes on the standard error say
what was left out or could not be known; with 2 when the manifests cannot be read.
";

/// What the command line asks for.
struct Arguments {
    paths: Vec<PathBuf>,
    namespace: String,
    json: bool,
    admission: Admission,
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return print(USAGE, ExitCode::SUCCESS),
        Err(error) => return fail(&format!("error: {error}\n\n{USAGE}")),
    };
    match run(&arguments) {
        Ok((text, code)) => print(&text, code),
        Err(message) => fail(&message),
    }
}

/// The policies as text, and what to exit with.
fn run(arguments: &Arguments) -> Result<(String, ExitCode), String> {
    let manifest = arguments.read().map_err(|error| format!("error: {error}\n"))?;
    // A cluster says everything that is wrong with a manifest; what it is for is not asked here.
    let mut cluster = Cluster::new(Options::default());
    let told = match cluster.apply(&manifest, arguments.admission) {
        Ok(applied) => applied.warnings,
        Err(error) => {
            return Err(render::diagnostics(error.diagnostics(), &manifest, Style::Plain));
        }
    };
    let Conversion { policies, notes, .. } = legacy::convert(manifest.objects());
    let code = if notes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) };
    let mut diagnostics: Vec<Diagnostic> = told.into_iter().filter(is_news).collect();
    diagnostics.extend(manifest.located(notes));
    let text = render::diagnostics(&diagnostics, &manifest, Style::Plain);
    let _ = std::io::stderr().write_all(text.as_bytes());
    let text = if arguments.json { json(&policies) } else { yaml(&policies) };
    Ok((text.map_err(|error| format!("error: {error}\n"))?, code))
}

impl Arguments {
    /// `None` when only help was asked for.
    fn parse() -> Result<Option<Arguments>, Box<dyn std::error::Error>> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};

        let mut paths = Vec::new();
        let mut namespace = "default".to_owned();
        let (mut json, mut admission) = (false, Admission::Create);
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Value(path) => paths.push(PathBuf::from(path)),
                Short('n') | Long("namespace") => namespace = parser.value()?.string()?,
                Long("stored") => admission = Admission::Stored,
                Short('o') | Long("output") => {
                    json = match parser.value()?.string()?.as_str() {
                        "json" => true,
                        "yaml" => false,
                        other => return Err(format!("unknown output form `{other}`").into()),
                    }
                }
                Short('h') | Long("help") => return Ok(None),
                Short(_) | Long(_) => return Err(argument.unexpected().into()),
            }
        }
        if paths.is_empty() {
            return Err("no manifests: name files, directories, or `-`".into());
        }
        Ok(Some(Arguments { paths, namespace, json, admission }))
    }

    fn read(&self) -> Result<Manifest, std::io::Error> {
        let mut options = ReadOptions::default();
        options.legacy = true;
        options.default_namespace.clone_from(&self.namespace);
        let mut manifest = Manifest::default();
        for path in &self.paths {
            if path.as_os_str() == "-" {
                let mut text = Vec::new();
                // One byte more than allowed tells that there is more, and an endless stream ends.
                let limit = u64::from(options.limits.bytes).saturating_add(1);
                std::io::stdin().take(limit).read_to_end(&mut text)?;
                manifest.append(Manifest::read(Some("<stdin>"), &text, &options));
            } else {
                manifest.append(Manifest::read_paths(std::slice::from_ref(path), &options));
            }
        }
        Ok(manifest)
    }
}

/// Whether a warning says more than that a policy is of an older form, and what that means to a
/// cluster of today.
fn is_news(warning: &Diagnostic) -> bool {
    !matches!(
        warning.problem,
        Problem::Note { code: "version-removed" | "empty-list" | "third-party-form", .. }
    )
}

/// A policy as a manifest has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'p> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    policy: &'p NetworkPolicy,
}

impl Document<'_> {
    fn of(policy: &NetworkPolicy) -> Document<'_> {
        Document { api_version: "networking.k8s.io/v1", kind: "NetworkPolicy", policy }
    }
}

fn yaml(policies: &[NetworkPolicy]) -> Result<String, Box<dyn std::error::Error>> {
    let documents: Result<Vec<String>, _> = policies.iter().map(yaml_document).collect();
    Ok(documents?.join("---\n"))
}

/// A YAML 1.2 writer leaves words bare that the API server takes for something else than text
/// (`y`, `on`), so each document is read back. Where it is not the same, JSON is YAML too.
fn yaml_document(policy: &NetworkPolicy) -> Result<String, Box<dyn std::error::Error>> {
    let document = Document::of(policy);
    let text = yaml_serde::to_string(&document)?;
    let mut options = ReadOptions::default();
    // A policy that has none keeps having none.
    options.default_namespace.clone_from(&policy.metadata.namespace);
    let again = Manifest::read(None, text.as_bytes(), &options);
    let same = matches!(again.objects(), [Object::NetworkPolicy(read)] if read == policy);
    if same && again.findings().is_empty() {
        return Ok(text);
    }
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn json(policies: &[NetworkPolicy]) -> Result<String, Box<dyn std::error::Error>> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct List<'p> {
        api_version: &'static str,
        kind: &'static str,
        items: Vec<Document<'p>>,
    }
    let items = policies.iter().map(Document::of).collect();
    let list = List { api_version: "v1", kind: "List", items };
    Ok(serde_json::to_string_pretty(&list)? + "\n")
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
