#!/bin/sh
# Print a Python 3.11 or newer that can make virtual environments; say in one line what is missing otherwise.
# PYTHON=/path/to/python names one and is then the only candidate.
set -eu

too_old=1
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python3.14}; do
    # A version manager's shim may stand on PATH and not run, so every candidate is asked.
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    too_old=0
    # Debian ships Python without ensurepip; `import venv` alone would succeed.
    "$candidate" -c 'import ensurepip, venv' 2>/dev/null || continue
    command -v "$candidate"
    exit 0
done

if [ "$too_old" = 1 ]; then
    echo "checkpoint: needs Python 3.11 or newer (${PYTHON:+$PYTHON is not; }on Debian or Raspberry Pi OS: sudo apt install python3 python3-venv)" >&2
else
    echo "checkpoint: Python cannot make a virtual environment here: sudo apt install python3-venv" >&2
fi
exit 1
