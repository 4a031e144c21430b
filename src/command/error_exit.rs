//! Maps each error to its exit code.

use std::io;

use super::CommandError;
use super::report_error::ReportError;
use crate::config::ConfigError;
use crate::docker::EngineError;
use crate::exit_code::Exit;
use crate::prescribe::ImageError;
use crate::treat::TreatError;

impl CommandError {
    /// Returns the exit code of this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Options(_)
            | Self::Config(
                ConfigError::Syntax { .. }
                | ConfigError::Refused { .. }
                | ConfigError::Trust { .. }
                | ConfigError::Engine { .. }
                | ConfigError::Variable { .. },
            )
            | Self::Report(ReportError::Suppressed { .. })
            | Self::NoDiagnosis { .. }
            | Self::Usage(_)
            | Self::Image(ImageError::Unit(_)) => Exit::Usage,
            // An attempt that failed is different from a target that could not be examined.
            Self::NoMessage
            | Self::Engine(EngineError::Build { .. })
            | Self::Image(ImageError::NoSystemd { .. } | ImageError::UnknownDistribution { .. })
            | Self::Treat(
                TreatError::Failed { .. }
                | TreatError::Refused { .. }
                | TreatError::Deadline { .. }
                | TreatError::Engine(EngineError::Build { .. }),
            ) => Exit::Findings,
            Self::Output(error) | Self::Report(ReportError::Output(error))
                if error.kind() == io::ErrorKind::BrokenPipe =>
            {
                Exit::BrokenPipe
            }
            _ => Exit::CannotLook,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::OptionError;

    #[test]
    fn failures_have_the_exit_codes_of_the_table() {
        let unknown = CommandError::from(TreatError::NoContainer {
            name: "x".into(),
            address: "a".into(),
            near: String::new(),
            list: "docker ps -a".into(),
        });
        let pipe = CommandError::Output(io::ErrorKind::BrokenPipe.into());
        let full = CommandError::Output(io::ErrorKind::StorageFull.into());
        let mistyped = CommandError::NoDiagnosis { id: "x".into(), near: String::new() };
        let nothing = CommandError::from(OptionError::NoTarget);
        let built = CommandError::from(EngineError::Build { action: "build x".into(), message: "no".into() });
        let alpine = CommandError::from(ImageError::NoSystemd { distribution: "x".into(), why: "y".into() });
        let unseen = CommandError::from(ImageError::Unseen { base: "x".into() });
        let codes =
            [unknown, pipe, full, mistyped, nothing, built, alpine, unseen].map(|error| error.exit().code());
        assert_eq!(codes, [3, 141, 3, 2, 2, 1, 1, 3]);
    }
}
