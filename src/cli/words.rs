//! The words that options choose from: severities and forms. Must not say what they do.

use clap::ValueEnum;

/// Severity from which on a finding makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// The container does not boot
    Critical,
    /// A service or the stop fails
    #[default]
    Error,
    /// Something does not work as meant
    Warning,
    /// Worth knowing
    Info,
}

/// Form of a cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrescriptionForm {
    /// All steps as one shell script, the old container kept under another name
    Sh,
    /// A compose file
    Compose,
    /// A Quadlet .container file for Podman and systemd
    Quadlet,
    /// A Kubernetes pod
    Kubernetes,
    /// A platform of molecule.yml
    Molecule,
    /// A `docker run` command line
    Docker,
    /// A `podman run` command line
    Podman,
    /// A Dockerfile with what an image can hold of it
    Dockerfile,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, `schema_version` 1
    Json,
}
