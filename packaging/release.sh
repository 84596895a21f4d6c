#!/usr/bin/env bash
# Builds, signs and packs one release of the plugin.
#
#   packaging/release.sh --version X.Y.Z [--key KEY.pem] [--new-key] [--dir build] [--out dist]
#
#   --version X.Y.Z   what the plugin says it is; it is built unless DIR has it already
#   --library FILE    packs and signs this file instead of building; --version must be what it says
#   --key KEY.pem     private Ed25519 key; without one the release is not signed
#   --new-key         makes KEY.pem (0600) and KEY.pub.pem first; an existing key is never replaced
#   --dir DIR         where to build; default: build, at the top of the repository
#   --out DIR         where the result goes; default: dist, at the top of the repository
#   --help            this text
#
# Result: OUT/ansible-X.Y.Z/ with
#
#   ansible-X.Y.Z.so       the library (0755)
#   ansible-X.Y.Z.so.sig   its Ed25519 signature, 64 bytes (with --key)
#   ansible-X.Y.Z.so.sha256
#   release.json           version, digest, size, revision, signing key
#   CHANGELOG.md           what is new in it
#
# and the same as OUT/ansible-X.Y.Z.tar.gz. Packing the same library again gives the same bytes. To deploy:
# unpack on the gateway's machine and `openclaw plugins install ansible .../ansible-X.Y.Z.so`. The gateway
# trusts the key when KEY.pub.pem is among its plugins.entries.ansible.trustedKeys.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dir=$repo/build
out=$repo/dist
version=
library=
key=
new_key=
while [ $# -gt 0 ]; do
  case $1 in
    --version) need_value "$1" $#; version=$2; shift ;;
    --library) need_value "$1" $#; library=$2; shift ;;
    --key) need_value "$1" $#; key=$2; shift ;;
    --new-key) new_key=1 ;;
    --dir) need_value "$1" $#; dir=$2; shift ;;
    --out) need_value "$1" $#; out=$2; shift ;;
    --help | -h) print_help; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
[ -n "$version" ] || usage_error "which version? --version X.Y.Z"
if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
  usage_error "--version $version: expected X.Y.Z, for example 1.2.3"
fi
[ -z "$new_key" ] || [ -n "$key" ] || usage_error "--new-key makes the file named by --key"

public_of() { say "${1%.pem}.pub.pem"; }

make_key() {
  [ ! -e "$key" ] || fail "$key exists; it is not replaced"
  (umask 077 && openssl genpkey -algorithm ED25519 -out "$key")
  openssl pkey -in "$key" -pubout -out "$(public_of "$key")"
  say "made $key, and $(public_of "$key") for the gateways' trustedKeys"
}

check_key() {
  [ -r "$key" ] || fail "cannot read $key; --new-key makes one"
  openssl pkey -in "$key" -noout -text 2>/dev/null | grep -q '^ED25519 Private-Key' ||
    fail "$key: expected a private Ed25519 key in PEM, found something else; --new-key makes one"
}

# What the library says about itself is what the release is called.
states_version() { grep -qaF -- "$version" "$1"; }

find_library() {
  if [ -z "$library" ]; then
    library=$dir/plugin/ansible-$version.so
    [ -e "$library" ] ||
      "$repo/packaging/build.sh" --dir "$dir" --plugin-version "$version" >&2
  fi
  [ -f "$library" ] || fail "there is no file $library"
  states_version "$library" || fail "$library does not say that it is version $version"
}

# The part of CHANGELOG.md about this version, else what is not released yet.
excerpt() {
  local heading
  for heading in "## [$version]" '## [Unreleased]'; do
    if grep -qF -- "$heading" "$repo/CHANGELOG.md"; then
      awk -v heading="$heading" '
        index($0, heading) == 1 { on = 1; print; next }
        on && /^## \[/ { exit }
        on { print }' "$repo/CHANGELOG.md"
      return
    fi
  done
}

sign() {
  openssl pkeyutl -sign -rawin -inkey "$key" -in "$1" -out "$1.sig"
  openssl pkey -in "$key" -pubout -out "$1.pub"
  openssl pkeyutl -verify -rawin -pubin -inkey "$1.pub" -in "$1" -sigfile "$1.sig" >/dev/null ||
    fail "the signature just made is not valid"
  rm "$1.pub"
}

# Of the public key, so that the release says which one it needs.
key_digest() { openssl pkey -in "$key" -pubout -outform DER | sha256sum | cut -c1-64; }

describe() {
  local file=$1 revision signed_by=null
  revision=$(git -C "$repo" describe --always --dirty 2>/dev/null || say unknown)
  [ -z "$key" ] || signed_by="\"$(key_digest)\""
  cat <<JSON
{
  "id": "ansible",
  "version": "$version",
  "library": "ansible-$version.so",
  "sha256": "$(sha256sum "$file" | cut -c1-64)",
  "bytes": $(stat -c %s "$file"),
  "revision": "$revision",
  "publicKeySha256": $signed_by
}
JSON
}

pack() {
  local name=ansible-$version making
  making=$(mktemp -d "$out/.release.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$making'" EXIT
  local into=$making/$name
  mkdir "$into"
  install -m 0755 "$library" "$into/$name.so"
  [ -z "$key" ] || sign "$into/$name.so"
  (cd "$into" && sha256sum "$name.so" >"$name.so.sha256")
  describe "$into/$name.so" >"$into/release.json"
  excerpt >"$into/CHANGELOG.md"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$making" -cf - "$name" |
    gzip -n >"$making/$name.tar.gz"
  rm -rf "${out:?}/$name"
  mv "$into" "$out/$name"
  mv -f "$making/$name.tar.gz" "$out/$name.tar.gz"
  local signed='not signed'
  [ -z "$key" ] || signed=signed
  say "packed $out/$name.tar.gz, $signed"
}

[ -z "$new_key" ] || make_key
[ -z "$key" ] || check_key
find_library
mkdir -p "$out"
out=$(cd "$out" && pwd)
pack
