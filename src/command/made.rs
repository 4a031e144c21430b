//! What this program made on an engine, and its removal: nothing goes without proof that it was made here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::case::Office;
use crate::docker::{EngineKind, encoded};
use crate::prescribe::{Step, StepKind, TRIAL_LABEL, is_made_name, made_image};
use crate::render::output;
use crate::treat::{Claim, Mark, claim, is_made_image};

/// All containers with the label of a trial, as the engine filters its list.
const CONTAINERS: &str = "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22sysdock.trial%22%5D%7D";
/// Images named `*-trial-*-cured`; the pattern has no part for a registry with Docker, and has one with
/// Podman.
const IMAGES: [&str; 2] = [
    "/images/json?filters=%7B%22reference%22%3A%5B%22*-trial-*-cured%22%5D%7D",
    "/images/json?filters=%7B%22reference%22%3A%5B%22localhost%2F*-trial-*-cured%22%5D%7D",
];

/// What came of a removal.
enum Removal {
    /// It is gone.
    Gone,
    /// It stays; why.
    Stays(String),
    /// It is somebody else's.
    Other,
}

/// Removes the container of a mark and the images that its steps made; says whether all of it is gone.
pub async fn clean(office: &Office<'_>, mark: &Mark, steps: &[Step]) -> bool {
    let stays = match remove(office, &mark.name, Some(&mark.token)).await {
        Removal::Gone => None,
        Removal::Stays(why) => Some(why),
        Removal::Other => Some("it belongs to someone else".to_owned()),
    };
    if let Some(why) = &stays {
        output::tell(&format!(
            "{} was not removed: {why}\n  next: {}",
            mark.name,
            by_hand(office, &mark.name)
        ));
    } else {
        office.marks.forget(&mark.name);
    }
    let mut gone = stays.is_none();
    for image in derived(steps) {
        gone &= remove_image(office, &image, Some(&mark.token)).await;
    }
    gone
}

/// Names of images that the steps make.
pub fn derived(steps: &[Step]) -> Vec<String> {
    let builds = steps.iter().filter(|step| step.kind == StepKind::BuildImage);
    builds.filter_map(|step| step.argv.iter().skip_while(|word| *word != "-t").nth(1).cloned()).collect()
}

/// Removes what trials that were cut off left behind: those whose time is over, or all.
pub async fn sweep(office: &Office<'_>, all: bool) {
    let now = Timestamp::now().as_second();
    let list = office.engine.get(CONTAINERS).await.unwrap_or_default();
    for entry in list.as_array().into_iter().flatten() {
        let until = entry
            .pointer("/Labels")
            .and_then(|labels| labels.get(TRIAL_LABEL)?.as_str()?.parse::<i64>().ok());
        let name =
            entry.pointer("/Names/0").and_then(Value::as_str).unwrap_or_default().trim_start_matches('/');
        if all || until.is_none_or(|until| until < now) {
            swept(office, name, all).await;
        }
    }
    if all {
        sweep_images(office).await;
    }
}

async fn sweep_images(office: &Office<'_>) {
    let mut names = BTreeSet::new();
    for filter in IMAGES {
        let images = office.engine.get(filter).await.unwrap_or_default();
        let tags = images
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|image| image.get("RepoTags")?.as_array())
            .flatten();
        names.extend(tags.filter_map(Value::as_str).map(str::to_owned));
    }
    for name in &names {
        if let Some(plain) = made_image(name) {
            remove_image(office, name, office.marks.token(plain).as_deref()).await;
        }
    }
}

async fn swept(office: &Office<'_>, name: &str, all: bool) {
    let kept = if is_made_name(name) { office.marks.token(name) } else { None };
    match remove(office, name, kept.as_deref()).await {
        Removal::Gone => {
            office.marks.forget(name);
            output::tell(&format!("removed {name}, left behind by a trial"));
        }
        Removal::Stays(why) if office.options.remarks => {
            output::tell(&format!(
                "{name} looks like a leftover of a trial but is kept: {why}\n  next: {}",
                by_hand(office, name)
            ));
        }
        Removal::Other if all && office.options.remarks => {
            output::tell(&format!(
                "{name} has the label {TRIAL_LABEL} but not the name of a trial, so it is kept"
            ));
        }
        Removal::Stays(_) | Removal::Other => {}
    }
}

