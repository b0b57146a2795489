#!/bin/sh
# Install this folder's station into an arm64 Debian with its own installer, and make a bootable card of it.
#
#   tests/pi/image.sh FOLDER      after tests/pi/base.sh FOLDER
#
# The card is FOLDER/card.img; one made from the same text is kept. Packages are aarch64 wheels, fetched once.
set -eu

cd "$(dirname "$0")/../.."
folder=$(cd "${1:?the folder of the cache}" && pwd)
suite=${PI_SUITE:-trixie}
uv=$PWD/${VENV:-.venv}/bin/uv
python=$PWD/${VENV:-.venv}/bin/python
case ${VENV:-} in /*) uv=$VENV/bin/uv python=$VENV/bin/python ;; esac
say() { echo "pi: $*" >&2; }
work=$(mktemp -d "$folder/image.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# What this takes minutes to read must not change meanwhile.
mkdir "$work/source"
git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$work/source"
cd "$work/source"
hash_of() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16; }
text=$(hash_of checkpoint vision hardware web hq station systemd requirements/base.txt pyproject.toml)
installed=$folder/installed-$text

if [ ! -e "$installed/etc/checkpoint/station.toml" ]; then
    # Wheels for the Pi: the lock is cut to its platform first, because markers are judged by the Python that runs pip.
    wheels=$folder/wheels-$(hash_of requirements/base.txt)
    if [ ! -e "$wheels/complete" ]; then
        say "fetching aarch64 wheels"
        rm -rf "$folder"/wheels-* && mkdir "$wheels"
        "$uv" pip compile --quiet --no-config --no-annotate --no-header --generate-hashes --no-build \
            --python-platform aarch64-manylinux_2_28 --python-version 3.13 --output-file "$work/cut.txt" requirements/base.txt >/dev/null
        platforms=
        for glibc in 2_17 2_24 2_26 2_27 2_28 2_31 2_34; do platforms="$platforms --platform manylinux_${glibc}_aarch64"; done
        # shellcheck disable=SC2086  # options
        "$python" -m pip --disable-pip-version-check download --quiet --require-hashes --no-deps --only-binary :all: \
            $platforms --platform manylinux2014_aarch64 --python-version 3.13 --dest "$wheels" -r "$work/cut.txt" 2>"$work/pip.log" ||
            { tail -n 3 "$work/pip.log" >&2; say "the wheels could not be fetched (no network?)"; exit 1; }
        touch "$wheels/complete"
    fi
    say "unpacking $suite, installing with systemd/install.sh (minutes: arm64 programs are emulated)"
    mkdir "$work/root"
    tar -C "$work/root" -xf "$folder/root-$suite.tar"
    tests/pi/emulate.sh
    # Compiling thousands of modules takes a quarter of an hour in the emulation; the ones in use are compiled below.
    env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_NO_COMPILE=1 \
        systemd/install.sh --root "$work/root" --wheels "$wheels" --no-packages >&2
    for program in station.commands.serve station.commands.doctor hardware.lamps.program; do
        chroot "$work/root" /opt/checkpoint/current/bin/python -c "import $program"
    done
    rm -rf "$folder"/installed-*
    mv "$work/root" "$installed"
fi

card=$(hash_of tests/pi/guest "$folder/modules" "$installed/etc")
if [ -e "$folder/card.img" ] && [ "$(cat "$folder/card.text" 2>/dev/null)" = "$card" ]; then exit 0; fi
say "making a card: a root shell on the serial line, a folder camera, shorter waits"
rm -f "$folder/card.text" "$folder/card.img"
cp -a "$installed" "$work/card"
root=$work/card
mkdir -p "$root/usr/lib/modules" "$root/srv/pi/lane" "$root/etc/systemd/system/checkpoint-station.service.d" \
    "$root/etc/systemd/system/checkpoint-lamps.service.d"
cp -a "$folder/modules/." "$root/usr/lib/modules/"
cp tests/pi/guest/*.py "$root/srv/pi/"
cp tests/pi/guest/*.service tests/pi/guest/*.target "$root/etc/systemd/system/"
cp tests/pi/guest/station.toml "$root/etc/checkpoint/station.toml"
cp tests/pi/guest/station-in-a-hurry.conf "$root/etc/systemd/system/checkpoint-station.service.d/"
cp tests/pi/guest/lamps-at-leisure.conf "$root/etc/systemd/system/checkpoint-lamps.service.d/"
chroot "$root" chown -R checkpoint:checkpoint /srv/pi
systemctl --root="$root" --quiet enable pi-shell.service
systemctl --root="$root" --quiet mask serial-getty@ttyAMA0.service serial-getty@ttyS1.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer systemd-firstboot.service
systemctl --root="$root" --quiet disable checkpoint-sync.timer checkpoint-backup.timer
echo pi >"$root/etc/hostname"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
mke2fs -q -t ext4 -L pi -d "$root" "$folder/card.img" 2G
echo "$card" >"$folder/card.text"
