#!/usr/bin/env bash
# Builds one image for one platform, pushes it, and describes it in an image-info.json.
#
#   build.sh REGISTRY/PREFIX REPOSITORY VERSION OS/ARCHITECTURE OUTPUT
#   build.sh example.azurecr.io/build/77 app/server 1.4.0 linux/amd64 out/image-info.json
#
# The platform image gets a tag of its own, such as 1.4.0-amd64. The tags that all platforms share are only written down:
# CreateManifestLists makes the manifest lists that will carry them.
set -euo pipefail
location=$1 repository=$2 version=$3 platform=$4 output=$5
architecture=${platform#*/}
case ${platform%%/*} in
  linux) os=Linux ;;
  windows) os=Windows ;;
  *) echo "unknown platform $platform" >&2 && exit 1 ;;
esac
dockerfile=src/$repository/Dockerfile
tag=$version-$architecture
image=$location/$repository:$tag

docker build --platform "$platform" --file "$dockerfile" --tag "$image" "$(dirname "$dockerfile")"
docker push "$image"
digest=$(docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | grep -m 1 -o 'sha256:[0-9a-f]\{64\}')

mkdir -p "$(dirname "$output")"
cat >"$output" <<JSON
{
  "schemaVersion": "2.0",
  "repos": [
    {
      "repo": "$repository",
      "images": [
        {
          "productVersion": "$version",
          "manifest": { "sharedTags": ["$version", "latest"] },
          "platforms": [
            {
              "dockerfile": "$dockerfile",
              "simpleTags": ["$tag"],
              "digest": "$location/$repository@$digest",
              "osType": "$os",
              "osVersion": "",
              "architecture": "$architecture",
              "created": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
              "commitUrl": "${BUILD_REPOSITORY_URI:-}/commit/${BUILD_SOURCEVERSION:-}"
            }
          ]
        }
      ]
    }
  ]
}
JSON
