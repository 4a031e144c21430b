//! Removes objects that this program created on an engine, but never without proof.

use serde_json::Value;

use super::Session;
use super::ownership::{Claim, Mark, claim, is_made_image};
use super::trial_cgroup;
use crate::docker::EngineKind;
use crate::prescribe::{IMAGE_TOKEN_LABEL, Step, StepKind, made_image};

/// The result of a removal.
pub(super) enum Removal {
    /// It was removed.
    Gone,
    /// It was not removed, with the reason.
    Stays(String),
    /// It belongs to somebody else.
    Other,
}

/// Removes the container of a mark and the images that its steps built; returns whether everything is gone.
pub(super) async fn clean(session: &Session<'_>, mark: &Mark, steps: &[Step]) -> bool {
    let stays = match remove(session, &mark.name, Some(&mark.token)).await {
        Removal::Gone => None,
        Removal::Stays(why) => Some(why),
        Removal::Other => Some("it belongs to someone else".to_owned()),
    };
    if let Some(why) = &stays {
        session.reporter.tell(&format!(
            "{} was not removed: {why}\n  next: {}",
            mark.name,
            by_hand(session, &mark.name)
        ));
    } else {
        session.marks.forget(&mark.name);
        let left = trial_cgroup::remove(&mark.name, steps).await;
        left.into_iter().for_each(|left| session.reporter.remark_after(&left));
    }
    let mut gone = stays.is_none();
    for image in made_images(steps) {
        gone &= remove_image(session, &image, Some(&mark.token)).await;
    }
    gone
}

/// Returns the names of images that the steps build.
pub(super) fn made_images(steps: &[Step]) -> Vec<String> {
    let builds = steps.iter().filter(|step| step.kind == StepKind::BuildImage);
    builds.filter_map(|step| step.argv.iter().skip_while(|word| *word != "-t").nth(1).cloned()).collect()
}

/// Returns the command that removes a container by hand.
pub(super) fn by_hand(session: &Session<'_>, name: &str) -> String {
    let words = session.reach.argv(["rm", "-f", name]);
    let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    format!("if you know that it can go: {command}")
}

/// Removes a container if this token proves that this program created it.
pub(super) async fn remove(session: &Session<'_>, name: &str, kept: Option<&str>) -> Removal {
    let document = match session.engine.inspect_container(name).await {
        Ok(document) => document,
        Err(error) if error.is_unknown() => return Removal::Gone,
        Err(error) => return Removal::Stays(error.brief()),
    };
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let image = session.engine.inspect_image(text("/Image")).await.ok();
    let label = |key: &str| label(&document, key);
    let of_image = image.as_ref().map(|image| move |key: &str| self::label(image, key));
    // The container of that name may be newer than the list.
    match claim(text("/Name").trim_start_matches('/'), label, of_image, kept) {
        Claim::Other => return Removal::Other,
        Claim::Unproved(why) => return Removal::Stays(why.to_owned()),
        Claim::Made => {}
    }
    let volumes = session.reach.kind == EngineKind::Docker || !takes_over(&document);
    session
        .engine
        .remove(text("/Id"), volumes)
        .await
        .map_or_else(|error| Removal::Stays(error.brief()), |()| Removal::Gone)
}

fn label<'d>(document: &'d Value, key: &str) -> Option<&'d str> {
    document.pointer("/Config/Labels")?.get(key)?.as_str()
}

/// Returns whether it mounts another container's anonymous volumes by name, which Podman would remove as its
/// own.
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

/// Removes an image's name if this token proves that this program built it; returns whether it is gone.
pub(super) async fn remove_image(session: &Session<'_>, name: &str, kept: Option<&str>) -> bool {
    let image = match session.engine.inspect_image(name).await {
        Ok(image) => image,
        Err(error) => {
            made_image(name)
                .iter()
                .filter(|_| error.is_unknown())
                .for_each(|name| session.marks.forget(name));
            return error.is_unknown();
        }
    };
    let why = if is_made_image(|key| label(&image, key), kept) {
        match session.engine.untag(name, is_named(session, &image).await).await {
            Ok(()) => {
                made_image(name).iter().for_each(|name| session.marks.forget(name));
                return true;
            }
            Err(error) => error.brief(),
        }
    } else {
        "no token proves that sysdock created it".to_owned()
    };
    let words = session.reach.argv(["rmi", name]);
    let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    session
        .reporter
        .remark(&format!("the image {name} is kept: {why}\n  next: if you know that it can go: {command}"));
    false
}

/// Returns whether the base of an image has a name: one without would be removed together with the image.
async fn is_named(session: &Session<'_>, made: &Value) -> bool {
    let mut parent = made.get("Parent").and_then(Value::as_str).unwrap_or_default().to_owned();
    // The layers between the two are this program's, and have its label.
    while !parent.is_empty() {
        let Ok(image) = session.engine.inspect_image(&parent).await else {
            return false;
        };
        if label(&image, IMAGE_TOKEN_LABEL).is_none() {
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
