use std::collections::BTreeMap;

use super::label_selector::labels;
use super::names::{
    dns_1035_label_faults, dns_label_faults, dns_subdomain_faults, label_key_faults,
};
use crate::field::{Error, ErrorKind, ErrorList, Path, origin};
use crate::model::{Kind, ManagedFieldsEntry, ObjectMeta, OwnerReference};

/// How many bytes all annotations of an object may have together, keys and values.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// How long the name of a field manager may be.
const MANAGER_LIMIT: usize = 128;
/// How long the name of a subresource in `managedFields` may be.
const SUBRESOURCE_LIMIT: usize = 256;
const IMMUTABLE: &str = "field is immutable";

/// Every fault of the metadata, at `path`, of a new object of `kind`. A name that the server is to
/// make from `generateName` is not missed.
///
/// Sources: `ValidateObjectMetaAccessor` of k8s.io/apimachinery/pkg/api/validation, and its
/// wrapper `ValidateObjectMeta` of kubernetes/pkg/apis/core/validation.
#[must_use]
pub fn object_meta(meta: &ObjectMeta, kind: Kind, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (name_faults, name_origin): (fn(&str) -> Vec<String>, _) = match kind {
        Kind::Namespace => (dns_label_faults, origin::NAME_LABEL),
        Kind::Service => (dns_1035_label_faults, origin::NAME_LABEL_1035),
        _ => (dns_subdomain_faults, origin::NAME_SUBDOMAIN),
    };

    if !meta.generate_name.is_empty() {
        let path = path.child("generateName");
        for fault in name_faults(&mask_trailing_dash(&meta.generate_name)) {
            errors.push(Error::invalid(&path, &meta.generate_name, fault, origin::GENERATE_NAME));
        }
    }
    if !meta.name.is_empty() {
        for fault in name_faults(&meta.name) {
            errors.push(Error::invalid(&path.child("name"), &meta.name, fault, name_origin));
        }
    } else if meta.generate_name.is_empty() {
        let detail = "name or generateName is required";
        errors.push(Error::required(&path.child("name"), detail, origin::NAME_REQUIRED));
    }
    errors.append(namespace_of(&meta.namespace, kind, path));

    if meta.generation < 0 {
        errors.push(Error::invalid(
            &path.child("generation"),
            meta.generation,
            "must be greater than or equal to 0",
            origin::GENERATION,
        ));
    }
    errors.append(labels(&meta.labels, || path.child("labels")));
    // Empty in most objects, and nothing to say about then.
    if !meta.annotations.is_empty() {
        errors.append(annotations(&meta.annotations, &path.child("annotations")));
    }
    if !meta.owner_references.is_empty() {
        errors.append(owner_references(&meta.owner_references, &path.child("ownerReferences")));
    }
    if !meta.finalizers.is_empty() {
        errors.append(finalizers(&meta.finalizers, &path.child("finalizers")));
    }
    if !meta.managed_fields.is_empty() {
        errors.append(managed_fields(&meta.managed_fields, &path.child("managedFields")));
    }
    // The wrapper is not for custom resources.
    let custom = matches!(
        kind,
        Kind::ClusterNetworkPolicy | Kind::AdminNetworkPolicy | Kind::BaselineAdminNetworkPolicy
    );
    if !custom && !meta.finalizers.is_empty() {
        errors.append(standard_finalizers(&meta.finalizers, &path.child("finalizers")));
    }
    errors
}

