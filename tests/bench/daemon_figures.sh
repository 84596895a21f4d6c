#!/usr/bin/env bash
# Prints what an idle gateway costs: resident memory, time from start to ready, time of a command.
#
#   tests/bench/daemon_figures.sh [BUILD_DIRECTORY]        default: build, at the top of the repository
#
# Figures only, nothing is judged. Aims: under 40 MB, under 1 s, under 50 ms, on a machine that is otherwise idle; each
# time is the median of 11 runs, with the fastest beside it.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$repo/build}
runs=11
dir=$(mktemp -d)
pid=
finish() {
  if [ -n "$pid" ]; then stop; fi
  chmod -R u+w "$dir"
  rm -rf "$dir"
}
trap finish EXIT

# Below the ports that the kernel hands out by itself.
port=$((15000 + RANDOM % 16000))
mkdir -m 0700 "$dir/state"
cat >"$dir/openclaw.json" <<CONFIG
{"gateway": {"port": $port, "auth": {"token": "figures"}},
 "plugins": {"entries": {"ansible": {"enabled": true, "library": "$build/plugin/ansible.so",
   "config": {"tier": "backbone", "nodeIdOverride": "figures"}}}}}
CONFIG

start() {
  "$build/bin/openclawd" --config "$dir/openclaw.json" --state-dir "$dir/state" 2>>"$dir/log" &
  pid=$!
  until curl -sf -o "$dir/ready" "http://127.0.0.1:$port/readyz"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      cat "$dir/log" >&2
      exit 1
    fi
    sleep 0.005
  done
}

stop() {
  kill "$pid"
  wait "$pid" || true
  pid=
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# median NUMBER...: the one in the middle, and the smallest.
median() { printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)], v[1]}'; }

report() { printf '%-44s %5s ms  (fastest %s ms; aim under %s)\n' "$1" "$2" "$3" "$4"; }

begin=$(now_ms)
start
first=$(($(now_ms) - begin))
printf '%-44s %5s ms  (proves and imports the library)\n' 'first start to readyz' "$first"
times=()
for _ in $(seq $runs); do
  stop
  begin=$(now_ms)
  start
  times+=($(($(now_ms) - begin)))
done
read -r middle fastest < <(median "${times[@]}")
report 'start to readyz' "$middle" "$fastest" '1000 ms'

for command in 'gateway status' 'ansible status' 'plugins list'; do
  times=()
  for _ in $(seq $runs); do
    begin=$(now_ms)
    # shellcheck disable=SC2086  # words of a command
    "$build/bin/openclaw" --config "$dir/openclaw.json" --state-dir "$dir/state" $command >"$dir/out"
    times+=($(($(now_ms) - begin)))
  done
  read -r middle fastest < <(median "${times[@]}")
  report "openclaw $command" "$middle" "$fastest" '50 ms'
done

awk '/^VmRSS/ {printf "%-44s %5.1f MB  (aim under 40 MB)\n", "resident memory, idle", $2 / 1024}' "/proc/$pid/status"
echo "load while this ran: $(cut -d' ' -f1-3 /proc/loadavg)"
