#!/bin/sh
# Make the virtual environment hold exactly what a lock file says: scripts/venv.sh base|dev
#
# A stamp remembers what was installed, so a second run costs one comparison. `dev` holds all of `base`.
# VENV names the folder (default .venv); PYTHON the interpreter that makes it.
set -eu

cd "$(dirname "$0")/.."
kind=${1:?base or dev}
venv=${VENV:-.venv}
lock=requirements/$kind.txt
log=$venv/setup.log

say() { echo "checkpoint: $*" >&2; }
fail() { say "$*"; exit 1; }

# What an installation depends on. The path is part of it: scripts in an environment name its folder.
stamp_of() {
    pwd
    cat "requirements/$1.txt" pyproject.toml
}
is_current() {
    [ -f "$venv/installed-$1" ] && stamp_of "$1" | cmp -s - "$venv/installed-$1"
}

# Asking Python itself also finds an environment whose interpreter an upgrade of the system has removed.
if "$venv/bin/python" -c '' 2>/dev/null; then
    if is_current "$kind"; then exit 0; fi
    if [ "$kind" = base ] && is_current dev; then exit 0; fi
fi

# Without pip the making was interrupted.
if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    if [ -e "$venv" ] && [ ! -e "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv")" ]; then
        fail "$venv is not an environment of Python's; remove it, or name another folder by VENV=..."
    fi
    python=$(scripts/python.sh)
    say "making $venv with $("$python" --version)"
    # --clear empties what is left of an environment that does not run.
    if ! trouble=$("$python" -m venv --clear "$venv" 2>&1); then
        fail "cannot make $venv (is this folder read-only, or the disk full?): $(echo "$trouble" | tail -n 1)"
    fi
fi

pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"; }

: 2>/dev/null >"$log" || fail "cannot write to $venv: is this folder read-only, or the disk full?"
rm -f "$venv/installed-base" "$venv/installed-dev"
say "installing $(grep -c '==' "$lock") locked packages ($kind); the first time takes a minute"
# Wheels only: nothing is compiled, so no compiler and no system package is needed.
pip install --quiet --require-hashes --no-deps --only-binary :all: -r "$lock" >>"$log" 2>&1 ||
    fail "the packages could not be installed (no network?): $(grep -m 1 '^ERROR: ' "$log" | cut -c 1-200) (all of it: $log)"
pip install --quiet --no-deps --no-build-isolation --editable . >>"$log" 2>&1 ||
    fail "the project itself could not be installed: $(grep -i 'error: ' "$log" | sed -n '2s/^ *//p') (all of it: $log)"
stamp_of "$kind" >"$venv/installed-$kind"
