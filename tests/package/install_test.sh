#!/usr/bin/env bash
# Installs a build into a fresh prefix, under a lax umask, and builds a program and a plugin against it
# with find_package(gateway_host).
#   install_test.sh BUILD_DIR CONSUMER_DIR [CMAKE_OPTION...]
set -euo pipefail
build=$1
consumer=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "install_test: $*" >&2; exit 1; }

prefix=$work/prefix
(umask 002 && cmake --install "$build" --prefix "$prefix" >/dev/null)
[ -f "$prefix/include/gateway/plugin_abi.h" ] || fail "no include/gateway/plugin_abi.h in the prefix"
writable=$(find "$prefix" -type f -perm /022 -print)
[ -z "$writable" ] || fail "group or others may write: $writable"
plugins=$(find "$prefix" -name '*.so' -exec dirname {} \; | sort -u)
for directory in $plugins; do
  [ -z "$(find "$directory" -maxdepth 0 -perm /022)" ] || fail "group or others may write $directory"
done

cmake -S "$consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" "$@" >"$work/configure.log" 2>&1 || {
  cat "$work/configure.log" >&2
  fail "the consumer does not configure"
}
cmake --build "$work/build" >"$work/build.log" 2>&1 || {
  cat "$work/build.log" >&2
  fail "the consumer does not build"
}
"$work/build/consumer"
exported=$(nm -D --defined-only "$work/build/plugin/least.so" | awk '{print $3}')
[ "$exported" = gateway_plugin_entry_v1 ] || fail "the consumer's plugin exports: $exported"
