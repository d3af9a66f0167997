use super::label_selector::labels;
use super::meta::annotations;
use super::pod::pod_spec;
use super::{ValidateOptions, label_selector, object_meta};
use crate::field::{Error, ErrorKind, ErrorList, Path, origin};
use crate::model::{Kind, LabelSelector, Workload, WorkloadKind};
use crate::selector::Selector;

/// How long a CronJob's name may be; its Jobs get eleven bytes more.
const CRON_JOB_NAME_LIMIT: usize = 52;

/// Every fault of a new workload: its metadata, its selector, and its template's labels,
/// annotations and container ports.
///
/// A selector must be there (a Job, a CronJob and a ReplicationController may leave it to the
/// server), must not be empty, and must match the template's labels.
///
/// Sources: kubernetes/pkg/apis/apps/validation, kubernetes/pkg/apis/batch/validation, and
/// `ValidateReplicationController` of kubernetes/pkg/apis/core/validation.
#[must_use]
pub fn workload(workload: &Workload, options: &ValidateOptions) -> ErrorList {
    let kind = workload.kind;
    let metadata = &workload.metadata;
    let mut errors = object_meta(metadata, Kind::Workload(kind), &Path::new("metadata"));
    if kind == WorkloadKind::CronJob && metadata.name.len() > CRON_JOB_NAME_LIMIT {
        errors.push(Error::invalid(
            &Path::new("metadata").child("name"),
            &metadata.name,
            format!("must be no more than {CRON_JOB_NAME_LIMIT} characters"),
            origin::NAME_LENGTH,
        ));
    }

    let spec = match kind {
        WorkloadKind::CronJob => Path::new("spec").child("jobTemplate").child("spec"),
        _ => Path::new("spec"),
    };
    let template = spec.child("template");
    let template_labels = template.child("metadata").child("labels");
    let selector = spec.child("selector");
    let selector_faults = selector_faults(kind, workload.selector.as_ref(), options, &selector);
    if selector_faults.is_empty() && !selects_itself(workload) {
        errors.push(Error::of_kind(
            ErrorKind::Invalid,
            &template_labels,
            None,
            "`selector` does not match template `labels`",
            origin::TEMPLATE_LABELS,
        ));
    }
    errors.append(selector_faults);

    let template_meta = &workload.template.metadata;
    errors.append(labels(&template_meta.labels, || template_labels.clone()));
    let path = template.child("metadata").child("annotations");
    errors.append(annotations(&template_meta.annotations, &path));
    errors.append(pod_spec(&workload.template.spec, &template.child("spec")));
    errors
}

fn selector_faults(
    kind: WorkloadKind,
    selector: Option<&LabelSelector>,
    options: &ValidateOptions,
    path: &Path,
) -> ErrorList {
    let optional = matches!(
        kind,
        WorkloadKind::Job | WorkloadKind::CronJob | WorkloadKind::ReplicationController
    );
    let Some(selector) = selector else {
        let missing =
            (!optional).then(|| Error::required(path, "", origin::WORKLOAD_SELECTOR_REQUIRED));
        return missing.into_iter().collect();
    };
    if kind == WorkloadKind::ReplicationController {
        // Its selector is a plain map of labels.
        return labels(&selector.match_labels, || path.clone());
    }
    let mut errors = label_selector(selector, options, path);
    let empty = selector.match_labels.is_empty() && selector.match_expressions.is_empty();
    if empty && !optional {
        errors.push(Error::of_kind(
            ErrorKind::Invalid,
            path,
            None,
            format!("empty selector is invalid for {}", kind.as_str().to_lowercase()),
            origin::WORKLOAD_SELECTOR_EMPTY,
        ));
    }
    errors
}

