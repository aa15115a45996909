#!/bin/sh
# Makes the base image of the sandboxes for a machine that cannot pull one: a minimal Debian with
# Python, by debootstrap and `docker import`. Needs root, and a Debian mirror or a cache of one.
#
#   runners/images/base.sh [TAG]        (default: sandglass-base:bookworm)
#   python -m runners image build --base sandglass-base:bookworm
#
# SANDGLASS_MIRROR names the mirror; without it, debootstrap's own default is used.
set -eu

tag=${1:-sandglass-base:bookworm}
suite=bookworm

if [ "$(id -u)" -ne 0 ]; then
    echo "base.sh: run it as root" >&2
    exit 1
fi

need() {
    command -v "$1" > /dev/null || missing="$missing $2"
}

missing=
need debootstrap debootstrap
need docker docker.io
if [ -n "$missing" ]; then
    apt-get update
    # shellcheck disable=SC2086 - a list of package names
    apt-get install --yes --no-install-recommends $missing
fi

root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT

# python3-venv brings the wheel of pip that the first build stage uses.
debootstrap --variant=minbase --include=python3,python3-venv \
    "$suite" "$root" ${SANDGLASS_MIRROR:+"$SANDGLASS_MIRROR"}

rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
    "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*

tar --create --numeric-owner --one-file-system --directory "$root" . \
    | docker import --change 'CMD ["/bin/sh"]' - "$tag"
