//! How long an adapter takes from its bytes to its first answer.

use tollgate::sandbox::{Adapter, BUILTIN_IDS, CodeOrigin, Sandbox, builtin};

use super::Trouble;
use super::ground::folder;
use super::options::Options;
use super::stream::task;
use super::table::{Table, figures};
use super::timing::{Samples, repeated, timed};

const COMPILED: usize = 7;
const LOADED: usize = 100;
const STARTED: usize = 1_000;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let mut table = Table::new(&["adapter", "what", "least", "median", "p99", "times"]);
    for id in BUILTIN_IDS {
        let bytes = builtin(id).ok_or("an embedded adapter is missing")?;
        let mut add = |what: &str, samples: &Samples| {
            let name = format!("{id} ({} KB)", bytes.len() / 1000);
            let [least, median, p99, times] = figures(samples);
            table.row([name, what.to_owned(), least, median, p99, times]);
        };
        let cold = repeated(COMPILED, || {
            load(None, bytes, CodeOrigin::Compiled).map(drop)
        })?;
        add("compiled, nothing cached", &cold);

        let cache = folder(&options.dir)?;
        let cached = || Some(cache.path().to_owned());
        load(cached(), bytes, CodeOrigin::Compiled)?;
        let warm = repeated(LOADED, || {
            load(cached(), bytes, CodeOrigin::Cached).map(drop)
        })?;
        add("loaded from the cache", &warm);

        let adapter = load(cached(), bytes, CodeOrigin::Cached)?;
        let fresh = repeated(STARTED, || {
            adapter.start()?;
            Ok(())
        })?;
        add("fresh instance", &fresh);
        add("first plan of a fresh instance", &plans(&adapter)?);
    }
    table.print();
    Ok(())
}

/// From nothing to an adapter, with an engine of its own as in a new process.
fn load(
    cache: Option<std::path::PathBuf>,
    bytes: &[u8],
    expected: CodeOrigin,
) -> Result<Adapter, Trouble> {
    let adapter = Sandbox::new(cache).load_adapter(bytes, "bench")?;
    if adapter.origin() != expected {
        return Err(format!("the code is {:?}, not {expected:?}", adapter.origin()).into());
    }
    Ok(adapter)
}

fn plans(adapter: &Adapter) -> Result<Samples, Trouble> {
    let mut samples = Samples::default();
    for _ in 0..STARTED {
        let mut run = adapter.start()?;
        let (time, plan) = timed(|| run.plan(&task()));
        plan?;
        samples.push(time);
    }
    Ok(samples)
}
