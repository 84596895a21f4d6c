# shellcheck shell=bash
# A gateway of its own for the worked day, and short words for talking to it; sourced, not run.

work=$(mktemp -d)
reply='{}'

chapter() { printf '\n== %s\n' "$*"; }
fail() { printf 'worked_day: %s\n' "$*" >&2; exit 1; }

close_gateway() {
  "$bin/openclaw" gateway stop --config "$work/openclaw.json" >/dev/null 2>&1 || true
  rm -rf "$work"
}

# open_gateway: a key for nora, a configuration that demands signatures, and a running daemon.
open_gateway() {
  trap close_gateway EXIT
  openssl genpkey -algorithm ed25519 -out "$work/nora.pem" 2>/dev/null
  openssl pkey -in "$work/nora.pem" -pubout -out "$work/nora.pub"
  token=$(openssl rand -hex 32)
  port=$(free_port)
  (umask 077 && jq -n --arg token "$token" --argjson port "$port" --arg state "$work/state" \
    --arg library "$bin/../plugin/ansible.so" --rawfile key "$work/nora.pub" '{
      gateway: {port: $port, stateDir: $state, auth: {token: $token}},
      storage: {engine: "sqlite", path: "ansible.db"},
      plugins: {entries: {ansible: {library: $library, config: {
        tier: "backbone", nodeIdOverride: "worked-day", adminAgentId: "vera",
        manifestTrust: {trustedPublisherKeys: {nora: $key}, requireSigned: true}}}}}}' \
    >"$work/openclaw.json")
  "$bin/openclaw" gateway start --config "$work/openclaw.json"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
  local candidate
  for ((candidate = 21000 + RANDOM % 8000; ; candidate++)); do
    if ! port_is_taken "$candidate"; then echo "$candidate"; return; fi
  done
}

# call TOKEN TOOL ARGUMENTS: one request; its details are `reply`. A refusal ends the day.
call() {
  send "$@"
  local refusal
  refusal=$(jq -r 'select(.error) | "\(.code): \(.error)"' <<<"$reply")
  [ -z "$refusal" ] || fail "$2 was refused: $refusal"
  printf '%s: %s\n' "$2" "$(jq -r '.message // "done"' <<<"$reply")"
}

operator() { call "$token" "$@"; }

# refused WHO CODE TOOL ARGUMENTS: the same, but it must be refused with this code.
refused() {
  local who=$1 code=$2 got
  shift 2
  got=$(call() { send "$@"; jq -r '"\(.code): \(.error)"' <<<"$reply"; }; "$who" "$@")
  [ "${got%%:*}" = "$code" ] || fail "$1: expected the refusal $code, got $got"
  printf '%s: refused, %s\n' "$1" "$got"
}

send() {
  local answer
  answer=$(jq -n --arg tool "$2" --argjson args "$3" '{tool: $tool, args: $args}' |
    curl -sS --max-time 30 -H "Authorization: Bearer $1" -H 'Content-Type: application/json' \
      --data-binary @- "http://127.0.0.1:$port/tools/invoke")
  jq -e .ok <<<"$answer" >/dev/null || fail "$2: $answer"
  reply=$(jq .result.details <<<"$answer")
}

# member NAME: of the last reply.
member() { jq -er --arg name "$1" '.[$name]' <<<"$reply"; }

# expect FILTER: a jq condition that the last reply must meet.
expect() { jq -e "$1" <<<"$reply" >/dev/null || fail "expected $1 of $reply"; }

# signed_manifest VERSION: nora's contract, signed with her key.
signed_manifest() {
  jq -n --arg version "$1" --arg now "$(date -u +%Y-%m-%dT%H:%M:%SZ)" '{
    manifestVersion: "1.0.0", capabilityId: "cap.site-release", version: $version,
    ownerAgentId: "nora", standbyOwnerAgentIds: [], compatibilityMode: "strict",
    delegationSkillRef: {name: "ask-for-release", version: "1.0.0"},
    executorSkillRef: {name: "release-site", version: "1.0.0"},
    contract: {inputSchemaRef: "schema://site/release/1.0.0",
      outputSchemaRef: "schema://site/released/1.0.0", ackSchemaRef: "schema://ansible/ack/1.0.0"},
    sla: {acceptSlaSeconds: 600, progressSlaSeconds: 900, completeSlaSeconds: 3600},
    riskClass: "high", rollout: {mode: "full", canaryTargets: []},
    governance: {requiresHumanApprovalForHighRisk: true, signedManifestRequired: true},
    provenance: {publishedByAgentId: "nora", publishedAt: $now}}' >"$work/unsigned.json"
  "$bin/openclaw" ansible capability sign --manifest "$work/unsigned.json" --key "$work/nora.pem"
}

# until_late TASK: waits until a dry-run sweep sees its breach.
until_late() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    send "$token" ansible_sla_sweep '{"dry_run": true}'
    if jq -e --arg id "$1" 'any(.breaches[]; .taskId == $id)' <<<"$reply" >/dev/null; then return; fi
    sleep 0.1
  done
  fail "no sweep saw the breach of $1"
}
