# Sourced by run.sh and test.sh: what the build needs, and the build itself. Debian 12 or newer, or a derivative of it.
# Says what it does; asks for root only to install packages that are really missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

build_packages=(
  build-essential cmake ninja-build
  qt6-base-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools libqt6svg6-dev libgl-dev
  pkg-config libexpected-dev nlohmann-json3-dev libicu-dev libsentencepiece-dev libsqlite3-dev libmd4c-dev
)
run_packages=(qt6-qpa-plugins libqt6svg6 fonts-noto-cjk)
test_packages=(libpcre2-dev libgtest-dev libgmock-dev libbenchmark-dev clang-format-14)

say() { printf '\033[1m» %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# install_packages NAME…: installs those that are not there, with apt; as root only then.
install_packages() {
  command -v dpkg-query >/dev/null || die "this script installs Debian packages; on another system install the equivalents of: $*"
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    say "All $# packages are installed."
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing and there is no sudo; as root run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [CMAKE OPTION…] -- [TARGET…]: configures and builds; quick when there is nothing to do.
build() {
  local preset=$1 options=() jobs
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -gt 0 ] && shift
  jobs=$(nproc)
  say "Building ($preset, $jobs jobs) in build/$preset"
  cmake --preset "$preset" -S "$root" "${options[@]}" >"$root/build/$preset.configure.log" 2>&1 ||
    { tail -n 30 "$root/build/$preset.configure.log" >&2; die "configuring failed; the whole log is build/$preset.configure.log"; }
  if [ $# -gt 0 ]; then
    cmake --build "$root/build/$preset" -j "$jobs" --target "$@"
  else
    cmake --build "$root/build/$preset" -j "$jobs"
  fi
}

mkdir -p "$root/build"
