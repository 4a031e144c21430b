//! A bind or a volume in the syntax of `-v`: `source:destination:options`.

/// A bind or a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Path on the host or name of the volume; empty for an anonymous one.
    pub source: String,
    /// Path in the container.
    pub destination: String,
    /// Options, empty for the defaults.
    pub options: String,
}

impl Volume {
    /// Returns a bind of a path onto itself.
    pub fn same(path: &str, options: &str) -> Self {
        Self { source: path.to_owned(), destination: path.to_owned(), options: options.to_owned() }
    }

    /// Parses `source:destination[:options]`; a lone path is an anonymous volume.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.splitn(3, ':');
        let first = parts.next().unwrap_or_default().to_owned();
        let (source, destination) = match parts.next() {
            Some(destination) => (first, destination.to_owned()),
            None => (String::new(), first),
        };
        Self { source, destination, options: parts.next().unwrap_or_default().to_owned() }
    }

    /// Writes it in the syntax of `-v`.
    pub fn text(&self) -> String {
        let Self { source, destination, options } = self;
        let colon = if options.is_empty() { "" } else { ":" };
        let source = if source.is_empty() { String::new() } else { format!("{source}:") };
        format!("{source}{destination}{colon}{options}")
    }

    /// Returns whether the engine generated its name: 64 hex digits.
    pub fn is_anonymous(&self) -> bool {
        self.source.len() == 64 && self.source.chars().all(|c| c.is_ascii_hexdigit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_read_as_the_engines_write_them() {
        for text in ["data:/data", "/a:/b:ro,z", "/only"] {
            assert_eq!(Volume::parse(text).text(), text);
        }
    }
}
