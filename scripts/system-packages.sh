#!/bin/sh
# Install the system packages that the tests use (the station itself runs without them).
#
# As root on a Debian-like system they are installed; otherwise the one command to run is printed and the tests that
# need what is missing are skipped, with the reason. Silent where everything is present.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! have dpkg-query || ! have apt-get; then
    if ! have chromium && ! have chromium-browser; then
        echo "checkpoint: the tests also use Chromium, zbar, Noto CJK fonts, poppler's tools, shellcheck, OpenSSL's program, git and PostgreSQL: install them with your package manager" >&2
    fi
    exit 0
fi

missing=
have chromium || missing="$missing chromium"                           # drives the pages
have pdftotext || missing="$missing poppler-utils"                     # looks into the printed mat
have systemd-analyze || missing="$missing systemd"                     # judges the services' units
have shellcheck || missing="$missing shellcheck"                       # reads the scripts
have openssl || missing="$missing openssl"                             # signs lists as states do (CMS)
have git || missing="$missing git"                                     # tells the project's files from leftovers
[ -n "$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null)" ] ||
    missing="$missing postgresql"                                      # headquarters' other store; the tests start their own
installed libatomic1 || missing="$missing libatomic1"                  # what drives Chromium is linked to it
installed fonts-noto-cjk || missing="$missing fonts-noto-cjk"          # the pages' Chinese, in screenshots
# Debian 13 renamed it.
installed libzbar0 || installed libzbar0t64 ||
    missing="$missing $(if apt-cache show libzbar0t64 >/dev/null 2>&1; then echo libzbar0t64; else echo libzbar0; fi)"
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" != 0 ]; then
    echo "checkpoint: some tests will be skipped; for all of them run: sudo $command" >&2
    exit 0
fi
echo "checkpoint: installing$missing" >&2
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# The tests run servers of their own: no database of the system's is made, and none starts with the machine.
case $missing in *postgresql*)
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
        command="$command -o Dpkg::Options::=--force-confold"
    fi
esac
# shellcheck disable=SC2086  # the list is meant to be split
if ! { apt-get update -qq && $command -qq; } >"$log" 2>&1; then
    echo "checkpoint: could not install$missing, so some tests will be skipped: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")" >&2
fi
rm -f "$log"
