#!/usr/bin/env bash
# Everything about the CUDA engine that needs a GPU, on a bare machine with nvcc, g++ and CMake, no network, no Qt:
# builds engine, plug-in, CLI and tests; op tests against the reference; whole checkpoints; sanitizers on the small
# ones; the benchmark; one table last.
#   tests/gpu/run.sh [--seconds N] [all | build | test | sanitize | bench]
# What passed with these programs is not run again, and after N seconds nothing is begun: the same call, made again,
# goes on. Ten minutes on 16 cores are enough for `build`, for `test` and `sanitize`, and for `bench`.
# Everything lies in build/gpu. After each step the table so far, DATE-DEVICE-COMMIT.txt, and the steps' outputs are in
# $OUT, or the table in tests/gpu/results/. Debian packages that are missing come from .gpu-deps (tests/gpu/pack.sh).
# Exit status: 0 all of it ran and passed, 1 something failed, 3 nothing failed but some of it did not run.
# BATHYSCOPE_REHEARSAL=1 goes through it without a GPU, on the tests' emulator and with tiny models.
set -uo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$self")/../.." || exit 1
build=$PWD/build/gpu
state=$build/results
bin=$build/bin
rehearsal=${BATHYSCOPE_REHEARSAL:-}
[ -z "$rehearsal" ] || bin=$build/bin/emulated

inner=
seconds=0
what=all
while [ $# -gt 0 ]; do
  case $1 in
    --inner) inner=yes && shift && break ;;
    --seconds) seconds=${2:-0} && shift ;;
    all | build | test | sanitize | bench) what=$1 ;;
    *) sed -n '2,13s/^# //p' "$self" && exit 2 ;;
  esac
  shift
done
mkdir -p "$state" || exit 1
wanted() { [ "$what" = all ] || [ "$what" = "$1" ]; }

# ---- the machine
for place in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda /usr/local/cuda-* /opt/cuda; do
  command -v nvcc >/dev/null && break
  [ ! -x "$place/bin/nvcc" ] || export PATH=$place/bin:$PATH
done
device=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -1) || device=
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d '. ')
gpu=yes
if [[ ! $capability =~ ^[0-9]+$ ]]; then
  if compgen -G '/dev/nvidia[0-9]*' >/dev/null; then
    capability=native
  else
    gpu='' capability=90
  fi
fi
capability=${BATHYSCOPE_GPU_ARCHITECTURE:-$capability}
[ -n "$device" ] || device=${gpu:+unknown GPU}
[ -z "$rehearsal" ] || { gpu=yes && device="rehearsal without a GPU"; }
commit=$(git describe --always --dirty --exclude '*' 2>/dev/null || cat .gpu-deps/commit 2>/dev/null || echo unknown)
results=$(printf '%s-%s-%s' "$(date -u +%Y-%m-%d)" "${device%%,*}" "$commit" | tr -cs 'A-Za-z0-9.-' - | tr A-Z a-z).txt

# ---- steps
# What is known so far, where it is looked for.
hand_over() {
  {
    echo "# ${device:-no GPU}, $(date -u +%Y-%m-%d), commit $commit"
    cat "$state"/*.verdict "$state/kernels.log" "$state"/*.table 2>/dev/null
  } >"$state/table.txt"
  if [ -n "${OUT:-}" ]; then
    cp "$state/table.txt" "$OUT/$results"
    for log in "$state"/*.log "$state"/*.json; do
      [ ! -f "$log" ] || { echo "==== ${log##*/}" && tail -c 400000 "$log"; }
    done >"$OUT/outputs.txt"
  elif [ -n "$gpu" ] && [ -z "$rehearsal" ]; then
    mkdir -p tests/gpu/results && cp "$state/table.txt" "tests/gpu/results/$results"
  fi
}

verdict() { # verdict name word why
  printf '%-8s %s%s\n' "$2" "$1" "${3:+: $3}" | tee "$state/$1.verdict"
  hand_over
}

