//! Directories with manifests, as somebody mounts or writes them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use netpol_core::model::{Kind, Object};

use crate::support::object_text;

/// A directory of its own.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Directory {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("manifests-{name}-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in one step.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let hidden = self.0.join(format!(".{name}"));
        fs::write(&hidden, text).unwrap();
        fs::rename(hidden, self.0.join(name)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The objects of a cluster in a directory like a mounted ConfigMap: files are links into a folder that is
/// exchanged as a whole.
#[derive(Debug)]
pub(crate) struct ConfigMap {
    directory: Directory,
    objects: BTreeMap<(String, String, String), String>,
    version: u32,
}

const FILES: [&str; 3] = ["namespaces.yaml", "pods.yaml", "policies.yaml"];

impl ConfigMap {
    pub(crate) fn new(name: &str) -> ConfigMap {
        let directory = Directory::new(name);
        for file in FILES {
            symlink(Path::new("..data").join(file), directory.path().join(file)).unwrap();
        }
        let mut map = ConfigMap { directory, objects: BTreeMap::new(), version: 0 };
        map.publish();
        map
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn clear(&mut self) {
        self.objects.clear();
    }

    pub(crate) fn upsert(&mut self, object: &Object) {
        let metadata = object.metadata();
        let key = (object.kind().as_str(), &metadata.namespace, &metadata.name);
        let key = (key.0.to_owned(), key.1.clone(), key.2.clone());
        self.objects.insert(key, object_text::manifest(object));
    }

    pub(crate) fn delete(&mut self, kind: Kind, namespace: &str, name: &str) {
        let key = (kind.as_str().to_owned(), namespace.to_owned(), name.to_owned());
        assert!(self.objects.remove(&key).is_some(), "{key:?}");
    }

    /// Exchanges the folder, as the kubelet does.
    pub(crate) fn publish(&mut self) {
        let (root, before) = (self.directory.path(), format!("..version-{}", self.version));
        self.version += 1;
        let folder = format!("..version-{}", self.version);
        fs::create_dir(root.join(&folder)).unwrap();
        for file in FILES {
            let kinds: &[&str] = match file {
                "namespaces.yaml" => &["Namespace", "Node"],
                "pods.yaml" => &["Pod"],
                _ => &["NetworkPolicy"],
            };
            let texts =
                self.objects.iter().filter(|((kind, ..), _)| kinds.contains(&kind.as_str()));
            let text = texts.map(|(_, text)| format!("---\n{text}\n")).collect::<String>();
            fs::write(root.join(&folder).join(file), text).unwrap();
        }
        symlink(&folder, root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
        let _ = fs::remove_dir_all(root.join(before));
    }
}
