#!/usr/bin/env bash
# From a fresh clone to a running gateway: sets up, builds, starts the gateway in a state directory
# of its own, and runs the deployment runbook's commands against it, each shown with its output.
#
#   packaging/quickstart.sh [--state-dir DIR] [--port PORT] [--no-keep]
#
#   --state-dir DIR   default: .state at the top of the repository
#   --port PORT       default: that of an earlier run in DIR, else the first free one from 18789 on
#   --no-keep         stop the gateway at the end; otherwise it keeps running
#   --help            this text
#
# Exits 0 only if every command did what the runbook expects. Running it again is fine: it restarts
# the gateway and keeps what is in DIR.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state=$repo/.state
port=
keep=yes
while [ $# -gt 0 ]; do
  case $1 in
    --state-dir) need_value "$1" $#; state=$2; shift ;;
    --port) need_value "$1" $#; port=$2; shift ;;
    --no-keep) keep=no ;;
    --help | -h) print_help; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
if [ -n "$port" ] && ! { [[ $port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$port" -le 65535 ]; }; then
  usage_error "--port $port: expected a number from 1 to 65535"
fi
case $state in
  *[\"\\]*) usage_error "--state-dir $state: quotes and backslashes are not supported here" ;;
esac

build=$repo/build
node=quickstart

# ---- showing commands ---------------------------------------------------------------------------

# What the last command printed, and how it ended.
output=
status=0

# show COMMAND...: runs `openclaw COMMAND` and prints both.
show() {
  printf '\n$ openclaw'
  printf ' %s' "${@@Q}" | sed "s/'\([A-Za-z0-9_./:-]*\)'/\1/g"
  printf '\n'
  status=0
  output=$("$build/bin/openclaw" "$@" 2>&1) || status=$?
  [ -z "$output" ] || printf '%s\n' "$output"
}

# expect STATUS COMMAND...
expect() {
  local wanted=$1
  shift
  show "$@"
  [ "$status" -eq "$wanted" ] || fail "expected exit status $wanted, got $status"
  [ "$wanted" -eq 0 ] || say "(exit status $status, as it should be)"
}

# The last command's output must contain TEXT.
said() { [[ $output == *"$1"* ]] || fail "expected the output to say: $1"; }

heading() { printf '\n== %s\n' "$*"; }

# ---- the gateway --------------------------------------------------------------------------------

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local candidate
  for ((candidate = 18789; candidate < 18989; candidate++)); do
    if ! port_is_taken "$candidate"; then
      say "$candidate"
      return
    fi
  done
  fail "no free port from 18789 to 18988; choose one with --port"
}

# A value of our own configuration file, empty if there is none.
configured_port() { sed -n 's/.*"port": *\([0-9]*\).*/\1/p' "$1" 2>/dev/null | head -n 1; }

write_config() {
  local token
  token=$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
  (
    umask 077
    cat >"$config.new" <<CONFIG
{
  "gateway": {
    "port": $port,
    "bind": "127.0.0.1",
    "stateDir": "$state",
    "auth": { "token": "$token" }
  },
  "storage": { "engine": "sqlite", "path": "ansible.db" },
  "plugins": {
    "entries": {
      "ansible": {
        "enabled": true,
        "library": "$build/plugin/ansible.so",
        "config": {
          "tier": "backbone",
          "nodeIdOverride": "$node",
          "adminAgentId": "architect",
          "injectContextAgents": ["architect"],
          "slaSweep": {
            "enabled": true,
            "everySeconds": 300,
            "recordOnly": true,
            "maxMessagesPerSweep": 3,
            "fyiAgents": ["architect"]
          }
        }
      }
    }
  }
}
CONFIG
  )
  mv "$config.new" "$config"
}

# Keeps an earlier configuration; only its port may change: another program may have taken it.
settle_config() {
  local old
  if [ ! -e "$config" ]; then
    [ -n "$port" ] || port=$(free_port)
    write_config
    return
  fi
  old=$(configured_port "$config")
  if [ -z "$port" ]; then
    port=$old
    if [ -z "$port" ] || port_is_taken "$port"; then port=$(free_port); fi
  fi
  if [ -n "$old" ] && [ "$port" != "$old" ]; then
    (umask 077 && sed "s/\"port\": *$old/\"port\": $port/" "$config" >"$config.new")
    mv "$config.new" "$config"
  fi
}

started=no
stop_gateway() { "$build/bin/openclaw" gateway stop --state-dir "$state" >/dev/null 2>&1 || true; }
at_exit() {
  local code=$?
  if [ "$started" = yes ] && [ "$keep" = no ]; then
    stop_gateway
    say 'stopped the gateway'
  elif [ "$started" = yes ] && [ "$code" -ne 0 ]; then
    warn "the gateway keeps running; its log is $state/gateway.log"
  fi
}
trap at_exit EXIT

# ---- the runbook --------------------------------------------------------------------------------

runbook_health() {
  heading 'Phase 1: health, and SLA sweeps in safe mode'
  expect 0 gateway status
  expect 0 gateway health
  said OK
  expect 0 ansible status
  expect 0 ansible sla sweep --dry-run --limit 100
  expect 0 ansible sla sweep --record-only --limit 100
}

runbook_lifecycle() {
  local id
  heading 'Phase 2: one task from creation to completion, and what must be refused'
  expect 0 ansible tasks delegate --title 'Check the disks' \
    --description 'SMART status of every disk on this machine' --to "$node" --json
  id=$(printf '%s' "$output" | tr -d '\n' | sed -n 's/.*"taskId": *"\([^"]*\)".*/\1/p')
  [ -n "$id" ] || fail "the reply of tasks delegate has no taskId"

  expect 4 ansible tasks claim "$id" --as architect --eta-seconds 900
  expect 0 ansible tasks claim "$id" --eta-seconds 900 --idempotency-key k
  expect 0 ansible tasks claim "$id" --eta-seconds 900 --idempotency-key k
  said idempotent
  expect 1 ansible tasks claim "$id" --eta-seconds 600 --idempotency-key k
  expect 0 ansible tasks update "$id" --status in_progress --idempotency-key k2
  expect 0 ansible tasks update "$id" --status in_progress --idempotency-key k2
  said idempotent
  expect 0 ansible tasks complete "$id" --result 'all disks healthy' --idempotency-key k3
  expect 0 ansible tasks complete "$id" --result 'all disks healthy' --idempotency-key k3
  said idempotent
  expect 0 ansible tasks timeline "$id"
}

# The version that answers, read from the reply of the plugin itself.
serving_version() {
  "$build/bin/openclaw" ansible status --json | tr -d '\n' |
    sed -n 's/.*"plugin": *{[^}]*"version": *"\([^"]*\)".*/\1/p'
}

expect_version() {
  local version
  version=$(serving_version)
  [ "$version" = "$1" ] || fail "expected plugin version $1 to answer, got '${version:-none}'"
  say "(version $version answers)"
}

runbook_swap() {
  heading "Rollback plan: swap to version $second, and back, while the gateway serves"
  say
  say "$ packaging/build.sh --plugin-version $second"
  "$repo/packaging/build.sh" --dir "$build" --plugin-version "$second" | tail -n 1
  expect 0 plugins list
  # An earlier run may have ended between swap and rollback.
  [ "$(serving_version)" = "$first" ] || expect 0 plugins swap ansible "$build/plugin/ansible.so"
  expect_version "$first"
  expect 0 plugins swap ansible "$build/plugin/ansible-$second.so"
  expect_version "$second"
  expect 0 plugins rollback ansible
  expect_version "$first"
  expect 0 ansible sla sweep --dry-run --limit 100
}

# ---- all of it ----------------------------------------------------------------------------------

"$repo/packaging/setup.sh"
"$repo/packaging/build.sh" --dir "$build" --type Release

# Nothing of the caller's own gateway may be met by accident.
unset OPENCLAW_CONFIG OPENCLAW_STATE_DIR OPENCLAW_GATEWAY_URL OPENCLAW_ANSIBLE_TOKEN

mkdir -p "$state"
state=$(cd "$state" && pwd)
chmod 0700 "$state"
config=$state/openclaw.json
stop_gateway
settle_config
export OPENCLAW_CONFIG=$config

first=$(readlink "$build/plugin/ansible.so")
first=${first#ansible-}
first=${first%.so}
IFS=. read -r major minor _ <<<"$first"
second=$major.$((minor + 1)).0

started=yes
expect 0 gateway start --state-dir "$state"
runbook_health
runbook_lifecycle
runbook_swap

heading 'Done: every command did what the runbook expects'
if [ "$keep" = no ]; then exit 0; fi
cat <<NEXT

The gateway runs at http://127.0.0.1:$port (stop it: $build/bin/openclaw gateway stop).
Its token and settings are in the file that this line names:

  export OPENCLAW_CONFIG=$config

Try next:

  $build/bin/openclaw ansible tasks delegate --title 'First task' --description 'Try it' --to $node
  $build/bin/openclaw ansible tasks claim ID --eta-seconds 900
  $build/bin/openclaw plugins swap ansible $build/plugin/ansible-$second.so
NEXT
