#!/usr/bin/env bash
# packaging/setup.sh against a pretended apt: what it installs, when it stops, what it says.
#   setup_test.sh SOURCE_DIR
set -euo pipefail
setup=$1/packaging/setup.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export FAKE_LOG=$work/log FAKE_MISSING='' FAKE_REMOVES='' FAKE_UPDATE=0 FAKE_UID=0

mkdir "$work/bin"
cat >"$work/bin/dpkg-query" <<'FAKE'
#!/bin/bash
[ "${*: -1}" != "$FAKE_MISSING" ] && echo 'ii '
FAKE
cat >"$work/bin/apt-get" <<'FAKE'
#!/bin/bash
echo "$*" >>"$FAKE_LOG"
case "$*" in
  update*) exit "$FAKE_UPDATE" ;;
  -s*) for package in $FAKE_REMOVES; do echo "Remv $package [1.0]"; done ;;
esac
FAKE
# shellcheck disable=SC2016
printf '#!/bin/bash\necho "$FAKE_UID"\n' >"$work/bin/id"
chmod +x "$work"/bin/*
export PATH=$work/bin:$PATH

fail() { echo "setup_test: $*" >&2; cat "$work/out" "$FAKE_LOG" >&2; exit 1; }

# run EXPECTED_STATUS OPTION...
run() {
  local expected=$1 status=0
  shift
  : >"$FAKE_LOG"
  "$setup" "$@" >"$work/out" 2>&1 || status=$?
  [ "$status" = "$expected" ] || fail "setup.sh $*: expected exit $expected, got $status"
}
said() { grep -qF -- "$1" "$work/out" || fail "expected it to say: $1"; }
ran() { grep -q -- "$1" "$FAKE_LOG" || fail "expected apt-get $1"; }
did_not_run() { ! grep -q -- "$1" "$FAKE_LOG" || fail "expected no apt-get $1"; }

run 0
did_not_run .

FAKE_MISSING=libboost1.81-dev
run 0
ran '^update'
ran '^install -y .*libboost1.81-dev$'

FAKE_UPDATE=100
run 0
said 'apt-get update failed'
ran '^install -y'

FAKE_REMOVES='libboost1.74-dev libfoo-dev'
run 1
said 'would remove: libboost1.74-dev libfoo-dev'
did_not_run '^install'

run 0 --allow-remove
ran '^install -y'

FAKE_UID=1000
run 1
said 'sudo apt-get install --no-install-recommends libboost1.81-dev'
did_not_run '^install'
did_not_run '^update'

run 2 --nonsense
run 0 --help
said 'packaging/setup.sh [--allow-remove]'
