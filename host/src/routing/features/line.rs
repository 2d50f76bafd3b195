//! What a single line looks like: code, an option to choose, the mark of a stack trace.

/// A line that opens or closes a block of code.
pub(super) fn is_fence(line: &str) -> bool {
    line.starts_with("```") || line.starts_with("~~~")
}

/// A line that looks like code outside any fence, or like a change to it.
pub(super) fn is_code(line: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "#include",
        "#define",
        "//",
        "/*",
        "@@ ",
        "class ",
        "const ",
        "def ",
        "diff --git",
        "elif ",
        "export ",
        "fn ",
        "from ",
        "func ",
        "function ",
        "impl ",
        "import ",
        "let ",
        "package ",
        "private ",
        "pub ",
        "public ",
        "return ",
        "select ",
        "struct ",
        "use ",
        "var ",
        "while (",
    ];
    const ENDINGS: &[char] = &['{', '}', ';'];
    line.ends_with(ENDINGS)
        || line.ends_with("):") && line.contains('(')
        || OPENINGS.iter().any(|opening| line.starts_with(opening))
            && line.contains(['(', '{', '=', ':', '"', '<', '+'])
}

/// A choice of a list: `A. …`, `(b) …`, `3) …`, `- …`.
pub(super) fn is_option(line: &str) -> bool {
    if line.starts_with("- ") || line.starts_with("* ") {
        return true;
    }
    let rest = line.strip_prefix('(').unwrap_or(line);
    let mut rest = rest.chars();
    let marked = rest.next().is_some_and(|mark| mark.is_ascii_alphanumeric());
    marked && rest.next().is_some_and(|mark| matches!(mark, '.' | ')'))
}

/// A line of a stack trace, or the error that heads it.
pub(super) fn is_trace(line: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "Traceback (most",
        "at ",
        "File \"",
        "thread '",
        "panicked at",
        "goroutine ",
        "Caused by:",
        "error[",
        "error:",
        "Error:",
        "fatal:",
        "FAILED",
    ];
    OPENINGS.iter().any(|opening| line.starts_with(opening))
        && (!line.starts_with("at ") || line.contains(['(', ':']))
        || line.contains("Exception:")
        || line.contains("Error: ")
}

/// A path or the name of a file.
pub(super) fn is_path(chunk: &str) -> bool {
    let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '.' | '~'));
    let chunk = chunk.trim_end_matches('.');
    if chunk.len() < 4 || chunk.contains("://") {
        return false;
    }
    let (folder, name) = chunk.rsplit_once('/').unwrap_or(("", chunk));
    let ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        stem.len() > 1
            && (1..=5).contains(&ending.len())
            && ending.starts_with(|c: char| c.is_ascii_lowercase())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    ending || chunk.starts_with(['/', '~']) || folder.contains('/') || folder.starts_with('.')
}

/// Digits before the decimal point, if `chunk` is a number such as `$3,000.50`, `12%`, or `-7`.
pub(super) fn number(chunk: &str) -> Option<i64> {
    let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    let whole = chunk.split('.').next()?;
    let clean = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    if whole.is_empty() || !chunk.chars().all(clean) {
        return None;
    }
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    Some(i64::try_from(digits).unwrap_or(i64::MAX).min(18))
}

/// A sign of mathematics, whether of ASCII or of its own blocks.
pub(super) fn is_math(sign: char) -> bool {
    matches!(
        sign,
        '=' | '^' | '+' | '<' | '>' | '\\' | '±' | '×' | '÷' | '√' | 'π' | 'θ' | '°' | '²' | '³'
    ) || ('\u{2200}'..='\u{22FF}').contains(&sign)
}
