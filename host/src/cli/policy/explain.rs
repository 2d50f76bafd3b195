//! `tollgate policy explain`: every time that the policies were asked about a run, and what each of
//! them said.

use serde_json::{Value, json};

use crate::cli::args::{Global, RunPart};
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::run::record::OnRecord;
use crate::cli::run::words;
use crate::cli::screen::Screen;
use crate::cli::stats::thousands;
use crate::cli::table::Table;
use crate::model::{InvocationNumber, Opinion, PolicyDecision, PolicyJudged};
use crate::query::{Judged, RunDetail};

use super::source::{counts, short};

/// Longest sentence or name that is shown, in characters.
const SENTENCE: usize = 400;

/// Times of asking that are shown of one request; the JSON document has all.
const SHOWN: usize = 30;

/// Print it.
pub(super) fn run(part: &RunPart, global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let record = OnRecord::open(&ground, screen)?;
    let detail = record.part(part)?;
    let asked = asked(&detail, part);
    if screen.json() {
        let judged = asked.iter().flat_map(|(number, all)| {
            let all = all.iter();
            all.map(|it| document(Some(*number), it))
                .collect::<Vec<Value>>()
        });
        screen.document(&json!({
            "run_id": part.run,
            "judged": judged.collect::<Vec<_>>(),
            "missing_events": detail.n_missing,
            "record_warnings": record.warnings,
        }));
        return Ok(());
    }
    if asked.iter().all(|(_, all)| all.is_empty()) {
        screen.result(&format!("{}: no policy was asked", part.run));
    }
    for (number, all) in &asked {
        for it in all.iter().take(SHOWN) {
            screen.result(&page(&format!("{}.{number}", part.run), it));
        }
        if let Some(more) = all.len().checked_sub(SHOWN).filter(|n| *n > 0) {
            screen.note(&format!("{number}: {more} more times, see --json"));
        }
    }
    record.tell_missing(&detail, screen);
    Ok(())
}

/// When the policies were asked, by request.
fn asked(detail: &RunDetail, part: &RunPart) -> Vec<(InvocationNumber, Vec<Judged>)> {
    let all = detail.view.invocations.iter();
    let chosen = all.filter(|it| part.invocation.is_none_or(|number| number == it.number));
    chosen
        .map(|it| (it.number, detail.of(it).deciding.judged))
        .collect()
}

/// One time of asking.
fn page(name: &str, judged: &Judged) -> String {
    let said = &judged.said;
    let mut text = format!(
        "{name} · {} at {} → {}\n",
        said.phase.as_str(),
        words::moment(judged.at),
        ruling(said)
    );
    if said.path.len() > 1 {
        let path = said.path.iter();
        let path: Vec<String> = path.map(|it| one_line(&it.to_string(), 100)).collect();
        text.push_str(&format!("  led from {}\n", path.join(" to ")));
    }
    let rounds = rounds(said);
    if said.opinions.is_empty() {
        text.push_str(match said.cut {
            true => "  what each said is too long for the record\n",
            false => "  there is no policy for it\n",
        });
    } else {
        let table = table(said, &rounds).to_string();
        text.push_str(&indented(&table));
    }
    if said.cut && !said.opinions.is_empty() {
        text.push_str(
            "  they said more than fits on record: texts are shortened, or opinions left out\n",
        );
    }
    // Who is asked again often says the same again.
    let mut lines: Vec<String> = Vec::new();
    for line in said.opinions.iter().flat_map(reasons) {
        if !lines.contains(&line) {
            text.push_str(&format!("  {line}\n"));
            lines.push(line);
        }
    }
    text
}

/// What came of it, by whom, and what a question was answered with.
pub(in crate::cli) fn ruling(said: &PolicyJudged) -> String {
    let mut text = one_line(&said.ruling, 20);
    if let Some(by) = &said.by {
        text.push_str(&format!(" by {}", one_line(by, 60)));
    }
    if !said.codes.is_empty() {
        text.push_str(&format!(" ({})", one_line(&said.codes.join(", "), 200)));
    }
    if let Some(answer) = &said.answer {
        text.push_str(&format!(", {}", answered(answer)));
    }
    text
}

/// What a question was answered with, for people.
pub(in crate::cli) fn answered(answer: &str) -> String {
    match answer {
        "yes" => "answered yes".to_owned(),
        "no" => "answered no".to_owned(),
        "forced" => "answered by --force".to_owned(),
        "unattended_proceed" => "nobody could be asked, which means go ahead".to_owned(),
        "unattended_refuse" => "nobody could be asked, which means no".to_owned(),
        other => format!("answered {}", one_line(other, 40)),
    }
}

fn table(said: &PolicyJudged, rounds: &[usize]) -> Table {
    let mut table = Table::new([
        "Policy",
        "Version",
        "Component",
        "Counts",
        "About",
        "Says",
        "Took",
        "Fuel",
    ]);
    for (opinion, round) in said.opinions.iter().zip(rounds) {
        let about = said.path.get(*round).map(ToString::to_string);
        table.row([
            opinion.policy.clone(),
            if opinion.version.is_empty() {
                "-".to_owned()
            } else {
                opinion.version.clone()
            },
            short(&opinion.sha256),
            counts(opinion.required).to_owned(),
            about.unwrap_or_else(|| "-".to_owned()),
            verdict(opinion, said.request.as_ref()),
            format!("{} µs", thousands(opinion.cpu_us)),
            thousands(opinion.fuel),
        ]);
    }
    table
}

