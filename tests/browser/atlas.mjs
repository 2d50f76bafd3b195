// The project "atlas" that the pages show: who asks, with which tools, under which limits, what the work
// is for, and runs of every fate, each made by the real thing with real stand-in processes.
import { HOSTILE, answers, plays, replies, wideLog, works } from './speech.mjs';

export const LINES = 12000; // of the longest log

const claude = { binary: 'claude', adapter: 'claude-code', models: ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5'] };
const CONFIG = {
  agents: { agents: {
    architect: { preferred_tool: 'claude-code', preferred_model: 'claude-opus-5-5', fallback_chain: ['codex:gpt-6.1-sol'], task_types: { review: 'claude-sonnet-5-5', docs: 'claude-haiku-5-5' } },
    'backend-dev': { preferred_tool: 'claude-code', preferred_model: 'claude-sonnet-5-5', fallback_chain: ['codex:gpt-6.1-sol'], daily_budget_usd: 8 },
    curator: { preferred_tool: 'codex', preferred_model: 'gpt-6-luna' },
    'frontend-dev': { preferred_tool: 'codex-eu', preferred_model: 'gpt-6.1-sol', fallback_chain: ['codex:gpt-6.1-sol'] },
    reviewer: { preferred_tool: 'codex', preferred_model: 'gpt-6.1-sol' },
    tester: { preferred_tool: 'llama', preferred_model: 'llama3:8b' },
  } },
  tools: { tools: {
    'claude-code': claude,
    codex: { binary: 'codex', adapter: 'codex', models: ['gpt-6.1-sol', 'gpt-6-luna'], options: { sandbox: 'read-only' } },
    'codex-eu': { binary: 'codex-eu', adapter: 'codex', models: ['gpt-6.1-sol'], account: 'openai-eu' },
    gemini: { binary: 'gemini', args: ['-p', '-'], models: ['gemini-3.8-flash'] },
    llama: { binary: 'llama', args: ['run', '{model}'], models: ['llama3:8b'] },
  } },
  models: { models: {
    'claude-opus-5-5': {}, 'claude-sonnet-5-5': {}, 'claude-haiku-5-5': {}, 'gpt-6.1-sol': {}, 'gpt-6-luna': {}, 'gemini-3.8-flash': {},
    'llama3:8b': { provider: 'local', price_per_million_tokens: { input: 0, output: 0 }, context_window: 8192 },
  } },
  policies: {
    policies: { default: { daily_budget_usd: 25, monthly_budget_usd: 300, require_justification_over_usd: 0.5 } },
    budgets: [
      { name: 'curator-day', usd: 0.001, per: 'day', agent: 'curator' },
      { name: 'opus', requests: 40, per: 'rolling-5h', model: 'claude-opus-5-5', limit: 'hard' },
      { name: 'week', tokens: 4000000, per: 'rolling-7d' },
      { name: 'one-run', usd: 4, per: 'run', limit: 'hard' },
    ],
    cost_optimization: { simple_task_threshold_tokens: 4, simple_task_models: ['claude-haiku-5-5'] },
    concurrency: { max_running: 5, per_tool: { 'claude-code': 4 } },
    fallback: { retries: 0 },
    on_unpriced: { reserve_usd: 0.05 },
  },
  telemetry: { privacy_level: 'full' },
};

const SPECS = [
  ['initiatives/billing/ledger', 'Ledger that adds up', 'Billing you can trust', 'in_progress', 'high', ['Totals', 'Refunds', 'Export for the accountant']],
  ['initiatives/billing/invoices', 'Invoices as PDF', 'Billing you can trust', 'planned', 'medium', ['Layout', 'Numbering']],
  ['initiatives/onboarding/first-run', 'The first five minutes', 'Quickstart & onboarding', 'in_progress', 'critical', ['Guided demo', 'Import from the old tool']],
  ['initiatives/onboarding/docs', 'Documentation that is read', 'Quickstart & onboarding', 'implemented', 'low', ['Guide', 'Reference']],
  ['initiatives/search/index', 'Search over everything', 'Find it again', 'draft', 'medium', ['Index', 'Ranking', 'Suggestions']],
];
// id, title, agent, folder, status, priority, specification, feature
const TASKS = [
  ['ledger-totals', 'Round once, at the end of the ledger', 'backend-dev', 'assigned/backend-dev', 'in_progress', 'critical', 0, 0],
  ['ledger-refund', 'Refund what was paid, to the cent', 'backend-dev', 'assigned/backend-dev', 'assigned', 'high', 0, 1],
  ['ledger-export', 'Export the ledger as CSV', 'frontend-dev', 'inbox', 'new', 'medium', 0, 2],
  ['ledger-audit', 'Read the ledger like an auditor', 'reviewer', 'done/reviewer', 'done', 'high', 0, 0],
  ['invoice-layout', 'An invoice that fits one page', 'frontend-dev', 'inbox', 'new', 'normal', 1, 0],
  ['invoice-number', 'Numbers of invoices without gaps', 'backend-dev', 'assigned/backend-dev', 'blocked', 'high', 1, 1],
  ['demo', 'A demo that needs nothing installed', 'architect', 'assigned/architect', 'in_progress', 'critical', 2, 0],
  ['demo-words', 'Say in one sentence what it is for', 'curator', 'assigned/curator', 'assigned', 'normal', 2, 0],
  ['import', 'Import projects of the old tool', 'backend-dev', 'inbox', 'new', 'high', 2, 1],
  ['guide', 'Write the guide', 'curator', 'done/curator', 'done', 'normal', 3, 0],
  ['reference', 'Make the reference from the source', 'architect', 'done/architect', 'done', 'low', 3, 1],
  ['search-spike', 'Try two kinds of index on real data', 'architect', 'error', 'error', 'medium', 4, 0],
  ['search-rank', 'Rank by what was opened last', 'backend-dev', 'fridge/later', 'assigned', 'low', 4, 1],
  ['flaky', 'Find out why the nightly tests fail twice a week', 'tester', 'inbox', 'new', 'high', null],
  ['licences', 'List the licences of everything we ship', 'curator', 'inbox', 'new', 'normal', null],
  ['ledger-names', 'Ledger: names of accounts in the language of the customer', 'frontend-dev', 'assigned/frontend-dev', 'assigned', 'low', null],
  ['upgrade', 'Upgrade the compiler', 'backend-dev', 'assigned/backend-dev', 'assigned', 'normal', 'gone.md'],
];
const id = (name) => `2026-11-20T0900-${name}`;

function board(ground) {
  for (const [path, title, initiative, status, priority, features] of SPECS) {
    const list = features.map((it, i) => `  - id: ${path.split('/').pop()}-${i + 1}\n    title: "${it}"\n    status: ${['implemented', 'in_progress', 'planned'][i] ?? 'planned'}`).join('\n');
    ground.write(`specifications/${path}.md`, `---\nid: SPEC-${path.split('/').pop()}\ntitle: "${title}"\nstatus: ${status}\ninitiative: "${initiative}"\npriority: ${priority.toUpperCase()}\nfeatures:\n${list}\ncreated: 2026-11-02\nauthor: annie\n---\n\n# ${title}\n\nWhat a customer reads must be **what happened**, to the cent.\n\n## Why\n\n- Two reports of the same month differ by a cent, and nobody can say why.\n- An auditor asked for the lines behind a total; there are none.\n\n| figure | today | wanted |\n|---|---|---|\n| totals that agree | 97 % | all of them |\n| time to explain one | a day | a minute |\n\n\`\`\`sh\natlas ledger --month 2026-10 | sort\n\`\`\`\n\n> Money is whole cents; nothing is rounded twice.\n\n<img src=x onerror="alert(1)"> <script>window.violations.push('script ran')</script> [a link](javascript:alert(1)) [the standard](https://example.org/iso)\n`);
  }
  for (const [name, title, agent, folder, status, priority, spec, feature] of TASKS) {
    const path = typeof spec === 'number' ? `specifications/${SPECS[spec][0]}.md` : spec && `specifications/${spec}`;
    const home = path ? `specification: ${path}\n${feature === undefined ? '' : `feature: "${SPECS[spec][5][feature]}"\n`}` : '';
    const end = { done: 'result:\n  summary: Done, and checked against October.\n  artefacts: []\n  completed_at: "2026-11-21T10:00:00Z"\n', error: 'error:\n  message: the sample was too small to tell\n  timestamp: "2026-11-21T10:00:00Z"\n' }[status] ?? '';
    ground.write(`work/collaboration/${folder}/${id(name)}.yaml`, `# Written by hand; comments stay.\nid: ${id(name)}\ntitle: "${title}"\nagent: ${agent}\nstatus: ${status}\npriority: ${priority} # see the meeting of Monday\n${home}description: |\n  What to do, in words.\n  - status: not this one\nartefacts:\n  - docs/${name}.md\ncreated_at: "2026-11-20T09:00:00Z"\n${end}`);
  }
  ground.write('work/collaboration/inbox/2026-11-20T0900-torn.yaml', 'id: 2026-11-20T0900-torn\ntitle: "half a ti\n\tstatus: [new\n');
  ground.write('work/collaboration/inbox/2026-11-20T0900-twice.yaml', `id: ${id('another')}\ntitle: The name of the file is another\nagent: curator\nstatus: new\n`);
  ground.write('specifications/initiatives/search/broken.md', '---\nid: SPEC-broken\ntitle: \'it ends too soon\nstatus: draft\n---\n\n# Broken\n');
  ground.write('specifications/README.md', '# Notes\n\nA document that is no specification.\n');
}

const WORKFLOW = `name: release-notes
steps:
  - {id: collect, agent: reviewer, prompt: List what changed since the last tag.}
  - {id: draft, agent: architect, inputs: [collect], prompt: Write the notes of this release for people who use it.}
  - {id: check, agent: curator, needs: [collect], prompt: Check the list against the tests.}
  - {id: publish, agent: reviewer, inputs: [draft, check], prompt: Put it together.}
`;

/** Stand-ins as they are while tests run: Claude Code works until it is stopped, Codex soon answers. */
export function atWork(ground) {
  ground.tool('claude', works());
  ground.tool('codex', replies('Looked at it. Two of the three callers may go; the third needs a test first.', { after: 300 }));
  ground.tool('llama', ['--read-stdin', '--emit-line', 'ready', '--hang']);
}

/** A project in which nothing happened yet. */
export async function bare(ground) {
  ground.tool('codex', replies('Hello.'));
  ground.configure({
    agents: { agents: { reviewer: { preferred_tool: 'codex', preferred_model: 'gpt-6.1-sol' } } },
    tools: { tools: { codex: { binary: 'codex', adapter: 'codex', models: ['gpt-6.1-sol'] } } },
    models: { models: { 'gpt-6.1-sol': {} } }, policies: { policies: { default: { daily_budget_usd: 5 } } },
  });
  ground.run(['config', 'trust']);
}

/** Everything: configuration, board, and what happened so far. */
export async function furnish(ground) {
  ground.configure(CONFIG);
  board(ground);
  ground.write('release.yaml', WORKFLOW);
  ground.tool('claude', answers('The totals agree now. The refund is next.', { usd: 0.184, tokens: [18400, 2100, 96000, 8000], work: 6 }));
  ground.tool('codex', replies('The list is complete.', { after: 120 }));
  ground.tool('codex-eu', plays('codex/429-usage-limit'));
  ground.tool('llama', ['--read-stdin', '--emit-file', ground.file('wide.log', `${wideLog(LINES)}\n`)]);
  ground.run(['config', 'trust']);
  const exec = (agent, prompt, more = [], codes = [0]) => ground.json(['exec', '-a', agent, ...more, prompt], codes).run_id;
  const made = {};
  made.wide = exec('tester', 'Run the whole suite and print every case.');
  exec('backend-dev', 'Make the total of the ledger agree with the invoice.', ['--task', id('ledger-totals')]);
  ground.tool('claude', answers('Hi.', { model: 'claude-haiku-5-5', usd: 0.0009, tokens: [7000, 240, 0, 0] }));
  made.moved = exec('backend-dev', 'Say hi.', ['--task', id('ledger-refund')]);
  exec('reviewer', 'Read the ledger like an auditor and list what is odd.', ['--task', id('ledger-audit')]);
  exec('curator', 'Sort the guide by what people ask first.', ['--task', id('guide')]);
  made.fallback = exec('frontend-dev', 'Lay the invoice out on one page.', ['--task', id('invoice-layout')]);
  ground.tool('claude', answers('A demo that asks nothing: one command, one page, one cancelled run.', { model: 'claude-opus-5-5', usd: 0.412, tokens: [21000, 5200, 140000, 12000], work: 5 }));
  exec('architect', 'Design a demo that needs nothing installed.', ['--task', id('demo')]);
  ground.json(['workflow', 'run', 'release.yaml']);
  made.flow = ground.json(['run', 'list']).runs[0].run_id;
  ground.tool('llama', ['--read-stdin', '--emit-line', 'reading the nightly logs', '--emit-err', 'warning: 3 logs are older than a week', '--emit-err', 'fatal: cannot read logs/nightly.db: database disk image is malformed', '--exit', '3']);
  made.failed = exec('tester', 'Why do the nightly tests fail twice a week?', ['--task', id('flaky')], [1]);
  ground.tool('claude', works({ ms: 120, tokens: [20000, 3000, 90000, 6000] }));
  made.over = exec('backend-dev', 'Refund what was paid, line by line.', ['--max-cost', '0.40', '--task', id('ledger-refund')], [1]);
  made.hostile = hostile(ground, exec);
  ground.json(['exec', '-a', 'architect'], [1], 'Rewrite everything from scratch. '.repeat(16000));
  made.refused = ground.json(['run', 'list']).runs[0].run_id;
  atWork(ground);
  made.cancelled = ground.json(['run', 'submit', '-a', 'architect', 'Try two kinds of index on real data.', '--task', id('search-spike')]).run_id;
  await until(() => ground.json(['run', 'show', made.cancelled]).invocations[0].attempts[0]?.started_at, 'the run to be cancelled did not start');
  ground.run(['run', 'cancel', made.cancelled]);
  await until(() => ground.json(['run', 'show', made.cancelled]).status === 'cancelled', 'it was not cancelled');
  return made;
}

function hostile(ground, exec) {
  ground.tool('claude', answers(HOSTILE, { usd: 0.02 }));
  return exec('backend-dev', `What does this say? ${HOSTILE.replaceAll(/[\u0000-\u001f]/g, '')}`);
}

/** Asks again and again until it is so; complains when it takes too long. */
export async function until(is, complaint, most = 20000) {
  for (const from = Date.now(); ; await new Promise((go) => { setTimeout(go, 50); })) {
    const it = await is();
    if (it) return it;
    if (Date.now() - from > most) throw new Error(complaint);
  }
}