# step name least limit function…: its whole output to a file, the verdict here. Begun with `least` seconds left, ended
# after `limit`. A step of its own process, because `timeout` ends no function.
step() {
  local name=$1 least=$2 limit=$3 begin=$SECONDS cut='' took
  shift 3
  if grep -qs '^pass' "$state/$name.verdict"; then
    echo "pass     $name: earlier"
    return
  fi
  if [ "$seconds" -gt 0 ]; then
    if [ $((seconds - SECONDS)) -lt "$least" ]; then
      verdict "$name" "NOT RUN" "no time left in this call, $least s wanted"
      return
    fi
    [ $((seconds - SECONDS)) -ge "$limit" ] || { limit=$((seconds - SECONDS)) && cut=yes; }
  fi
  timeout -k 5 "$limit" bash "$self" --inner "$name" "$@" >"$state/$name.log" 2>&1
  local status=$?
  took=$((SECONDS - begin))
  if [ $status -eq 0 ]; then
    verdict "$name" pass "$took s"
  elif [ $status -eq 77 ]; then
    verdict "$name" "NOT RUN" "$(tail -1 "$state/$name.log")"
  elif [ -n "$cut" ] && [ $took -ge "$limit" ]; then
    verdict "$name" "NOT RUN" "cut off after $took s, no time left in this call"
  else
    verdict "$name" FAIL "status $status after $took s; output in ${state#"$PWD/"}/$name.log, its end:"
    tail -15 "$state/$name.log"
  fi
}

