#!/usr/bin/env bash
# Makes .gpu-deps/deps.tar.xz (ignored by git): what the engine, the CLI and the tests need from Debian, for a machine
# with a GPU, nvcc, g++ and CMake but no network. Run it where the packages are installed, take the folder along, and
# call tests/gpu/run.sh there. .gpu-deps/commit says which sources it was packed beside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=.gpu-deps
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
rm -rf "$out" && mkdir -p "$out"

# Headers, libraries, CMake and pkg-config files of a package, where they lie.
take() {
  dpkg -L "$1" | while read -r path; do
    [ -f "$path" ] || continue
    case "$path" in
      /usr/include/* | *.a | */libsentencepiece.so* | */cmake/* | *.pc) ;;
      *) continue ;;
    esac
    mkdir -p "$stage$(dirname "$path")"
    cp "$path" "$stage$path"
  done
}
for package in libexpected-dev nlohmann-json3-dev libicu-dev libsentencepiece-dev libsentencepiece0 libpcre2-dev \
  libgtest-dev libgmock-dev; do
  dpkg -s "$package" >/dev/null
  take "$package"
done
rm -f "$stage"/usr/lib/*/libicu{io,tu,test,i18n}.a "$stage"/usr/lib/*/libicu*{io,tu,test}.pc
rm -f "$stage"/usr/lib/*/libpcre2-{16,32,posix}.a
# The machine may have neither.
mkdir -p "$stage/bin"
for tool in pkg-config ninja; do cp -L "$(command -v "$tool")" "$stage/bin/$tool"; done
ldd "$stage/bin/pkg-config" | awk '/pkgconf/ {print $3}' | xargs -r -I{} cp -L {} "$stage/bin/"
XZ_OPT=-3 tar -C "$stage" -cJf "$out/deps.tar.xz" .
{ git describe --always --dirty --exclude '*' 2>/dev/null || echo unknown; } >"$out/commit"
du -h "$out/deps.tar.xz"
