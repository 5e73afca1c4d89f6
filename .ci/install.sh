#!/usr/bin/env bash
# Installs what the interop suite needs beside Node: Debian's docker-registry, and the notation CLI at the version that
# notation/go.mod pins, built from source. The last line printed is the folder that notation is in.
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
  if "$bin/notation" version 2>/dev/null | grep -qE "^Version: +$version\$"; then
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

cache=${XDG_CACHE_HOME:-$HOME/.cache}/container-image-release
pinned=$(cd "$here/notation" && go list -m -f '{{.Version}}' "$module")
install_docker_registry
build_notation "$pinned" "$cache/bin"
printf '%s\n' "$cache/bin"
