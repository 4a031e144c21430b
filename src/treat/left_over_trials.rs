//! Removes left-over trials: containers and images of runs that were killed before they could remove them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::removal::{Removal, by_hand, remove, remove_image};
use super::{Session, trial_cgroup};
use crate::prescribe::{TRIAL_LABEL, is_made_name, made_image};

/// Patterns for the names of trial images; Docker's has no part for a registry, Podman's has one.
const IMAGES: [&str; 2] = ["*-trial-*-cured", "localhost/*-trial-*-cured"];

/// Removes what interrupted trials left behind: the expired ones, or all.
pub async fn sweep(session: &Session<'_>, all: bool) {
    let now = Timestamp::now().as_second();
    for entry in session.engine.containers_with_label(TRIAL_LABEL).await.unwrap_or_default() {
        let until = entry.label(TRIAL_LABEL).and_then(|until| until.parse::<i64>().ok());
        if all || until.is_none_or(|until| until < now) {
            swept(session, entry.name().unwrap_or_default(), all).await;
        }
    }
    if all {
        sweep_images(session).await;
    }
}

async fn sweep_images(session: &Session<'_>) {
    let mut names = BTreeSet::new();
    for pattern in IMAGES {
        names.extend(session.engine.image_names_like(pattern).await.unwrap_or_default());
    }
    for name in &names {
        if let Some(plain) = made_image(name) {
            remove_image(session, name, session.marks.token(plain).as_deref()).await;
        }
    }
}

async fn swept(session: &Session<'_>, name: &str, all: bool) {
    let kept = if is_made_name(name) { session.marks.token(name) } else { None };
    match remove(session, name, kept.as_deref()).await {
        Removal::Gone => {
            session.marks.forget(name);
            trial_cgroup::remove(name, &[]).await;
            session.reporter.tell(&format!("removed {name}, left behind by a trial"));
        }
        Removal::Stays(why) => {
            session.reporter.remark(&format!(
                "{name} looks like a leftover of a trial but is kept: {why}\n  next: {}",
                by_hand(session, name)
            ));
        }
        Removal::Other if all => {
            session.reporter.remark(&format!(
                "{name} has the label {TRIAL_LABEL} but not the name of a trial, so it is kept"
            ));
        }
        Removal::Other => {}
    }
}
