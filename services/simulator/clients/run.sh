#!/usr/bin/env bash
# Runs clients of X that others wrote, unchanged, against a simulator. They are fetched once, in pinned versions, into a folder
# that is kept: run.sh SIMULATOR FOLDER
set -euo pipefail
simulator=$(realpath "$1") cache=$(mkdir -p "$2" && realpath "$2")
here=$(dirname "$(realpath "$0")")
for tool in python3 node npm; do
  command -v "$tool" >/dev/null || { echo "test-clients needs $tool" >&2; exit 1; }
done

if ! cmp -s "$here/requirements.txt" "$cache/python/requirements.txt"; then
  echo "Fetching the clients for Python." >&2
  rm -rf "$cache/python"
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" -q --disable-pip-version-check install -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$cache/python/"
fi
if ! cmp -s "$here/package.json" "$cache/node/package.json"; then
  echo "Fetching the clients for Node." >&2
  rm -rf "$cache/node"
  mkdir -p "$cache/node"
  cp "$here/package.json" "$cache/node/wanted.json"
  (cd "$cache/node" && cp wanted.json package.json && npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts) || { rm -f "$cache/node/package.json"; exit 1; }
fi

work=$(mktemp -d)
children=()
finish() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT

# start NAME COMMAND… runs it against a simulator of its own, so that no client spends another's limits.
try() {
  local name=$1 port_file=$work/$1.log
  shift
  "$simulator" --listen=127.0.0.1:0 --telemetry-addr=127.0.0.1:0 --rate=50 --search-lag=1s --compliance-takes=1s --keep-alive=1s --seed=7 \
    --tls-self-signed="$work/$name.pem" >"$port_file" 2>&1 &
  children+=($!)
  local address=
  for _ in $(seq 100); do
    address=$(sed -n 's/.*simulator is ready.*"\?address"\?[=:]"\?\(127\.0\.0\.1:[0-9]*\).*/\1/p' "$port_file" | head -1)
    [ -n "$address" ] && break
    sleep 0.1
  done
  [ -n "$address" ] || { cat "$port_file" >&2; exit 1; }
  echo "== $name"
  SIMULATOR=$address CERTIFICATE=$work/$name.pem "$@"
}

try tweepy env REQUESTS_CA_BUNDLE="$work/tweepy.pem" "$cache/python/bin/python" "$here/tweepy_client.py"
cp "$here/twitter_api_v2_client.mjs" "$cache/node/"
try twitter-api-v2 env NODE_EXTRA_CA_CERTS="$work/twitter-api-v2.pem" node "$cache/node/twitter_api_v2_client.mjs"
