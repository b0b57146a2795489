#!/bin/sh
# Make what an emulated Pi boots, once: an arm64 Debian as a tarball, a kernel, its device tree, and a small initramfs.
#
#   sudo tests/pi/base.sh FOLDER
#
# The folder is a cache: what is there already is kept. PI_SUITE (default trixie) and PI_MIRROR say which Debian.
# Debian's kernel drives the Broadcom GPIO of QEMU's raspi3b; the Raspberry Pi's own kernel is not in Debian's archive.
set -eu

cd "$(dirname "$0")/../.."
folder=${1:?a folder for the cache}
suite=${PI_SUITE:-trixie}
say() { echo "pi: $*" >&2; }
# Where this system's own packages come from; its security and updates archives hold no whole release.
mirror=${PI_MIRROR:-$(apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' | awk '$1 !~ /-/ { print $2; exit }')}
[ -n "$mirror" ] || { say "apt names no archive of Debian's: set PI_MIRROR"; exit 1; }
mkdir -p "$folder"
work=$(mktemp -d "$folder/base.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

if [ ! -e "$folder/root-$suite.tar" ]; then
    say "debootstrap of $suite for arm64 (four minutes, once)"
    tests/pi/emulate.sh
    # What the installer would fetch is in already, so that it has nothing to download in the emulation.
    debootstrap --arch=arm64 --variant=minbase \
        --include=adduser,ca-certificates,dbus,kmod,libzbar0t64,procps,python3,python3-venv,systemd,systemd-sysv,udev \
        "$suite" "$work/root" "$mirror" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; say "debootstrap failed"; exit 1; }
    rm -rf "$work/root/var/cache/apt/archives/"*.deb "$work/root/usr/share/doc/"* "$work/root/usr/share/locale/"*
    tar -C "$work/root" -cf "$work/root.tar" .
    mv "$work/root.tar" "$folder/root-$suite.tar"
fi

if [ ! -e "$folder/pi3.dtb" ]; then
    say "the kernel of $suite for arm64, its device tree and an initramfs"
    # An apt of its own, so that this system's package lists stay as they are.
    apt=$work/apt
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$work/debs"
    echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
    : >"$apt/status"
    cat >"$apt/apt.conf" <<EOF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
EOF
    export APT_CONFIG="$apt/apt.conf"
    apt-get -qq update
    image=$(apt-cache depends linux-image-arm64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*arm64\)$/\1/p' | head -n 1)
    [ -n "$image" ] || { say "linux-image-arm64 names no kernel"; exit 1; }
    (cd "$work/debs" && apt-get -qq download "$image" busybox-static)
    unset APT_CONFIG
    for deb in "$work/debs"/*.deb; do dpkg -x "$deb" "$work/kernel"; done
    [ -d "$work/kernel/lib" ] || ln -s usr/lib "$work/kernel/lib"
    release=$(ls "$work/kernel/lib/modules")
    tree=$work/kernel/lib/modules/$release
    depmod -b "$work/kernel" "$release"

    # Only what the board needs, unpacked: busybox reads no xz.
    wanted="virtio_mmio virtio_pci virtio_blk crc32c_generic crc16 ext4 sdhci-iproc bcm2835 bcm2835_wdt"
    initrd=$work/initrd
    mkdir -p "$initrd/bin" "$initrd/proc" "$initrd/sys" "$initrd/dev" "$initrd/newroot" "$initrd/lib/modules/$release"
    for module in $wanted; do
        pattern=$(echo "$module" | sed 's/[-_]/[-_]/g')
        line=$(grep -E "(^|/)$pattern\.ko[^:]*:" "$tree/modules.dep") || continue   # built in
        for file in $(echo "$line" | tr -d ':'); do
            to=$initrd/lib/modules/$release/${file%.xz}
            mkdir -p "$(dirname "$to")"
            case $file in *.xz) xz -dc "$tree/$file" >"$to" ;; *) cp "$tree/$file" "$to" ;; esac
        done
    done
    cp "$tree/modules.order" "$tree/modules.builtin" "$tree/modules.builtin.modinfo" "$initrd/lib/modules/$release/"
    depmod -b "$initrd" "$release"
    cp "$(find "$work/kernel" -path '*bin/busybox' | head -n 1)" "$initrd/bin/busybox"
    cat >"$initrd/init" <<EOF
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $wanted; do modprobe -q "\$module"; done
root=\$(sed 's/.*root=\([^ ]*\).*/\1/' /proc/cmdline)
tries=0
while [ ! -b "\$root" ] && [ \$tries -lt 300 ]; do sleep 0.1; tries=\$((tries + 1)); done
mount -t ext4 "\$root" /newroot || exec sh
mount --move /dev /newroot/dev
umount /proc /sys
exec switch_root /newroot /lib/systemd/systemd
EOF
    chmod 755 "$initrd/init"
    (cd "$initrd" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd.gz"
    cp "$work/kernel"/boot/vmlinuz-* "$folder/vmlinuz"
    mv "$work/initrd.gz" "$folder/initrd.gz"
    rm -rf "$folder/modules" && cp -a "$initrd/lib/modules" "$folder/modules"
    cp "$(find "$work/kernel" -name bcm2837-rpi-3-b.dtb | head -n 1)" "$work/pi3.dtb"
    fdtput -p -t x "$work/pi3.dtb" /system linux,revision a02082    # what the firmware would add: a Pi 3 B
    mv "$work/pi3.dtb" "$folder/pi3.dtb"
fi
say "the base is in $folder"
