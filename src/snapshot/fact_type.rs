//! Keys of facts that carry the type of their value: code that sets or reads a fact of another type does not
//! compile.
//!
//! The build script includes this file along with the catalog.

use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;

/// The key of a fact whose value is a `T`; `null` means known to be absent, whatever the type.
pub struct Key<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// Makes a key of the catalog.
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// Returns the key as written in conditions and snapshots: `group.name`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The kind of a fact's value. Any fact may also be null: known to be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// true or false.
    Bool,
    /// A whole number; the sentence gives the unit.
    Int,
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    TextList,
}

impl Kind {
    /// Returns the kind in words, for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "an integer",
            Self::Text => "a text",
            Self::Word(_) => "one of a list of words",
            Self::TextList => "a list of strings",
        }
    }
}

/// A type that the value of a fact may have.
pub trait FactType {
    /// The corresponding kind in the catalog.
    const KIND: Kind;
    /// The value as read from a snapshot.
    type Read<'f>;

    /// Reads the value of a fact; `None` for null and for a value of another type, as an edited snapshot may
    /// contain.
    fn read(value: &Value) -> Option<Self::Read<'_>>;
}

impl FactType for bool {
    const KIND: Kind = Kind::Bool;
    type Read<'f> = Self;

    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FactType for i64 {
    const KIND: Kind = Kind::Int;
    type Read<'f> = Self;

    fn read(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl FactType for String {
    const KIND: Kind = Kind::Text;
    type Read<'f> = &'f str;

    fn read(value: &Value) -> Option<&str> {
        value.as_str()
    }
}

impl FactType for Vec<String> {
    const KIND: Kind = Kind::TextList;
    type Read<'f> = Vec<&'f str>;

    fn read(value: &Value) -> Option<Vec<&str>> {
        Some(value.as_array()?.iter().filter_map(Value::as_str).collect())
    }
}

/// What a fact of type `T` can be set to: the value itself, something that borrows it, or `None` for known to
/// be absent.
pub trait FactValue<T> {
    /// Returns the value as a snapshot holds it.
    fn into_json(self) -> Value;
}

impl<T, V: FactValue<T>> FactValue<T> for Option<V> {
    fn into_json(self) -> Value {
        self.map_or(Value::Null, V::into_json)
    }
}

/// Values that `serde_json` turns into the JSON of a fact's type.
macro_rules! values {
    ($($of:ty: $($value:ty),+;)+) => { $($(
        impl FactValue<$of> for $value {
            fn into_json(self) -> Value {
                Value::from(self)
            }
        }
    )+)+ };
}

values! {
    bool: bool;
    i64: i64, i32, u32, u16;
    String: String, &str;
    Vec<String>: Vec<String>, Vec<&str>;
}
