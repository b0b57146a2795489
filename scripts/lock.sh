#!/bin/sh
# Write requirements/base.txt and dev.txt from pyproject.toml: one lock for every platform and Python from 3.11 on,
# every file by its hash, no index named. Versions that stand are kept; UPGRADE=1 takes the newest.
set -eu

cd "$(dirname "$0")/.."
uv=${VENV:-.venv}/bin/uv

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-build --generate-hashes \
        --no-config --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        ${UPGRADE:+--upgrade} "$@" >/dev/null
}

# The whole first and the base within it: a developer's environment, a station and a headquarters with PostgreSQL and S3
# run the very same versions.
compile --output-file requirements/dev.txt \
    --extra dev --extra train --extra postgres --extra s3 pyproject.toml requirements/build.in
compile --output-file requirements/base.txt --constraint requirements/dev.txt pyproject.toml requirements/build.in
