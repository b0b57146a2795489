#!/bin/sh
# Install, update, roll back or remove a station on Raspberry Pi OS or Debian 12 and 13:
#
#   sudo ./systemd/install.sh                 install; once more: update to this folder's version, or change nothing
#   sudo ./systemd/install.sh update          the same, with a backup first
#   sudo ./systemd/install.sh rollback        back to the version before; once more: forth again
#   sudo ./systemd/install.sh uninstall       remove programs and services; journal, keys and configuration stay
#   sudo ./systemd/install.sh uninstall --purge   remove those as well, without return
#        ./systemd/install.sh status          what is installed
#
#   --root DIR       into a file system that is not running (an image): nothing is started
#   --wheels DIR     Python packages from this folder alone, without a network
#   --no-packages    leave the system's packages alone
#
# Programs live in /opt/checkpoint/releases/VERSION, one environment each; /opt/checkpoint/current names the one in use,
# /opt/checkpoint/previous the one before. Configuration: /etc/checkpoint. Journal, photos, keys: /var/lib/checkpoint.
set -eu

cd "$(dirname "$0")/.."
action=install root='' wheels='' packages=yes purge=no
say() { echo "checkpoint: $*"; }
fail() { echo "checkpoint: $*" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
        install | update | rollback | uninstall | status) action=$1 ;;
        --root) root=${2:?--root needs a folder}; shift ;;
        --wheels) wheels=${2:?--wheels needs a folder}; shift ;;
        --no-packages) packages=no ;;
        --purge) purge=yes ;;
        -h | --help) sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) fail "what is '$1'? See $0 --help" ;;
    esac
    shift
done

root=${root%/}
opt=$root/opt/checkpoint
etc=$root/etc/checkpoint
units=$root/etc/systemd/system
services="checkpoint-lamps.service checkpoint-station.service"
timers="checkpoint-sync.timer checkpoint-backup.timer"

[ "$action" = status ] || [ "$(id -u)" = 0 ] || fail "needs root: sudo $0 $action"
[ -z "$root" ] || [ -d "$root" ] || fail "$root: no such folder"
[ -z "$wheels" ] || wheels=$(cd "$wheels" && pwd) || fail "no such folder of wheels"

# A system that runs, with systemd as its first process; an image and a container are only prepared.
running() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
ctl() { if [ -n "$root" ]; then systemctl --root="$root" --quiet "$@"; else systemctl --quiet "$@"; fi; }
in_root() { if [ -n "$root" ]; then chroot "$root" "$@"; else "$@"; fi; }
# Put a file in its place only where it differs, so that a second run changes nothing.
put() {
    cmp -s "$1" "$2" && return 0
    mkdir -p "$(dirname "$2")"
    install -m "${3:-644}" "$1" "$2.new" && mv "$2.new" "$2"
    changed=yes
}
version() { readlink "$opt/$1" 2>/dev/null | sed 's|.*/||'; }
# Atomic: there is no moment without a current version, whatever is cut off in between.
point() { ln -sfn "releases/$2" "$opt/$1.new" && mv -T "$opt/$1.new" "$opt/$1"; }

the_system() {
    # shellcheck source=/dev/null
    id=$(. "$root/etc/os-release" && echo "$ID ${ID_LIKE:-}")
    # shellcheck source=/dev/null
    number=$(. "$root/etc/os-release" && echo "${VERSION_ID:-0}")
    case " $id " in *" debian "* | *" raspbian "*) ;; *) fail "made for Raspberry Pi OS and Debian 12 or 13, not for: $id" ;; esac
    [ "${number%%.*}" -ge 12 ] || fail "needs Debian or Raspberry Pi OS 12 (bookworm) or newer, not $number"
    case $(in_root uname -m) in
        aarch64 | x86_64) ;;
        *) fail "needs a 64-bit system: OpenCV has no wheels for $(in_root uname -m)" ;;
    esac
}

