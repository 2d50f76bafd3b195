//! The text of a specification, and what is not one.

use std::fs;
use std::os::unix::fs::symlink;

use super::super::BoardError;
use super::Yard;

#[test]
fn a_specification_is_shown_with_its_front_matter_apart() {
    let yard = Yard::new();
    yard.spec(
        "dash/a.md",
        "A",
        "status: draft\ncompletion: 40\nfeatures:\n- {id: F-1, title: One}\n",
    );
    let spec = yard.board.spec_text("dash/a.md").unwrap();
    assert_eq!(
        (spec.path.as_str(), spec.text.as_str()),
        ("dash/a.md", "# A\n")
    );
    assert_eq!(
        spec.front_matter.to_string(),
        r#"{"id":"A","title":"Title of A","status":"draft","completion":40,"features":[{"id":"F-1","title":"One"}]}"#
    );
    let same = yard.board.spec_text("specifications/dash/a").unwrap();
    assert_eq!(same, spec);
    yard.spec("dash/a.md", "A", "status: planned\n");
    assert_ne!(yard.board.spec_text("dash/a.md").unwrap().etag, spec.etag);
}

#[test]
fn a_text_is_shown_even_if_its_front_matter_cannot_be_read() {
    let yard = Yard::new();
    for (name, text) in [
        ("plain.md", "# T\n"),
        ("bad.md", "---\na: 'x\n---\n# T\n"),
        ("open.md", "---\na: 1\n"),
    ] {
        yard.put(&format!("specifications/{name}"), text);
        let spec = yard.board.spec_text(name).unwrap();
        assert_eq!(
            (spec.text.as_str(), spec.front_matter.is_null()),
            (text, true),
            "{name}"
        );
    }
}

#[test]
fn nothing_outside_the_folder_is_shown() {
    let yard = Yard::new();
    yard.put("secret.md", "s");
    yard.put("specifications/in/a.md", "a");
    let specs = yard.dir.path().join("specifications");
    symlink("../secret.md", specs.join("link.md")).unwrap();
    symlink("..", specs.join("up")).unwrap();
    symlink("in", specs.join("within")).unwrap();
    let why = |path: &str| match yard.board.spec_text(path) {
        Err(BoardError::Outside { why, .. }) => why,
        other => panic!("{path}: {other:?}"),
    };
    let link = "a symbolic link is in the way, and none is followed";
    assert_eq!(why("../secret.md"), "the path leads upwards with `..`");
    assert_eq!(
        why("in/../../secret.md"),
        "the path leads upwards with `..`"
    );
    assert_eq!(
        why(&format!("{}/secret.md", yard.dir.path().display())),
        "the path is absolute"
    );
    assert_eq!(why("link.md"), link);
    assert_eq!(why("up/secret.md"), link);
    assert_eq!(why("within/a.md"), link);
    assert_eq!(why("in/.hidden.md"), "hidden files are no specifications");
    assert_eq!(why(""), "the path is empty");
}

#[test]
fn what_is_not_there_too_large_or_not_text_is_said() {
    let yard = Yard::new();
    yard.put("specifications/a.md", "a");
    yard.put("specifications/large.md", "x".repeat((1 << 20) + 1));
    yard.put("specifications/bytes.md", b"a\n\xff");
    fs::create_dir_all(yard.dir.path().join("specifications/folder.md")).unwrap();
    let error = |path: &str| yard.board.spec_text(path).unwrap_err();
    for path in ["gone.md", "gone/a.md", "a.md/b.md"] {
        assert!(
            matches!(error(path), BoardError::NoSuchSpec { .. }),
            "{path}: {}",
            error(path)
        );
    }
    let said: Vec<String> = ["large.md", "bytes.md", "folder.md"]
        .map(|path| error(path).to_string())
        .to_vec();
    insta::assert_snapshot!(said.join("\n"), @"
    use `specifications/large.md`: The file is larger than 1 MiB
    use `specifications/bytes.md` at line 2: The file is not UTF-8
    use `specifications/folder.md`: Not a file
    ");
    let bare = Yard::new();
    assert!(matches!(
        bare.board.spec_text("a.md"),
        Err(BoardError::NoSuchSpec { .. })
    ));
}
