use super::{object_meta, object_meta_update};
use crate::field::ErrorKind::{Forbidden, Invalid, NotSupported, Required, TooLong};
use crate::field::{ErrorKind, Path, origin};
use crate::model::{Kind, ManagedFieldsEntry, ObjectMeta, OwnerReference};
use crate::validate::assertions::assert_errors;

fn meta() -> ObjectMeta {
    ObjectMeta { name: "web".to_owned(), namespace: "default".to_owned(), ..ObjectMeta::default() }
}

fn changed(change: impl FnOnce(&mut ObjectMeta)) -> ObjectMeta {
    let mut meta = meta();
    change(&mut meta);
    meta
}

#[track_caller]
fn create(meta: &ObjectMeta, expected: &[(ErrorKind, &str, &str)]) {
    let errors = object_meta(meta, Kind::NetworkPolicy, &Path::new("metadata"));
    assert_errors(&errors, expected);
}

#[test]
fn generate_name() {
    for generate_name in ["web-", "web", "w-", "web.-"] {
        create(&changed(|meta| meta.generate_name = generate_name.to_owned()), &[]);
    }
    for generate_name in ["Web-", "-", "web_x-", "é-", "--w"] {
        create(
            &changed(|meta| meta.generate_name = generate_name.to_owned()),
            &[(Invalid, "metadata.generateName", origin::GENERATE_NAME)],
        );
    }
}

#[test]
fn names() {
    create(
        &changed(|meta| meta.name.clear()),
        &[(Required, "metadata.name", origin::NAME_REQUIRED)],
    );
    create(
        &changed(|meta| {
            meta.name.clear();
            meta.generate_name = "web-".to_owned();
        }),
        &[],
    );
    for name in ["a.b", &"a".repeat(253)] {
        create(&changed(|meta| meta.name = name.to_owned()), &[]);
    }
    for name in ["My_Pol", "a..b", &"a".repeat(254)] {
        create(
            &changed(|meta| meta.name = name.to_owned()),
            &[(Invalid, "metadata.name", origin::NAME_SUBDOMAIN)],
        );
    }
}

#[test]
fn namespaces() {
    create(
        &changed(|meta| meta.namespace.clear()),
        &[(Required, "metadata.namespace", origin::NAMESPACE_REQUIRED)],
    );
    for namespace in ["a.b", "A", &"a".repeat(64)] {
        create(
            &changed(|meta| meta.namespace = namespace.to_owned()),
            &[(Invalid, "metadata.namespace", origin::NAME_LABEL)],
        );
    }
    let path = Path::new("metadata");
    let errors = object_meta(&changed(|meta| meta.namespace = "a.b".to_owned()), Kind::Pod, &path);
    assert_eq!(errors.iter().next().map(|error| error.detail()), Some("must not contain dots"));
    for kind in [Kind::Namespace, Kind::Node] {
        assert_errors(
            &object_meta(&meta(), kind, &path),
            &[(Forbidden, "metadata.namespace", origin::NAMESPACE_FORBIDDEN)],
        );
    }
}

#[test]
fn a_namespace_is_named_by_a_label() {
    let meta = ObjectMeta { name: "a.b".to_owned(), ..ObjectMeta::default() };
    let path = Path::new("metadata");
    assert_errors(
        &object_meta(&meta, Kind::Namespace, &path),
        &[(Invalid, "metadata.name", origin::NAME_LABEL)],
    );
    assert_errors(&object_meta(&meta, Kind::Node, &path), &[]);
}

#[test]
fn generation() {
    create(
        &changed(|meta| meta.generation = -1),
        &[(Invalid, "metadata.generation", origin::GENERATION)],
    );
}

#[test]
fn labels() {
    create(
        &changed(|meta| meta.labels = [("/a".to_owned(), "-".to_owned())].into()),
        &[
            (Invalid, "metadata.labels", origin::LABEL_KEY),
            (Invalid, "metadata.labels", origin::LABEL_VALUE),
        ],
    );
}

