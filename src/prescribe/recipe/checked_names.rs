//! Checks the names and words of a recipe: those that may become part of a command or a file are kept, all
//! others are refused by name and with the reason.
//!
//! Names are checked against the grammar of the program that assigns them, so that no valid name is refused.
//! Must not correct a name: an ambiguous one is refused.

use super::container_recipe::Recipe;
use super::flag::Flag;
use super::volume::Volume;
use crate::pattern::Pattern;
use crate::visible::{is_hidden, visible};

/// A container's name (moby, `daemon/names`).
static CONTAINER: Pattern = Pattern::new(r"\A[A-Za-z0-9][A-Za-z0-9_.-]*\z");
/// An image reference (distribution/reference, `regexp.go`) or its ID.
static IMAGE: Pattern = Pattern::new(concat!(
    r"\A(?:sha256:[0-9a-f]{64}|",
    r"(?:(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?/)?",
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*",
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?)\z",
));
/// Users and groups, by name or number (useradd(8); the engines also accept names from the image's files).
static USER: Pattern =
    Pattern::new(r"\A[A-Za-z0-9_.][A-Za-z0-9_.@+-]*\$?(?::[A-Za-z0-9_.][A-Za-z0-9_.@+-]*\$?)?\z");
/// Length of a refused word's part that is shown, in characters.
const SHOWN: usize = 80;
/// Flags whose value is `key=` followed by free text.
const FREE: [&str; 6] =
    ["--annotation", "--group-entry", "--health-cmd", "--label", "--log-opt", "--passwd-entry"];
/// Flags whose value names an object of the engine.
const NAMES: [&str; 6] =
    ["--network", "--volumes-from", "--runtime", "--volume-driver", "--log-driver", "--requires"];

/// Returns whether this is a valid container name.
pub fn is_container_name(name: &str) -> bool {
    CONTAINER.is_match(name)
}

/// Returns whether this is a valid image reference.
pub fn is_image_reference(reference: &str) -> bool {
    reference.len() <= 4096 && IMAGE.is_match(reference)
}

/// Returns whether this is a valid user for a Dockerfile's `USER` and for `--user`.
pub fn is_user(user: &str) -> bool {
    USER.is_match(user)
}

