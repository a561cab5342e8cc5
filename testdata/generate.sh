#!/usr/bin/env bash
# Makes everything in this folder that is not a program: inputs/, stores/, hostile/, MANIFEST.tsv.
#
# Needs a JDK 17 (keytool, java, javac), openssl 3, python3, iconv; BouncyCastle (the Debian package
# libbcpkix-java) for stores/bouncycastle. Keys are new at each run: fingerprints change.
# It ends with a check: the real keytool must find in every store what the list says is there.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
unset JAVA_TOOL_OPTIONS OPENSSL_CONF

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

./make_inputs.sh "$work"
python3 make_extensions.py
./make_stores.sh "$work" "$work/list.tsv"
python3 make_odd.py "$work/list.tsv"
javac -d "$work/classes" java/StoreDump.java
python3 make_manifest.py "$work/list.tsv" "$work/classes"
