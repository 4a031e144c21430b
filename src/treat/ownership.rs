//! Proves that an object on an engine was created by this program: by a random token in its labels, of which
//! a copy is kept here until the object is gone. Must not ask an engine.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::prescribe::{IMAGE_TOKEN_LABEL, TOKEN_LABEL, TRIAL_LABEL, is_made_name};
use crate::trust::{self, Trust};

/// Length of a token in bytes.
const TOKEN: usize = 16;
/// Where root keeps its state if the home folder belongs to another user.
const ROOT: &str = "/var/lib";

/// A name that this program generated, and the token that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Name of the container.
    pub name: String,
    /// Hexadecimal digits that nobody else knows.
    pub token: String,
}

/// The tokens of objects that may still exist.
#[derive(Debug, Clone)]
pub struct Marks {
    folder: Option<PathBuf>,
}

impl Marks {
    /// Returns the tokens of this user: in `$XDG_STATE_HOME`, or in `~/.local/state`. Without either, nothing
    /// is stored, and left-over objects cannot be proved later.
    #[must_use]
    pub fn of_user(state: Option<&str>, home: Option<&str>) -> Self {
        let state = state.map(PathBuf::from).filter(|path| path.is_absolute());
        let home = home.map(PathBuf::from).or_else(std::env::home_dir);
        // With sudo and a preserved HOME, root must not write files there.
        let home = home.filter(|home| home.metadata().is_ok_and(|data| data.uid() == trust::user()));
        let own = state.or_else(|| home.map(|home| home.join(".local/state")));
        let own = own.or_else(|| (trust::user() == 0).then(|| PathBuf::from(ROOT)));
        Self { folder: own.map(|folder| folder.join("sysdock/made")) }
    }

    /// Creates and stores a mark for a container that is about to be created.
    #[must_use]
    pub fn make(&self, name: &str) -> Mark {
        let mark = Mark { name: name.to_owned(), token: token() };
        self.keep(name, &mark.token);
        mark
    }

    /// Stores the token for another object, such as an image for the container.
    pub fn keep(&self, name: &str, token: &str) {
        let Some(path) = self.path(name) else { return };
        let folder = path.parent().map(|folder| DirBuilder::new().recursive(true).mode(0o700).create(folder));
        let written = || {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?
                .write_all(token.as_bytes())
        };
        // A failure only means that the object cannot be proved later.
        drop(folder.map(|made| made.and_then(|()| written())));
    }

    /// Returns the token that was stored for a name.
    #[must_use]
    pub fn token(&self, name: &str) -> Option<String> {
        let path = self.path(name)?;
        let folder = Trust::Found(path.parent()?.to_owned());
        trust::folder(path.parent()?, &folder).ok()?;
        let token = trust::text(&path, 2 * TOKEN as u64, &folder).ok()?;
        is_token(&token).then_some(token)
    }

    /// Deletes the token of an object that is gone.
    pub fn forget(&self, name: &str) {
        // There may be no token.
        drop(self.path(name).map(std::fs::remove_file));
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
            && !name.starts_with('.');
        (is_plain && !name.is_empty()).then_some(self.folder.as_ref()?.join(Path::new(name)))
    }
}

/// The result of a check who created an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// This program created it.
    Made,
    /// It looks like this program's; holds why that is not proof.
    Unproved(&'static str),
    /// Somebody else created it.
    Other,
}

/// Checks a container by its name, its labels, its image's labels (`None` if unknown), and the token that was
/// stored for it.
pub fn claim<'l>(
    name: &str,
    label: impl Fn(&str) -> Option<&'l str>,
    of_image: Option<impl Fn(&str) -> Option<&'l str>>,
    kept: Option<&str>,
) -> Claim {
    if !is_made_name(name) || label(TRIAL_LABEL).is_none() {
        return Claim::Other;
    }
    let Some(of_image) = of_image else { return Claim::Unproved("its image cannot be inspected") };
    if [TRIAL_LABEL, TOKEN_LABEL].iter().any(|key| label(key).is_some() && label(key) == of_image(key)) {
        return Claim::Unproved("its labels come from its image");
    }
    match (label(TOKEN_LABEL), kept) {
        (Some(token), Some(kept)) if token == kept && is_token(kept) => Claim::Made,
        (_, Some(_)) => Claim::Unproved("its token differs"),
        (_, None) => Claim::Unproved("this user has no token for it on this machine"),
    }
}

