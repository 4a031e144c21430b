//! One flag of the engine's `run`, with its value if it has one.

/// One flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Name with its dashes.
    pub name: String,
    /// Its value; `None` for a switch.
    pub value: Option<String>,
}

impl Flag {
    /// Returns the flag as words of a command line; a boolean is joined with `=`, as switches require.
    pub fn words(&self) -> Vec<String> {
        match self.value.as_deref() {
            None => vec![self.name.clone()],
            Some(value @ ("true" | "false" | "always")) => vec![format!("{}={value}", self.name)],
            Some(value) => vec![self.name.clone(), value.to_owned()],
        }
    }

    /// Returns the flag as one word, its value joined with `=`.
    pub fn tied(&self) -> String {
        self.value.as_ref().map_or_else(|| self.name.clone(), |value| format!("{}={value}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_tied_to_their_value() {
        let flag = |value: Option<&str>| {
            Flag { name: "--init".to_owned(), value: value.map(str::to_owned) }.words().join(" ")
        };
        assert_eq!((flag(None), flag(Some("false"))), ("--init".to_owned(), "--init=false".to_owned()));
    }
}