/// Every fault of the metadata, at `path`, of an object that replaces one with the metadata `old`.
///
/// What the server fills in from the old object when it is not given (uid, timestamps, the grace
/// period) is not missed. The resource version is: a server that allows unconditional updates
/// fills it in before it validates.
///
/// Sources: `ValidateObjectMetaAccessorUpdate` of k8s.io/apimachinery/pkg/api/validation, and its
/// wrapper `ValidateObjectMetaUpdate` of kubernetes/pkg/apis/core/validation.
#[must_use]
pub fn object_meta_update(new: &ObjectMeta, old: &ObjectMeta, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if old.deletion_timestamp.is_some() {
        let mut added: Vec<&str> = new
            .finalizers
            .iter()
            .filter(|finalizer| !old.finalizers.contains(finalizer))
            .map(String::as_str)
            .collect();
        added.sort_unstable();
        added.dedup();
        if !added.is_empty() {
            errors.push(Error::forbidden(
                &path.child("finalizers"),
                format!(
                    "no new finalizers can be added if the object is being deleted, found new \
                     finalizers {added:?}"
                ),
                origin::FINALIZER_ADDED,
            ));
        }
    }
    if new.resource_version.is_empty() {
        errors.push(Error::invalid(
            &path.child("resourceVersion"),
            "",
            "must be specified for an update",
            origin::RESOURCE_VERSION,
        ));
    }
    if new.generation < old.generation {
        errors.push(Error::invalid(
            &path.child("generation"),
            new.generation,
            "must not be decremented",
            origin::GENERATION_DECREMENTED,
        ));
    }

    let mut immutable = |name: &str, value: Option<String>, unchanged: bool| {
        if !unchanged {
            let path = path.child(name);
            let kind = ErrorKind::Invalid;
            errors.push(Error::of_kind(kind, &path, value, IMMUTABLE, origin::IMMUTABLE));
        }
    };
    immutable("name", Some(new.name.clone()), new.name == old.name);
    immutable("namespace", Some(new.namespace.clone()), new.namespace == old.namespace);
    immutable("uid", Some(new.uid.clone()), new.uid.is_empty() || new.uid == old.uid);
    immutable(
        "creationTimestamp",
        new.creation_timestamp.map(|time| time.to_string()),
        kept(new.creation_timestamp, old.creation_timestamp),
    );
    immutable(
        "deletionTimestamp",
        new.deletion_timestamp.map(|time| time.to_string()),
        kept(new.deletion_timestamp, old.deletion_timestamp),
    );
    immutable(
        "deletionGracePeriodSeconds",
        new.deletion_grace_period_seconds.map(|seconds| seconds.to_string()),
        kept(new.deletion_grace_period_seconds, old.deletion_grace_period_seconds),
    );

    errors.append(labels(&new.labels, || path.child("labels")));
    errors.append(annotations(&new.annotations, &path.child("annotations")));
    errors.append(owner_references(&new.owner_references, &path.child("ownerReferences")));
    errors.append(managed_fields(&new.managed_fields, &path.child("managedFields")));
    errors.append(standard_finalizers(&new.finalizers, &path.child("finalizers")));
    errors
}

/// Whether a field is unset, and so filled in from the old object, or the same as there.
fn kept<T: PartialEq>(new: Option<T>, old: Option<T>) -> bool {
    new.is_none() || new == old
}

/// What the server will append makes a trailing `-` legal; the byte before it may be anything.
///
/// Source: `maskTrailingDash` of k8s.io/apimachinery/pkg/api/validation.
fn mask_trailing_dash(prefix: &str) -> String {
    let kept = prefix.strip_suffix('-').and_then(|rest| rest.get(..rest.len().checked_sub(1)?));
    kept.map_or_else(|| prefix.to_owned(), |kept| format!("{kept}a"))
}

/// Every fault of the namespace in the metadata at `path`.
fn namespace_of(namespace: &str, kind: Kind, path: &Path) -> ErrorList {
    let path = || path.child("namespace");
    if !kind.is_namespaced() {
        let forbidden = (!namespace.is_empty()).then(|| {
            Error::forbidden(&path(), "not allowed on this type", origin::NAMESPACE_FORBIDDEN)
        });
        return forbidden.into_iter().collect();
    }
    if namespace.is_empty() {
        return [Error::required(&path(), "", origin::NAMESPACE_REQUIRED)].into_iter().collect();
    }
    dns_label_faults(namespace)
        .into_iter()
        .map(|fault| Error::invalid(&path(), namespace, fault, origin::NAME_LABEL))
        .collect()
}

/// Every fault of annotations, all at `path` itself, in key order.
pub(super) fn annotations(annotations: &BTreeMap<String, String>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for key in annotations.keys() {
        for fault in label_key_faults(&key.to_lowercase()) {
            errors.push(Error::invalid(path, key, fault, origin::ANNOTATION_KEY));
        }
    }
    let size: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > ANNOTATIONS_LIMIT {
        errors.push(Error::too_long(path, ANNOTATIONS_LIMIT, origin::ANNOTATIONS_SIZE));
    }
    errors
}

