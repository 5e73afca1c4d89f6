#!/usr/bin/env bash
# Installs what the interop suite needs beside Node: Debian's docker-registry, and the notation CLI at the version that
# notation/go.mod pins and the conformance suite that conformance/go.mod pins, built from source. The last line printed is
# the folder that they are in.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=github.com/notaryproject/notation

say() { printf '%s\n' "$*" >&2; }

install_docker_registry() {
  if command -v docker-registry >/dev/null; then
    say "docker-registry is installed"
    return
  fi
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends docker-registry >&2
}

build_notation() {
  local version=$1 bin=$2
  if "$bin/notation" version 2>/dev/null | grep -E "^Version: +$version\$" >/dev/null; then
    say "notation $version is built: $bin"
    return
  fi
  mkdir -p "$bin"
  local work
  work=$(mktemp -d "$bin/build.XXXXXX")
  say "building notation $version"
  # go.sum pins every module; without this flag the version would call itself unreleased.
  if ! (cd "$here/notation" && CGO_ENABLED=0 go build -mod=readonly -trimpath \
    -ldflags "-X $module/internal/version.BuildMetadata=" -o "$work/notation" "$module/cmd/notation") >&2; then
    rm -rf "$work"
    say "notation $version could not be built: is Go installed, and can it reach its module proxy?"
    return 1
  fi
  # Moved as a whole: a build that is cut off leaves nothing that looks complete.
  mv "$work/notation" "$bin/notation"
  rm -rf "$work"
}

build_conformance() {
  local bin=$1 package=github.com/opencontainers/distribution-spec/conformance version work
  version=$(cd "$here/conformance" && go list -m -f '{{.Version}}' "$package")
  # grep -q would end the pipe early, which pipefail takes for a failure.
  if go version -m "$bin/oci-conformance" 2>/dev/null | grep -F "$package"$'\t'"$version" >/dev/null; then
    say "the conformance suite $version is built: $bin"
    return
  fi
  mkdir -p "$bin"
  work=$(mktemp -d "$bin/build.XXXXXX")
  say "building the conformance suite $version"
  # The suite is a test of its module; Go makes a program of it.
  if ! (cd "$here/conformance" && CGO_ENABLED=0 go test -c -mod=readonly -trimpath -o "$work/oci-conformance" "$package") >&2; then
    rm -rf "$work"
    say "the conformance suite $version could not be built: is Go installed, and can it reach its module proxy?"
    return 1
  fi
  mv "$work/oci-conformance" "$bin/oci-conformance"
  rm -rf "$work"
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/container-image-release
pinned=$(cd "$here/notation" && go list -m -f '{{.Version}}' "$module")
install_docker_registry
build_notation "$pinned" "$cache/bin"
build_conformance "$cache/bin"
printf '%s\n' "$cache/bin"
