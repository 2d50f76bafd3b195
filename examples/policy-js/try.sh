#!/bin/sh
# Puts the prebuilt component into a configuration as a file, and sees a request denied by it.
# Needs `tollgate` (given as the first argument, or on PATH). To build the component anew: npm install && npm run build.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tollgate=${1:-tollgate}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/config"

(cd "$here" && sha256sum --check --quiet freeze.wasm.sha256)
cp "$here/freeze.wasm" "$place/config/freeze.wasm"

printf '#!/bin/sh\necho "you said $(cat)"\n' > "$place/agent"
chmod +x "$place/agent"
cat > "$place/config/tools.yaml" <<TOOLS
tools:
  parrot: { binary: "$place/agent", adapter: template, models: [parrot] }
TOOLS
cat > "$place/config/agents.yaml" <<'AGENTS'
agents:
  tester: { preferred_tool: parrot, preferred_model: parrot }
  other: { preferred_tool: parrot, preferred_model: parrot }
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
chain:
  - policy: ./freeze.wasm
    required: true
    config: { agents: [tester], reason: the audit is on }
POLICIES

ask() {
    "$tollgate" --config-dir "$place/config" --state-dir "$place/state" exec -a "$1" 'hello'
}

answer=$(ask other)
test "$answer" = "you said hello" || { echo "answered: $answer" >&2; exit 1; }
if answer=$(ask tester 2> "$place/said"); then
    echo "answered although frozen: $answer" >&2
    exit 1
fi
cat "$place/said"
grep -q 'the agent tester may not be asked: the audit is on' "$place/said" || { echo "denied for another reason" >&2; exit 1; }
echo "a policy in JavaScript denied"
