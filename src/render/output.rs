//! The only functions that write: finished text to stdout, messages to stderr.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{ascii, visible};

/// Writes a finished text to stdout.
///
/// # Errors
/// Returns any error of writing; [`io::ErrorKind::BrokenPipe`] if the reader has closed the pipe.
pub fn print(text: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text)?;
    stdout.flush()
}

/// Whether messages must be in ASCII.
static ASCII: AtomicBool = AtomicBool::new(false);

/// Sets whether messages may contain non-ASCII characters.
pub fn speak(unicode: bool) {
    ASCII.store(!unicode, Ordering::Relaxed);
}

/// Returns whether messages and progress must be in ASCII.
pub fn is_ascii() -> bool {
    ASCII.load(Ordering::Relaxed)
}

/// Prints a message to stderr: an error or a remark; ignores an error of writing it.
pub fn tell(message: &dyn std::fmt::Display) {
    let text = framed(&message.to_string());
    let text = if is_ascii() { ascii(&text) } else { text };
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Prints what to do after an error that was already printed to stderr; ignores an error of writing it.
pub fn hint(next: &str) {
    let _ = io::stderr().write_all(format!("  next: {}\n", visible(next)).as_bytes());
}

/// Formats an error: `sysdock: what went wrong`, more lines after a bar, then `  next: what to do`.
fn framed(error: &str) -> String {
    let (what, next) =
        error.rsplit_once("\n  next: ").map_or((error, None), |(what, next)| (what, Some(next)));
    let mut lines = what.trim_end().lines().map(visible);
    let mut text = format!("sysdock: {}\n", lines.next().unwrap_or_default());
    lines.for_each(|line| text.push_str(&format!("  | {line}\n")));
    if let Some(next) = next {
        text.push_str(&format!("  next: {}\n", visible(next)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_prefix_and_one_hint() {
        insta::assert_snapshot!(framed("the engine refused `x`: no\nsysdock: all is well\n  next: try it \
            again"), @r"
        sysdock: the engine refused `x`: no
          | sysdock: all is well
          next: try it again
        ");
        assert_eq!(framed("plain"), "sysdock: plain\n");
    }

    #[test]
    fn a_hostile_message_cannot_move_the_cursor() {
        assert!(
            !framed("a\u{1b}[2Jb\rc\n\u{202e}d\n  next: \u{7}")
                .contains(['\u{1b}', '\r', '\u{202e}', '\u{7}'])
        );
    }
}
