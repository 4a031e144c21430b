//! Turns tones into escape sequences for colour. The only file that uses the crate `colored`.

use std::sync::Once;

use colored::Colorize;

/// The meaning of a piece of text for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// What the eye should find first.
    Strong,
    /// Sources, IDs and other details.
    Dim,
    /// A failure.
    Bad,
    /// A warning.
    Warn,
    /// All is well.
    Good,
    /// Something to type.
    Code,
}

/// Colours a text if colour is wanted.
pub fn paint(text: &str, tone: Tone, color: bool) -> String {
    // The caller's context decides; the crate's own terminal detection is turned off.
    static OVERRIDE: Once = Once::new();
    OVERRIDE.call_once(|| colored::control::set_override(true));
    if !color || text.is_empty() {
        return text.to_owned();
    }
    match tone {
        Tone::Plain => text.to_owned(),
        Tone::Strong => text.bold().to_string(),
        Tone::Dim => text.dimmed().to_string(),
        Tone::Bad => text.red().bold().to_string(),
        Tone::Warn => text.yellow().to_string(),
        Tone::Good => text.green().to_string(),
        Tone::Code => text.cyan().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_only_written_when_wanted() {
        assert_eq!(paint("x", Tone::Bad, false), "x");
        assert!(paint("x", Tone::Bad, true).starts_with("\u{1b}["));
        assert_eq!(paint("x", Tone::Plain, true), "x");
    }
}
