#!/usr/bin/env bash
# Installs what is missing, builds Bathyscope (release) with its tests, runs them. Arguments go to ctest (-R name).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/linux/common.sh"

install_packages "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}"
build release -DBATHYSCOPE_BUILD_TESTS=ON --
say "Running the tests"
ctest --test-dir "$root/build/release" --output-on-failure -j "$(nproc)" "$@"
