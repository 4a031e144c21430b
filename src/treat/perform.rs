//! Steps of a prescription → files and commands in a temporary folder.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::prescribe::Step;
use crate::quote;

/// Where a machine keeps files in memory; what a step fetches may be secret and shall touch no disk.
const MEMORY: &str = "/dev/shm";
/// How the name of a folder begins, before the number of its process.
const PREFIX: &str = "sysdock-";
/// Age after which the folder of a process that is gone is removed.
const FORGOTTEN: Duration = Duration::from_mins(10);
/// Last part of a command's words that is quoted in an error, in bytes.
const QUOTED: usize = 600;

/// A step that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum TreatError {
    /// The folder of the steps cannot be made or written.
    #[error("cannot write {what}: {source}\n  next: is the disk of the temporary folder full?")]
    Folder {
        /// What was to be written.
        what: String,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The program of a step is not there.
    #[error("cannot run `{program}`: {source}\n  next: install the engine's command line client, which carries the steps out")]
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

/// The folder in which steps are carried out; nobody else can read it, it lies in memory where the machine has a place for that, and it
/// goes away when dropped.
#[derive(Debug)]
pub struct Workshop {
    folder: TempDir,
    limit: Duration,
}

impl Workshop {
    /// Makes the folder.
    ///
    /// # Errors
    /// [`TreatError::Folder`].
    pub fn new(limit: Duration) -> Result<Self, TreatError> {
        forget_the_dead(Path::new(MEMORY));
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let mut named = tempfile::Builder::new();
        named.prefix(&prefix);
        let folder = named.tempdir_in(MEMORY).or_else(|_| named.tempdir());
        let folder = folder.map_err(|source| TreatError::Folder { what: "a temporary folder".to_owned(), source })?;
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
        let place = self.folder.path().join(path);
        let failed = |source| TreatError::Folder { what: path.to_owned(), source };
        std::fs::create_dir_all(place.parent().unwrap_or(self.folder.path())).map_err(failed)?;
        std::fs::write(&place, text).map_err(failed)
    }

    /// Runs a command in the folder; gives what it printed.
    ///
    /// # Errors
    /// [`TreatError::Program`], [`TreatError::Failed`] or [`TreatError::Deadline`].
    pub async fn run(&self, argv: &[String]) -> Result<String, TreatError> {
        command(argv, self.folder.path(), self.limit).await
    }
}

/// Removes the folders of processes that were killed before they could do so; others' cannot be removed and are left.
fn forget_the_dead(place: &Path) {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')?.0.parse::<u32>().ok());
        let gone = process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists());
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if gone && age.is_some_and(|age| age > FORGOTTEN) {
            // Somebody else's, or gone already.
            drop(std::fs::remove_dir_all(entry.path()));
        }
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
    // Podman and the classic builder of Docker take the same files; BuildKit needs a plugin that is not everywhere.
    command.args(words).current_dir(folder).env("DOCKER_BUILDKIT", "0").stdin(Stdio::null()).kill_on_drop(true);
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
    fn folders_of_the_dead_are_forgotten_and_no_others() {
        let place = tempfile::tempdir().unwrap();
        // No process has such a number: the kernel's highest is 4194304 (proc(5), pid_max).
        let names = ["sysdock-4194999-old", "sysdock-4194999-new", "sysdock-1-old", "other-4194999-old"];
        for name in names {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        let long_ago = std::time::SystemTime::now() - 2 * FORGOTTEN;
        for name in names.iter().filter(|name| name.ends_with("-old")) {
            std::fs::File::open(place.path().join(name)).unwrap().set_modified(long_ago).unwrap();
        }
        forget_the_dead(place.path());
        let left: Vec<bool> = names.iter().map(|name| place.path().join(name).exists()).collect();
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    fn failures_name_the_command_and_its_words() {
        let said = performed(&step("echo why >&2; exit 3")).unwrap_err().to_string();
        assert!(said.contains("sh -c") && said.contains("exit status: 3") && said.ends_with("why"), "{said}");
        assert!(performed(&step("sleep 30")).unwrap_err().to_string().contains("within 1 s"));
        let argv = vec!["/no/such/program".to_owned()];
        assert!(performed(&Step::command(StepKind::Host, "t", argv)).unwrap_err().to_string().contains("install"));
    }
}
