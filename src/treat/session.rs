//! The state of one run while it examines and treats containers of one engine, and how a step is carried out.

use super::interrupt::Interrupt;
use super::ownership::Marks;
use super::reporter::{Reporter, Working};
use super::{TreatError, Workspace};
use crate::docker::{Engine, EngineChoice};
use crate::prescribe::{Reach, Step, StepKind};
use crate::rule::RuleSet;
use crate::scan::Matcher;

/// The state of one run on one engine.
pub struct Session<'s> {
    /// The rules.
    pub rules: &'s RuleSet,
    /// The patterns of the rules.
    pub matcher: &'s Matcher<'s>,
    /// The engine.
    pub engine: Engine,
    /// How the engine's CLI reaches it.
    pub reach: Reach,
    /// What the user said about the engine.
    pub choice: &'s EngineChoice,
    /// Whether the end was asked for.
    pub interrupt: Interrupt,
    /// The tokens of objects that may still exist.
    pub marks: Marks,
    /// Receives messages about the work in progress.
    pub reporter: &'s dyn Reporter,
}

impl Session<'_> {
    /// Announces work; it ends when the returned guard is dropped.
    #[must_use]
    pub fn working(&self, on: &str) -> Working<'_> {
        Working::on(self.reporter, on)
    }

    /// Carries out a step. What it fetches from a container is read from the engine directly, so that no
    /// other program sees it.
    ///
    /// # Errors
    /// Returns a [`TreatError`] if the command fails or the engine does not answer; [`TreatError::Changed`],
    /// [`TreatError::Interrupted`].
    pub async fn carry_out(&self, workspace: &Workspace, step: &Step) -> Result<(), TreatError> {
        let work = Box::pin(self.perform(workspace, step));
        // Building an image changes no container, and may take minutes.
        if step.kind == StepKind::BuildImage {
            self.interrupt.unless(work).await
        } else {
            self.interrupt.after(work).await
        }
    }

    async fn perform(&self, workspace: &Workspace, step: &Step) -> Result<(), TreatError> {
        let Some(fetch) = &step.fetch else {
            let done = workspace.perform(step).await;
            return if step.kind == StepKind::RunContainer {
                done.map_err(TreatError::of_start)
            } else {
                done
            };
        };
        let inspect = self.engine.inspect_container(&fetch.source).await?;
        let changed = || TreatError::Changed { part: fetch.part.name(), name: fetch.source.clone() };
        workspace.write(&fetch.file, &fetch.text(&inspect).ok_or_else(changed)?)
    }
}
