#!/bin/sh
# Download the base lock as wheels for each platform a station runs on: fails where one would have to be compiled.
set -eu

cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM

for machine in x86_64 aarch64; do
    for version in 3.11 3.13; do
        # Markers are judged by the running Python, so the lock is first cut to the target by uv.
        "${VENV:-.venv}/bin/uv" pip install --quiet --dry-run --no-config --require-hashes --only-binary :all: \
            --target "$folder/none" --python-platform "$machine-manylinux_2_28" --python-version "$version" \
            -r requirements/base.txt
        echo "linux $machine, Python $version: every base package has a wheel"
    done
done