#[test]
fn annotations() {
    let annotate = |key: &str, value: String| {
        changed(|meta| meta.annotations = [(key.to_owned(), value)].into())
    };
    create(&annotate("Example.com/Key", "any text\n".to_owned()), &[]);
    create(&annotate("k", "v".repeat(262_143)), &[]);
    create(
        &annotate("k", "v".repeat(262_144)),
        &[(TooLong, "metadata.annotations", origin::ANNOTATIONS_SIZE)],
    );
    create(
        &annotate("a b", String::new()),
        &[(Invalid, "metadata.annotations", origin::ANNOTATION_KEY)],
    );
}

fn owner(api_version: &str, kind: &str, controller: bool) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: "owner".to_owned(),
        uid: "uid".to_owned(),
        controller: Some(controller),
        block_owner_deletion: None,
    }
}

#[test]
fn owner_references() {
    create(&changed(|meta| meta.owner_references = vec![owner("apps/v1", "Kind", true)]), &[]);
    for (api_version, kind) in [("", Required), ("apps/", Required), ("a/b/c", Invalid)] {
        create(
            &changed(|meta| meta.owner_references = vec![owner(api_version, "Kind", false)]),
            &[(kind, "metadata.ownerReferences[0].apiVersion", origin::OWNER_REFERENCE)],
        );
    }
    create(
        &changed(|meta| {
            meta.owner_references = vec![owner("v1", "Kind", false), OwnerReference::default()];
        }),
        &[
            (Required, "metadata.ownerReferences[1].apiVersion", origin::OWNER_REFERENCE),
            (Required, "metadata.ownerReferences[1].kind", origin::OWNER_REFERENCE),
            (Required, "metadata.ownerReferences[1].name", origin::OWNER_REFERENCE),
            (Required, "metadata.ownerReferences[1].uid", origin::OWNER_REFERENCE),
        ],
    );
    create(
        &changed(|meta| meta.owner_references = vec![owner("v1", "Event", false)]),
        &[(Invalid, "metadata.ownerReferences[0]", origin::OWNER_BANNED)],
    );
    create(
        &changed(|meta| meta.owner_references = vec![owner("v1", "Kind", true); 2]),
        &[(Invalid, "metadata.ownerReferences", origin::OWNER_CONTROLLER)],
    );
}

#[test]
fn finalizers() {
    let finalize = |finalizers: &[&str]| {
        changed(|meta| {
            meta.finalizers = finalizers.iter().map(|name| (*name).to_owned()).collect();
        })
    };
    create(&finalize(&["kubernetes", "example.com/clean"]), &[]);
    create(&finalize(&["example.com/a b"]), &[(Invalid, "metadata.finalizers", origin::FINALIZER)]);
    create(
        &finalize(&["orphan", "foregroundDeletion"]),
        &[(Invalid, "metadata.finalizers", origin::FINALIZERS_EXCLUSIVE)],
    );
    create(
        &finalize(&["orphan", "mine"]),
        &[(Invalid, "metadata.finalizers[1]", origin::FINALIZER_STANDARD)],
    );
}

#[test]
fn managed_fields() {
    let manage = |change: fn(&mut ManagedFieldsEntry)| {
        let mut entry =
            ManagedFieldsEntry { operation: "Apply".to_owned(), ..ManagedFieldsEntry::default() };
        change(&mut entry);
        changed(|meta| meta.managed_fields = vec![entry])
    };
    let fault = |kind, path| [(kind, path, origin::MANAGED_FIELDS)];
    create(
        &manage(|entry| {
            entry.operation = "Update".to_owned();
            entry.fields_type = "FieldsV1".to_owned();
            entry.manager = "kubectl é \u{301}".to_owned();
            entry.subresource = "s".repeat(256);
        }),
        &[],
    );
    create(
        &manage(|entry| entry.operation.clear()),
        &fault(Required, "metadata.managedFields[0].operation"),
    );
    create(
        &manage(|entry| entry.operation = "apply".to_owned()),
        &fault(NotSupported, "metadata.managedFields[0].operation"),
    );
    create(
        &manage(|entry| entry.fields_type = "FieldsV2".to_owned()),
        &fault(Invalid, "metadata.managedFields[0].fieldsType"),
    );
    create(
        &manage(|entry| entry.manager = "m".repeat(129)),
        &fault(TooLong, "metadata.managedFields[0].manager"),
    );
    for manager in ["a\n", "\u{7f}", "\u{a0}", "\u{200b}", "\u{e000}"] {
        let mut meta = manage(|_| {});
        meta.managed_fields[0].manager = manager.to_owned();
        create(&meta, &fault(Invalid, "metadata.managedFields[0].manager"));
    }
    create(
        &manage(|entry| entry.subresource = "s".repeat(257)),
        &fault(TooLong, "metadata.managedFields[0].subresource"),
    );
}

