use crate::field::{Location, Path};

use super::shape::{Field, Shape};
use crate::manifest::tree::Entry;

/// Where in an object the decoder is: the path, its shape and its place. It lives on the stack, so
/// that a dump without faults builds no path at all.
#[derive(Clone, Copy, Debug)]
pub(in crate::manifest) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
    /// The shape of the structure here, if it is one.
    pub(in crate::manifest) shape: Option<&'static Shape>,
    /// The shape of the elements of the list here, if it is one.
    pub(in crate::manifest) element: Option<&'static Shape>,
    /// Where a reader should look.
    pub(in crate::manifest) place: Location,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root,
    Child(&'p str),
    Index(usize),
    Key(&'p str),
}

impl<'p> At<'p> {
    /// An object's root.
    pub(in crate::manifest) fn root(shape: Option<&'static Shape>, place: Location) -> At<'p> {
        At { parent: None, step: Step::Root, shape, element: None, place }
    }

    /// The field of `entry`.
    pub(in crate::manifest) fn child<'q>(&'q self, entry: &'q Entry<'_>) -> At<'q> {
        let (shape, element) = match self.shape.and_then(|shape| shape.field(&entry.key)) {
            Some(Field { list: true, shape, .. }) => (None, *shape),
            Some(Field { list: false, shape, .. }) => (*shape, None),
            None => (None, None),
        };
        let step = Step::Child(&entry.key);
        At { parent: Some(self), step, shape, element, place: entry.place() }
    }

    /// Element `index` of the list here.
    pub(in crate::manifest) fn index(&'p self, index: usize, place: Location) -> At<'p> {
        let shape = self.element;
        At { parent: Some(self), step: Step::Index(index), shape, element: None, place }
    }

    /// The entry `key` of the map of strings here.
    pub(in crate::manifest) fn key(&'p self, key: &'p str, place: Location) -> At<'p> {
        At { parent: Some(self), step: Step::Key(key), shape: None, element: None, place }
    }

    /// Whether the structure here has no field of that entry's name.
    pub(in crate::manifest) fn has_unknown(&self, entry: &Entry<'_>) -> bool {
        self.shape.is_some_and(|shape| !shape.open && shape.field(&entry.key).is_none())
    }

    /// What encloses this, one step out.
    pub(in crate::manifest) const fn parent(&self) -> Option<&'p At<'p>> {
        self.parent
    }

    /// The path as errors have it.
    pub(in crate::manifest) fn path(&self) -> Path {
        let parent = self.parent.map(At::path).unwrap_or_default();
        match self.step {
            Step::Root => parent,
            Step::Child(name) => parent.child(name),
            Step::Index(index) => parent.index(index),
            Step::Key(key) => parent.key(key),
        }
    }
}
