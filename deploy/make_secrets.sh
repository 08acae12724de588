#!/bin/sh
# Makes the secrets that deploy/compose.yaml reads, once: a folder that only its owner can enter.
#   deploy/make_secrets.sh [FOLDER]            deploy/secrets when not named
# Files that are mounted into a container keep their owner and mode, and the processes there run as somebody else: the
# files can be read by all, and what keeps others out is the folder.
set -eu
folder=${1:-$(dirname "$0")/secrets}
if [ -e "$folder" ]; then
    echo "$folder is there already; to make new secrets, stop the stack and remove it" >&2
    exit 1
fi
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
making=$folder.making.$$
trap 'rm -rf "$making"' EXIT
mkdir -p "$making"
password=$(random)
hash=$(printf %s "$password" | sha256sum | cut -d' ' -f1)
printf %s "$password" >"$making/redis_password"
printf %s "redis://:$password@redis:6379/0" >"$making/redis_url"
# Redis knows the password's hash. Who has the password may use the data, and not set up or empty the server.
echo "user default on #$hash ~* &* +@all -@admin -flushall -flushdb" >"$making/redis_users"
random >"$making/token_secret"
echo '*' >"$making/.gitignore"
chmod 444 "$making"/*
mv "$making" "$folder"
echo "made $folder" >&2
