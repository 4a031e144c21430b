//! Writes only the cure: printed in its own format, or written to files as a script.

use super::{CommandError, report_output};
use crate::diagnose::Report;
use crate::options::Reporting;
use crate::prescribe::{CureFormat, Prescription, emit};
use crate::render::format::ReportFormat;
use crate::render::output;

/// Prints the cures; if there is none in this format, prints the reason to stderr.
///
/// # Errors
/// Returns a [`CommandError`] if a cure cannot be written in the format, or stdout cannot be written.
pub fn print_cures(
    format: CureFormat,
    answers: &[(Report, Option<Prescription>)],
    remarks: bool,
) -> Result<(), CommandError> {
    let remark = |words: &str| {
        if remarks {
            output::tell(&words);
        }
    };
    for (report, cure) in answers {
        let name = &report.target.name;
        let Some(cure) = cure else {
            remark(&format!(
                "nothing to prescribe for {name}: no root cause was found\n  next: run it without \
                    --prescription to see the report"
            ));
            continue;
        };
        let Some(emitted) = emit(cure, format)? else {
            remark(&advice(name, cure));
            continue;
        };
        output::print(emitted.page().as_bytes())?;
        if !cure.curable {
            remark(&format!(
                "{name}: this alone does not cure it\n  next: run it without --prescription to see what else \
                    is needed"
            ));
        }
    }
    Ok(())
}

/// Returns the message for a cure that cannot be written as a container definition.
fn advice(name: &str, cure: &Prescription) -> String {
    let steps: Vec<&str> = cure.steps.iter().map(|step| step.title.as_str()).collect();
    format!("nothing to prescribe for {name} in this format: {}\n{}", cure.summary, steps.join("\n"))
}

/// Writes the cure to the files that are requested as scripts.
///
/// # Errors
/// Returns a [`CommandError`] for the first file that cannot be written.
pub fn write_scripts(
    answers: &[(Report, Option<Prescription>)],
    reporting: &Reporting,
    remarks: bool,
) -> Result<(), CommandError> {
    for wanted in reporting.outputs.iter().filter(|wanted| wanted.format == ReportFormat::Sh) {
        let Some((report, cure)) = answers.first() else { continue };
        match cure.as_ref().map(|cure| emit(cure, CureFormat::Sh)).transpose()?.flatten() {
            Some(script) => report_output::write_file(&wanted.path, &script.page())?,
            None if remarks => {
                let path = wanted.path.display();
                output::tell(&format!(
                    "{path} was not written: nothing to prescribe for {}",
                    report.target.name
                ));
            }
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_cure_that_is_no_container_is_told_in_words() {
        let mut cure = sample::prescription();
        cure.steps.truncate(1);
        assert_eq!(
            advice("web", &cure),
            "nothing to prescribe for web in this format: Recreate the container with a tmpfs on \
                /run.\nbuild web-cured from the container's image"
        );
        let answers = [(sample::failed(), None), (sample::failed(), Some(cure))];
        assert!(print_cures(CureFormat::Compose, &answers, false).is_ok());
    }
}
