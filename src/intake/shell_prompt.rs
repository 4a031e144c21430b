//! Shell prompts, as they appear in pastes.

use crate::pattern::Pattern;

/// A shell prompt: `$ `, `# `, `user@host:~$ `, `[user@host dir]# `, `PS C:\>`, `➜  ~ `; also the prefix of
/// `set -x`.
static PROMPT: Pattern = Pattern::new(
    r"^\s*(?:(?:[-*]|•) )?(?:(?:\([\w.-]+\) ?)?(?:\[[^\]]{1,60}\]|PS [\w:\\~./-]{1,60}|[\w.-]+@[\w.-]+(?:[: ][\w~./-]*)?|[\w~./-]{1,40})? ?(?:[$#%>]|❯|➜|») ?|\++ )",
);

/// Returns where the command after a prompt begins, if there is a prompt.
#[must_use]
pub fn unprompted(text: &str) -> Option<usize> {
    // Most lines contain no character that ends a prompt.
    if !text.bytes().fold(false, |may, byte| may | matches!(byte, b'$' | b'#' | b'%' | b'>' | b'+' | 0x80..))
    {
        return None;
    }
    let prompt = PROMPT
        .find(text)
        .filter(|prompt| !text[prompt.clone()].trim().is_empty() && prompt.end < text.len())?;
    Some(text.len() - text[prompt.end..].trim_start().len())
}
