#!/usr/bin/env bash
# Everything about the CUDA engine that needs a GPU, on a bare machine with nvcc, CMake and ninja, no network, no Qt:
# builds engine, plug-in, CLI and tests; op tests against the reference; sanitizers on the small ones; whole checkpoints;
# the benchmark; one table last. Results go to $OUT, or to tests/gpu/results/ when it is not set.
#   tests/gpu/run.sh [all | build | test | sanitize | bench]     all fits no ten minutes: build first, then the rest
# What is built stays in build/gpu. Debian packages that are missing come from .gpu-deps (tests/gpu/pack.sh).
# Exit status: 0 all of it ran and passed, 1 something failed, 3 nothing failed but some of it could not run here.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
what=${1:-all}
build=build/gpu
results=${OUT:-tests/gpu/results}
mkdir -p "$results"
failed=0
incomplete=0
wanted() { [ "$what" = all ] || [ "$what" = "$1" ]; }
# step name command…: its whole output to a file, the verdict here.
step() {
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"$results/$name.log" 2>&1; then
    echo "pass  $name ($((SECONDS - begin)) s)" | tee -a "$results/summary.txt"
  else
    echo "FAIL  $name ($((SECONDS - begin)) s), the end of $results/$name.log:" | tee -a "$results/summary.txt"
    tail -15 "$results/$name.log"
    failed=1
  fi
}

# not_run what why: said in the summary, and in the exit status.
not_run() {
  echo "NOT RUN  $1: $2" | tee -a "$results/summary.txt"
  incomplete=1
}

case $what in all | build) : >"$results/summary.txt" ;; esac
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d .)
gpu=yes
if [ -z "$capability" ]; then
  gpu=no
  no_gpu="no NVIDIA GPU here (nvidia-smi does not answer)"
  capability=${BATHYSCOPE_GPU_ARCHITECTURE:-90}
fi

build_all() {
  if [ -f .gpu-deps/deps.tar.xz ] && [ ! -d "$build/deps/usr" ]; then
    mkdir -p "$build/deps"
    tar -C "$build/deps" -xJf .gpu-deps/deps.tar.xz
  fi
  local extra=()
  if [ -d "$build/deps/usr" ]; then
    local deps=$PWD/$build/deps
    command -v pkg-config >/dev/null || export PATH=$deps/bin:$PATH LD_LIBRARY_PATH=$deps/bin:${LD_LIBRARY_PATH:-}
    export PKG_CONFIG_SYSROOT_DIR=$deps PKG_CONFIG_LIBDIR=$deps/usr/lib/x86_64-linux-gnu/pkgconfig:$deps/usr/share/pkgconfig
    export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
    # Headers without a CMake file of their own.
    extra+=("-DCMAKE_PREFIX_PATH=$deps/usr" "-DCMAKE_CXX_FLAGS=-isystem $deps/usr/include"
      "-DCMAKE_EXE_LINKER_FLAGS=-L$deps/usr/lib/x86_64-linux-gnu")
  fi
  # Another compiler than ours may warn of other things.
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBATHYSCOPE_CUDA=ON -DBATHYSCOPE_BUILD_APP=OFF \
    -DBATHYSCOPE_WERROR=OFF -DBATHYSCOPE_CUDA_ARCHITECTURES="$capability" "${extra[@]}" &&
    cmake --build "$build" --target bathyscope_cuda bathyscope-cli gpu_ops_test gpu_golden_test gpu_bench gpu_describe_test
}

if wanted build; then
  if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
    step build build_all
  else
    not_run build "no nvcc"
  fi
fi
# What needs no GPU: the plug-in as it comes, with no driver or an old one, and the program that works on.
without_gpu() {
  local says
  says=$("$build/bin/gpu_describe_test") || return 1
  echo "here: $says"
  says=$(LD_LIBRARY_PATH=$build/fake_driver "$build/bin/gpu_describe_test")
  echo "with a driver of CUDA 11.4: $says"
  [[ $says == *"the driver supports CUDA 11.4, this plug-in needs"* ]] || return 1
  "$build/bin/bathyscope-cli" info demo || return 1
  "$build/bin/bathyscope-cli" generate demo --prompt Hello --max-tokens 4 --backend auto
}
if [ -x "$build/bin/gpu_describe_test" ] && { wanted build || wanted test; }; then
  step start-up without_gpu
  grep -hE '^(here|with a driver)' "$results/start-up.log"
