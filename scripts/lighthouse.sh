#!/bin/sh
# Install Lighthouse (and, as root on a Debian-like system, node) outside the tree, and print where its program lies.
#
# What is installed stands in tests/browser/lighthouse/package-lock.json: versions and hashes, no address. A copy beside the
# installation remembers what it was made from, so a second run costs one comparison.
set -eu

cd "$(dirname "$0")/.."
source=tests/browser/lighthouse
folder=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/checkpoint/lighthouse
fail() { echo "checkpoint: $*" >&2; exit 1; }

missing=
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
if [ -n "$missing" ]; then
    command="apt-get install -y --no-install-recommends$missing"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "Lighthouse needs node 18 or newer and npm; on a Debian-like system: sudo $command"
    fi
    echo "checkpoint: installing$missing" >&2
    # shellcheck disable=SC2086  # the list is meant to be split
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $command -qq; } >/dev/null || fail "could not install$missing"
fi

if ! cmp -s "$source/package-lock.json" "$folder/installed.json"; then
    echo "checkpoint: installing Lighthouse into $folder; the first time takes a minute" >&2
    mkdir -p "$folder"
    rm -f "$folder/installed.json"
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$folder"
    # Its own driver would fetch a browser; the system's Chromium is used.
    (cd "$folder" && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-progress >setup.log 2>&1) ||
        fail "Lighthouse could not be installed (no network?): all of it: $folder/setup.log"
    cp "$source/package-lock.json" "$folder/installed.json"
fi
echo "$folder/node_modules/lighthouse/cli/index.js"
