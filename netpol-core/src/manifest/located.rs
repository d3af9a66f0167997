//! Diagnostics about objects, with their places in the text.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Problem};
use crate::model::ObjectRef;

use super::Manifest;

impl Manifest {
    /// The same diagnostics, each with the name of the text that its object came from and the place of
    /// its [field](Diagnostic::path) there. For what is found out after reading, such as the notes of
    /// a [conversion](crate::legacy) or the [lints of an engine](crate::Engine::lints).
    ///
    /// An object is found by its name; of two with the same, the last. What is about no object of this
    /// manifest stays as it is. The texts are read once more, for all of them together.
    #[must_use]
    pub fn located(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let objects = self.objects().iter().enumerate();
        let numbers: BTreeMap<ObjectRef, usize> =
            objects.map(|(number, object)| (object.object_ref(), number)).collect();
        let numbered = diagnostics.into_iter().map(|diagnostic| {
            let number = diagnostic.object.as_ref().and_then(|object| numbers.get(object));
            (number.copied().unwrap_or(usize::MAX), diagnostic)
        });
        self.located_in(numbered.collect())
    }

    /// The same where the numbers of the objects are known.
    pub(crate) fn located_in(&self, diagnostics: Vec<(usize, Diagnostic)>) -> Vec<Diagnostic> {
        if diagnostics.is_empty() {
            return Vec::new();
        }
        let wanted =
            diagnostics.iter().map(|(object, diagnostic)| (*object, diagnostic.path().clone()));
        let places = self.locate(&wanted.collect::<Vec<_>>());
        let located =
            diagnostics.into_iter().zip(places).map(|((object, mut diagnostic), place)| {
                if self.objects().get(object).is_none() {
                    return diagnostic;
                }
                if let Problem::Field(error) = &mut diagnostic.problem {
                    *error = error.clone().at(place);
                }
                let (source, _) = self.place(object);
                diagnostic.located(source, place)
            });
        located.collect()
    }
}
