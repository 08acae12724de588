#!/bin/sh
# Writes the files that an overlay's Secrets are made of, where they are missing; none of them is committed.
#   deploy/k8s/secrets.sh deploy/k8s/overlays/local
#   REDIS_TLS=1 REDIS_ADDRESS=redis.example.com:6379 REDIS_PASSWORD=... \
#       deploy/k8s/secrets.sh deploy/k8s/overlays/production
# The address and the password stand alone as well as in the URL, for KEDA wants them so, and without a line's end.
# The password goes into a URL as it is: letters and digits. Without ssl_cert_reqs Celery takes any certificate.
# Prints the first API key, which is kept nowhere else.
set -eu
folder=$1/secrets
python=${PYTHON_PATH:-.venv/bin/python}
umask 077
mkdir -p "$folder"
if [ ! -e "$folder/redis-url" ]; then
    password=${REDIS_PASSWORD:-$(openssl rand -hex 24)}
    address=${REDIS_ADDRESS:-redis:6379}
    printf %s "$password" > "$folder/redis-password"
    printf %s "$address" > "$folder/redis-address"
    url="redis://:$password@$address/0"
    [ -z "${REDIS_TLS:-}" ] || url="rediss://:$password@$address/0?ssl_cert_reqs=required"
    printf %s "$url" > "$folder/redis-url"
fi
[ -e "$folder/token" ] || openssl rand -hex 32 > "$folder/token"
[ -e "$folder/keys.json" ] || BACKTEST_API_KEYS_FILE=$folder/keys.json "$python" -m backtester keys create \
    --owner operator --scopes run,read,metrics
