#!/bin/sh
# Installs the system packages whose commands are missing, where apt is there; names them otherwise.
#   scripts/system_packages.sh COMMAND[=PACKAGE] ...
set -eu
missing=""
for wanted in "$@"; do
    command -v "${wanted%%=*}" >/dev/null 2>&1 || missing="$missing ${wanted##*=}"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "the tests need these programs, which are not on PATH and apt is not there to install them:$missing" >&2
    exit 1
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "install these as root, then run again:$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "installing the system packages$missing ..." >&2
$sudo apt-get update -qq >&2
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >&2
