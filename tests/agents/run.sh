#!/usr/bin/env bash
# run.sh GATEWAY [AGENT…]: real agents from npm (claude, codex, qwen, opencode; pinned in package.json, about
# 1 GB) ask the program, with simulators behind it, over the API that each of them speaks: once a model of the simulated
# LM Studio and once one of the simulated Ollama. Each has a question answered (`answer`), then works: the simulator calls
# the agent's own tools, which read two files of its folder, one after the other (`tools`) and both at once (`together`),
# and what stands in them has to come out at the end. One line for each; exit code 1 if something did not come
# through, 77 if the agents cannot be had. They run without the internet and with a home of their own.
set -euo pipefail
gateway=$(realpath "${1:?usage: run.sh GATEWAY [AGENT…]}")
shift
agents=("$@")
[ ${#agents[@]} -gt 0 ] || agents=(claude codex qwen opencode)
cd "$(dirname "$0")"
here=$PWD
skip() {
  echo "skipped: $1"
  exit 77
}
command -v node >/dev/null && command -v npm >/dev/null || skip "there is no node or npm"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "the agents need node 20 or newer"
if ! cmp -s package.json node_modules/.complete; then
  timeout 900 npm install --no-package-lock --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 || skip "npm could not install the agents"
  (cd node_modules/opencode-ai && node postinstall.mjs >/dev/null 2>&1) || true # links the program for this machine
  cp package.json node_modules/.complete
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/codecrucible-agents-XXXXXX")
serving=
finish() {
  [ -z "$serving" ] || kill "$serving" 2>/dev/null || true
  [ -z "$serving" ] || wait "$serving" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
mkdir -p "$folder/home/.codex" "$folder/work"
export HOME=$folder/home XDG_CONFIG_HOME=$folder/home/.config XDG_DATA_HOME=$folder/home/.local XDG_CACHE_HOME=$folder/home/.cache
unset CODECRUCIBLE_CONFIG CODECRUCIBLE_URL

# An agent's own prompt and tools take up to 25,000 tokens.
cat >"$folder/hybrid.yaml" <<YAML
hybrid:
  server: {port: 0}
  development: {simulate: always}
  stateDirectory: "$folder/state"
  ollama: {numCtx: 65536}
  models: {overrides: {qwen2.5-coder-7b: {window: 65536}, "codellama:34b": {window: 65536}}}
YAML
"$gateway" serve --config "$folder/hybrid.yaml" 2>"$folder/serve.log" &
serving=$!
url=
for _ in $(seq 150); do
  url=$(sed -nE 's/.*serves on (http:[^ ]*).*/\1/p' "$folder/serve.log" | head -1)
  [ -z "$url" ] || break
  kill -0 "$serving" 2>/dev/null || break
  sleep 0.2
done
if [ -z "$url" ]; then
  cat "$folder/serve.log"
  exit 1
fi

cat >"$folder/home/.codex/config.toml" <<TOML
model_provider = "codecrucible"
model_context_window = 65536
[model_providers.codecrucible]
name = "codecrucible"
base_url = "$url/v1"
wire_api = "responses"
TOML

ask() { # AGENT MODEL QUESTION
  local bin=$here/node_modules/.bin
  cd "$folder/work"
  case "$1" in
    claude)
      ANTHROPIC_BASE_URL=$url ANTHROPIC_AUTH_TOKEN=none ANTHROPIC_MODEL=$2 ANTHROPIC_DEFAULT_HAIKU_MODEL=$2 \
        CLAUDE_CODE_MAX_CONTEXT_TOKENS=65536 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1 \
        timeout 120 "$bin/claude" -p "$3" --allowedTools "Bash(cat:*)" ;;
    codex) timeout 120 "$bin/codex" exec --skip-git-repo-check -m "$2" "$3" ;;
    qwen) OPENAI_BASE_URL=$url/v1 OPENAI_API_KEY=none OPENAI_MODEL=$2 timeout 120 "$bin/qwen" --auth-type openai -p "$3" ;;
    opencode)
      cat >opencode.json <<JSON
{"\$schema": "https://opencode.ai/config.json", "autoupdate": false, "share": "disabled",
 "provider": {"codecrucible": {"npm": "@ai-sdk/openai-compatible", "name": "codecrucible",
  "options": {"baseURL": "$url/v1", "apiKey": "none"},
  "models": {"$2": {"name": "$2", "limit": {"context": 65536, "output": 4096}}}}},
 "model": "codecrucible/$2", "small_model": "codecrucible/$2"}
JSON
      # By its standard input: what it is given as an argument it puts into quotes.
      timeout 120 "$bin/opencode" run <<<"$3" ;;
    *) echo "unknown agent $1" ;;
  esac
}

# How the agent's own tools read a file: first one way, then another where it has two.
calls() { # AGENT FILE FILE
  case "$1" in
    claude) echo "[[call:Read {\"file_path\":\"$2\"}]] [[call:Bash {\"command\":\"cat $3\",\"description\":\"Show the file\"}]]" ;;
    codex) echo "[[call:exec_command {\"cmd\":\"cat $2\"}]] [[call:exec_command {\"cmd\":\"cat $3\"}]]" ;;
    qwen) echo "[[call:read_file {\"absolute_path\":\"$2\"}]] [[call:read_file {\"absolute_path\":\"$3\"}]]" ;;
    opencode) echo "[[call:read {\"filePath\":\"$2\"}]] [[call:bash {\"command\":\"cat $3\"}]]" ;;
  esac
}

failed=0
check() { # AGENT MODEL WHAT QUESTION MARK…
  local begin=$SECONDS said mark missing=
  said=$(ask "$1" "$2" "$4" </dev/null 2>"$folder/err") || true
  for mark in "${@:5}"; do
    [[ $said == *"$mark"* ]] || missing=$mark
  done
  if [ -z "$missing" ]; then
    echo "ok      $1, $2: $3 ($((SECONDS - begin)) s)"
  else
    failed=1
    echo "FAILED  $1, $2: $3: ${said:0:600} $(tail -c 600 "$folder/err")"
  fi
}

for agent in "${agents[@]}"; do
  for model in qwen2.5-coder-7b codellama:34b; do
    # Neither stands in a question: only what the tools have read can bring them.
    one="crucible-one-$RANDOM"
    two="crucible-two-$RANDOM"
    echo "$one" >"$folder/work/first.txt"
    echo "$two" >"$folder/work/second.txt"
    work=$(calls "$agent" "$folder/work/first.txt" "$folder/work/second.txt")
    check "$agent" "$model" answer "Reply briefly [[say:crucible-word]]" crucible-word
    check "$agent" "$model" tools "Read both files: $work" "$one" "$two"
    check "$agent" "$model" together "Read both files: $work [[together]]" "$one" "$two"
  done
done
exit $failed