fn owner_references(references: &[OwnerReference], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut controller: Option<&OwnerReference> = None;
    for (index, reference) in references.iter().enumerate() {
        errors.append(owner_reference(reference, &path.index(index)));
        if reference.controller != Some(true) {
            continue;
        }
        match controller {
            None => controller = Some(reference),
            Some(first) => errors.push(Error::of_kind(
                ErrorKind::Invalid,
                path,
                None,
                format!(
                    "Only one reference can have Controller set to true. Found \"true\" in \
                     references for {}/{} and {}/{}",
                    first.kind, first.name, reference.kind, reference.name
                ),
                origin::OWNER_CONTROLLER,
            )),
        }
    }
    errors
}

fn owner_reference(reference: &OwnerReference, path: &Path) -> ErrorList {
    let OwnerReference { api_version, kind, name, uid, .. } = reference;
    let mut errors = ErrorList::new();
    let required = |field: &str, detail: &str| {
        Error::required(&path.child(field), detail, origin::OWNER_REFERENCE)
    };
    let version = match api_version.split_once('/') {
        Some((_, version)) if version.contains('/') => None,
        Some((_, version)) => Some(version),
        None => Some(api_version.as_str()),
    };
    match version {
        None => errors.push(Error::invalid(
            &path.child("apiVersion"),
            api_version,
            "must be a version, or a group and a version with one `/` between them",
            origin::OWNER_REFERENCE,
        )),
        Some("") => errors.push(required("apiVersion", "version must not be empty")),
        Some(_) => {}
    }
    if kind.is_empty() {
        errors.push(required("kind", "must not be empty"));
    }
    if name.is_empty() {
        errors.push(required("name", "must not be empty"));
    }
    if uid.is_empty() {
        errors.push(required("uid", "must not be empty"));
    }
    if api_version == "v1" && kind == "Event" {
        errors.push(Error::of_kind(
            ErrorKind::Invalid,
            path,
            None,
            "/v1, Kind=Event is disallowed from being an owner",
            origin::OWNER_BANNED,
        ));
    }
    errors
}

fn finalizers(finalizers: &[String], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for finalizer in finalizers {
        for fault in label_key_faults(finalizer) {
            errors.push(Error::invalid(path, finalizer, fault, origin::FINALIZER));
        }
    }
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        errors.push(Error::invalid(
            path,
            finalizers.join(", "),
            "finalizer orphan and foregroundDeletion cannot be both set",
            origin::FINALIZERS_EXCLUSIVE,
        ));
    }
    errors
}

/// A finalizer without a prefix is one of three.
fn standard_finalizers(finalizers: &[String], path: &Path) -> ErrorList {
    finalizers
        .iter()
        .enumerate()
        .filter(|(_, finalizer)| {
            !finalizer.contains('/')
                && !matches!(finalizer.as_str(), "kubernetes" | "orphan" | "foregroundDeletion")
        })
        .map(|(index, finalizer)| {
            Error::invalid(
                &path.index(index),
                finalizer,
                "name is neither a standard finalizer name nor is it fully qualified",
                origin::FINALIZER_STANDARD,
            )
        })
        .collect()
}

fn managed_fields(entries: &[ManagedFieldsEntry], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = path.index(index);
        let from = origin::MANAGED_FIELDS;
        match entry.operation.as_str() {
            "Apply" | "Update" => {}
            "" => {
                errors.push(Error::required(&path.child("operation"), "must not be empty", from));
            }
            other => {
                let path = path.child("operation");
                errors.push(Error::not_supported(&path, other, &["Apply", "Update"], from));
            }
        }
        if !matches!(entry.fields_type.as_str(), "" | "FieldsV1") {
            let path = path.child("fieldsType");
            errors.push(Error::invalid(&path, &entry.fields_type, "must be `FieldsV1`", from));
        }
        let manager_path = path.child("manager");
        if entry.manager.len() > MANAGER_LIMIT {
            errors.push(Error::too_long(&manager_path, MANAGER_LIMIT, from));
        }
        let unprintable =
            entry.manager.char_indices().filter(|(_, character)| !is_printable(*character));
        for (position, character) in unprintable {
            let code = u32::from(character);
            let detail = format!("invalid character U+{code:04X} (at position {position})");
            errors.push(Error::invalid(&manager_path, &entry.manager, detail, from));
        }
        if entry.subresource.len() > SUBRESOURCE_LIMIT {
            errors.push(Error::too_long(&path.child("subresource"), SUBRESOURCE_LIMIT, from));
        }
    }
    errors
}

/// As Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    // `str::escape_debug` escapes exactly the others, but also a mark that has nothing to stand
    // on, hence the letter.
    format!("a{character}").escape_debug().nth(1) == Some(character)
}

#[cfg(test)]
mod tests;
