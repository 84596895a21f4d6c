#!/usr/bin/env bash
# Installs what building and testing need, from Debian's own archive (Debian 12 or later).
#
#   packaging/setup.sh [--allow-remove]
#
#   --allow-remove   go on even if apt would remove a package (Boost 1.81's headers replace 1.74's)
#   --help           this text
#
# Does nothing when everything is there. When not root it prints the line to run and exits 1.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

packages=(
  cmake make g++                                       # build
  libboost1.81-dev libfmt-dev libssl-dev libsqlite3-dev libcli11-dev
  doctest-dev libbenchmark-dev libvalijson-dev         # tests and benchmarks
  openssl                                              # packaging/release.sh signs with it
  clang-format git                                     # the formatting check
  curl jq openssl                                      # examples/worked_day
)

allow_remove=no
while [ $# -gt 0 ]; do
  case $1 in
    --allow-remove) allow_remove=yes ;;
    --help | -h) print_help; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

installed() { dpkg-query -W -f '${db:Status-Abbrev}\n' "$1" 2>/dev/null | grep -q '^.i'; }

# Prints the names of the packages that apt would remove; fails, with apt's words, if it refuses.
simulate() {
  local plan
  plan=$(apt-get -s -q install --no-install-recommends "${missing[@]}" 2>&1) || {
    printf '%s\n' "$plan" >&2
    return 1
  }
  printf '%s\n' "$plan" | awk '$1 == "Remv" {printf "%s%s", separator, $2; separator = " "}'
}

refuse_removal() {
  warn "stopped: installing ${missing[*]} would remove: $1"
  warn "nothing was changed; to go on and let apt remove it, run: packaging/setup.sh --allow-remove"
  exit 1
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this script needs apt (Debian 12); install the equivalents of: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  say "setup: everything is installed"
  exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
  warn "missing packages; run this as root, then start again:"
  say "sudo apt-get install --no-install-recommends ${missing[*]}"
  if removed=$(simulate 2>/dev/null) && [ -n "$removed" ]; then
    warn "note: apt would remove: $removed"
  fi
  exit 1
fi

say "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q || warn "apt-get update failed; going on with the package lists that are here"
removed=$(simulate) || fail "apt cannot install ${missing[*]} (its words are above)"
if [ -n "$removed" ] && [ "$allow_remove" = no ]; then refuse_removal "$removed"; fi
apt-get install -y -q --no-install-recommends "${missing[@]}"
say "setup: done"
