use super::object_meta;
use crate::field::{ErrorList, Path};
use crate::model::{Kind, Namespace};

/// Every fault of a new Namespace.
///
/// Source: `ValidateNamespace` of kubernetes/pkg/apis/core/validation.
#[must_use]
pub fn namespace(namespace: &Namespace) -> ErrorList {
    object_meta(&namespace.metadata, Kind::Namespace, &Path::new("metadata"))
}

#[cfg(test)]
mod tests {
    use super::namespace;
    use crate::field::ErrorKind::{Forbidden, Invalid};
    use crate::field::origin;
    use crate::model::{Namespace, ObjectMeta};
    use crate::validate::assertions::assert_errors;

    #[test]
    fn metadata_only() {
        let named = |name: &str, namespace: &str| Namespace {
            metadata: ObjectMeta {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                ..ObjectMeta::default()
            },
        };
        assert_errors(&namespace(&named("web", "")), &[]);
        assert_errors(
            &namespace(&named("web.example", "default")),
            &[
                (Invalid, "metadata.name", origin::NAME_LABEL),
                (Forbidden, "metadata.namespace", origin::NAMESPACE_FORBIDDEN),
            ],
        );
    }
}
