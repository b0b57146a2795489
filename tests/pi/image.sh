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
venv=${VENV:-.venv}
say() { echo "pi: $*" >&2; }
text=$(find checkpoint vision hardware web hq station systemd requirements/base.txt pyproject.toml tests/pi -type f ! -name '*.pyc' \
    ! -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
if [ -e "$folder/card.img" ] && [ "$(cat "$folder/card.text" 2>/dev/null)" = "$text" ]; then
    say "the card of this text is there already"
    exit 0
fi
rm -f "$folder/card.text"
work=$(mktemp -d "$folder/image.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# Wheels for the Pi: the lock is cut to its platform first, because markers are judged by the Python that runs pip.
lock=$(sha256sum requirements/base.txt | cut -c 1-16)
wheels=$folder/wheels-$lock
if [ ! -e "$wheels/complete" ]; then
    say "fetching aarch64 wheels"
    rm -rf "$wheels" && mkdir "$wheels"
    "$venv/bin/uv" pip compile --quiet --no-config --no-annotate --no-header --generate-hashes --no-build \
        --python-platform aarch64-manylinux_2_28 --python-version 3.13 --output-file "$work/cut.txt" requirements/base.txt >/dev/null
    platforms=
    for glibc in 2_17 2_24 2_26 2_27 2_28 2_31 2_34; do platforms="$platforms --platform manylinux_${glibc}_aarch64"; done
    # shellcheck disable=SC2086  # options
    "$venv/bin/python" -m pip --disable-pip-version-check download --quiet --require-hashes --no-deps --only-binary :all: \
        $platforms --platform manylinux2014_aarch64 --python-version 3.13 --dest "$wheels" -r "$work/cut.txt"
    touch "$wheels/complete"
fi

say "unpacking $suite"
mkdir "$work/root"
tar -C "$work/root" -xf "$folder/root-$suite.tar"
cp -a "$folder/modules/." "$work/root/usr/lib/modules/" 2>/dev/null || { mkdir -p "$work/root/usr/lib/modules" && cp -a "$folder/modules/." "$work/root/usr/lib/modules/"; }
say "installing with systemd/install.sh (minutes: arm64 programs are emulated)"
tests/pi/emulate.sh
systemd/install.sh --root "$work/root" --wheels "$wheels" --no-packages

say "what the run needs: a root shell on the serial line, a folder camera, shorter waits"
install -d "$work/root/srv/pi"
cp tests/pi/guest/*.py "$work/root/srv/pi/"
cp tests/pi/guest/*.service tests/pi/guest/*.target "$work/root/etc/systemd/system/"
cp tests/pi/guest/station.toml "$work/root/etc/checkpoint/station.toml"
install -d "$work/root/etc/systemd/system/checkpoint-station.service.d"
cp tests/pi/guest/station-in-a-hurry.conf "$work/root/etc/systemd/system/checkpoint-station.service.d/"
systemctl --root="$work/root" --quiet enable pi-shell.service
systemctl --root="$work/root" --quiet mask serial-getty@ttyAMA0.service serial-getty@ttyS1.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer checkpoint-sync.timer checkpoint-backup.timer systemd-firstboot.service
echo pi >"$work/root/etc/hostname"
echo 0123456789abcdef0123456789abcdef >"$work/root/etc/machine-id"
rm -f "$folder/card.img"
mke2fs -q -t ext4 -L pi -d "$work/root" "$folder/card.img" 2G
echo "$text" >"$folder/card.text"
say "the card is $folder/card.img"
