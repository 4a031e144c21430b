//! Steps of a prescription → files and commands in a temporary folder.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::folder::PrivateFolder;
use crate::prescribe::Step;
use crate::quote;

/// Last part of a command's words that is quoted in an error, in bytes.
const QUOTED: usize = 600;

/// A step that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum TreatError {
    /// The folder of the steps cannot be made or written.
    #[error("cannot write {what}: {source}\n  next: check whether the disk of the temporary folder is full")]
    Folder {
        /// What was to be written.
        what: String,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The program of a step is not there.
    #[error(
        "cannot run `{program}`: {source}\n  next: install the engine's command line client, which runs the \
            steps"
    )]
    Program {
        /// The program.
        program: String,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// A command ended with a failure.
    #[error("`{command}` failed ({status}): {said}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed last.
        said: String,
    },
    /// A command did not end in time.
    #[error("`{command}` did not end within {} s", .limit.as_secs())]
    Deadline {
        /// The command line.
        command: String,
        /// The limit.
        limit: Duration,
    },
}

/// The folder in which steps are carried out; nobody else can read it, and it goes away when dropped.
#[derive(Debug)]
pub struct Workshop {
    folder: PrivateFolder,
    limit: Duration,
}

impl Workshop {
    /// Makes the folder.
    ///
    /// # Errors
    /// [`TreatError::Folder`].
    pub fn new(limit: Duration) -> Result<Self, TreatError> {
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
    /// [`TreatError::Folder`].
    pub fn write(&self, path: &str, text: &str) -> Result<(), TreatError> {
        self.folder.write(path, text).map_err(|source| TreatError::Folder { what: path.to_owned(), source })
    }

    /// Runs a command in the folder; gives what it printed.
    ///
    /// # Errors
    /// [`TreatError::Program`], [`TreatError::Failed`] or [`TreatError::Deadline`].
    pub async fn run(&self, argv: &[String]) -> Result<String, TreatError> {
        command(argv, self.folder.path(), self.limit).await
    }
}

/// Runs a command in a folder; gives what it printed.
///
/// # Errors
/// [`TreatError::Program`], [`TreatError::Failed`] or [`TreatError::Deadline`].
pub async fn command(argv: &[String], folder: &Path, limit: Duration) -> Result<String, TreatError> {
    let Some((program, words)) = argv.split_first() else { return Ok(String::new()) };
    let shown = || quote::shown(argv);
    let mut command = Command::new(program);
    // Podman and the classic builder of Docker take the same files; BuildKit needs a plugin that is not
    // everywhere.
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
    Err(TreatError::Failed { command: shown(), status: output.status.to_string(), said })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::StepKind;

    fn performed(step: &Step) -> Result<(), TreatError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let workshop = Workshop::new(Duration::from_secs(1)).unwrap();
        runtime.block_on(workshop.perform(step))
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
