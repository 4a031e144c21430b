//! Builds percent-encoded paths of the Engine API from names and filters. No other file encodes anything.

use std::collections::BTreeMap;

/// Returns the path of a container's resource, such as `json`.
pub fn container(name: &str, what: &str) -> String {
    format!("/containers/{}/{what}", segment(name))
}

/// Returns the path of an image's resource; keeps the slashes of the image's name.
pub fn image(reference: &str, what: &str) -> String {
    format!("/images/{}/{what}", encoded(reference))
}

/// Returns the path that creates a container with a name.
pub fn created_container(name: &str) -> String {
    format!("/containers/create?name={}", segment(name))
}

/// Returns the path that removes a container by force, with its anonymous volumes if requested.
pub fn removed_container(name: &str, volumes: bool) -> String {
    format!("/containers/{}?force=1&v={}", segment(name), u8::from(volumes))
}

/// Returns the path that removes an image's name, with its untagged parents if requested.
pub fn removed_image(reference: &str, parents: bool) -> String {
    format!("/images/{}?force=0&noprune={}", encoded(reference), u8::from(!parents))
}

/// Returns the query value for filters, each a name with its one allowed value.
pub fn filters(of: &[(&str, &str)]) -> String {
    let filters: BTreeMap<&str, [&str; 1]> = of.iter().map(|(name, value)| (*name, [*value])).collect();
    encoded(&serde_json::to_string(&filters).unwrap_or_default())
}

/// Percent-encodes characters that are invalid in a path or a query value; keeps slashes.
pub fn encoded(text: &str) -> String {
    escaped(text, |byte| byte == b'/')
}

/// Percent-encodes characters that are invalid in a path segment, so that no name leads elsewhere.
fn segment(text: &str) -> String {
    escaped(text, |_| false)
}

fn escaped(text: &str, also_safe: impl Fn(u8) -> bool) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    text.bytes()
        .map(|byte| {
            if is_plain(byte) || also_safe(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_part_of_the_path() {
        for (name, path) in [
            ("web", "/containers/web/json"),
            ("../images", "/containers/..%2Fimages/json"),
            ("a b?c#d", "/containers/a%20b%3Fc%23d/json"),
            ("ümlaut", "/containers/%C3%BCmlaut/json"),
            ("x\n%41", "/containers/x%0A%2541/json"),
        ] {
            assert_eq!(container(name, "json"), path);
        }
    }

    #[test]
    fn an_image_keeps_the_slashes_of_its_name() {
        assert_eq!(image("ghcr.io/a/b:c@sha256:0", "json"), "/images/ghcr.io/a/b%3Ac%40sha256%3A0/json");
        assert_eq!(image("a?all=1", "history"), "/images/a%3Fall%3D1/history");
    }

    #[test]
    fn filters_are_encoded_json() {
        assert_eq!(filters(&[("type", "container")]), "%7B%22type%22%3A%5B%22container%22%5D%7D");
        assert_eq!(
            filters(&[("reference", "localhost/*-x"), ("label", "a=\"b\"")]),
            "%7B%22label%22%3A%5B%22a%3D%5C%22b%5C%22%22%5D%2C%22reference%22%3A%5B%22localhost/%2A-x%22%5D%7D"
        );
        assert_eq!(filters(&[]), "%7B%7D");
    }
}
