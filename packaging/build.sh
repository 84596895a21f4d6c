#!/usr/bin/env bash
# Builds everything, tests included; does not install packages (packaging/setup.sh does).
#
#   packaging/build.sh [--dir build] [--type Release|Debug|Asan|Tsan] [--target NAME | --plugin-version X.Y.Z]
#
#   --dir DIR                where to build; default: build, at the top of the repository
#   --type TYPE              Release (default), Debug, Asan (memory, undefined), Tsan (races)
#   --target NAME            builds only this target of the CMake project and what it needs
#   --plugin-version X.Y.Z   builds nothing but the plugin, from the same source with another
#                            version and build id, beside the first one: for swap drills; the type
#                            is that of what DIR holds already
#   --help                   this text
#
# Result: DIR/bin/openclawd, DIR/bin/openclaw, DIR/bin/gateway-prover, DIR/plugin/ansible-VERSION.so
# and DIR/plugin/ansible.so (a link to the default version). Files and directories are 0755 whatever
# the umask.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dir=$repo/build
type=
target=all
plugin_version=
while [ $# -gt 0 ]; do
  case $1 in
    --dir) need_value "$1" $#; dir=$2; shift ;;
    --type) need_value "$1" $#; check_type "$2"; type=$2; shift ;;
    --target) need_value "$1" $#; target=$2; shift ;;
    --plugin-version) need_value "$1" $#; plugin_version=$2; shift ;;
    --help | -h) print_help; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
if [ -n "$plugin_version" ] && [ "$target" != all ]; then
  usage_error "--plugin-version builds a target of its own: leave --target out"
fi
if [ -n "$plugin_version" ] &&
  ! [[ $plugin_version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
  usage_error "--plugin-version $plugin_version: expected X.Y.Z, for example 1.2.3"
fi

# configure DIRECTORY OPTION...: quiet unless it fails.
configure() {
  local into=$1 log
  shift
  mkdir -p "$into"
  log=$into/configure.log
  if ! cmake -S "$repo" -B "$into" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    fail "cmake could not configure $into; packaging/setup.sh installs what it needs"
  fi
}

compile() { cmake --build "$@" --parallel "$(jobs_for_this_machine)" -- --no-print-directory; }

# Directories made by an earlier build under another umask count too. What is right is left alone: to
# a gateway that watches the file, a chmod is a change.
set_modes() {
  local part
  chmod 0755 "$dir"
  for part in bin plugin; do
    [ -d "$dir/$part" ] || continue
    chmod 0755 "$dir/$part"
    find "$dir/$part" -maxdepth 1 -type f \( -name '*.so' -o -perm -u+x \) ! -perm 0755 \
      -exec chmod 0755 {} +
  done
}

build() {
  configure "$dir" -DCMAKE_BUILD_TYPE="${type:-Release}"
  compile "$dir" --target "$target"
  set_modes
  local what=
  if [ "$target" != all ]; then what=", $target"; fi
  say "built $dir (${type:-Release}$what) in $(elapsed $SECONDS)"
}

# In a build directory of its own, so that the first build stays as it is; if that is of the same type,
# what the versions have in common is taken from it. The file appears under its name in one step: a
# gateway may be watching.
build_plugin_version() {
  local nested=$dir/plugin-$plugin_version name=ansible-$plugin_version.so prebuilt=
  local first_type
  first_type=$(cached "$dir" CMAKE_BUILD_TYPE)
  [ -n "$type" ] || type=${first_type:-Release}
  if [ "$type" = "$first_type" ]; then
    compile "$dir" --target ansible_domain
    prebuilt=$dir
  fi
  configure "$nested" -DCMAKE_BUILD_TYPE="$type" -DANSIBLE_PLUGIN_ONLY=ON \
    -DANSIBLE_PLUGIN_VERSION="$plugin_version" -DANSIBLE_PREBUILT="$prebuilt"
  compile "$nested" --target ansible_plugin
  mkdir -p "$dir/plugin"
  install -m 0755 "$nested/plugin/$name" "$dir/plugin/.$name.$$"
  mv -f "$dir/plugin/.$name.$$" "$dir/plugin/$name"
  set_modes
  say "built $dir/plugin/$name ($type) in $(elapsed $SECONDS)"
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [ -n "$plugin_version" ]; then build_plugin_version; else build; fi
