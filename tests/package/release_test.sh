#!/usr/bin/env bash
# packaging/release.sh: what is in a release, that its signature holds, and that packing twice is the same.
#   release_test.sh SOURCE_DIR LIBRARY VERSION
set -euo pipefail
release=$1/packaging/release.sh
library=$2
version=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 002 # the modes must not depend on it

fail() { echo "release_test: $*" >&2; cat "$work/out" >&2; exit 1; }

# run EXPECTED_STATUS OPTION...
run() {
  local expected=$1 status=0
  shift
  "$release" --out "$work/dist" "$@" >"$work/out" 2>&1 || status=$?
  [ "$status" = "$expected" ] || fail "release.sh $*: expected exit $expected, got $status"
}
said() { grep -qF -- "$1" "$work/out" || fail "expected it to say: $1"; }

run 0 --help
said 'Builds, signs and packs'
run 2
said 'which version'
run 2 --version 1.2
said 'expected X.Y.Z'
run 2 --version "$version" --new-key
run 1 --version 99.98.97 --library "$library"
said 'does not say that it is version 99.98.97'
run 1 --version "$version" --library "$work/none.so"
said 'there is no file'
run 1 --version "$version" --library "$library" --key "$work/none.pem"
said '--new-key makes one'

run 0 --version "$version" --library "$library"
said 'not signed'
into=$work/dist/ansible-$version
[ ! -e "$into/ansible-$version.so.sig" ] || fail 'there is a signature without a key'

run 0 --version "$version" --library "$library" --key "$work/key.pem" --new-key
said ', signed'
[ "$(stat -c %a "$work/key.pem")" = 600 ] || fail 'others may read the private key'
run 1 --version "$version" --library "$library" --key "$work/key.pem" --new-key
said 'it is not replaced'
run 1 --version "$version" --library "$library" --key "$work/key.pub.pem"
said 'expected a private Ed25519 key'

cmp -s "$library" "$into/ansible-$version.so" || fail 'another library was packed'
[ "$(stat -c %a "$into/ansible-$version.so")" = 755 ] || fail 'the library is not 0755'
[ "$(stat -c %s "$into/ansible-$version.so.sig")" = 64 ] || fail 'the signature does not have 64 bytes'
openssl pkeyutl -verify -rawin -pubin -inkey "$work/key.pub.pem" -in "$into/ansible-$version.so" \
  -sigfile "$into/ansible-$version.so.sig" >"$work/out" || fail 'the signature is not valid'
(cd "$into" && sha256sum -c --quiet "ansible-$version.so.sha256") || fail 'the digest differs'
grep -q "\"version\": \"$version\"" "$into/release.json" || fail 'release.json has no version'
grep -q "\"sha256\": \"$(sha256sum "$library" | cut -c1-64)\"" "$into/release.json" ||
  fail 'release.json has no digest'
grep -q '^## \[' "$into/CHANGELOG.md" || fail 'there is nothing of the changelog'

tar -tzf "$work/dist/ansible-$version.tar.gz" >"$work/out"
for file in "ansible-$version.so" "ansible-$version.so.sig" "ansible-$version.so.sha256" release.json \
  CHANGELOG.md; do
  grep -qx "ansible-$version/$file" "$work/out" || fail "the tarball lacks $file"
done
first=$(sha256sum "$work/dist/ansible-$version.tar.gz")
run 0 --version "$version" --library "$library" --key "$work/key.pem"
[ "$first" = "$(sha256sum "$work/dist/ansible-$version.tar.gz")" ] || fail 'packing again differs'
[ -z "$(find "$work/dist" -name '.release.*')" ] || fail 'something was left behind'
