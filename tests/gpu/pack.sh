#!/usr/bin/env bash
# Makes .gpu-deps/deps.tar.xz (ignored by git): what the engine, the CLI and the tests need from Debian, for a machine
# with a GPU, nvcc, CMake and ninja but no network. Run it where the packages are installed, take the folder along, and
# call tests/gpu/run.sh there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=.gpu-deps
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
rm -rf "$out" && mkdir -p "$out"

# Headers, static libraries, CMake and pkg-config files of a package, where they lie.
take() {
  dpkg -L "$1" | while read -r path; do
    [ -f "$path" ] || continue
    case "$path" in
      /usr/include/* | *.a | */cmake/* | *.pc) ;;
      *) continue ;;
    esac
    mkdir -p "$stage$(dirname "$path")"
    cp "$path" "$stage$path"
  done
}
for package in libexpected-dev nlohmann-json3-dev libicu-dev libgtest-dev libgmock-dev; do
  dpkg -s "$package" >/dev/null
  take "$package"
done
rm -f "$stage"/usr/lib/*/libicu{io,tu,test,i18n}.a "$stage"/usr/lib/*/libicu*{io,tu,test}.pc
# The machine may have no pkg-config.
mkdir -p "$stage/bin"
cp -L "$(command -v pkg-config)" "$stage/bin/pkg-config"
ldd "$stage/bin/pkg-config" | awk '/pkgconf/ {print $3}' | xargs -r -I{} cp -L {} "$stage/bin/"
git rev-parse --short HEAD >"$stage/commit" 2>/dev/null || echo unknown >"$stage/commit"
XZ_OPT=-3 tar -C "$stage" -cJf "$out/deps.tar.xz" .
du -h "$out/deps.tar.xz"
