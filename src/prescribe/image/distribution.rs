//! Looks up how a package manager installs systemd into an image, in the table `distributions.toml`.
//!
//! Must not guess: a distribution that the table does not list is refused.

use std::sync::LazyLock;

use serde::Deserialize;

use super::image_error::ImageError;
use crate::snapshot::{Facts, key};

/// A family of distributions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    ids: Vec<String>,
    /// Path of the init that its packages install.
    pub init: String,
    /// Commands that install systemd and a message bus, to be joined with `&&`.
    pub install: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Without {
    ids: Vec<String>,
    why: String,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    family: Vec<Family>,
    without: Vec<Without>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("distributions.toml")).unwrap_or_default());

/// Returns the family of an image.
///
/// # Errors
/// Returns [`ImageError::NoSystemd`] if the distribution has none, [`ImageError::UnknownDistribution`] if it
/// is not known.
pub fn of(facts: &Facts) -> Result<&'static Family, ImageError> {
    let id = facts.get(key::GUEST_OS_ID).unwrap_or_default();
    let named = |ids: &[String], wanted: &str| ids.iter().any(|id| id.eq_ignore_ascii_case(wanted));
    let name = || {
        facts
            .get(key::GUEST_OS_NAME)
            .filter(|name| !name.is_empty())
            .unwrap_or("an image without os-release")
            .to_owned()
    };
    for wanted in [id].into_iter().chain(facts.list(key::GUEST_OS_LIKE)) {
        if let Some(without) = TABLE.without.iter().find(|without| named(&without.ids, wanted)) {
            return Err(ImageError::NoSystemd { distribution: name(), why: without.why.clone() });
        }
        if let Some(family) = TABLE.family.iter().find(|family| named(&family.ids, wanted)) {
            return Ok(family);
        }
    }
    Err(ImageError::UnknownDistribution { distribution: name() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(id: &str, like: &[&str]) -> Facts {
        let mut facts = Facts::default();
        facts.set(key::GUEST_OS_ID, id, "test");
        facts.set(key::GUEST_OS_NAME, format!("{id} 1"), "test");
        facts.set(key::GUEST_OS_LIKE, like.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), "test");
        facts
    }

    #[test]
    fn the_nearest_family_decides() {
        assert!(TABLE.family.len() >= 4 && TABLE.without.len() >= 3, "the table cannot be read");
        assert!(of(&facts("debian", &[])).unwrap().install[0].starts_with("apt-get"));
        assert!(of(&facts("pop", &["ubuntu", "debian"])).unwrap().install[0].starts_with("apt-get"));
        assert_eq!(of(&facts("eurolinux", &["rhel", "fedora"])).unwrap().init, "/usr/sbin/init");
        assert!(of(&facts("alpine", &[])).unwrap_err().to_string().contains("no package of systemd"));
        assert!(of(&facts("devuan", &["debian"])).is_err());
        assert!(of(&facts("plan9", &[])).unwrap_err().to_string().contains("plan9 1"));
    }
}
