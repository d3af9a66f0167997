use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use netpol_core::{Admission, Options};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::step::Step;

/// One cluster and its story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Unique among all cases.
    pub name: String,
    /// What it shows, and where the rule comes from.
    pub spec: String,
    /// The knobs.
    pub options: Options,
    /// Where its objects come from.
    pub admission: Admission,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Reads all case files of the repository, in the order of their paths. The environment variable
/// `NETPOL_CASE` leaves only the cases with that text in their names.
///
/// # Panics
///
/// With the file and the case, when a file is malformed or a name is used twice.
#[must_use]
pub fn load_all() -> Vec<Case> {
    let mut paths = Vec::new();
    for folder in ["cases", "network-policy-api", "upstream"] {
        let folder = testdata().join(folder);
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        paths.extend(entries.map(|entry| entry.expect("a folder can be listed").path()));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();

    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        cases.extend(load_text(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    }
    let mut names = BTreeSet::new();
    for case in &cases {
        assert!(names.insert(case.name.clone()), "two cases are called {:?}", case.name);
    }
    if let Ok(filter) = env::var("NETPOL_CASE") {
        cases.retain(|case| case.name.contains(&filter));
        assert!(!cases.is_empty(), "no case has {filter:?} in its name");
    }
    cases
}

/// Reads the text of a case file. A case with `families` becomes one for each of them.
///
/// # Errors
///
/// Says which case is malformed, and how.
pub fn load_text(text: &str) -> Result<Vec<Case>, String> {
    let mut file: Table = toml::from_str(text).map_err(|error| error.to_string())?;
    let Some(Value::Array(list)) = file.remove("case") else {
        return Err("a case file is a list of [[case]]".to_owned());
    };
    if let Some(key) = file.keys().next() {
        return Err(format!("{key:?} stands outside of [[case]]"));
    }
    let mut cases = Vec::new();
    for value in list {
        let Value::Table(table) = value else { return Err("a case is a table".to_owned()) };
        let name = table.get("name").and_then(Value::as_str).unwrap_or("without a name").to_owned();
        cases.extend(instances(table).map_err(|error| format!("case {name:?}: {error}"))?);
    }
    Ok(cases)
}

/// The case in each of its families.
fn instances(mut table: Table) -> Result<Vec<Case>, String> {
    let families: Option<Vec<String>> = take(&mut table, "families")?;
    let Some(families) = families else {
        return Ok(vec![instance(table, &["ipv4", "ipv6"])?]);
    };
    let mut cases = Vec::new();
    for family in &families {
        let mut case = instance(table.clone(), &[family])?;
        case.name = format!("{} [{family}]", case.name);
        cases.push(case);
    }
    Ok(cases)
}

fn instance(mut table: Table, families: &[&str]) -> Result<Case, String> {
    let required = |field: Option<String>, name| field.ok_or(format!("{name} is missing"));
    let name = required(take(&mut table, "name")?, "name")?;
    let spec = required(take(&mut table, "spec")?, "spec")?;
    let options = take::<Table>(&mut table, "options")?.unwrap_or_default();
    let options: Options = strict(Value::Table(options))?;
    let admission = take(&mut table, "admission")?.unwrap_or_default();
    let mut steps: Vec<Table> = take(&mut table, "steps")?.unwrap_or_default();
    if !table.is_empty() {
        steps.insert(0, table);
    }

    let addresses = assign_addresses(&mut steps, families)?;
    let names_namespaces = steps.iter().any(|step| step.contains_key("namespaces"));
    let mut known = BTreeSet::new();
    let mut typed = Vec::new();
    for mut step in steps {
        if !names_namespaces {
            imply_namespaces(&mut step, &mut known);
        }
        read_files(&mut step)?;
        let mut value = Value::Table(step);
        substitute(&mut value, &addresses)?;
        expand_names(&mut value, "namespaces");
        expand_names(&mut value, "withdraw");
        typed.push(strict::<Step>(value)?);
    }
    Ok(Case { name, spec, options, admission, steps: typed })
}

/// Gives an address of each family to every pod that names none, and writes pods that are given
/// by name alone as tables. The nth such pod of a case gets `10.244.0.n` and `fd00:10:244::n`, and
/// keeps them when a later step loads it again.
fn assign_addresses(
    steps: &mut [Table],
    families: &[&str],
) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut assigned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for step in steps {
        let Some(pods) = step.get_mut("pods").and_then(Value::as_array_mut) else { continue };
        for pod in pods {
            if let Some(name) = pod.as_str().map(str::to_owned) {
                *pod = Value::Table(Table::from_iter([("name".to_owned(), Value::String(name))]));
            }
            let row = pod.as_table_mut().ok_or("a pod is a name or a table")?;
            let name = row.get("name").and_then(Value::as_str).ok_or("a pod has no name")?;
            if row.contains_key("ips") {
                continue;
            }
            let number = assigned.len() + 1;
            let ips = assigned.entry(name.to_owned()).or_insert_with(|| {
                let address = |family: &&str| match *family {
                    "ipv4" => format!("10.244.0.{number}"),
                    _ => format!("fd00:10:244::{number:x}"),
                };
                families.iter().map(address).collect()
            });
            let ips = ips.iter().cloned().map(Value::String).collect();
            row.insert("ips".to_owned(), Value::Array(ips));
        }
    }
    Ok(assigned)
}

/// Loads the namespaces that pods, workloads and policies mention, for cases that load none.
fn imply_namespaces(step: &mut Table, known: &mut BTreeSet<String>) {
    let mut implied = Vec::new();
    for list in ["pods", "workloads", "policies", "extensionsPolicies", "alphaPolicies"] {
        for row in step.get(list).and_then(Value::as_array).into_iter().flatten() {
            let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
            let namespace = name.split_once('/').map_or("", |(namespace, _)| namespace);
            if !namespace.is_empty() && known.insert(namespace.to_owned()) {
                implied.push(Value::String(namespace.to_owned()));
            }
        }
    }
    if !implied.is_empty() {
        step.insert("namespaces".to_owned(), Value::Array(implied));
    }
}

/// Puts the text of the files that a step names, which lie in the same folder as this crate's
/// case files, in front of its manifests.
fn read_files(step: &mut Table) -> Result<(), String> {
    let files: Vec<String> = take(step, "files")?.unwrap_or_default();
    if files.is_empty() {
        return Ok(());
    }
    let mut texts = Vec::new();
    for file in files {
        let text = fs::read_to_string(testdata().join(&file));
        texts.push(Value::String(text.map_err(|error| format!("{file}: {error}"))?));
    }
    texts.extend(take::<Vec<Value>>(step, "manifests")?.unwrap_or_default());
    step.insert("manifests".to_owned(), Value::Array(texts));
    Ok(())
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

/// Writes what is given by name alone in a list as tables.
fn expand_names(step: &mut Value, list: &str) {
    let list = step.get_mut(list).and_then(Value::as_array_mut);
    for value in list.into_iter().flatten() {
        if let Some(name) = value.as_str().map(str::to_owned) {
            *value = Value::Table(Table::from_iter([("name".to_owned(), Value::String(name))]));
        }
    }
}

/// Writes the assigned addresses where `{x/a}` stands, and 32 or 128 where `/host` follows.
fn substitute(value: &mut Value, addresses: &BTreeMap<String, Vec<String>>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            while let Some((before, rest)) = text.split_once('{') {
                let (name, after) = rest.split_once('}').ok_or(format!("{text:?}: no }}"))?;
                let ips = addresses.get(name).ok_or(format!("{name:?} has no assigned address"))?;
                let [ip] = &ips[..] else {
                    return Err(format!("{{{name}}} needs a case with families"));
                };
                let after = match after.strip_prefix("/host") {
                    Some(after) if ip.contains(':') => format!("/128{after}"),
                    Some(after) => format!("/32{after}"),
                    None => after.to_owned(),
                };
                *text = format!("{before}{ip}{after}");
            }
            Ok(())
        }
        Value::Array(list) => list.iter_mut().try_for_each(|value| substitute(value, addresses)),
        Value::Table(table) => table
            .iter_mut()
            // The braces in a manifest are its own, and so are those in an annotation.
            .filter(|(key, _)| *key != "manifests" && *key != "annotations")
            .try_for_each(|(_, value)| substitute(value, addresses)),
        _ => Ok(()),
    }
}

