//! What the values of a command line are, and which texts a shell may be offered for them.

use crate::prescribe::{is_container_name, is_image_reference};
use crate::visible::is_hidden;

/// What a value of the command line is, by the name that stands for it in the help.
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
    /// Returns what stands behind a name; `None` for what nobody can list.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "CONTAINER" => Some(Self::Container),
            "IMAGE" => Some(Self::Image),
            "PROFILE" => Some(Self::File),
            _ => None,
        }
    }

    /// Tells whether a shell may be offered it: what an engine or a file says is foreign.
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
