#!/bin/sh
# Makes stand-ins for the base images of deploy/Dockerfile and deploy/compose.yaml, where no registry can be reached: a
# small Debian 12 in the layout of the official images, under their names. To test with, never to publish.
#   tests/deploy/compose/base_images.sh IMAGE ...
# Python and Node are this machine's own, since those of Debian 12 are older: PYTHON (python3) has to be 3.11, node 20.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

# debian NAME PACKAGES HOOK: the hook is shell that changes the new root, which it finds in $1
debian() {
    mmdebstrap --quiet --variant=essential --dpkgopt=force-unsafe-io --include="$2" --customize-hook="$3" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' bookworm "$folder/$1.tar" ${MIRROR:+"$MIRROR"}
}

# as_image NAME IMAGE CHANGE ...
as_image() {
    tar=$folder/$1.tar image=$2
    shift 2
    podman import --quiet --change 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin' "$@" \
        "$tar" "$image" >/dev/null
    rm "$tar"
    echo "a stand-in, made of Debian's packages: $image"
}

python_image() {
    # The official image has Python in /usr/local, without bytecode.
    eval "$("${PYTHON:-python3}" -c '
import shlex, sys, sysconfig
assert sys.version_info[:2] == (3, 11), f"{sys.executable} is not Python 3.11, of which the stand-in would be made"
binary = f"{sys.base_prefix}/bin/python3.11"
shared = sysconfig.get_config_var("Py_ENABLE_SHARED")
shared = "{LIBDIR}/{INSTSONAME}".format(**sysconfig.get_config_vars()) if shared else ""
for name, value in {"binary": binary, "stdlib": sysconfig.get_path("stdlib"), "shared": shared}.items():
    print(f"export {name}={shlex.quote(value)}")')"
    libraries=libssl3,libsqlite3-0,libffi8,libbz2-1.0,liblzma5,zlib1g,libreadline8,libncursesw6,libuuid1,libexpat1
    # shellcheck disable=SC2016  # it is the hook that expands
    debian python "$libraries,libstdc++6,ca-certificates,passwd" '
        local=$1/usr/local
        install -D "$binary" "$local/bin/python3.11"
        ln -s python3.11 "$local/bin/python3" && ln -s python3.11 "$local/bin/python"
        test -z "$shared" || install -D "$shared" "$local/lib/${shared##*/}"
        tar -C "${stdlib%/*}" -c --exclude=__pycache__ --exclude=site-packages --exclude=test --exclude="config-*" \
            "${stdlib##*/}" | tar -C "$local/lib" -x
        mkdir -p "$local/lib/python3.11/site-packages"
        chroot "$1" ldconfig'
    as_image python "$1" --change 'CMD ["python3"]'
}

node_image() {
    NODE=$(node -p process.execPath) NPM=$(npm root -g 2>/dev/null)/npm
    export NODE NPM
    node -e 'process.exit(process.versions.node.split(".")[0] === "20" ? 0 : 1)' || {
        echo "$NODE is not Node 20, of which the stand-in would be made" >&2
        exit 1
    }
    # shellcheck disable=SC2016
    debian node libstdc++6,ca-certificates '
        local=$1/usr/local
        install -D "$NODE" "$local/bin/node"
        mkdir -p "$local/lib/node_modules"
        cp -r "$NPM" "$local/lib/node_modules/npm"
        ln -s ../lib/node_modules/npm/bin/npm-cli.js "$local/bin/npm"'
    as_image node "$1" --change 'CMD ["node"]'
}

redis_image() {
    # The official image has the user redis as 999, and /data, which is that user's, to work in.
    # shellcheck disable=SC2016
    debian redis redis-server,passwd '
        groupmod --root "$1" --gid 999 redis && usermod --root "$1" --uid 999 redis
        install -d -o 999 -g 999 "$1/data"'
    as_image redis "$1" --change 'CMD ["redis-server"]' --change 'WORKDIR /data' --change 'VOLUME /data'
}

for wanted in "$@"; do
    case $wanted in
        */python:3.11-*) python_image "$wanted" ;;
        */node:20-*) node_image "$wanted" ;;
        */redis:7*) redis_image "$wanted" ;;
        *) echo "there is no stand-in for $wanted" >&2; exit 1 ;;
    esac
done
