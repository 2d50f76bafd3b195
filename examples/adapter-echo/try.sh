#!/bin/sh
# Builds this adapter as a third party would, drops it in as a file, and asks a made-up tool through it.
# Needs `tollgate` (given as the first argument, or on PATH) and the target wasm32-wasip2.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tollgate=${1:-tollgate}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cargo build --quiet --locked --release --target wasm32-wasip2 \
    --manifest-path "$here/Cargo.toml" --target-dir "${CARGO_TARGET_DIR:-$here/target}"
mkdir "$place/config"
cp "${CARGO_TARGET_DIR:-$here/target}/wasm32-wasip2/release/adapter_echo.wasm" "$place/config/echo.wasm"

cat > "$place/echo-agent" <<'TOOL'
#!/bin/sh
echo "say: you said $(cat)"
echo "tokens: 12 34"
TOOL
chmod +x "$place/echo-agent"

cat > "$place/config/tools.yaml" <<TOOLS
tools:
  echo:
    binary: "$place/echo-agent"
    adapter: ./echo.wasm
    models: [parrot]
TOOLS
cat > "$place/config/agents.yaml" <<'AGENTS'
agents:
  tester: { preferred_tool: echo, preferred_model: parrot }
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
  default: { daily_budget_usd: 1 }
POLICIES

answer=$("$tollgate" --config-dir "$place/config" --state-dir "$place/state" exec -a tester 'hello')
test "$answer" = "you said hello" || { echo "answered: $answer" >&2; exit 1; }
"$tollgate" --config-dir "$place/config" --state-dir "$place/state" stats
echo "a foreign adapter answered"