fn take<T: DeserializeOwned>(table: &mut Table, key: &str) -> Result<Option<T>, String> {
    let value = table.remove(key).map(Value::try_into).transpose();
    value.map_err(|error| format!("{key}: {error}"))
}

/// Reads a value and refuses fields that the type does not have: such a field is a slip that would
/// make a case say less than it seems to. Read values are written again and compared, because the
/// types of the model pass over unknown fields on purpose.
fn strict<T: Serialize + DeserializeOwned>(value: Value) -> Result<T, String> {
    let read: T = value.clone().try_into().map_err(|error| error.to_string())?;
    let written = Value::try_from(&read).map_err(|error| error.to_string())?;
    compare(&value, &written)?;
    Ok(read)
}

fn compare(given: &Value, read: &Value) -> Result<(), String> {
    match (given, read) {
        (Value::Table(given), Value::Table(read)) => {
            for (key, value) in given {
                let empty = match value {
                    Value::Array(list) => list.is_empty(),
                    Value::Table(table) => table.is_empty(),
                    _ => false,
                };
                match read.get(key) {
                    Some(read) => compare(value, read)?,
                    None if empty => {}
                    None => return Err(format!("{key:?} is no field here")),
                }
            }
            Ok(())
        }
        (Value::Array(given), Value::Array(read)) => {
            given.iter().zip(read).try_for_each(|(given, read)| compare(given, read))
        }
        _ => Ok(()),
    }
}
