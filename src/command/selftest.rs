//! `selftest`: what this host and user allow the program to see. Exit code 3 where no container could be
//! examined.

use super::{CommandError, connect, progress};
use crate::cli::{Format, SelftestArgs};
use crate::collect;
use crate::docker::{Engine, EngineError, locate};
use crate::exit::Exit;
use crate::options::Options;
use crate::render::{output, selftest};
use crate::rule;
use crate::snapshot::Sight;

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when rules cannot be read or stdout does not take the answer; what cannot be seen is no
/// error.
pub fn run(args: &SelftestArgs, options: &Options) -> Result<Exit, CommandError> {
    let sights = connect::block_on(async {
        Ok(progress::shown("looking", options.progress, look(args, options)).await)
    })?;
    let text = match args.format {
        Format::Human => selftest::human(&sights, &options.context),
        Format::Json => selftest::json(&sights, &rule::load(&options.rules)?)?,
    };
    output::print(text.as_bytes())?;
    let blind = sights.iter().any(|sight| sight.essential && sight.seen == Some(false));
    Ok(if blind { Exit::CannotLook } else { Exit::Success })
}

async fn look(args: &SelftestArgs, options: &Options) -> Vec<Sight> {
    let found = locate(&options.engine, &options.environment);
    let words = |located: &crate::docker::Located| format!("{}, by {}", located.endpoint, located.found_by);
    let mut sights = vec![essential("engine.found", "engine address", found.as_ref().map(words))];
    if let Ok(located) = found {
        let engine = Engine::connect(located.endpoint, options.deadline, connect::listener(options)).await;
        let words = |engine: &Engine| format!("{}, API {}", engine.kind.name(), engine.api);
        sights.push(essential("engine.answers", "engine connection", engine.as_ref().map(words)));
        if let Ok(engine) = engine {
            sights.extend(Box::pin(collect::sights(&engine, args.container.as_deref(), !args.no_exec)).await);
            return sights;
        }
    }
    sights.extend(collect::machine());
    sights
}

/// A step without which no container can be examined; the error's own last line says what to do.
fn essential(id: &'static str, what: &'static str, outcome: Result<String, &EngineError>) -> Sight {
    let (seen, detail, next) = match outcome {
        Ok(detail) => (true, detail, String::new()),
        Err(error) => {
            let next = error
                .to_string()
                .rsplit_once("\n  next: ")
                .map(|(_, next)| next.to_owned())
                .unwrap_or_default();
            (false, error.brief(), next)
        }
    };
    let consequence = if seen {
        ""
    } else {
        "no container can be examined; `sysdock triage` and `sysdock doctor --from` still work"
    };
    Sight { id, what, seen: Some(seen), essential: true, detail, consequence, next }
}