# ---- what the steps do
build_all() {
  command -v nvcc >/dev/null || { echo "no nvcc" && return 77; }
  command -v cmake >/dev/null || { echo "no cmake" && return 77; }
  local deps=$build/deps
  if [ -f .gpu-deps/deps.tar.xz ] && ! cmp -s .gpu-deps/deps.tar.xz "$build/deps.tar.xz"; then
    rm -rf "$deps" && mkdir -p "$deps" && tar -C "$deps" -xJf .gpu-deps/deps.tar.xz || return 1
    cp .gpu-deps/deps.tar.xz "$build/deps.tar.xz"
  fi
  local options=(-DCMAKE_BUILD_TYPE=Release -DBATHYSCOPE_CUDA=ON -DBATHYSCOPE_BUILD_APP=OFF -DBATHYSCOPE_WERROR=OFF
    "-DBATHYSCOPE_CUDA_ARCHITECTURES=$capability" "-DBATHYSCOPE_SHARED_DATA=$build/no-shared-data")
  if [ -d "$deps/usr" ]; then
    export PATH=$PATH:$deps/bin
    [ "$(command -v pkg-config)" != "$deps/bin/pkg-config" ] || export LD_LIBRARY_PATH=$deps/bin:${LD_LIBRARY_PATH:-}
    export PKG_CONFIG_SYSROOT_DIR=$deps PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
    export PKG_CONFIG_LIBDIR=$deps/usr/lib/x86_64-linux-gnu/pkgconfig:$deps/usr/share/pkgconfig
    # Headers without a CMake file of their own, and libraries whatever the machine calls its folders.
    options+=("-DCMAKE_PREFIX_PATH=$deps/usr;$deps/usr/lib/x86_64-linux-gnu/cmake;$deps/usr/share/cmake"
      "-DCMAKE_LIBRARY_PATH=$deps/usr/lib/x86_64-linux-gnu" "-DCMAKE_CXX_FLAGS=-isystem $deps/usr/include"
      "-DCMAKE_CUDA_FLAGS=-isystem $deps/usr/include" "-DCMAKE_EXE_LINKER_FLAGS=-L$deps/usr/lib/x86_64-linux-gnu")
  fi
  # The generator of the first call: another one would not go on in that folder.
  if [ ! -f "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then options+=(-G Ninja); fi
  local targets=(bathyscope_cuda bathyscope-cli gpu_ops_test gpu_golden_test gpu_bench gpu_describe_test)
  [ -z "$rehearsal" ] || targets+=(emulated_plugin)
  cmake -S . -B "$build" "${options[@]}" && cmake --build "$build" --target "${targets[@]}" -j "$(nproc)" || return 1
  [ -z "$rehearsal" ] || cp "$build"/bin/{bathyscope-cli,gpu_ops_test,gpu_golden_test,gpu_bench} "$bin/"
}

# What needs no GPU: the plug-in as it comes, with no driver or an old one, and the program that works on.
start_up() {
  local says
  says=$("$build/bin/gpu_describe_test") || return 1
  echo "here: $says"
  says=$(LD_LIBRARY_PATH=$build/fake_driver "$build/bin/gpu_describe_test")
  echo "with a driver of CUDA 11.4: $says"
  [[ $says == *"the driver supports CUDA 11.4, this plug-in needs"* ]] || return 1
  "$build/bin/bathyscope-cli" info demo || return 1
  "$build/bin/bathyscope-cli" generate demo --prompt Hello --max-tokens 4 --backend auto
}

ops() { "$bin/gpu_ops_test"; }
checkpoints() { "$bin/gpu_golden_test"; }

# On the real GPU the last line says it where the tool cannot be used (it needs a debugger's rights).
sanitize() { # sanitize tool
  command -v compute-sanitizer >/dev/null || { echo "no compute-sanitizer" && return 77; }
  compute-sanitizer --tool "$1" --error-exitcode 9 "$bin/gpu_ops_test" \
    --gtest_filter='*Norms*:*Rope*:*Embed*:*Indexer*:*RouterGroupLimits*:*ExpertsThatGet*:*LargeTilesOfExperts*:*AroundARun*'
  local status=$?
  grep -qsi 'device not supported' "$state/$name.log" && { echo "$1 does not support this device" && return 77; }
  return $status
}

kernels() {
  [ -z "$rehearsal" ] || { echo "no emulator does this one" && return 77; }
  "$bin/gpu_bench"
}

# The checkpoint goes to main memory where there is plenty, and away after its benchmark.
model_folder() {
  local free available
  free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 {print $4}')
  available=$(awk '/MemAvailable/ {print $2}' /proc/meminfo)
  if [ "${free:-0}" -gt 36000000 ] && [ "${available:-0}" -gt 80000000 ]; then
    echo /dev/shm
  else
    echo "$build"
  fi
}

# bench_model shape type layers wanted-decode wanted-prefill: one load, one line per number.
bench_model() {
  local status prompts=512,4096 depths=512,8192,32768 generate=64
  [ -z "$rehearsal" ] || { prompts=3,5 && depths=3,5 && generate=2; }
  local longest=${depths##*,}
  path=$(model_folder)/bathyscope-$1-$2-$3.gguf
  trap 'rm -f "$path"' EXIT
  "$bin/bathyscope-cli" make-random --shape "$1" --type "$2" --layers "$3" --out "$path" --force || return 1
  "$bin/bathyscope-cli" bench "$path" --backend cuda --context $((longest + generate + 8)) --prefill-chunk 4096 \
    --prompt-tokens "$prompts" --depth "$depths" --gen-tokens "$generate" --repeat 3 --record both --json \
    >"$state/$name.json"
  status=$?
  rm -f "$path"
  [ $status -eq 0 ] || return $status
  bench_table "$1 $2, $3 layers" "$4" "$5" <"$state/$name.json" | tee "$state/$name.table"
}

# bench_table title wanted-decode wanted-prefill <json: no Python on a bare machine.
bench_table() {
  local copy matrix
  copy=$(sed -n 's/^copy \([0-9]*\) GB.*/\1/p' "$state/kernels.log" 2>/dev/null)
  matrix=$(sed -n 's/.*bf16 \([0-9]*\) TFLOP.*/\1/p' "$state/kernels.log" 2>/dev/null)
  awk -v title="$1" -v wanted_decode="$2" -v wanted_prefill="$3" -v copy="${copy:-0}" -v matrix="${matrix:-0}" '
    function number(line) { sub(/^[^:]*: */, "", line); return line + 0 }
    function share(part, whole, of) { return whole > 0 ? sprintf("%5.1f %% of %s", 100 * part / whole, of) : "" }
    function row(what, rest, wanted) {
      printf "  %-16s %10.1f tokens/s, recording %+5.1f %%, %s%s\n", what " " n, on, 100 * cost, rest,
        (wanted > 0 ? sprintf(" (H100: %d wanted)", wanted) : "")
    }
    /^  "load_seconds"/ { load = number($0) }
    /^  "weight_bytes"/ { weights = number($0) }
    /^  "prefill": / { part = "prefill"; printf "%s: loaded in %.1f s, %.2f GB/s\n", title, load, weights / 1e9 / (load > 0 ? load : 1) }
    /^  "decode": / { part = "decode" }
    part == "" { next }
    /"prompt_tokens":|"depth":/ { n = number($0) }
    /"tokens_per_second":/ { recorded = 1 }
    /"tokens_per_second_unrecorded":/ { recorded = 0 }
    /"median":/ && recorded { on = number($0) }
    /"recording_cost":/ { cost = number($0) }
    part == "prefill" && /"ops_per_second":/ {
      row("prefill", sprintf("%.1f TFLOP/s ", number($0) / 1e12) share(number($0) / 1e12, matrix, "bf16 peak"), n == 4096 ? wanted_prefill : 0)
    }
    part == "decode" && /"bytes_per_second":/ {
      row("decode behind", sprintf("%.1f GB/s ", number($0) / 1e9) share(number($0) / 1e9, copy, "copy bandwidth"), wanted_decode)
    }'
}

if [ -n "$inner" ]; then
  name=$1
  shift
  "$@"
  exit
fi

# ---- all of it
if wanted build; then
  rm -f "$state/build.verdict"
  step build 30 3600 build_all
fi
# Verdicts belong to the programs they were given for.
programs=$(cat "$build"/bin/{libbathyscope_cuda.so,bathyscope-cli,gpu_*} 2>/dev/null | cksum)
if [ "$programs" != "$(cat "$state/programs" 2>/dev/null)" ]; then
  find "$state" -name '*.verdict' ! -name build.verdict -delete
  rm -f "$state"/*.table "$state"/*.json
  echo "$programs" >"$state/programs"
fi
if [ ! -x "$build/bin/gpu_bench" ] || grep -qs '^NOT RUN' "$state/build.verdict"; then
  echo "the programs are not built: tests/gpu/run.sh build"
  ! grep -qs '^NOT RUN' "$state/build.verdict" || exit 3
  exit 1
fi

tests=() && wanted test && tests+=("op-tests 60 300 ops" "whole-checkpoints 60 240 checkpoints")
wanted sanitize && tests+=("memcheck 90 240 sanitize memcheck" "racecheck 90 240 sanitize racecheck")
if wanted bench; then
  tests+=("kernels 30 120 kernels")
  if [ -n "$rehearsal" ]; then
    tests+=("bench-tiny 10 300 bench_model tiny bf16 2 0 0")
  else
    tests+=("bench-bf16 100 400 bench_model v2-lite bf16 27 410 40000" "bench-q8_0 80 300 bench_model v2-lite q8_0 27 640 0"
      "bench-q4_k_m 70 300 bench_model v2-lite q4_k_m 27 900 0" "bench-v3-layers 70 240 bench_model v3 q4_k_m 5 0 0")
  fi
fi
if wanted build || wanted test; then
  step start-up 15 120 start_up
  grep -hE '^(here|with a driver)' "$state/start-up.log"
fi
for line in "${tests[@]}"; do
  read -ra words <<<"$line"
  if [ -n "$gpu" ]; then
    step "${words[@]}"
  else
    verdict "${words[0]}" "NOT RUN" "no NVIDIA GPU here (nvidia-smi does not answer)"
  fi
done
hand_over
echo "---- $results"
cat "$state/table.txt"
! grep -qs '^FAIL' "$state"/*.verdict || exit 1
! grep -qs '^NOT RUN' "$state"/*.verdict || exit 3
