//! The folder in which a prescription's files are written and its commands run.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::TreatError;
use super::private_folder::PrivateFolder;
use crate::prescribe::Step;
use crate::quote;

/// Length of a command's output that an error quotes, in bytes from the end.
const QUOTED: usize = 600;
/// Timeout of a command; one of them builds a derived image.
const LONGEST_COMMAND: Duration = Duration::from_mins(5);

/// The folder in which steps are carried out; no other user can read it, and it is removed when dropped.
#[derive(Debug)]
pub struct Workspace {
    folder: PrivateFolder,
    limit: Duration,
}

impl Workspace {
    /// Creates the folder.
    ///
    /// # Errors
    /// Returns [`TreatError::Folder`].
    pub fn new() -> Result<Self, TreatError> {
        Self::with_limit(LONGEST_COMMAND)
    }

    /// Creates the folder, with a timeout for commands in it.
    fn with_limit(limit: Duration) -> Result<Self, TreatError> {
        let folder = PrivateFolder::new();
        let folder =
            folder.map_err(|source| TreatError::Folder { what: "a temporary folder".to_owned(), source })?;
        Ok(Self { folder, limit })
    }

    /// Writes a step's files and runs its command.
    ///
    /// # Errors
    /// Any [`TreatError`].
    pub async fn perform(&self, step: &Step) -> Result<(), TreatError> {
        for (path, text) in &step.files {
            self.write(path, text)?;
        }
        if step.argv.is_empty() { Ok(()) } else { self.run(&step.argv).await.map(|_| ()) }
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    /// Returns [`TreatError::Folder`].
    pub fn write(&self, path: &str, text: &str) -> Result<(), TreatError> {
        self.folder.write(path, text).map_err(|source| TreatError::Folder { what: path.to_owned(), source })
    }

    /// Runs a command in the folder; returns its output.
    ///
    /// # Errors
    /// Returns [`TreatError::Program`], [`TreatError::Failed`] or [`TreatError::Deadline`].
    pub async fn run(&self, argv: &[String]) -> Result<String, TreatError> {
        command(argv, self.folder.path(), self.limit).await
    }
}

/// Runs a command in a folder; returns its output.
///
/// # Errors
/// Returns [`TreatError::Program`], [`TreatError::Failed`] or [`TreatError::Deadline`].
pub async fn command(argv: &[String], folder: &Path, limit: Duration) -> Result<String, TreatError> {
    let Some((program, words)) = argv.split_first() else { return Ok(String::new()) };
    let shown = || quote::shown(argv);
    let mut command = Command::new(program);
    // Podman and Docker's classic builder accept the same files; BuildKit needs a plugin that is not always
    // installed.
    command
        .args(words)
        .current_dir(folder)
        .env("DOCKER_BUILDKIT", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match timeout(limit, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(source)) => return Err(TreatError::Program { program: program.clone(), source }),
        Err(_) => return Err(TreatError::Deadline { command: shown(), limit }),
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said[said.len().saturating_sub(QUOTED)..]).trim().to_owned();
    let code = output.status.code();
    Err(TreatError::Failed { command: shown(), status: output.status.to_string(), code, said })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::StepKind;

    fn performed(step: &Step) -> Result<(), TreatError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let workspace = Workspace::with_limit(Duration::from_secs(1)).unwrap();
        runtime.block_on(workspace.perform(step))
    }

    fn step(script: &str) -> Step {
        let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
        let mut step = Step::command(StepKind::Host, "test", argv);
        step.files.insert("below/file".to_owned(), "text".to_owned());
        step
    }

    #[test]
    fn files_are_there_before_the_command_runs() {
        performed(&step("test \"$(cat below/file)\" = text")).unwrap();
    }

    #[test]
    fn failures_name_the_command_and_its_words() {
        let said = performed(&step("echo why >&2; exit 3")).unwrap_err().to_string();
        assert!(said.contains("sh -c") && said.contains("exit status: 3") && said.ends_with("why"), "{said}");
        assert!(performed(&step("sleep 30")).unwrap_err().to_string().contains("within 1 s"));
        let argv = vec!["/no/such/program".to_owned()];
        assert!(
            performed(&Step::command(StepKind::Host, "t", argv)).unwrap_err().to_string().contains("install")
        );
    }
}
