// What the stand-in tools say: streams as Claude Code and Codex print them, as scripts of `fake-agent`
// (tests/src/fake_agent). Knows nothing of the server.
import { fileURLToPath } from 'node:url';

const line = (it) => ['--emit-line', typeof it === 'string' ? it : JSON.stringify(it)];
const PACE = Number(process.env.TOLLGATE_PACE ?? 1); // slower, as real tools are, for pictures
const pause = (ms) => ['--sleep-ms', String(ms * PACE)];
const RECORDINGS = fileURLToPath(new URL('../fixtures/cli', import.meta.url));
const SESSION = '8acefdc1-ecad-4f1d-bc15-63e4bafc3270';

const init = (model) => ({ type: 'system', subtype: 'init', cwd: '/', session_id: SESSION, tools: ['Read', 'Edit', 'Grep'], mcp_servers: [], model, claude_code_version: '2.1.330', uuid: 'u0' });
let messages = 0;
function message(model, content, [input, output, read, write] = [900, 60, 4000, 0]) {
  const usage = { input_tokens: input, output_tokens: output, cache_read_input_tokens: read, cache_creation_input_tokens: write };
  const said = typeof content === 'string' ? { type: 'text', text: content } : { type: 'tool_use', id: `toolu_${messages}`, ...content };
  return { type: 'assistant', session_id: SESSION, parent_tool_use_id: null, message: { id: `msg_${messages++}`, type: 'message', role: 'assistant', model, content: [said], stop_reason: null, usage } };
}
function result(model, text, usd, [input, output, read, write]) {
  return { type: 'result', subtype: 'success', is_error: false, num_turns: 1, result: text, session_id: SESSION, stop_reason: 'end_turn', total_cost_usd: usd, permission_denials: [], api_error_status: null,
    usage: { input_tokens: input, output_tokens: output, cache_read_input_tokens: read, cache_creation_input_tokens: write },
    modelUsage: { [model]: { inputTokens: input, outputTokens: output, cacheReadInputTokens: read, cacheCreationInputTokens: write, costUSD: usd } } };
}

// A piece of work, as such tools tell it: what was looked at, what was thought, what was changed.
export const WORK = [
  { name: 'Read', input: { file_path: 'src/billing/ledger.rs' } }, 'The ledger rounds each line before it adds them up. The invoice adds first and rounds once, so they differ by a cent.',
  { name: 'Grep', input: { pattern: 'round_half_even', path: 'src' } }, { name: 'Read', input: { file_path: 'src/billing/invoice.rs' } },
  'Three callers depend on the rounded lines. I will keep those as they are and give the total a function of its own.',
  { name: 'Edit', input: { file_path: 'src/billing/ledger.rs', old_string: 'lines.map(rounded).sum()', new_string: 'rounded(lines.sum())' } },
  'Now the total agrees with the invoice. What is left is the refund, which subtracts line by line.',
  { name: 'Read', input: { file_path: 'tests/refund.rs' } }, 'The test of the refund has the wrong figure written down: 41.99 where the customer paid 42.00.',
  { name: 'Edit', input: { file_path: 'tests/refund.rs', old_string: '41.99', new_string: '42.00' } },
  { name: 'Grep', input: { pattern: 'error: total', path: 'logs' } }, 'No error since Tuesday. I am reading the remaining callers before I sum up.',
];

/** Claude Code answers. */
export const answers = (text, { model = 'claude-sonnet-5-5', usd = 0.01, tokens = [1000, 100, 0, 0], after = 60, work = 2 } = {}) =>
  ['--read-stdin', ...line(init(model)), ...WORK.slice(0, work).flatMap((it) => [...line(message(model, it)), ...pause(after)]), ...line(message(model, text)), ...line(result(model, text, usd, tokens))];
/** Claude Code works, tells of it every `ms`, and goes on until somebody stops it. */
export const works = ({ model = 'claude-sonnet-5-5', ms = 250, rounds = 4, tokens } = {}) =>
  ['--read-stdin', ...line(init(model)), ...Array.from({ length: rounds }, () => WORK).flat().flatMap((it) => [...line(message(model, it, tokens)), ...pause(ms)]), '--hang'];
/** Codex answers, after a while. */
export const replies = (text, { input = 10134, cached = 8900, output = 420, reasoning = 170, after = 0 } = {}) =>
  ['--read-stdin', ...line({ type: 'thread.started', thread_id: SESSION }), ...line({ type: 'turn.started' }), ...pause(after), ...line({ type: 'item.completed', item: { id: 'item_1', type: 'agent_message', text } }),
    ...line({ type: 'turn.completed', usage: { input_tokens: input, cached_input_tokens: cached, cache_write_input_tokens: 0, output_tokens: output, reasoning_output_tokens: reasoning } })];

/** What a real tool once said, to the byte. */
export const plays = (recording) => ['--read-stdin', '--play', `${RECORDINGS}/${recording}.json`];

// What no page may ever take for more than text: markup, terminal sequences, turned writing, bells.
export const HOSTILE = '<img src=x onerror=alert(1)> \u202egnp.exe\u202c \u001b[31mred\u001b[0m bell\u0007 \u001b]0;title\u0007\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007 <script>window.violations.push("script ran")</script>';
/** A long log with colours, wide lines, and one hostile line in its middle. */
export function wideLog(lines) {
  const colour = [32, 33, 36, 90];
  return Array.from({ length: lines }, (_, i) => {
    if (i === Math.floor(lines / 2)) return HOSTILE;
    if (i % 997 === 500) return `error: check ${i} of the suite failed, expected ${i * 7} and got ${i * 7 + 1}`;
    const wide = i % 61 === 7 ? ` ${'wide '.repeat(400)}` : '';
    return `\u001b[${colour[i % 4]}m${String(i).padStart(5, '0')}\u001b[0m test billing::ledger::case_${(i * 7919) % 10007} … ok${wide}`;
  }).join('\n');
}
