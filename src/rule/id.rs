//! Checks words of rule files that become file names, page addresses and links. Must not know where they are
//! used.

/// Longest id, in bytes.
pub(super) const ID: usize = 80;
/// Longest address, in bytes.
pub(super) const ADDRESS: usize = 1000;

/// Checks that an id consists of lower case words joined by hyphens, `[a-z0-9]+(-[a-z0-9]+)*`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_id(id: &str) -> Result<(), String> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if id.len() <= ID && id.split('-').all(is_word) {
        return Ok(());
    }
    Err(format!(
        "{} is not an ID: use lower-case words and digits joined by hyphens, at most {ID} characters",
        quoted(id)
    ))
}

/// Checks that a reference can be used as a link: it begins with `https://` and has no character that an
/// address must encode (RFC 3986).
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_reference(reference: &str) -> Result<(), String> {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let named = reference
        .strip_prefix("https://")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
    if named && reference.len() <= ADDRESS && reference.bytes().all(is_sign) {
        return Ok(());
    }
    Err(format!("{} is not an encoded address that starts with https://", quoted(reference)))
}

/// Quotes an untrusted word for a message: escaped, and shortened if it is long.
fn quoted(word: &str) -> String {
    format!("{:?}", word.chars().take(ID).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_joined_by_hyphens() {
        for id in ["a", "run-tmpfs-missing", "cgroup-v1", "226"] {
            assert!(check_id(id).is_ok(), "{id}");
        }
        let long = "a".repeat(81);
        for id in ["", "-a", "a-", "a--b", "A", "a_b", "a.b", "../a", "a/b", "a b", "a\n", "ä", long.as_str()]
        {
            assert!(check_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn references_are_encoded_addresses() {
        for address in ["https://systemd.io/", "https://a.b/c(1).html#x", "https://a.b:8443/?q=%20"] {
            assert!(check_reference(address).is_ok(), "{address}");
        }
        for address in [
            "",
            "https://",
            "http://a",
            "javascript:x",
            "//a",
            "https://a b",
            "https://a/<x>",
            "https://a/`x`",
            "https://a/\"x",
            "https://ä",
        ] {
            assert!(check_reference(address).is_err(), "{address}");
        }
    }

    /// Returns the result of loading a user's file.
    fn loaded(file: &str, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let said = crate::rule::load(&[path]).map_or_else(|error| error.to_string(), |_| "taken".to_owned());
        said.rsplit(folder.path().to_str().unwrap()).next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_rule_file_whose_words_lead_elsewhere_is_refused_when_it_is_loaded() {
        let rule = |id: &str, more: &str| {
            let head = "title = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation = \"e\"\nconfirm \
                = \"c\"\n";
            loaded("x.toml", &format!("id = {}\n{head}{more}", toml::Value::from(id)))
        };
        let signature = |name: &str| format!("[[signature]]\nname = \"{name}\"\npattern = 'abc'");
        assert_eq!(
            rule("mine-2", &format!("references = [\"https://example.org/a?b#c\"]\n{}", signature("a-b"))),
            "taken"
        );
        for (id, more, part) in [
            ("../../x", String::new(), "/x.toml:1: id "),
            ("/etc/x", String::new(), "/x.toml:1: id "),
            ("a\u{1b}[2J", String::new(), "/x.toml:1: id "),
            ("a](javascript:x)", String::new(), "/x.toml:1: id "),
            ("a", "explains = [\"../b\"]".to_owned(), "/x.toml:7: explains "),
            ("a", "remedies = [\"b/../../c\"]".to_owned(), "/x.toml:7: remedies "),
            ("a", signature("<b>"), "/x.toml:8: name "),
            ("a", "references = [\"javascript:alert(1)\"]".to_owned(), "/x.toml:7: references "),
            ("a", "references = [\"http://example.org/\"]".to_owned(), "/x.toml:7: references "),
            ("a", "references = [\"https://example.org/><script>\"]".to_owned(), "/x.toml:7: references "),
        ] {
            let said = rule(id, &more);
            assert!(said.starts_with(part) && !said.contains('\u{1b}'), "{id} {more}: {said}");
        }
        let remedy = "[[remedy]]\nid = \"../x\"\ntitle = \"t\"\nwords = \"w\"\n";
        assert!(loaded("remedies.toml", remedy).starts_with("/remedies.toml:2: id "));
        assert!(loaded("harmless.toml", &signature("a/b")).starts_with("/harmless.toml:2: name "));
    }
}