/// Returns whether an image with these labels is the one that the stored token belongs to.
#[must_use]
pub fn is_made_image<'l>(label: impl Fn(&str) -> Option<&'l str>, kept: Option<&str>) -> bool {
    kept.is_some_and(|kept| is_token(kept) && label(IMAGE_TOKEN_LABEL) == Some(kept))
}

fn is_token(text: &str) -> bool {
    text.len() == 2 * TOKEN && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns random digits; empty if the kernel provides no randomness, which proves nothing.
fn token() -> String {
    let mut bytes = [0; TOKEN];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(TOKEN) => bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NAME: &str = "web-trial-12-1767225600";

    fn marks() -> (tempfile::TempDir, Marks) {
        let state = tempfile::tempdir().unwrap();
        let marks = Marks::of_user(state.path().to_str(), None);
        (state, marks)
    }

    #[test]
    fn a_token_is_kept_for_this_user_alone_until_it_is_forgotten() {
        let (state, marks) = marks();
        let (mark, other) = (marks.make(NAME), marks.make("web-trial-12-1767225601"));
        assert!(is_token(&mark.token) && mark.token != other.token);
        assert_eq!(marks.token(NAME), Some(mark.token.clone()));
        let path = state.path().join("sysdock/made").join(NAME);
        assert_eq!(
            (
                path.metadata().unwrap().mode() & 0o777,
                path.parent().unwrap().metadata().unwrap().mode() & 0o777
            ),
            (0o600, 0o700)
        );
        marks.forget(NAME);
        assert_eq!(marks.token(NAME), None);
        for name in ["../x", "a/b", ".hidden", ""] {
            marks.keep(name, &mark.token);
            assert_eq!(marks.token(name), None, "{name}");
        }
        std::fs::write(state.path().join("sysdock/made/odd"), "no token").unwrap();
        assert_eq!(marks.token("odd"), None);
        if std::os::unix::fs::chown(state.path().join("sysdock/made"), Some(4321), None).is_ok() {
            assert_eq!(marks.token("web-trial-12-1767225601"), None, "others could have put it there");
        }
        std::fs::set_permissions(state.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn only_name_label_and_token_together_are_a_proof() {
        let token = "0123456789abcdef0123456789abcdef";
        let own = [(TRIAL_LABEL, "7"), (TOKEN_LABEL, token)];
        let of = |name: &str,
                  labels: &[(&str, &'static str)],
                  image: Option<&[(&str, &'static str)]>,
                  kept: Option<&str>| {
            let find = |labels: &[(&str, &'static str)], key: &str| {
                labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
            };
            claim(name, |key| find(labels, key), image.map(|image| move |key: &str| find(image, key)), kept)
        };
        assert_eq!(of(NAME, &own, Some(&[]), Some(token)), Claim::Made);
        assert_eq!(of("sysdock-probe-12-1767225600", &own, Some(&[]), Some(token)), Claim::Made);
        assert_eq!(
            of(NAME, &own, Some(&[(TRIAL_LABEL, "5")]), Some(token)),
            Claim::Made,
            "of an image that was a trial's container"
        );
        for (name, labels) in [
            ("web", &own[..]),
            ("web-trial-x-7", &own),
            ("web-trial-12", &own),
            (NAME, &own[1..]),
            (NAME, &[]),
        ] {
            assert_eq!(of(name, labels, Some(&[]), Some(token)), Claim::Other, "{name} {labels:?}");
        }
        for (labels, image, kept) in [
            (&own[..], Some(&own[..]), Some(token)),
            (&own, Some(&own[..1]), Some(token)),
            (&own, Some(&own[1..]), Some(token)),
            (&own, None, Some(token)),
            (&own, Some(&[]), None),
            (&own, Some(&[]), Some("00000000000000000000000000000000")),
            (&own, Some(&[]), Some("")),
            (&own[..1], Some(&[]), Some(token)),
        ] {
            assert!(
                matches!(of(NAME, labels, image, kept), Claim::Unproved(_)),
                "{labels:?} {image:?} {kept:?}"
            );
        }
        assert!(is_made_image(|_| Some(token), Some(token)));
        assert!(
            !is_made_image(|_| None, Some(token))
                && !is_made_image(|_| Some(""), Some(""))
                && !is_made_image(|_| Some(token), None)
        );
    }
}