fi
if [ $gpu = no ]; then
  for part in test:op-tests test:whole-checkpoints sanitize:memcheck sanitize:racecheck bench:benchmark; do
    if wanted "${part%:*}"; then not_run "${part#*:}" "$no_gpu"; fi
  done
  [ $failed -eq 0 ] || exit 1
  [ $incomplete -eq 0 ] || exit 3
  exit 0
fi
if [ ! -x "$build/bin/gpu_ops_test" ]; then
  echo "build/gpu has no tests: run tests/gpu/run.sh build"
  exit 1
fi

if wanted test; then
  step op-tests "$build/bin/gpu_ops_test"
  step whole-checkpoints "$build/bin/gpu_golden_test"
fi

if wanted sanitize && ! command -v compute-sanitizer >/dev/null; then
  not_run memcheck "no compute-sanitizer"
  not_run racecheck "no compute-sanitizer"
elif wanted sanitize; then
  small='*Norms*:*Rope*:*Embed*:*Indexer*:*RouterGroupLimits*:*ExpertsThatGet*:*AroundARun*'
  step memcheck timeout 240 compute-sanitizer --tool memcheck --error-exitcode 1 "$build/bin/gpu_ops_test" --gtest_filter="$small"
  step racecheck timeout 240 compute-sanitizer --tool racecheck --error-exitcode 1 "$build/bin/gpu_ops_test" --gtest_filter="$small"
fi

fail_bench() {
  echo "FAIL  bench v2-lite $1" | tee -a "$results/summary.txt"
  failed=1
}

model() { # model shape type layers: a checkpoint of random weights, made once
  local path=$build/$1-$2-$3.gguf
  [ -f "$path" ] || "$build/bin/bathyscope-cli" make-random --shape "$1" --type "$2" --layers "$3" --out "$path" >/dev/null
  echo "$path"
}

bench_model() { # bench_model name path prompt generate record
  "$build/bin/bathyscope-cli" bench "$2" --backend cuda --context $(($3 + $4 + 8)) --prefill-chunk 1024 --prompt-tokens "$3" --gen-tokens "$4" \
    --record "$5" --json >"$results/bench-$1.json" 2>"$results/bench-$1.log" || return 1
  # One value per line: no Python on a bare machine.
  tr '{},' '\n\n\n' <"$results/bench-$1.json" | awk -v name="$1" -v bandwidth="$bandwidth" '
    /"decode_tokens_per_second"/ {in_decode = 1; in_prefill = 0}
    /"prefill_tokens_per_second"/ {in_prefill = 1; in_decode = 0}
    /"median"/ {split($0, v, ":"); if (in_decode) decode = v[2]; if (in_prefill) prefill = v[2]; in_decode = in_prefill = 0}
    /"bytes_read_per_token"/ {split($0, v, ":"); bytes = v[2]}
    /"weight_bytes"/ {split($0, v, ":"); weights = v[2]}
    /"load_seconds"/ {split($0, v, ":"); load = v[2]}
    END {
      read = decode * bytes / 1e9
      share = bandwidth > 0 ? sprintf("%5.1f %% of copy bandwidth", 100 * read / bandwidth) : ""
      printf "%-34s load %6.1f s (%5.2f GB/s)  prefill %9.1f/s  decode %8.1f/s  %7.1f GB/s %s\n", name, load,
        load > 0 ? weights / 1e9 / load : 0, prefill, decode, read, share
    }' | tee -a "$results/table.txt"
}

if wanted bench; then
  : >"$results/table.txt"
  step kernels "$build/bin/gpu_bench"
  bandwidth=$(sed -n 's/^copy \([0-9]*\) GB.*/\1/p' "$results/kernels.log")
  bandwidth=${bandwidth:-0}
  layers=${BATHYSCOPE_BENCH_LAYERS:-27}
  for type in bf16 q8_0 q4_k_m; do
    path=$(model v2-lite $type "$layers")
    for context in 512 8192 32768; do
      bench_model "v2-lite-$type-$context" "$path" "$context" 64 on || fail_bench "$type, context $context"
    done
    bench_model "v2-lite-$type-512-no-record" "$path" 512 64 off || fail_bench "$type, no record"
  done
  {
    echo "# $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -1), $(date -u +%Y-%m-%d), commit $(cat "$build/deps/commit" 2>/dev/null || git rev-parse --short HEAD 2>/dev/null || echo unknown)"
    cat "$results/summary.txt" "$results/kernels.log" "$results/table.txt" 2>/dev/null
  } >"$results/results.txt"
  echo "---- $results/results.txt"
  cat "$results/results.txt"
fi
[ $failed -eq 0 ] || exit 1
[ $incomplete -eq 0 ] || exit 3
exit 0
