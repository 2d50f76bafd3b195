//! Initiatives, progress, staleness, and orphans.

use super::super::{OrphanReason, ProgressBasis, SpecStatus, TaskPriority};
use super::Yard;

fn linked(yard: &Yard, place: &str, status: &str, spec: &str) {
    yard.task(place, status, &format!("specification: {spec}\n"));
}

#[test]
fn the_document_has_the_shape_of_the_contract() {
    let yard = Yard::new();
    yard.spec(
        "a.md",
        "SPEC-1",
        "status: in_progress\ninitiative: Control Plane\npriority: HIGH\nfeatures:\n- {id: F-1, title: One}\n",
    );
    yard.task(
        "done/amy/t1.yaml",
        "done",
        "result: {summary: s, artefacts: []}\nspecification: specifications/a.md\nfeature: F-1\n",
    );
    yard.task(
        "assigned/amy/t2.yaml",
        "in_progress",
        "specification: a\npriority: critical\n",
    );
    insta::assert_snapshot!(serde_json::to_string(&yard.portfolio()).unwrap(), @r#"{"initiatives":[{"id":"control-plane","title":"Control Plane","status":"in_progress","priority":"high","progress":75,"progress_basis":"weighted","done":1,"total":2,"specifications":[{"id":"SPEC-1","title":"Title of SPEC-1","status":"in_progress","priority":"high","initiative":"Control Plane","epic":null,"progress":75,"progress_basis":"weighted","done":1,"total":2,"by_status":{"in_progress":1,"done":1},"task_count":2,"specification_path":"a.md","stale":false,"stale_why":null,"features":[{"id":"F-1","title":"One","status":null,"progress":100,"done":1,"total":1}],"tasks":[{"id":"t2","title":"t2","status":"in_progress","priority":"critical","agent":"amy","feature":null},{"id":"t1","title":"t1","status":"done","priority":"normal","agent":"amy","feature":"F-1"}]}],"spec_count":1,"task_count":2}],"orphans":[]}"#);
}

#[test]
fn an_initiative_is_as_far_and_as_urgent_as_its_first() {
    let yard = Yard::new();
    yard.spec(
        "a.md",
        "A",
        "status: draft\ninitiative: Big Thing\npriority: low\n",
    );
    yard.spec(
        "b.md",
        "B",
        "status: implemented\ninitiative: big  thing\npriority: HIGH\n",
    );
    yard.spec(
        "c.md",
        "C",
        "status: deprecated\ninitiative: Other\ncompletion: 30\n",
    );
    linked(&yard, "done/amy/t1.yaml", "done", "a.md");
    linked(&yard, "inbox/t2.yaml", "new", "a.md");
    linked(&yard, "done/amy/t3.yaml", "done", "b.md");
    linked(&yard, "done/amy/t4.yaml", "done", "c.md");
    let portfolio = yard.portfolio();
    let [big, other] = &portfolio.initiatives[..] else {
        panic!("two initiatives: {portfolio:?}");
    };
    assert_eq!(
        (big.id.as_str(), big.title.as_str()),
        ("big-thing", "Big Thing")
    );
    assert_eq!(
        (big.status, big.priority),
        (SpecStatus::InProgress, TaskPriority::High)
    );
    assert_eq!(big.most_advanced, SpecStatus::Implemented);
    assert_eq!((big.progress, big.done, big.total), (75, 2, 3));
    assert_eq!(big.progress_basis, ProgressBasis::Weighted);
    assert_eq!((big.spec_count, big.task_count), (2, 3));
    // What somebody wrote down stands instead of what the tasks say, and is marked.
    assert_eq!((other.progress, other.done, other.total), (30, 1, 1));
    assert_eq!(other.progress_basis, ProgressBasis::Manual);
    assert_eq!(other.status, SpecStatus::Deprecated);
}

#[test]
fn features_are_meant_by_id_by_title_or_by_both() {
    let yard = Yard::new();
    yard.spec(
        "a.md",
        "A",
        "status: draft\ninitiative: I\nfeatures:\n- {id: F-1, title: 'One: more'}\n- {id: F-2, title: Two}\n",
    );
    for (n, feature) in ["F-1", "'One: more'", "'F-1: One: more'", "F-3"]
        .iter()
        .enumerate()
    {
        yard.task(
            &format!("inbox/t{n}.yaml"),
            "new",
            &format!("specification: a.md\nfeature: {feature}\n"),
        );
    }
    let portfolio = yard.portfolio();
    let features = &portfolio.initiatives[0].specifications[0].features;
    assert_eq!((features[0].total, features[1].total), (3, 0));
    insta::assert_snapshot!(yard.problems(), @"work/collaboration/inbox/t3.yaml: warning: `feature` is 'F-3', which `a.md` does not have -> use one of F-1, F-2");
}

#[test]
fn a_specification_whose_tasks_tell_another_story_is_stale() {
    let why = |status: &str, tasks: &[&str]| {
        let yard = Yard::new();
        yard.spec("a.md", "A", &format!("status: {status}\ninitiative: I\n"));
        for (n, task) in tasks.iter().enumerate() {
            let (folder, status) = task.split_once(' ').unwrap();
            linked(&yard, &format!("{folder}/t{n}.yaml"), status, "a.md");
        }
        let spec = yard
            .portfolio()
            .initiatives
            .remove(0)
            .specifications
            .remove(0);
        assert_eq!(spec.stale, spec.stale_why.is_some());
        spec.stale_why.unwrap_or_default()
    };
    let (done, open, cold, failed) = ("done/amy done", "inbox new", "fridge new", "error error");
    assert_eq!(
        why("in_progress", &[done, done]),
        "all of its tasks are done (2), but it says `in_progress`"
    );
    assert_eq!(
        why("draft", &[done, cold]),
        "all of its tasks are done (1), but it says `draft`"
    );
    assert_eq!(
        why("implemented", &[done, open]),
        "it says `implemented`, but 1 of its 2 tasks are open"
    );
    for (status, tasks) in [
        ("in_progress", &[done, open][..]),
        ("in_progress", &[]),
        ("in_progress", &[cold]),
        ("in_progress", &[done, failed]),
        ("implemented", &[done, cold, failed]),
        ("deprecated", &[done]),
        ("deprecated", &[open]),
        ("archived", &[open]),
    ] {
        assert_eq!(why(status, tasks), "", "{status} {tasks:?}");
    }
}

#[test]
fn an_orphan_says_why_it_is_one() {
    let yard = Yard::new();
    yard.spec("good.md", "A", "status: draft\ninitiative: I\n");
    yard.put("specifications/plain.md", "# no front matter\n");
    yard.put("specifications/bad.md", "---\nid: x\n---\n");
    yard.task("inbox/none.yaml", "new", "");
    linked(&yard, "inbox/gone.yaml", "new", "specifications/gone.md");
    linked(&yard, "inbox/away.yaml", "new", "../../etc/passwd");
    linked(&yard, "inbox/plain.yaml", "new", "plain.md");
    linked(&yard, "inbox/bad.yaml", "new", "bad.md");
    linked(&yard, "inbox/linked.yaml", "new", "good.md");
    yard.task("done/amy/done.yaml", "done", "priority: critical\n");
    let orphans = yard.portfolio().orphans;
    let said: Vec<String> = orphans
        .iter()
        .map(|orphan| format!("{}: {}", orphan.task.id, orphan.orphan_why))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    away: it names `../../etc/passwd`, which leads to no file among the specifications
    bad: it names `bad.md`, whose front matter cannot be used
    gone: it names `specifications/gone.md`, which does not exist
    none: it names no specification
    plain: it names `plain.md`, which has no front matter
    done: it names no specification
    ");
    assert_eq!(orphans[0].orphan_reason, OrphanReason::NotAPath);
    let one = serde_json::to_value(&orphans[4]).unwrap();
    assert_eq!(
        (&one["id"], &one["orphan_reason"]),
        (&"plain".into(), &"no_front_matter".into())
    );
}