/// Shortens a refused word for a report.
pub fn named(word: &str) -> String {
    let shown = visible(word);
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{} […]`", &shown[..end]),
        None => format!("`{shown}`"),
    }
}

/// Lists the invalid ones among the names without which no container can be created.
pub fn odd_names(recipe: &Recipe) -> Vec<String> {
    let mut odd = Vec::new();
    for name in [&recipe.name, &recipe.source].into_iter().filter(|name| !is_container_name(name)) {
        odd.push(format!("{} is not a container name (letters, digits, `_`, `.` and `-`)", named(name)));
    }
    odd.dedup();
    if !is_image_reference(&recipe.image) {
        odd.push(format!("{} is not an image reference", named(&recipe.image)));
    }
    odd
}

/// Removes from a recipe what no command, file or format can hold, and names it.
pub fn refuse_words(recipe: &mut Recipe) {
    let mut refused = Vec::new();
    let mut keep = |what: String, odd: Option<&'static str>, word: &str| {
        refused.extend(odd.map(|why| format!("{what}: {} {why}", named(word))));
        odd.is_none()
    };
    recipe
        .flags
        .retain(|flag| keep(flag.name.clone(), odd_flag(flag), flag.value.as_deref().unwrap_or_default()));
    recipe.tmpfs.retain(|path, options| {
        keep("--tmpfs".to_owned(), odd_path(path).or_else(|| odd_path(options)), path)
    });
    recipe.volumes.retain(|volume| keep("-v".to_owned(), odd_volume(volume), &volume.text()));
    recipe.mounts.retain(|(_, text)| keep("--mount".to_owned(), odd_path(text), text));
    recipe.networks.retain(|network| {
        let odd = odd_name(&network.name).or_else(|| network.flags.iter().find_map(odd_flag));
        keep("network".to_owned(), odd, &network.name)
    });
    let odd = recipe.words().into_iter().find(|word| word.contains('\0'));
    if !keep("the command".to_owned(), odd.as_ref().map(|_| NUL), odd.as_deref().unwrap_or_default()) {
        recipe.entrypoint = None;
        recipe.command.clear();
    }
    recipe.refused.append(&mut refused);
}

const NUL: &str = "contains a NUL byte, which a command line cannot hold";

/// Returns why a flag's value cannot be written; `None` if it can.
fn odd_flag(flag: &Flag) -> Option<&'static str> {
    let value = flag.value.as_deref()?;
    match flag.name.as_str() {
        _ if value.contains('\0') => Some(NUL),
        "--user" if !is_user(value) => Some("is not a user"),
        "--cgroup-parent" if value.split('/').any(|part| part == "..") => {
            Some("points outside the cgroup tree")
        }
        name if NAMES.contains(&name) => odd_name(value),
        name if FREE.contains(&name) => {
            let key = value.split_once('=').map_or("", |(key, _)| key);
            odd_path(if name == "--health-cmd" { "" } else { key })
        }
        _ => odd_path(value),
    }
}

/// Returns why it is not a path on one line.
fn odd_path(path: &str) -> Option<&'static str> {
    path.chars().any(is_hidden).then_some("contains a line break or another invisible character")
}

/// Returns why it is not a name of an engine object; it must not be an option or contain a second word.
fn odd_name(name: &str) -> Option<&'static str> {
    let odd =
        name.is_empty() || name.starts_with('-') || name.chars().any(|c| c.is_whitespace() || is_hidden(c));
    odd.then_some("is not a name that an engine assigns")
}

fn odd_volume(volume: &Volume) -> Option<&'static str> {
    let named =
        !volume.source.is_empty() && !volume.source.starts_with('/') && !is_container_name(&volume.source);
    odd_path(&volume.text()).or(named.then_some("is neither a path nor a volume name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::recipe::{Network, Volume};

    #[test]
    fn names_are_held_to_their_grammar() {
        for name in ["web", "a_b.c-1", "0", "x".repeat(300).as_str()] {
            assert!(is_container_name(name), "{name}");
        }
        for name in
            ["", "x; touch pwned; #", "-x", ".x", "a/b", "/../../x", "a\nb", "$(id)", "ü", "a b", "a\n"]
        {
            assert!(!is_container_name(name), "{name:?}");
        }
        let id = "a".repeat(64);
        for image in [
            "debian",
            "debian:12",
            "localhost/deb-systemd:bookworm",
            "registry.example.org:5000/a/b__c/d-e:1_2.3",
            "[::1]:5000/x",
            &format!("sha256:{id}"),
            &format!("debian@sha256:{id}"),
            &id,
            "quay.io/x/y:tag@sha256:0123456789abcdef0123456789abcdef",
        ] {
            assert!(is_image_reference(image), "{image}");
        }
        for image in [
            "",
            "-v/:/host",
            "x\nRUN id",
            "x y",
            "X",
            "a:b:c",
            "a$b",
            "a/../b",
            "x\u{202e}",
            "--privileged",
            "a:",
            "x\n",
        ] {
            assert!(!is_image_reference(image), "{image:?}");
        }
        for user in ["root", "0:0", "app", "1000:docker", "_apt", "svc$", "a.b@example"] {
            assert!(is_user(user), "{user}");
        }
        for user in ["", "root\nRUN id", "a b", "-x", "$HOME", "a:b:c", "a\u{1b}", "app\n"] {
            assert!(!is_user(user), "{user:?}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_taken_out_and_named() {
        let mut recipe = Recipe {
            name: "web".to_owned(),
            source: "web".to_owned(),
            image: "i".to_owned(),
            ..Recipe::default()
        };
        for (flag, value) in [
            ("--workdir", "/a\nb"),
            ("--user", "root\nRUN x"),
            ("--device", "/dev/\u{1b}x"),
            ("--label", "k\ny=v"),
            ("--label", "ok=a\nb"),
            ("--network", "--privileged"),
            ("--sysctl", "a=\u{202e}"),
            ("--health-cmd", "a\0"),
            ("--hostname", "h"),
            ("--cgroup-parent", "/../../etc"),
        ] {
            recipe.push(flag, Some(value.to_owned()));
        }
        recipe.tmpfs = [("/t\n".to_owned(), String::new()), ("/run".to_owned(), "size=1m".to_owned())].into();
        recipe.volumes.push(Volume {
            source: "-v".to_owned(),
            destination: "/x".to_owned(),
            options: String::new(),
        });
        recipe.volumes.push(Volume {
            source: "data".to_owned(),
            destination: "/x".to_owned(),
            options: String::new(),
        });
        recipe.mounts.push(("/m".to_owned(), "type=bind,source=/a\u{85},target=/m".to_owned()));
        recipe.networks.push(Network { name: "a b".to_owned(), flags: Vec::new() });
        recipe.command = vec!["a\nb".to_owned(), "c\0".to_owned()];
        refuse_words(&mut recipe);
        let kept: Vec<&str> = recipe.flags.iter().map(|flag| flag.name.as_str()).collect();
        assert_eq!(kept, ["--label", "--hostname"]);
        assert_eq!(
            (recipe.tmpfs.len(), recipe.volumes.len(), recipe.mounts.len(), recipe.networks.len()),
            (1, 1, 0, 0)
        );
        assert!(recipe.command.is_empty());
        assert_eq!(recipe.refused.len(), 13, "{:#?}", recipe.refused);
        assert!(!recipe.refused.iter().any(|words| words.chars().any(is_hidden)), "{:#?}", recipe.refused);
        assert!(
            recipe.refused[0].starts_with("--workdir: `/a\\nb` contains a line break"),
            "{}",
            recipe.refused[0]
        );
    }

    #[test]
    fn a_container_without_a_sound_name_is_named() {
        let mut recipe = Recipe {
            name: "x; id".to_owned(),
            source: "x; id".to_owned(),
            image: "a\nRUN id".to_owned(),
            ..Recipe::default()
        };
        assert_eq!(odd_names(&recipe).len(), 2);
        assert!(odd_names(&recipe).iter().all(|words| !words.contains('\n')));
        (recipe.name, recipe.source, recipe.image) =
            ("web".to_owned(), "web".to_owned(), "debian:12".to_owned());
        assert!(odd_names(&recipe).is_empty());
    }
}
