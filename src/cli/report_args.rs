//! Arguments of the reporting commands: format, files, and what makes a run fail. Must not check meanings.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use crate::render::format::ReportFormat;
use crate::rule::Severity;

/// A format, and the file to write it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputTo {
    /// The format.
    pub format: ReportFormat,
    /// The file.
    pub path: PathBuf,
}

/// Arguments of the commands that report.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// Output format on stdout; also SYSDOCK_FORMAT [default: human]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ReportFormat>,
    /// Also write the report to this file in this format; repeatable
    #[arg(long, value_name = "FORMAT=PATH", action = ArgAction::Append, value_parser = output_to)]
    pub output: Vec<OutputTo>,
    /// Exit with 1 if a root cause or consequence is at least this severe; also SYSDOCK_FAIL_ON [default:
    /// error]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<Severity>,
    /// Do not fail on findings that are in this earlier report (from --output json=FILE); also
    /// SYSDOCK_BASELINE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
}

fn output_to(text: &str) -> Result<OutputTo, String> {
    let Some((format, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        return Err("use FORMAT=PATH, such as sarif=sysdock.sarif".to_owned());
    };
    let format = ReportFormat::from_str(format, false).map_err(|_| {
        let names: Vec<String> = ReportFormat::value_variants()
            .iter()
            .filter_map(|one| Some(one.to_possible_value()?.get_name().to_owned()))
            .collect();
        let near = names
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(a, format).total_cmp(&strsim::jaro_winkler(b, format)));
        let near = near.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
        format!("unknown format `{format}`{near} The formats are {}", names.join(", "))
    })?;
    Ok(OutputTo { format, path: PathBuf::from(path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_form_and_a_file() {
        assert_eq!(
            output_to("sarif=a=b.sarif"),
            Ok(OutputTo { format: ReportFormat::Sarif, path: "a=b.sarif".into() })
        );
        assert!(output_to("sarif").unwrap_err().contains("FORMAT=PATH") && output_to("json=").is_err());
        let said = output_to("serif=x").unwrap_err();
        assert!(said.contains("did you mean `sarif`?") && said.contains("github-summary"), "{said}");
    }
}
