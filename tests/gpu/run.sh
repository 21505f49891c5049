#!/usr/bin/env bash
# Everything about the CUDA engine that needs a GPU, on a bare machine with nvcc, CMake and ninja, no network, no Qt:
# builds engine, plug-in, CLI and tests; op tests against the reference; sanitizers on the small ones; whole checkpoints;
# the benchmark; one table last. Results go to $OUT, or to tests/gpu/results/ when it is not set.
#   tests/gpu/run.sh [all | build | test | sanitize | bench]     all fits no ten minutes: build first, then the rest
# What is built stays in build/gpu. Debian packages that are missing come from .gpu-deps (tests/gpu/pack.sh).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
what=${1:-all}
build=build/gpu
results=${OUT:-tests/gpu/results}
mkdir -p "$results"
failed=0
note() { echo "[$SECONDS s] $*"; }
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

capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d .)
if [ -z "$capability" ]; then
  echo "no NVIDIA GPU here (nvidia-smi does not answer)"
  exit 1
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
    cmake --build "$build" --target bathyscope_cuda bathyscope-cli gpu_ops_test gpu_golden_test gpu_bench
}

if wanted build; then step build build_all; fi
if [ ! -x "$build/bin/gpu_ops_test" ]; then
  echo "build/gpu has no tests: run tests/gpu/run.sh build"
  exit 1
fi

if wanted test; then
  step op-tests "$build/bin/gpu_ops_test"
  step whole-checkpoints "$build/bin/gpu_golden_test"
fi

if wanted sanitize && command -v compute-sanitizer >/dev/null; then
  small='*Norms*:*Rope*:*Embed*:*Indexer*:*RouterGroupLimits*:*ExpertsThatGet*:*AroundARun*'
  step memcheck timeout 240 compute-sanitizer --tool memcheck --error-exitcode 1 "$build/bin/gpu_ops_test" --gtest_filter="$small"
  step racecheck timeout 240 compute-sanitizer --tool racecheck --error-exitcode 1 "$build/bin/gpu_ops_test" --gtest_filter="$small"
fi

model() { # model shape type layers: a checkpoint of random weights, made once
  local path=$build/$1-$2-$3.gguf
  [ -f "$path" ] || "$build/bin/bathyscope-cli" make-random --shape "$1" --type "$2" --layers "$3" --out "$path" >/dev/null
  echo "$path"
}

bench_model() { # bench_model name path prompt generate record
  "$build/bin/bathyscope-cli" bench "$2" --backend cuda --context $(($3 + $4 + 8)) --prefill-chunk 1024 --prompt-tokens "$3" --gen-tokens "$4" \
    --record "$5" --json >"$results/bench-$1.json" 2>"$results/bench-$1.log" || return 1
  python3 - "$results/bench-$1.json" "$1" "$bandwidth" <<'PYTHON' | tee -a "$results/table.txt"
import json, sys
r = json.load(open(sys.argv[1]))
decode = r["decode_tokens_per_second"]["median"]
gb = decode * r["bytes_read_per_token"] / 1e9
share = f"{100 * gb / float(sys.argv[3]):5.1f} % of copy bandwidth" if float(sys.argv[3]) > 0 else ""
print(f"{sys.argv[2]:34} load {r['load_seconds']:6.1f} s ({r['weight_bytes'] / 1e9 / r['load_seconds']:5.2f} GB/s)  "
      f"prefill {r['prefill_tokens_per_second']['median']:9.1f}/s  decode {decode:8.1f}/s  {gb:7.1f} GB/s {share}")
PYTHON
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
      bench_model "v2-lite-$type-$context" "$path" "$context" 64 on || echo "FAIL  bench v2-lite $type $context"
    done
    bench_model "v2-lite-$type-512-no-record" "$path" 512 64 off || echo "FAIL  bench v2-lite $type, no record"
  done
  {
    echo "# $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -1), $(date -u +%Y-%m-%d), commit $(cat "$build/deps/commit" 2>/dev/null || git rev-parse --short HEAD 2>/dev/null || echo unknown)"
    cat "$results/summary.txt" "$results/kernels.log" "$results/table.txt" 2>/dev/null
  } >"$results/results.txt"
  echo "---- $results/results.txt"
  cat "$results/results.txt"
fi
exit $failed