fn by_hand(office: &Office<'_>, name: &str) -> String {
    let words = office.reach.argv(["rm", "-f", name]);
    let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    format!("if you know that it can go: {command}")
}

/// Removes a container that this token proves to be made here.
async fn remove(office: &Office<'_>, name: &str, kept: Option<&str>) -> Removal {
    let document = match office.engine.get(&format!("/containers/{}/json", encoded(name))).await {
        Ok(document) => document,
        Err(error) if error.is_unknown() => return Removal::Gone,
        Err(error) => return Removal::Stays(error.brief()),
    };
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let image = office.engine.get(&format!("/images/{}/json", encoded(text("/Image")))).await.ok();
    let label = |key: &str| label(&document, key);
    let of_image = image.as_ref().map(|image| move |key: &str| self::label(image, key));
    // The list may be older than the container of that name.
    match claim(text("/Name").trim_start_matches('/'), label, of_image, kept) {
        Claim::Other => return Removal::Other,
        Claim::Unproved(why) => return Removal::Stays(why.to_owned()),
        Claim::Made => {}
    }
    let volumes = office.reach.kind == EngineKind::Docker || !takes_over(&document);
    office
        .engine
        .remove(text("/Id"), volumes)
        .await
        .map_or_else(|error| Removal::Stays(error.brief()), |()| Removal::Gone)
}

fn label<'d>(document: &'d Value, key: &str) -> Option<&'d str> {
    document.pointer("/Config/Labels")?.get(key)?.as_str()
}

/// Whether anonymous volumes of another container are mounted by name, which Podman would remove as this
/// one's.
fn takes_over(document: &Value) -> bool {
    let binds = document
        .pointer("/HostConfig/Binds")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let is_anonymous = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    binds.filter_map(|bind| bind.split(':').next()).any(is_anonymous)
}

/// Takes the name of an image away that this token proves to be made here; says whether it is gone.
async fn remove_image(office: &Office<'_>, name: &str, kept: Option<&str>) -> bool {
    let image = match office.engine.get(&format!("/images/{}/json", encoded(name))).await {
        Ok(image) => image,
        Err(error) => {
            made_image(name).iter().filter(|_| error.is_unknown()).for_each(|name| office.marks.forget(name));
            return error.is_unknown();
        }
    };
    let why = if is_made_image(|key| label(&image, key), kept) {
        match office.engine.untag(name, is_named(office, &image).await).await {
            Ok(()) => {
                made_image(name).iter().for_each(|name| office.marks.forget(name));
                return true;
            }
            Err(error) => error.brief(),
        }
    } else {
        "no token proves that sysdock created it".to_owned()
    };
    if office.options.remarks {
        let words = office.reach.argv(["rmi", name]);
        let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
        output::tell(&format!(
            "the image {name} is kept: {why}\n  next: if you know that it can go: \
            {command}"
        ));
    }
    false
}

/// Whether the image that another was made of has a name: one without would be removed together with what was
/// made of it.
async fn is_named(office: &Office<'_>, made: &Value) -> bool {
    let mut parent = made.get("Parent").and_then(Value::as_str).unwrap_or_default().to_owned();
    // The layers between the two are this program's, and have its label.
    while !parent.is_empty() {
        let Ok(image) = office.engine.get(&format!("/images/{}/json", encoded(&parent))).await else {
            return false;
        };
        if label(&image, crate::prescribe::IMAGE_TOKEN_LABEL).is_none() {
            return image.get("RepoTags").and_then(Value::as_array).is_some_and(|tags| !tags.is_empty());
        }
        image.get("Parent").and_then(Value::as_str).unwrap_or_default().clone_into(&mut parent);
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn volumes_of_others_are_known_by_their_names() {
        let name = "0123456789abcdef".repeat(4);
        let with = |bind: &str| json!({"HostConfig": {"Binds": [bind]}});
        assert!(takes_over(&with(&format!("{name}:/data:ro"))));
        assert!(
            !takes_over(&with("data:/data:ro"))
                && !takes_over(&with("/srv:/data"))
                && !takes_over(&json!({}))
        );
    }
}
