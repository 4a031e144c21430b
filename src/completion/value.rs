//! The kinds of values on a command line, and which texts may be offered to a shell.

use crate::prescribe::{is_container_name, is_image_reference};
use crate::visible::is_hidden;

/// The kind of a value, by its name in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Container,
    Image,
    File,
    Context,
    BuiltIn,
    Diagnosis,
    Call,
}

impl Value {
    /// Returns the kind for a name; `None` if its values cannot be listed.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "CONTAINER" => Some(Self::Container),
            "IMAGE" => Some(Self::Image),
            "PROFILE" => Some(Self::File),
            _ => None,
        }
    }

    /// Returns whether a text may be offered to a shell: output of an engine or a file is not trusted.
    pub fn may_be(self, value: &str) -> bool {
        match self {
            Self::Container => is_container_name(value),
            Self::Image => is_image_reference(value),
            _ => !value.chars().any(is_hidden),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_terminal_or_a_shell_would_obey_are_not_offered() {
        for odd in ["*", "a\u{1b}]0;x\u{7}", "$(id)", "a\nb", "x;y", "\u{202e}a", "-x"] {
            assert!(!Value::Container.may_be(odd) && !Value::Image.may_be(odd), "{odd:?}");
        }
        assert!(["a\u{1b}", "b\u{2066}", "c\n", "d\u{b}e"].iter().all(|odd| !Value::Context.may_be(odd)));
        assert!(
            Value::Container.may_be("web-1")
                && Value::Image.may_be("debian:12")
                && Value::Context.may_be("mein büro")
        );
    }

    #[test]
    fn whatever_a_value_is_called_has_a_source() {
        assert_eq!(
            ["CONTAINER", "IMAGE", "PROFILE", "FILE"].map(|name| Value::named(name).is_some()),
            [true, true, true, false]
        );
    }
}
