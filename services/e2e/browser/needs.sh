#!/usr/bin/env bash
# needs.sh CHROMIUM AXE installs what the tests in a browser need and this machine lacks: Chromium, the fonts that the page is
# laid out and looked at with, and npm unless axe-core is there already. Debian's packages, where there is apt; elsewhere it
# says what is missing.
set -euo pipefail
has() { command -v "$1" >/dev/null; }
font() { has fc-list && fc-list : family | grep -qi "$1"; }

missing=()
has "$1" || missing+=(chromium)
[ -e "$2" ] || has npm || missing+=(npm)
if has apt-get; then
  font emoji || missing+=(fonts-noto-color-emoji)
  font '^inter' || missing+=(fonts-inter)
fi
[ ${#missing[@]} -gt 0 ] || exit 0
if ! has apt-get; then
  echo "There is no ${missing[*]} here and no apt to install it. Do so by other means; where Chromium is can be said by CHROMIUM=…" >&2
  exit 1
fi

as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" = 0 ] || as_root=(sudo "${as_root[@]}")
install() { "${as_root[@]}" apt-get -qq --yes --no-install-recommends install "${missing[@]}" >/dev/null; }
echo "Installing ${missing[*]}." >&2
# The lists of packages may be old, or not there at all.
install 2>/dev/null || { "${as_root[@]}" apt-get -qq update >/dev/null && install; }