fn verdict(opinion: &Opinion, told: Option<&Value>) -> String {
    let Some(verdict) = opinion.verdict.as_ref().filter(|_| opinion.fault.is_none()) else {
        return "failed".to_owned();
    };
    match &verdict.decision {
        PolicyDecision::Reroute { target, delay_ms } => {
            let wait = match delay_ms {
                0 => String::new(),
                ms => format!(" after {ms} ms"),
            };
            format!("reroute to {}{wait}", offered(told, *target))
        }
        decision => decision.as_str().to_owned(),
    }
}

/// The target at this place of those that the policies were told; where that is not kept, its place.
fn offered(told: Option<&Value>, place: u32) -> String {
    let target = told.map(|told| &told["targets"][place as usize]);
    let word = |name: &str| target.and_then(|it| it[name].as_str());
    match (word("tool"), word("model")) {
        (Some(tool), Some(model)) => format!("{tool}:{model}"),
        _ => format!("target {place}"),
    }
}

/// Why, what it asks, and what it found out, line by line.
fn reasons(opinion: &Opinion) -> Vec<String> {
    let name = one_line(&opinion.policy, 60);
    let mut lines = Vec::new();
    if let Some(fault) = &opinion.fault {
        lines.push(format!("{name} failed: {}", one_line(fault, SENTENCE)));
    }
    let Some(verdict) = &opinion.verdict else {
        return lines;
    };
    if let PolicyDecision::Ask(question) = &verdict.decision {
        lines.push(format!(
            "{name} asks: {}",
            one_line(&question.title, SENTENCE)
        ));
        if !question.detail.is_empty() {
            lines.push(format!("{name}: {}", one_line(&question.detail, SENTENCE)));
        }
    }
    for reason in &verdict.reasons {
        let code = one_line(&reason.code, 60);
        let message = one_line(&reason.message, SENTENCE);
        lines.push(format!("{name}: {message} [{code}]"));
    }
    for (fact, value) in &verdict.facts {
        let fact = one_line(fact, 60);
        lines.push(format!("{name}: {fact} = {}", one_line(value, 200)));
    }
    lines
}

/// The round in which each was given, the last being the one about the end of the path: a policy that
/// was asked again begins another one. What is left out of a long record is the beginning.
fn rounds(said: &PolicyJudged) -> Vec<usize> {
    let mut rounds = counted(&said.opinions);
    let known = rounds.last().map_or(0, |last| last + 1);
    let left_out = said.path.len().saturating_sub(known);
    rounds.iter_mut().for_each(|round| *round += left_out);
    rounds
}

fn counted(opinions: &[Opinion]) -> Vec<usize> {
    let mut seen: Vec<&str> = Vec::new();
    let mut round = 0;
    let mut rounds = Vec::new();
    for opinion in opinions {
        if seen.contains(&opinion.policy.as_str()) {
            seen.clear();
            round += 1;
        }
        seen.push(&opinion.policy);
        rounds.push(round);
    }
    rounds
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// One time of asking, for programs. What the policies were told is left out: it is in the journal.
pub(in crate::cli) fn document(number: Option<InvocationNumber>, judged: &Judged) -> Value {
    let said = &judged.said;
    let rounds = rounds(said);
    let opinions = said.opinions.iter().zip(rounds).map(|(opinion, round)| {
        json!({
            "policy": opinion.policy,
            "version": opinion.version,
            "sha256": opinion.sha256,
            "required": opinion.required,
            "about": said.path.get(round),
            "says": opinion.verdict.as_ref().map(|it| it.decision.as_str()),
            "decision": opinion.verdict.as_ref().map(|it| &it.decision),
            "reasons": opinion.verdict.as_ref().map(|it| &it.reasons),
            "facts": opinion.verdict.as_ref().map(|it| &it.facts),
            "fault": opinion.fault,
            "cpu_us": opinion.cpu_us,
            "fuel": opinion.fuel,
        })
    });
    json!({
        "invocation": number,
        "at": judged.at.to_string(),
        "phase": said.phase,
        "ruling": said.ruling,
        "by": said.by,
        "codes": said.codes,
        "answer": said.answer,
        "path": said.path,
        "cut": said.cut,
        "opinions": opinions.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    fn opinion(policy: &str) -> Opinion {
        Opinion {
            policy: policy.to_owned(),
            version: "1".to_owned(),
            sha256: Digest::of(b"x"),
            required: true,
            verdict: None,
            fault: Some("a\u{1b}[2Jb".to_owned()),
            cpu_us: 1,
            fuel: 2,
        }
    }

    #[test]
    fn a_policy_that_is_asked_again_begins_another_round() {
        let opinions = ["a", "b", "a", "b", "a"].map(opinion);
        assert_eq!(counted(&opinions), [0, 0, 1, 1, 2]);
        assert_eq!(counted(&[]), [0_usize; 0]);
    }

    #[test]
    fn what_a_policy_wrote_cannot_act_on_a_terminal() {
        assert_eq!(reasons(&opinion("p")), ["p failed: a\\u{1b}[2Jb"]);
        assert_eq!(verdict(&opinion("p"), None), "failed");
    }

    #[test]
    fn a_target_has_its_name_where_it_is_known() {
        let rerouting = Opinion {
            verdict: Some(crate::model::Verdict {
                decision: PolicyDecision::Reroute {
                    target: 1,
                    delay_ms: 5,
                },
                reasons: Vec::new(),
                facts: Vec::new(),
            }),
            fault: None,
            ..opinion("p")
        };
        let told = json!({ "targets": [{}, { "tool": "t", "model": "m" }] });
        assert_eq!(
            verdict(&rerouting, Some(&told)),
            "reroute to t:m after 5 ms"
        );
        assert_eq!(verdict(&rerouting, None), "reroute to target 1 after 5 ms");
    }
}
