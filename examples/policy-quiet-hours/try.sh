#!/bin/sh
# Builds this policy as a third party would, puts it in the place of the built-in one, and sees a request denied by it.
# Needs `tollgate` (given as the first argument, or on PATH), the target wasm32-unknown-unknown, and `wasm-tools`; without
# the last the packer of this checkout does its work.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tollgate=${1:-tollgate}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/config"

cargo build --quiet --locked --release --target wasm32-unknown-unknown \
    --manifest-path "$here/Cargo.toml" --target-dir "${CARGO_TARGET_DIR:-$here/target}"
module=${CARGO_TARGET_DIR:-$here/target}/wasm32-unknown-unknown/release/quiet_hours.wasm
if command -v wasm-tools >/dev/null; then
    wasm-tools component new "$module" -o "$place/config/quiet-hours.wasm"
else
    cargo run --quiet --locked --release --manifest-path "$here/../../plugins/Cargo.toml" -p pack -- \
        --component "$module" "$place/config/quiet-hours.wasm"
fi

cat > "$place/agent" <<'TOOL'
#!/bin/sh
echo "{\"text\": \"you said $(cat)\", \"input_tokens\": 12, \"output_tokens\": 34}"
TOOL
chmod +x "$place/agent"

cat > "$place/config/tools.yaml" <<TOOLS
tools:
  parrot:
    binary: "$place/agent"
    adapter: template
    models: [parrot]
    output: json
    fields: { text: text, input_tokens: input_tokens, output_tokens: output_tokens }
TOOLS
cat > "$place/config/agents.yaml" <<'AGENTS'
agents:
  tester: { preferred_tool: parrot, preferred_model: parrot }
AGENTS
cat > "$place/config/models.yaml" <<'MODELS'
models:
  parrot:
    provider: nobody
    price_per_million_tokens: { input: 1, output: 2 }
    context_window: 1000
MODELS
cat > "$place/config/policies.yaml" <<'POLICIES'
policies:
  default: { daily_budget_usd: 1, limit: { type: hard } }
POLICIES

ask() {
    "$tollgate" --config-dir "$place/config" --state-dir "$place/state" exec -a tester 'hello'
}

answer=$(ask)
test "$answer" = "you said hello" || { echo "answered: $answer" >&2; exit 1; }

# Now it is always quiet, and nothing may be spent.
cat >> "$place/config/policies.yaml" <<'CHAIN'
chain:
  - policy: ./quiet-hours.wasm
    name: budget
    required: true
    config: { from: "00:00", to: "24:00", percent: 0 }
CHAIN
if answer=$(ask 2> "$place/said"); then
    echo "answered in quiet hours: $answer" >&2
    exit 1
fi
cat "$place/said"
grep -q 'from 00:00 to 24:00 UTC only 0% may be' "$place/said" || { echo "denied for another reason" >&2; exit 1; }
echo "a foreign policy denied"
