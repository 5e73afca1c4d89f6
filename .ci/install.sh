#!/usr/bin/env bash
# Installs what the interop suite needs beside Node: Debian's docker-registry, skopeo and chromium, and from source, at the versions
# that go.mod files pin, the notation CLI, the registries and clients in tools, and the OCI conformance suite. The last
# line printed is the folder that they are in.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${XDG_CACHE_HOME:-$HOME/.cache}/container-image-release/bin

# Where Go's own archive is unpacked, which does not put it on the path.
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin

say() { printf '%s\n' "$*" >&2; }

install_packages() {
  local missing=() package
  # Fonts are what text of the Images tab is drawn with.
  for package in docker-registry skopeo chromium fonts-dejavu-core fonts-open-sans; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "the packages of Debian are installed"
    return
  fi
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" >&2
}

# build NAME FOLDER PACKAGE VERB [FLAG...]: builds a program by the go.mod and go.sum of a folder, unless that was done before.
build() {
  local name=$1 folder=$2 package=$3 verb=$4 work pins
  shift 4
  # What a program was built from stands beside it: no two of them tell their version in the same way.
  pins=$( (cd "$folder" && cat ./* && go env GOVERSION && printf '%s\n' "$package" "$verb" "$@") | sha256sum)
  if [ -x "$bin/$name" ] && [ "$(cat "$bin/.$name.pins" 2>/dev/null)" = "$pins" ]; then
    say "$name is built: $bin"
    return
  fi
  mkdir -p "$bin"
  work=$(mktemp -d "$bin/build.XXXXXX")
  say "building $name"
  # go.sum pins every module.
  if ! (cd "$folder" && CGO_ENABLED=0 go "$verb" -mod=readonly -trimpath "$@" -o "$work/$name" "$package") >&2; then
    rm -rf "$work"
    say "$name could not be built: is Go installed, and can it reach its module proxy?"
    return 1
  fi
  # Moved as a whole: a build that is cut off leaves nothing that looks complete.
  mv "$work/$name" "$bin/$name"
  printf '%s\n' "$pins" >"$bin/.$name.pins"
  rm -rf "$work"
}

install_packages
# Without this flag the version would call itself unreleased.
notation=github.com/notaryproject/notation
build notation "$here/notation" "$notation/cmd/notation" build -ldflags "-X $notation/internal/version.BuildMetadata="
build notation-blob "$here/tools/notation-blob" . build
build olareg "$here/tools/olareg" github.com/olareg/olareg/cmd/olareg build
build registry "$here/tools/registry" . build
build crane "$here/tools/crane" github.com/google/go-containerregistry/cmd/crane build
# The registry that crane has, as a program of ours: its own command keeps the list of referrers off.
build crane-registry "$here/tools/crane" . build
build regctl "$here/tools/regctl" github.com/regclient/regclient/cmd/regctl build
build oras "$here/tools/oras" oras.land/oras/cmd/oras build
# The suite is a test of its module; Go makes a program of it.
build oci-conformance "$here/conformance" github.com/opencontainers/distribution-spec/conformance test -c
printf '%s\n' "$bin"
