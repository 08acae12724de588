#!/bin/sh
# Asks the advisory databases about every pinned package, Python's and npm's. Exit 1 for a known vulnerability.
#   scripts/audit.sh PYTHON
# Where a database cannot be reached nothing is known, and that is said aloud; it is no reason to stop a build that is not
# about it. AUDIT_MUST_ANSWER=1 makes it one.
set -u
cd "$(dirname "$0")/.."
python="$1"
status=0
unanswered() {
    echo "NOT AUDITED: $1; the database could not be reached" >&2
    [ "${AUDIT_MUST_ANSWER:-}" = 1 ] && status=1
    return 0
}
pins=deploy/constraints.txt
flat=$(mktemp)
grep -hE '^[A-Za-z0-9]' "$pins" > "$flat"
if out=$("$python" -m pip_audit --requirement "$flat" --no-deps --disable-pip --progress-spinner off --strict 2>&1); then
    echo "$pins: no known vulnerability"
elif echo "$out" | grep -qE 'Found [0-9]+ known vulnerab'; then
    echo "$out" >&2
    status=1
else
    unanswered "$pins"
fi
rm -f "$flat"
for folder in clients/typescript examples/web examples/nextjs; do
    out=$(cd "$folder" && npm audit --omit=dev --audit-level=moderate 2>&1)
    if [ $? -eq 0 ]; then
        echo "$folder: no known vulnerability"
    elif echo "$out" | grep -qi 'severity'; then
        echo "$out" >&2
        status=1
    else
        unanswered "$folder"
    fi
done
exit $status
