#!/bin/sh
# Prove that nothing is needed that only a used machine has: set-up and all tests, from the last commit, on a clean system.
#
# As root with debootstrap: in a minimal Debian (FRESH_SUITE, default this system's; FRESH_MIRROR) with nothing but
# python3-venv, make and git. Otherwise: a fresh clone in an empty folder with an empty HOME, which sees this system's packages.
# FRESH_KEEP=1 leaves the folder for a look; FRESH_COMMANDS says what to run instead of set-up and `make test`.
set -eu

cd "$(dirname "$0")/.."
say() { echo "fresh: $*" >&2; }
commands=${FRESH_COMMANDS:-scripts/venv.sh base && .venv/bin/checkpoint --version && make test}

[ -z "$(git status --porcelain)" ] || say "what is not committed is not tried"
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/checkpoint-fresh.XXXXXX")
finish() {
    status=$?
    if [ -n "${FRESH_KEEP:-}" ]; then say "left in $folder"; else rm -rf --one-file-system "$folder"; fi
    [ "$status" = 0 ] && say "passed" || say "failed with exit code $status"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Only what a network behind a proxy needs is carried over, and where public test data lies.
pass_on() { env | grep -E '^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|PIP_CERT|SSL_CERT_FILE|CI|PYTEST_ARGS|TERM)=' || true; }

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null 2>&1; then
    say "a fresh clone with an empty HOME (as root with debootstrap: a clean Debian)"
    mkdir "$folder/home"
    git clone --quiet --no-local . "$folder/checkpoint"
    cd "$folder/checkpoint"
    # shellcheck disable=SC2046  # one assignment a word is meant
    env -i $(pass_on) HOME="$folder/home" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CHECKPOINT_TEST_DATA="${CHECKPOINT_TEST_DATA:-$OLDPWD/../shared/data}" sh -ec "$commands"
    exit 0
fi

suite=${FRESH_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
root=$folder/root
say "a minimal Debian $suite in $root"
debootstrap --variant=minbase --include=ca-certificates,git,make,python3,python3-venv "$suite" "$root" ${FRESH_MIRROR:-} >"$folder/log" 2>&1 ||
    { tail -n 5 "$folder/log" >&2; say "debootstrap failed"; exit 1; }
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
# How this machine reaches its package indexes is part of the network too: proxies, time-outs, pip's certificate and index.
for file in /etc/apt/apt.conf.d/*; do
    if grep -q '^Acquire::' "$file" && ! grep -q Invoke "$file"; then cp "$file" "$root/etc/apt/apt.conf.d/"; fi
done
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/pip.conf"; fi
# Certificates of one's own (a company's proxy) are part of the network, not of the machine.
if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
    chroot "$root" update-ca-certificates >/dev/null 2>&1
fi
git clone --quiet --no-local . "$root/srv/checkpoint"
data=${CHECKPOINT_TEST_DATA:-$PWD/../shared/data}
mkdir "$root/srv/data"

# In a mount namespace of its own: whatever happens, no mount is left behind.
export root data
pass_on >"$root/srv/environment"
printf '%s\n' 'set -e' 'cd /srv/checkpoint' "$commands" >"$root/srv/commands"
# shellcheck disable=SC2016  # expanded inside
unshare --mount --pid --fork --kill-child --propagation private sh -ec '
    mount --bind "$root" "$root"  # a mount of its own, so that tests can make name spaces inside
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    if [ -d "$data" ]; then mount --bind "$data" "$root/srv/data"; mount -o remount,bind,ro "$root/srv/data"; fi
    # shellcheck disable=SC2046
    exec env -i $(cat "$root/srv/environment") HOME=/root LANG=C.UTF-8 CHECKPOINT_TEST_DATA=/srv/data \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" sh /srv/commands
'