fn stored() -> ObjectMeta {
    changed(|meta| {
        meta.uid = "1".to_owned();
        meta.resource_version = "7".to_owned();
        meta.generation = 2;
        meta.creation_timestamp = Some("2026-01-31T12:00:00Z".parse().unwrap());
    })
}

#[track_caller]
fn update(change: impl FnOnce(&mut ObjectMeta), expected: &[(ErrorKind, &str, &str)]) {
    let old = stored();
    let mut new = stored();
    change(&mut new);
    assert_errors(&object_meta_update(&new, &old, &Path::new("metadata")), expected);
}

#[test]
fn update_keeps_what_is_immutable() {
    update(|_| {}, &[]);
    update(
        |meta| {
            meta.uid.clear();
            meta.creation_timestamp = None;
        },
        &[],
    );
    let time = Some("2026-02-01T12:00:00Z".parse().unwrap());
    update(
        |meta| {
            meta.name = "other".to_owned();
            meta.namespace = "other".to_owned();
            meta.uid = "2".to_owned();
            meta.creation_timestamp = time;
            meta.deletion_timestamp = time;
            meta.deletion_grace_period_seconds = Some(1);
        },
        &[
            (Invalid, "metadata.name", origin::IMMUTABLE),
            (Invalid, "metadata.namespace", origin::IMMUTABLE),
            (Invalid, "metadata.uid", origin::IMMUTABLE),
            (Invalid, "metadata.creationTimestamp", origin::IMMUTABLE),
            (Invalid, "metadata.deletionTimestamp", origin::IMMUTABLE),
            (Invalid, "metadata.deletionGracePeriodSeconds", origin::IMMUTABLE),
        ],
    );
}

#[test]
fn update_needs_a_resource_version() {
    update(
        |meta| meta.resource_version.clear(),
        &[(Invalid, "metadata.resourceVersion", origin::RESOURCE_VERSION)],
    );
}

#[test]
fn update_does_not_decrement_the_generation() {
    update(
        |meta| meta.generation = 1,
        &[(Invalid, "metadata.generation", origin::GENERATION_DECREMENTED)],
    );
    update(|meta| meta.generation = 3, &[]);
}

#[test]
fn update_adds_no_finalizer_while_deleting() {
    let add = |meta: &mut ObjectMeta| meta.finalizers.push("example.com/new".to_owned());
    update(add, &[]);
    let mut old = stored();
    old.deletion_timestamp = old.creation_timestamp;
    let mut new = old.clone();
    add(&mut new);
    assert_errors(
        &object_meta_update(&new, &old, &Path::new("metadata")),
        &[(Forbidden, "metadata.finalizers", origin::FINALIZER_ADDED)],
    );
}

#[test]
fn update_validates_the_mutable_rest_again() {
    update(
        |meta| {
            meta.labels.insert("/a".to_owned(), String::new());
            meta.annotations.insert("a b".to_owned(), String::new());
            meta.owner_references = vec![owner("", "Kind", false)];
            meta.managed_fields = vec![ManagedFieldsEntry::default()];
            meta.finalizers = vec!["mine".to_owned(), "a b/c".to_owned()];
        },
        &[
            (Invalid, "metadata.labels", origin::LABEL_KEY),
            (Invalid, "metadata.annotations", origin::ANNOTATION_KEY),
            (Required, "metadata.ownerReferences[0].apiVersion", origin::OWNER_REFERENCE),
            (Required, "metadata.managedFields[0].operation", origin::MANAGED_FIELDS),
            (Invalid, "metadata.finalizers[0]", origin::FINALIZER_STANDARD),
        ],
    );
}
