//! Marks the addresses in a line of text as terminal hyperlinks (OSC 8).

/// Marks each address; the visible text stays the same.
pub fn linked(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let (before, from) = rest.split_at(at);
        let length = from
            .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`".contains(c))
            .unwrap_or(from.len());
        let address = from[..length].trim_end_matches(['.', ',', ';', ':', ')', '…']);
        // Non-ASCII characters would have to be encoded.
        if address.is_ascii() {
            marked.push_str(&format!("{before}\u{1b}]8;;{address}\u{1b}\\{address}\u{1b}]8;;\u{1b}\\"));
        } else {
            marked.push_str(&format!("{before}{address}"));
        }
        rest = &from[address.len()..];
    }
    marked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_marked_and_no_word_changes() {
        let text = "see https://example.org/a?b=c, or (https://example.org/d).";
        let marked = linked(text);
        assert_eq!(marked.matches("\u{1b}]8;;https://example.org/").count(), 2);
        assert!(
            marked
                .contains("\u{1b}]8;;https://example.org/d\u{1b}\\https://example.org/d\u{1b}]8;;\u{1b}\\).")
        );
        assert_eq!(
            marked.split("\u{1b}\\").map(|part| part.split("\u{1b}]8;;").next().unwrap()).collect::<String>(),
            text
        );
        assert_eq!(linked("no address, https:/ only"), "no address, https:/ only");
    }
}