/// Whether the selector, where there is one that can be read, matches the template's labels.
fn selects_itself(workload: &Workload) -> bool {
    let selector = workload.selector.as_ref().map(Selector::try_from);
    match selector {
        Some(Ok(selector)) => selector.matches(&workload.template.metadata.labels),
        Some(Err(_)) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::workload;
    use crate::field::ErrorKind::{Invalid, Required};
    use crate::field::{ErrorKind, origin};
    use crate::model::{ObjectMeta, PodTemplateSpec, Workload, WorkloadKind};
    use crate::validate::ValidateOptions;
    use crate::validate::assertions::assert_errors;
    use serde_json::{Value, json};

    fn make(kind: WorkloadKind, selector: Value, template: Value) -> Workload {
        Workload {
            kind,
            metadata: ObjectMeta {
                name: "web".to_owned(),
                namespace: "default".to_owned(),
                ..ObjectMeta::default()
            },
            selector: serde_json::from_value(selector).unwrap(),
            template: serde_json::from_value::<PodTemplateSpec>(template).unwrap(),
        }
    }

    #[track_caller]
    fn check(
        kind: WorkloadKind,
        selector: Value,
        template: Value,
        expected: &[(ErrorKind, &str, &str)],
    ) {
        let object = make(kind, selector, template);
        assert_errors(&workload(&object, &ValidateOptions::default()), expected);
    }

    fn web() -> Value {
        json!({"metadata": {"labels": {"app": "web"}}})
    }

    #[test]
    fn selectors_are_required_where_the_server_makes_none() {
        use WorkloadKind::{
            CronJob, DaemonSet, Deployment, Job, ReplicaSet, ReplicationController, StatefulSet,
        };
        for kind in [Deployment, ReplicaSet, StatefulSet, DaemonSet] {
            let path = "spec.selector";
            check(
                kind,
                json!(null),
                web(),
                &[(Required, path, origin::WORKLOAD_SELECTOR_REQUIRED)],
            );
            check(kind, json!({}), web(), &[(Invalid, path, origin::WORKLOAD_SELECTOR_EMPTY)]);
            check(kind, json!({"matchLabels": {"app": "web"}}), web(), &[]);
        }
        for kind in [Job, CronJob, ReplicationController] {
            check(kind, json!(null), web(), &[]);
            check(kind, json!({}), web(), &[]);
        }
    }

    #[test]
    fn a_workload_selects_its_own_pods() {
        check(
            WorkloadKind::Deployment,
            json!({"matchLabels": {"app": "api"}}),
            web(),
            &[(Invalid, "spec.template.metadata.labels", origin::TEMPLATE_LABELS)],
        );
        check(
            WorkloadKind::ReplicationController,
            json!({"matchLabels": {"app": "api"}}),
            web(),
            &[(Invalid, "spec.template.metadata.labels", origin::TEMPLATE_LABELS)],
        );
    }

    #[test]
    fn selectors_are_validated() {
        check(
            WorkloadKind::Deployment,
            json!({"matchExpressions": [{"key": "app", "operator": "in"}]}),
            web(),
            &[(Invalid, "spec.selector.matchExpressions[0].operator", origin::SELECTOR_OPERATOR)],
        );
        check(
            WorkloadKind::ReplicationController,
            json!({"matchLabels": {"app": "-"}}),
            web(),
            &[(Invalid, "spec.selector", origin::LABEL_VALUE)],
        );
    }

    #[test]
    fn templates_are_validated_where_they_stand() {
        let template = json!({
            "metadata": {"labels": {"app": "-"}, "annotations": {"a b": ""}},
            "spec": {"containers": [{"ports": [{"name": "http"}]}]}
        });
        for (kind, prefix) in [
            (WorkloadKind::Job, "spec.template"),
            (WorkloadKind::CronJob, "spec.jobTemplate.spec.template"),
        ] {
            check(
                kind,
                json!(null),
                template.clone(),
                &[
                    (Invalid, &format!("{prefix}.metadata.labels"), origin::LABEL_VALUE),
                    (Invalid, &format!("{prefix}.metadata.annotations"), origin::ANNOTATION_KEY),
                    (
                        Required,
                        &format!("{prefix}.spec.containers[0].ports[0].containerPort"),
                        origin::CONTAINER_PORT_REQUIRED,
                    ),
                ],
            );
        }
    }

    #[test]
    fn names_of_cron_jobs_leave_room() {
        for (length, expected) in
            [(52, &[][..]), (53, &[(Invalid, "metadata.name", origin::NAME_LENGTH)])]
        {
            let mut object = make(WorkloadKind::CronJob, json!(null), web());
            object.metadata.name = "a".repeat(length);
            assert_errors(&workload(&object, &ValidateOptions::default()), expected);
        }
    }
}
