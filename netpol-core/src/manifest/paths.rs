use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Manifest, ReadOptions};

impl Manifest {
    /// Reads files, and all `.yaml`, `.yml` and `.json` files below directories, in the order of
    /// `paths` and inside a directory in the order of their names.
    ///
    /// Below a directory, hidden entries, links to directories, and what is no regular file are
    /// passed over, so that a mounted ConfigMap is read once and nothing is waited for; so are
    /// `*.netpol.yaml` and `*.netpol.yml`, which say what is expected of the manifests beside them.
    /// A file or directory that cannot be read, and a directory without a manifest, is a finding.
    #[must_use]
    pub fn read_paths(paths: &[PathBuf], options: &ReadOptions) -> Manifest {
        let mut manifest = Manifest::default();
        for path in paths {
            if path.is_dir() {
                let mut files = Vec::new();
                let mut found = Manifest::default();
                collect(path, &mut files, &mut found);
                if files.is_empty() && found.findings().is_empty() {
                    let message = "the directory holds no .yaml, .yml or .json file".to_owned();
                    found.append(Manifest::unreadable(&path.to_string_lossy(), message));
                }
                manifest.append(found);
                for file in files {
                    manifest.append(read_file(&file, options));
                }
            } else {
                manifest.append(read_file(path, options));
            }
        }
        manifest
    }
}

fn read_file(path: &Path, options: &ReadOptions) -> Manifest {
    let name = path.to_string_lossy();
    // One byte more than allowed tells that there is more, and an endless stream ends.
    let limit = u64::from(options.limits.bytes).saturating_add(1);
    let mut bytes = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
        Ok(_) => Manifest::read_owned(Some(&name), bytes, options),
        Err(error) => Manifest::unreadable(&name, format!("the file cannot be read: {error}")),
    }
}

/// Collects the manifests below `directory`; what cannot be looked into goes to `found`.
fn collect(directory: &Path, files: &mut Vec<PathBuf>, found: &mut Manifest) {
    let entries = match fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => {
            let name = directory.to_string_lossy();
            let message = format!("the directory cannot be read: {error}");
            found.append(Manifest::unreadable(&name, message));
            return;
        }
    };
    let mut entries: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        let is_link = path.is_symlink();
        if path.is_dir() {
            if !is_link {
                collect(&path, files, found);
            }
        } else if is_manifest(&path) && (path.is_file() || !path.exists()) {
            files.push(path);
        }
    }
}

fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    ends(&[".yaml", ".yml", ".json"]) && !ends(&[".netpol.yaml", ".netpol.yml"])
}
