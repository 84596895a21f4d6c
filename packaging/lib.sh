# shellcheck shell=bash
# Shared by the scripts beside it; sourced, not run.

# A plugin file that group or others may write is refused at load, so nothing here depends on the
# caller's umask.
umask 022

# The top of the repository, for the sourcing script.
# shellcheck disable=SC2034
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
fail() { warn "$@"; exit 1; }
usage_error() {
  warn "$@"
  warn "try ${0##*/} --help"
  exit 2
}

# Prints the comment block at the top of the calling script, which is its manual.
print_help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"; }

# need_value OPTION COUNT: the option must be followed by another word.
need_value() { [ "$2" -ge 2 ] || usage_error "$1 needs a value"; }

check_type() {
  case $1 in
    Release | Debug | Asan | Tsan) ;;
    *) usage_error "--type $1: expected Release, Debug, Asan or Tsan" ;;
  esac
}

# One compiler per core, and a gigabyte of memory for each: the HTTP sources are hungry.
jobs_for_this_machine() {
  local jobs memory
  jobs=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || true)
  if [ -n "$memory" ] && [ "$memory" -lt "$jobs" ]; then jobs=$memory; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  say "$jobs"
}

# cached DIRECTORY NAME: a value of CMake's cache, empty if there is none.
cached() { sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt" 2>/dev/null || true; }

# elapsed SECONDS: "1 min 5 s"
elapsed() {
  if [ "$1" -ge 60 ]; then say "$(($1 / 60)) min $(($1 % 60)) s"; else say "$1 s"; fi
}
