#!/usr/bin/env bash
# Plants faults in the CUDA kernels, one at a time, and checks that an emulator test notices each. The sources stay as
# they are: a changed copy is compiled and linked in front of the right ones.
#   tests/gpu/plant_faults.sh [build folder, default build/release] [only faults whose text matches this]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
build=$(realpath "${1:-build/release}")
only=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --build "$build" --target cuda_bits_test cuda_ops_test

kernels=engine/backend/cuda
missed=0
planted=0

# plant "what" file-with-the-fault "sed expression" kernel-to-compile program filter
plant() {
  local what=$1 file=$2 change=$3 kernel=$4 program=$5 filter=$6
  [[ $what =~ $only ]] || return 0
  planted=$((planted + 1))
  rm -rf "$work/tree" && mkdir -p "$work/tree/$kernels"
  sed -e "$change" "$kernels/$file" >"$work/tree/$kernels/$file"
  if cmp -s "$kernels/$file" "$work/tree/$kernels/$file"; then
    echo "NOT PLANTED  $what: the source no longer has that line"
    missed=$((missed + 1))
    return
  fi
  [ -f "$work/tree/$kernels/$kernel" ] || cp "$kernels/$kernel" "$work/tree/$kernels/$kernel"
  g++ -std=c++20 -O1 -ffp-contract=off -Wno-unknown-pragmas -I"$work/tree" -I"$root" -I"$root/tests/gpu/emulator" \
    -x c++ -c "$work/tree/$kernels/$kernel" -o "$work/fault.o"
  local link
  link=$(ninja -C "$build" -t commands "bin/$program" | tail -1)
  link=${link/ -o bin\/$program/ $work\/fault.o -o $work\/$program}
  (cd "$build" && eval "${link#*: && }" >/dev/null 2>"$work/link.log") || { cat "$work/link.log"; exit 1; }
  if timeout 300 "$work/$program" --gtest_filter="$filter" --gtest_fail_fast >"$work/log" 2>&1; then
    echo "MISSED       $what"
    missed=$((missed + 1))
  else
    echo "noticed      $what: $(grep -m1 -A4 -E 'Failure|terminate|CHECK' "$work/log" | tr '\n' ' ' | cut -c1-160)"
  fi
}

plant "product: rows behind the last weight row are read" matmul_kernels.h \
  's/if (row >= work.n_weight_rows) row = work.n_weight_rows - 1;//' matmul_plain.cu cuda_bits_test '*Products*'
plant "product: no barrier before the segments are added" matmul_kernels.h \
  '/^  __syncthreads();$/d' matmul_plain.cu cuda_bits_test '*Products*'
plant "product: the last segment is left out" matmul_kernels.h \
  's/for (int s = 0; s < kSegments; ++s) totals/for (int s = 0; s < kSegments - 1; ++s) totals/' matmul_plain.cu cuda_bits_test '*Products*'
plant "product: one row too many is written at a tile's edge" matmul_kernels.h \
  's/  if (local >= w.count) return;/  if (local > w.count) return;/' matmul_plain.cu cuda_bits_test '*Experts*'
plant "product: the second bf16 term of the tokens is dropped" matmul_kernels.h \
  's/sums\[n\]\[0\] + sums\[n\]\[1\]/sums[n][0]/' matmul_plain.cu cuda_bits_test '*Products*'
plant "experts: the last expert is dropped" moe.cu \
  '/std::int32_t place = first_pair/i if (e + 1 == n_experts) continue;' moe.cu cuda_bits_test '*ExpertsThatGet*'
plant "experts: the last tile is taken for full" moe.cu \
  's/work\[2\] = .*/work[2] = tile_rows;/' moe.cu cuda_bits_test '*ExpertsThatGet*'
plant "router: ties go to the higher index" moe.cu \
  's/b.index < a.index ? b : a/b.index > a.index ? b : a/' moe.cu cuda_ops_test '*Router*'
plant "norm: no barrier after the warps' sums" elementwise.cu \
  's/if (lane_of() == 0) parts\[warp_of()\] = x;/&\n#define __syncthreads() (void)0/; s/^  float sum = 0.0F;$/#undef __syncthreads\n#define __syncthreads() ::simt::barrier(__FILE__, __LINE__)\n&/' elementwise.cu cuda_bits_test '*Norms*'
plant "attention: the last slot of a run is left out" attention.cu \
  's/run.n = static_cast<int>(left < kSplitSlots ? left : kSplitSlots);/run.n = static_cast<int>(left < kSplitSlots ? left : kSplitSlots - 1);/' attention.cu cuda_bits_test '*AroundARun*'
plant "attention: no barrier before the next run's scores" attention.cu \
  '/const Run run = run_at(args, begin);/{n;d}' attention.cu cuda_bits_test '*LatentAttention*'
plant "attention: two runs joined without rescaling" attention.cu \
  's/device_exp(largest_before - largest), device_exp/1.0F, device_exp/' attention.cu cuda_bits_test '*AroundARun*'
plant "indexer: one tied slot too many" indexer.cu \
  's/equal.before < n_equal/equal.before <= n_equal/' indexer.cu cuda_bits_test '*Indexer*'
plant "Q5_K: the fifth bit of the neighbouring group" weight_formats_k.h \
  's/bits_of_bytes(p.h\[step % 2\], group)/bits_of_bytes(p.h[step % 2], group ^ 1)/' matmul_k.cu cuda_ops_test '*BlockTypes.Matmul*'

echo "$planted faults planted, $missed missed"
[ "$missed" -eq 0 ]
