#!/usr/bin/env bash
# Sets up, builds and runs the tests.
#
#   packaging/test.sh [--type Release|Debug|Asan|Tsan] [--label LABEL]
#
#   --type TYPE     default Release. Each type has its own build directory: build, build-debug,
#                   build-asan, build-tsan.
#   --label LABEL   only tests with this label: unit (quick, no daemon), integration, fault
#   --help          this text
#
# The sanitizers:
#
#   packaging/test.sh --type Asan                memory, leaks, undefined behaviour: all tests
#   packaging/test.sh --type Asan --label unit   the same for the quick tests, as in CI
#   packaging/test.sh --type Tsan                data races: all tests
#
# Tsan cannot map its shadow where the kernel randomises more than 28 bits of an address; the tests
# then run without randomisation (setarch -R). A sanitizer build needs about 1 GB of memory per
# compiler, and its tests run 3 to 10 times slower.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

type=Release
label=
while [ $# -gt 0 ]; do
  case $1 in
    --type) need_value "$1" $#; check_type "$2"; type=$2; shift ;;
    --label) need_value "$1" $#; label=$2; shift ;;
    --help | -h) print_help; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

case $type in
  Release) dir=$repo/build ;;
  *) dir=$repo/build-${type,,} ;;
esac

export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}

# The command in front of ctest, if any.
wrapper=()
if [ "$type" = Tsan ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ]; then
  if ! setarch "$(uname -m)" -R true 2>/dev/null; then
    fail "Tsan needs 'sysctl vm.mmap_rnd_bits=28' here (setarch -R is not permitted)"
  fi
  wrapper=(setarch "$(uname -m)" -R)
fi

"$repo/packaging/setup.sh"
# The quick tests need neither the programs nor what the others drive.
target=all
if [ "$label" = unit ]; then target=unit_tests; fi
"$repo/packaging/build.sh" --dir "$dir" --type "$type" --target "$target"

SECONDS=0
selection=()
if [ -n "$label" ]; then selection=(--label-regex "^$label\$"); fi
"${wrapper[@]}" ctest --test-dir "$dir" --output-on-failure --no-tests=error \
  --parallel "$(jobs_for_this_machine)" "${selection[@]}"
say "tests passed ($type${label:+, $label}) in $(elapsed $SECONDS)"
