/// The fields of an API type.
#[derive(Debug)]
pub(in crate::manifest) struct Shape {
    pub(in crate::manifest) fields: &'static [Field],
    /// Fields that are not listed exist and are not judged.
    pub(in crate::manifest) open: bool,
    /// It belongs to a custom resource: an element of a list that is null is not an empty one, and
    /// what cannot be understood closes.
    pub(in crate::manifest) custom: bool,
}

/// A field of an API type: its name and, where it is a structure or a list of them, its shape.
#[derive(Debug)]
pub(in crate::manifest) struct Field {
    pub(in crate::manifest) name: &'static str,
    pub(in crate::manifest) shape: Option<&'static Shape>,
    /// The shape is that of the elements.
    pub(in crate::manifest) list: bool,
}

impl Shape {
    /// All fields of a type: any other is unknown.
    pub(in crate::manifest) const fn closed(fields: &'static [Field]) -> Shape {
        Shape { fields, open: false, custom: false }
    }

    /// All fields of a type inside a custom resource: any other is unknown.
    pub(in crate::manifest) const fn custom(fields: &'static [Field]) -> Shape {
        Shape { fields, open: false, custom: true }
    }

    /// The fields of a type that are read; there are others.
    pub(in crate::manifest) const fn open(fields: &'static [Field]) -> Shape {
        Shape { fields, open: true, custom: false }
    }

    /// The field of that name.
    pub(in crate::manifest) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    /// A scalar, a map of strings, or something that is not looked into.
    pub(in crate::manifest) const fn plain(name: &'static str) -> Field {
        Field { name, shape: None, list: false }
    }

    /// A structure.
    pub(in crate::manifest) const fn of(name: &'static str, shape: &'static Shape) -> Field {
        Field { name, shape: Some(shape), list: false }
    }

    /// A list of structures.
    pub(in crate::manifest) const fn list_of(name: &'static str, shape: &'static Shape) -> Field {
        Field { name, shape: Some(shape), list: true }
    }
}