system_packages() {
    [ "$packages" = yes ] || return 0
    missing=
    # shellcheck disable=SC2016  # dpkg-query's own format
    have() { [ "$(in_root dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
    known() { in_root apt-cache show "$1" >/dev/null 2>&1; }
    for package in python3 python3-venv ca-certificates; do have "$package" || missing="$missing $package"; done
    have libzbar0 || have libzbar0t64 || missing="$missing $(if known libzbar0t64; then echo libzbar0t64; else echo libzbar0; fi)"
    # Raspberry Pi OS alone has it; a station with a USB camera needs none.
    if ! in_root sh -c 'command -v rpicam-vid' >/dev/null 2>&1 && known rpicam-apps-lite; then missing="$missing rpicam-apps-lite"; fi
    [ -n "$missing" ] || return 0
    say "installing$missing"
    # shellcheck disable=SC2086  # the list is meant to be split
    in_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "the packages could not be installed:$missing (no network? then install them first and give --no-packages)"
}

users() {
    put systemd/checkpoint.sysusers.conf "$root/usr/lib/sysusers.d/checkpoint.conf"
    trouble=$(systemd-sysusers ${root:+--root="$root"} "$root/usr/lib/sysusers.d/checkpoint.conf" 2>&1) ||
        fail "the users checkpoint and checkpoint-lamps could not be made: $trouble"
    in_root install -d -o checkpoint -g checkpoint -m 750 /var/lib/checkpoint
}

# The name of a release: its version and the text it was made from, so that the same folder gives the same name.
release_name() {
    number=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
    text=$(find checkpoint vision hardware web hq station requirements/base.txt pyproject.toml -type f \
        ! -name '*.pyc' ! -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-8)
    echo "$number-$text"
}

make_release() {
    release=$(release_name)
    folder=$opt/releases/$release
    [ ! -e "$folder/complete" ] || return 0
    say "making release $release (some minutes on a Pi)"
    rm -rf "$folder"
    mkdir -p "$folder"
    place=/opt/checkpoint/releases/$release   # as the installed system sees it
    # shellcheck disable=SC2016  # for the installed system's own shell
    python=$(in_root sh -c 'for p in python3.13 python3.12 python3.11 python3; do
        command -v "$p" >/dev/null && "$p" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && { echo "$p"; break; }
        done')
    [ -n "$python" ] || fail "needs Python 3.11 or newer with venv: apt install python3-venv"
    # Debian's own pip does the installing, from its wheel: the environment gets the locked one with all the rest.
    set -- "$root"/usr/share/python-wheels/pip-*.whl
    if [ -e "$1" ]; then
        in_root "$python" -m venv --without-pip "$place" || fail "cannot make an environment in $place (disk full?)"
        mkdir "$folder/.pip"
        in_root "$place/bin/python" -m zipfile -e "${1#"$root"}" "$place/.pip"
    else
        in_root "$python" -m venv "$place" || fail "cannot make an environment in $place (disk full?)"
    fi
    # The source and the wheels as the installed system sees them.
    stage=$folder/.source
    mkdir "$stage"
    tar -cf - --exclude=__pycache__ checkpoint vision hardware web hq station requirements pyproject.toml README.md LICENSE |
        tar -xf - -C "$stage"
    offline=
    if [ -n "$wheels" ]; then cp -r "$wheels" "$stage/wheels"; offline="--no-index --find-links $place/.source/wheels"; fi
    pip() { in_root env PYTHONPATH="$place/.pip" "$place/bin/python" -m pip --disable-pip-version-check --no-input --quiet "$@" >"$folder/install.log" 2>&1; }
    # shellcheck disable=SC2086  # options
    pip install --require-hashes --no-deps --only-binary :all: --no-cache-dir $offline -r "$place/.source/requirements/base.txt" ||
        fail "the Python packages could not be installed (no network?): $(grep -m 1 '^ERROR' "$folder/install.log" || tail -n 1 "$folder/install.log")"
    pip install --no-deps --no-build-isolation --no-index "$place/.source" ||
        fail "the station itself could not be installed: $(tail -n 1 "$folder/install.log")"
    rm -rf "$stage" "$folder/.pip"
    # What a later rollback needs is kept with the release: its units, its default configuration and its manual.
    mkdir -p "$folder/share"
    cp -r systemd docs "$folder/share/"
    in_root "$place/bin/checkpoint" --version >/dev/null || fail "release $release does not run"
    sync
    : >"$folder/complete"
}

# Units belong to a release: a rollback brings its own back.
install_units() {
    from=$opt/$1/share/systemd
    for unit in "$from"/*.service "$from"/*.timer; do put "$unit" "$units/$(basename "$unit")"; done
    put "$from/60-checkpoint-gpio.rules" "$root/etc/udev/rules.d/60-checkpoint-gpio.rules"
    put "$from/checkpoint-watchdog.conf" "$root/etc/systemd/system.conf.d/60-checkpoint.conf"
    # The commands know where this station's configuration is.
    for program in checkpoint checkpoint-lamps; do
        # shellcheck disable=SC2016  # expanded when the command runs
        printf '#!/bin/sh\nCHECKPOINT_CONFIG=${CHECKPOINT_CONFIG:-/etc/checkpoint/station.toml} exec %s "$@"\n' \
            "/opt/checkpoint/current/bin/$program" >"$opt/$program.sh"
        put "$opt/$program.sh" "$root/usr/local/bin/$program" 755
        rm "$opt/$program.sh"
    done
    # shellcheck disable=SC2086  # lists
    ctl enable $services $timers
}

configuration() {
    if [ -e "$etc/station.toml" ]; then
        say "keeping $etc/station.toml"
        return 0
    fi
    put systemd/station.toml "$etc/station.toml"
    say "wrote $etc/station.toml: look at cameras and pins"
}

start() {
    running || return 0
    systemctl daemon-reload
    if udevadm control --reload 2>/dev/null; then udevadm trigger --subsystem-match=gpio; fi
    # Lamps first: red burns while everything else starts.
    # shellcheck disable=SC2086  # lists
    if [ "$changed" = yes ]; then ctl restart $services; else ctl start $services; fi
    # shellcheck disable=SC2086  # lists
    ctl start $timers
}

keep_three() {
    # The one in use, the one before, and nothing older: a card has no room for history.
    for folder in "$opt"/releases/*; do
        name=$(basename "$folder")
        [ "$name" = "$(version current)" ] || [ "$name" = "$(version previous)" ] || rm -rf "$folder"
    done
}

changed=no
case $action in
    install | update)
        the_system
        system_packages
        users
        if [ "$action" = update ] && running && [ -n "$(version current)" ]; then
            say "a backup first"
            systemctl start checkpoint-backup.service || say "WARNING: the backup failed (journalctl -u checkpoint-backup); going on"
        fi
        make_release
        configuration
        before=$(version current)
        if [ "$before" != "$release" ]; then
            [ -z "$before" ] || point previous "$before"
            point current "$release"
            changed=yes
        fi
        install_units current
        start
        keep_three
        if [ "$changed" = yes ]; then say "installed $release"; else say "$release is installed already; nothing changed"; fi
        say "next: edit /etc/checkpoint/station.toml, then: sudo -u checkpoint checkpoint officer add --help; checkpoint doctor"
        ;;
    rollback)
        now=$(version current) before=$(version previous)
        if [ -z "$before" ] || [ ! -e "$opt/releases/$before/complete" ]; then fail "there is no version before this one"; fi
        point current "$before"
        point previous "$now"
        changed=yes
        install_units current
        start
        say "back from $now to $before; once more to go forth again"
        ;;
    uninstall)
        if running; then
            # The station first: the lamp-holder then shows red, and leaves the lines so.
            # shellcheck disable=SC2086  # lists
            systemctl --quiet stop $timers checkpoint-station.service checkpoint-lamps.service 2>/dev/null || true
        fi
        # shellcheck disable=SC2086  # lists
        ctl disable $services $timers 2>/dev/null || true
        rm -f "$units"/checkpoint-*.service "$units"/checkpoint-*.timer "$root/etc/udev/rules.d/60-checkpoint-gpio.rules" \
            "$root/etc/systemd/system.conf.d/60-checkpoint.conf" "$root/usr/lib/sysusers.d/checkpoint.conf" \
            "$root/usr/local/bin/checkpoint" "$root/usr/local/bin/checkpoint-lamps"
        rm -rf "$opt"
        if running; then systemctl daemon-reload; fi
        if [ "$purge" = yes ]; then
            rm -rf "$etc" "$root/var/lib/checkpoint"
            say "removed, with configuration, journal and keys"
        else
            say "removed; $etc and $root/var/lib/checkpoint stay (--purge removes them)"
        fi
        ;;
    status)
        [ -n "$(version current)" ] || fail "not installed"
        say "current $(version current), previous $(version previous || true)"
        ;;
esac
