//! The tables. Disposable, so there are no migrations: a change here takes a new
//! [`SCHEMA_VERSION`], and with it a new file.

/// Part of the file's name.
pub const SCHEMA_VERSION: u32 = 5;

/// Money is in micro-dollars, times in microseconds since the epoch, durations in milliseconds.
/// What identifies a row is never NULL (the empty text stands for "none"): NULLs are not equal to
/// each other, so an upsert would add a row each time. `runs` and `costs_daily` are made by their
/// own files, since their columns are those of the sums.
pub(super) const TABLES: &str = "
CREATE TABLE cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    log TEXT NOT NULL,
    segment INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    n_events INTEGER NOT NULL
) STRICT;

CREATE TABLE oddities (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    n_illegal INTEGER NOT NULL
) STRICT;

CREATE TABLE invocations (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    agent TEXT NOT NULL,
    tool TEXT NOT NULL,
    model TEXT NOT NULL,
    served_model TEXT,
    started_at INTEGER NOT NULL,
    day TEXT NOT NULL,
    task_type TEXT,
    outcome TEXT,
    failure_code TEXT,
    reason_code TEXT,
    fallback_used INTEGER NOT NULL,
    duration_ms INTEGER,
    exit_code INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    reasoning_tokens INTEGER,
    exactness TEXT NOT NULL,
    cost_uusd INTEGER,
    cost_basis TEXT NOT NULL,
    at_least INTEGER NOT NULL,
    session_id TEXT,
    n_attempts INTEGER NOT NULL,
    state TEXT NOT NULL,
    step TEXT,
    detached INTEGER NOT NULL,
    finished_at INTEGER,
    preferred TEXT,
    tasks TEXT
) STRICT;

CREATE TABLE attempts (
    invocation INTEGER NOT NULL,
    number INTEGER NOT NULL,
    tool TEXT NOT NULL,
    model TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    spawned INTEGER NOT NULL,
    outcome TEXT,
    failure_code TEXT,
    exit_code INTEGER,
    signal INTEGER,
    duration_ms INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    reasoning_tokens INTEGER,
    exactness TEXT NOT NULL,
    cost_uusd INTEGER,
    cost_basis TEXT NOT NULL,
    at_least INTEGER NOT NULL,
    served_model TEXT,
    session_id TEXT,
    state TEXT NOT NULL,
    cancel_requested INTEGER NOT NULL,
    lost_reason TEXT,
    swept INTEGER NOT NULL,
    tree_empty INTEGER,
    preferred_uusd INTEGER,
    adapter TEXT NOT NULL,
    n_lines INTEGER NOT NULL,
    n_unrecognised INTEGER NOT NULL,
    PRIMARY KEY (invocation, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_tasks (
    task TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (task, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_counts (
    policy TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    n_asked INTEGER NOT NULL,
    n_faults INTEGER NOT NULL,
    PRIMARY KEY (policy, version, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE routing (
    seq INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    tool TEXT NOT NULL,
    model TEXT NOT NULL,
    code TEXT NOT NULL,
    fallback_used INTEGER NOT NULL
) STRICT;

CREATE TABLE warnings (
    seq INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    code TEXT NOT NULL,
    facts TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    run TEXT NOT NULL,
    at INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
";

/// Needed while writing: runs and invocations are looked up by the name of the run.
pub(super) const KEYS: &str = "
CREATE UNIQUE INDEX runs_by_name ON runs (run);
CREATE UNIQUE INDEX invocations_by_run ON invocations (run, number);
";

/// Not needed while writing; a rebuild makes them last, in one pass each.
pub(super) const INDEXES: &str = "
CREATE INDEX invocations_by_agent ON invocations (agent, id);
CREATE INDEX runs_by_status ON runs (status);
CREATE INDEX runs_by_agent ON runs (agent);
CREATE INDEX runs_by_tool ON runs (tool);
CREATE INDEX runs_by_model ON runs (model);
CREATE INDEX runs_wide ON runs (id, status, agent, tool, model, words);
CREATE INDEX runs_finished ON runs (ended_at) WHERE status IN ('done', 'failed', 'cancelled');
CREATE INDEX runs_active ON runs (id) WHERE active = 1;
CREATE INDEX routing_by_run ON routing (run, number);
CREATE INDEX warnings_by_run ON warnings (run, number);
CREATE INDEX attempts_by_adapter
    ON attempts (adapter, tool, failure_code, n_lines, n_unrecognised);
CREATE INDEX events_judged ON events (seq) WHERE type = 'policy.judged';
CREATE INDEX events_by_run ON events (run, seq) WHERE run <> '';
";
