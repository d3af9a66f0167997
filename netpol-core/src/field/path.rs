use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// The way from an object's root to one of its fields, printed `spec.ingress[0].from[1]`.
///
/// A path shares its parents with its siblings, so building one costs an allocation and no string
/// is made before it is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Option<Arc<Segment>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Segment {
    parent: Path,
    step: Step,
}

/// One step of a [`Path`]: a field, a list element, or an entry of a map of strings.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Child(Box<str>),
    Index(usize),
    Key(Box<str>),
}

impl Path {
    /// The object itself; printed as nothing.
    #[must_use]
    pub const fn root() -> Path {
        Path(None)
    }

    /// The path of a top-level field.
    #[must_use]
    pub fn new(name: &str) -> Path {
        Path::root().child(name)
    }

    /// The path of field `name` of what `self` names.
    #[must_use]
    pub fn child(&self, name: &str) -> Path {
        self.step(Step::Child(name.into()))
    }

    /// The path of element `index` (from 0) of the list that `self` names.
    #[must_use]
    pub fn index(&self, index: usize) -> Path {
        self.step(Step::Index(index))
    }

    /// The path of the entry `key` of the map that `self` names, printed `labels[key]`.
    #[must_use]
    pub fn key(&self, key: &str) -> Path {
        self.step(Step::Key(key.into()))
    }

    /// Whether this is the object itself.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// The path one step shorter; `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<&Path> {
        self.0.as_ref().map(|segment| &segment.parent)
    }

    /// The steps from the root. Iterative, because a hostile document may be as deep as its limit
    /// allows.
    pub(crate) fn steps(&self) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut here = self;
        while let Some(segment) = &here.0 {
            steps.push(&segment.step);
            here = &segment.parent;
        }
        steps.reverse();
        steps
    }

    /// The path, its parent, its parent's parent, and so on up to the object itself.
    pub fn self_and_ancestors(&self) -> impl Iterator<Item = &Path> {
        std::iter::successors(Some(self), |path| path.parent())
    }

    fn step(&self, step: Step) -> Path {
        Path(Some(Arc::new(Segment { parent: self.clone(), step })))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps().into_iter().enumerate() {
            match step {
                Step::Child(name) if position == 0 => f.write_str(name)?,
                Step::Child(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn prints_as_kubernetes_does() {
        let path = Path::new("spec").child("ingress").index(0).child("from").index(1);
        assert_eq!(
            path.child("ipBlock").child("cidr").to_string(),
            "spec.ingress[0].from[1].ipBlock.cidr"
        );
        assert_eq!(
            Path::new("metadata").child("labels").key("a/b").to_string(),
            "metadata.labels[a/b]"
        );
        assert_eq!(Path::root().to_string(), "");
        assert_eq!(path.parent().map(ToString::to_string).as_deref(), Some("spec.ingress[0].from"));
    }
}
