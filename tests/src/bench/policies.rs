//! How long a policy takes from the question to its verdict, and from its bytes to the first one.

use std::borrow::Cow;
use std::fs;

use tollgate::model::{PolicyAttempt, PolicyRequest, PolicyTarget, PolicyWindow};
use tollgate::sandbox::{CodeOrigin, POLICY_IDS, PolicyPlugin, Sandbox, builtin_policy};

use super::Trouble;
use super::ground::folder;
use super::options::Options;
use super::table::{Table, figures, thousands};
use super::timing::{Samples, repeated, timed};

const COMPILED: usize = 5;
const LOADED: usize = 100;
const JUDGED: usize = 5_000;
const CONFIG: &str = "{}";

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let mut table = Table::new(&["policy", "what", "least", "median", "p99", "times", "fuel"]);
    for (name, bytes) in components(options)? {
        let mut add = |what: &str, samples: &Samples, fuel: String| {
            let name = format!("{name} ({} KB)", bytes.len() / 1000);
            let [least, median, p99, times] = figures(samples);
            table.row([name, what.to_owned(), least, median, p99, times, fuel]);
        };
        let cold = repeated(COMPILED, || {
            load(None, &bytes, CodeOrigin::Compiled).map(drop)
        })?;
        add("compiled, nothing cached", &cold, String::new());

        let cache = folder(&options.dir)?;
        let cached = || Some(cache.path().to_owned());
        load(cached(), &bytes, CodeOrigin::Compiled)?;
        let warm = repeated(LOADED, || {
            load(cached(), &bytes, CodeOrigin::Cached).map(drop)
        })?;
        add("loaded from the cache", &warm, String::new());

        let policy = load(cached(), &bytes, CodeOrigin::Cached)?;
        let (judged, fuel) = verdicts(&policy)?;
        add("a verdict of a fresh instance", &judged, thousands(fuel));
    }
    let (samples, fuel) = whole_chain(options)?;
    let [least, median, p99, times] = figures(&samples);
    table.row([
        format!("all {} built-in ones", POLICY_IDS.len()),
        "a decision: one verdict of each".to_owned(),
        least,
        median,
        p99,
        times,
        thousands(fuel),
    ]);
    table.print();
    Ok(())
}

/// One decision of the whole built-in chain, each policy in a fresh instance.
fn whole_chain(options: &Options) -> Result<(Samples, f64), Trouble> {
    let cache = folder(&options.dir)?;
    let sandbox = Sandbox::new(Some(cache.path().to_owned()));
    let mut chain = Vec::new();
    for id in POLICY_IDS {
        let bytes = builtin_policy(id).ok_or("an embedded policy is missing")?;
        chain.push(sandbox.load_policy(bytes, id)?);
    }
    let request = request();
    let mut fuel = 0;
    let mut samples = Samples::default();
    for _ in 0..JUDGED {
        let (time, judged) = timed(|| {
            let each = chain.iter();
            each.map(|policy| policy.evaluate(CONFIG, &request))
                .collect::<Vec<_>>()
        });
        fuel = judged.iter().map(|it| it.fuel).sum();
        for it in judged {
            it.verdict?;
        }
        samples.push(time);
    }
    Ok((samples, fuel as f64))
}

/// A component, and what it is called.
type Named = (String, Cow<'static, [u8]>);

/// Every built-in policy, and the one that was named.
fn components(options: &Options) -> Result<Vec<Named>, Trouble> {
    let mut all = Vec::new();
    for id in POLICY_IDS {
        let bytes = builtin_policy(id).ok_or("an embedded policy is missing")?;
        all.push((id.to_owned(), Cow::Borrowed(bytes)));
    }
    if let Some(path) = &options.policy {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        all.push((name.into_owned(), Cow::Owned(fs::read(path)?)));
    }
    Ok(all)
}

/// From nothing to a policy, with an engine of its own as in a new process.
fn load(
    cache: Option<std::path::PathBuf>,
    bytes: &[u8],
    expected: CodeOrigin,
) -> Result<PolicyPlugin, Trouble> {
    let policy = Sandbox::new(cache).load_policy(bytes, "bench")?;
    if policy.origin() != expected {
        return Err(format!("the code is {:?}, not {expected:?}", policy.origin()).into());
    }
    Ok(policy)
}

/// Times of verdicts, and the fuel of one, which is that of all.
fn verdicts(policy: &PolicyPlugin) -> Result<(Samples, f64), Trouble> {
    let request = request();
    let fuel = policy.evaluate(CONFIG, &request).fuel;
    let mut samples = Samples::default();
    for _ in 0..JUDGED {
        let (time, judgement) = timed(|| policy.evaluate(CONFIG, &request));
        judgement.verdict?;
        if judgement.fuel != fuel {
            return Err("the same question took another amount of fuel".into());
        }
        samples.push(time);
    }
    Ok((samples, fuel as f64))
}

/// What a request of a small team looks like: six targets, four limits, one failed attempt.
fn request() -> PolicyRequest {
    let target = |n: u64| PolicyTarget {
        tool: "claude-code".to_owned(),
        adapter: "claude-code".to_owned(),
        model: format!("model-{n}"),
        available: true,
        prices: [("input", 3_000_000 * n), ("output", 15_000_000 * n)]
            .map(|(kind, price)| (kind.to_owned(), price))
            .to_vec(),
        estimate_uusd: Some(120_000 * n),
        context_window: Some(200_000),
        tags: vec!["coding".to_owned(), "origin:fallback".to_owned()],
    };
    let window = |name: &str, metric: &str, cap| PolicyWindow {
        name: name.to_owned(),
        metric: metric.to_owned(),
        period: "day".to_owned(),
        scope: "all".to_owned(),
        hard: true,
        warn_percent: Some(80),
        cap,
        settled: cap / 4,
        reserved: cap / 10,
        wanted: Some(cap / 100),
        resets_at_ms: Some(1_800_000_000_000),
    };
    PolicyRequest {
        phase: "run-start".to_owned(),
        now_ms: 1_790_000_000_000,
        run: "r-20261122-000001".to_owned(),
        agent: "architect".to_owned(),
        task_type: Some("review".to_owned()),
        prompt_bytes: 4_000,
        prompt_tokens: Some(1_000),
        features: [("lines", 80), ("code_blocks", 2), ("files", 5)]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        targets: (1..=6).map(target).collect(),
        chosen: Some(0),
        program: Some("/usr/local/bin/claude".to_owned()),
        args: ["-p", "{prompt}", "--output-format", "stream-json"]
            .map(str::to_owned)
            .to_vec(),
        cwd: Some("/home/user/project".to_owned()),
        windows: vec![
            window("daily", "microusd", 20_000_000),
            window("monthly", "microusd", 400_000_000),
            window("tokens", "tokens", 5_000_000),
            window("rate", "requests", 500),
        ],
        attempts: vec![PolicyAttempt {
            target: 1,
            outcome: "failed".to_owned(),
            code: Some("overloaded".to_owned()),
            at_ms: 1_789_999_990_000,
            ..PolicyAttempt::default()
        }],
        ..PolicyRequest::default()
    }
}
