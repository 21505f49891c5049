#!/usr/bin/env bash
# Installs what is missing, builds Bathyscope (release), starts it. Arguments go to the program: a checkpoint to open.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/linux/common.sh"

install_packages "${build_packages[@]}" "${run_packages[@]}"
build release -DBATHYSCOPE_BUILD_TESTS=OFF -- bathyscope bathyscope-cli
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
  say "There is no display here. The same engine without a window: $root/build/release/bin/bathyscope-cli --help"
  exit 0
fi
say "Starting Bathyscope"
exec "$root/build/release/bin/bathyscope" "$@"
