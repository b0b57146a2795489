# Everything here does its own set-up: start with `make run`, or `make test`.
# Elsewhere than .venv: VENV=/path make ...; with a Python of one's own: PYTHON=/path/to/python make ...

VENV ?= .venv
export VENV
PYTEST_ARGS ?=
KILLS ?= 1000
MINUTES ?= 120

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench screenshots lighthouse docs lock check-wheels soak fresh pi clean venv

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run:  ## set up what is missing and start a station and headquarters with simulated devices; Ctrl-C stops both
	@scripts/venv.sh base
	@trap : INT; "$(VENV)/bin/checkpoint" demo $(ARGS) || { code=$$?; [ $$code -ge 130 ] || exit $$code; }

venv:  ## the development environment alone, into .venv
	@scripts/venv.sh dev

test: lint  ## lint, then every test (PYTEST_ARGS="-k gate" for some); sets up what it needs
	@scripts/system-packages.sh
	"$(VENV)/bin/python" -m pytest $(PYTEST_ARGS)

lint: venv  ## ruff, mypy, the import rules, and oxlint over the pages' scripts
	"$(VENV)/bin/ruff" check .
	"$(VENV)/bin/ruff" format --check .
	"$(VENV)/bin/mypy"
	"$(VENV)/bin/lint-imports"
	"$(VENV)/bin/oxlint" --deny-warnings web hq

format: venv  ## lay the code out as `make lint` wants it
	"$(VENV)/bin/ruff" check --fix .
	"$(VENV)/bin/ruff" format .

bench: venv  ## measure speed and memory; prints ratios side by side
	@"$(VENV)/bin/python" -m bench $(ARGS)

screenshots: venv  ## every page in both languages and three sizes, by a real Chromium, into docs/screenshots
	@scripts/system-packages.sh
	@"$(VENV)/bin/python" -m tests.browser.screenshots $(ARGS)

lighthouse: venv  ## Lighthouse's points for every page, in a real Chromium (needs node; 1 where one has less than 95)
	@scripts/system-packages.sh
	@LIGHTHOUSE=$$(scripts/lighthouse.sh) && export LIGHTHOUSE && "$(VENV)/bin/python" -m tests.browser.lighthouse $(ARGS)

docs: venv  ## write docs/commands.md and docs/settings.md anew from the programs
	@"$(VENV)/bin/python" -m tests.write_docs

lock: venv  ## write requirements/*.txt anew from pyproject.toml (UPGRADE=1 for the newest versions)
	@scripts/lock.sh

check-wheels: venv  ## every base package has a wheel for x86_64 and aarch64, Python 3.11 and 3.13 (asks the package index)
	@scripts/check-wheels.sh

soak: venv  ## a thousand kills of a working gate, then a station at work for MINUTES (120): does it grow?
	"$(VENV)/bin/python" -m tests.faults.kills --kills $(KILLS)
	"$(VENV)/bin/python" -m tests.faults.soak --minutes $(MINUTES)

fresh:  ## set-up and tests in a clean copy on a clean system: a Debian chroot as root, else an empty folder and HOME
	@scripts/fresh.sh

pi: venv  ## the installed station on an emulated Raspberry Pi 3: lamps, watchdog, power cuts (root, QEMU; half an hour at first)
	@"$(VENV)/bin/python" -m tests.pi $(ARGS)

clean:  ## remove caches and build leftovers; .venv and the data in var/ stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -path './.venv' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
