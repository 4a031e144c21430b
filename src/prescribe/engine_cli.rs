//! The engine's command line client: its program, the options that select the engine, and the words of a
//! command.
//!
//! Every stage may import it. Must not know what a command is for.

use crate::snapshot::EngineKind;

/// How the engine's CLI reaches the engine in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The engine whose CLI is used.
    pub kind: EngineKind,
    /// Options between the program and its command, such as `--host unix:///…`; empty if the CLI finds the
    /// engine by itself.
    pub options: Vec<String>,
}

impl Reach {
    /// Returns a CLI that finds its engine without options.
    #[must_use]
    pub fn by_itself(kind: EngineKind) -> Self {
        Self { kind, options: Vec::new() }
    }

    /// Returns a complete command line: the program, its options, then these words.
    #[must_use]
    pub fn argv<W: AsRef<str>>(&self, words: impl IntoIterator<Item = W>) -> Vec<String> {
        let mut argv = vec![self.kind.name().to_owned()];
        argv.extend(self.options.iter().cloned());
        argv.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        argv
    }
}
