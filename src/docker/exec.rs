//! Read-only commands inside a running container.

use bollard::container::LogOutput;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use futures_util::StreamExt;

use super::{Engine, EngineError};

/// Most that is read of a command's output.
const OUTPUT_LIMIT: usize = 256 * 1024;

/// What a command printed and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output, lossily decoded.
    pub stdout: String,
    /// Standard error, lossily decoded.
    pub stderr: String,
    /// Exit status, when the engine says it.
    pub exit_code: Option<i64>,
}

impl Engine {
    /// Runs `argv` as root in the container and collects what it prints.
    ///
    /// # Errors
    /// Any [`EngineError`]; a command that exits with a failure is no error.
    pub async fn exec(&self, container: &str, argv: &[&str]) -> Result<ExecOutput, EngineError> {
        let action = format!("exec {}", crate::quote::shown(argv));
        self.within(&action, self.run(container, argv, &action)).await
    }

    async fn run(&self, container: &str, argv: &[&str], action: &str) -> Result<ExecOutput, EngineError> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            user: Some("0".to_owned()),
            env: Some(vec!["SYSTEMD_COLORS=0".to_owned(), "SYSTEMD_PAGER=".to_owned(), "LC_ALL=C".to_owned()]),
            cmd: Some(argv.iter().map(|word| (*word).to_owned()).collect()),
            ..ExecConfig::default()
        };
        let id = self.client.create_exec(container, config).await.map_err(|e| refused(action, &e))?.id;
        let started = self.client.start_exec(&id, None).await.map_err(|e| refused(action, &e))?;
        let mut output = ExecOutput::default();
        if let StartExecResults::Attached { output: mut stream, .. } = started {
            while let Some(piece) = stream.next().await {
                let piece = piece.map_err(|e| refused(action, &e))?;
                if output.stdout.len() + output.stderr.len() > OUTPUT_LIMIT {
                    break;
                }
                take(&mut output, &piece);
            }
        }
        output.exit_code = self.client.inspect_exec(&id).await.ok().and_then(|state| state.exit_code);
        Ok(output)
    }
}

fn take(output: &mut ExecOutput, piece: &LogOutput) {
    match piece {
        LogOutput::StdErr { message } => output.stderr.push_str(&String::from_utf8_lossy(message)),
        LogOutput::StdOut { message } | LogOutput::Console { message } => output.stdout.push_str(&String::from_utf8_lossy(message)),
        LogOutput::StdIn { .. } => {}
    }
}

fn refused(action: &str, error: &bollard::errors::Error) -> EngineError {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, message } => {
            EngineError::Refused { action: action.to_owned(), status: *status_code, message: message.clone() }
        }
        other => EngineError::Broken { action: action.to_owned(), reason: other.to_string() },
    }
}
