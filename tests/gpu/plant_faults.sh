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
cmake --build "$build" --target cuda_bits_test cuda_ops_test cuda_step_test cuda_golden_test cuda_placement_test emulated_plugin

kernels=engine/backend/cuda
n_at_once=$(nproc)
planted=0
mkdir "$work/verdicts"

# plant "what" file-with-the-fault "sed expression" source-to-compile program filter; files are named from $kernels on.
# Program `plugin`: whole checkpoints, with a plug-in that has the fault.
plant() {
  [[ $1 =~ $only ]] || return 0
  planted=$((planted + 1))
  while [ "$(jobs -rp | wc -l)" -ge "$n_at_once" ]; do wait -n; done
  try "$(printf %02d $planted)" "$@" &
}

try() {
  local number=$1 what=$2 file=$3 change=$4 source=$5 program=$6 filter=$7
  local here=$work/$number verdict=$work/verdicts/$number
  mkdir -p "$here/tree/$kernels" "$here/bin"
  sed -e "$change" "$kernels/$file" >"$here/tree/$kernels/$file"
  if cmp -s "$kernels/$file" "$here/tree/$kernels/$file"; then
    echo "NOT PLANTED  $what: the source no longer has that line" >"$verdict"
    return
  fi
  [ -f "$here/tree/$kernels/$source" ] || cp "$kernels/$source" "$here/tree/$kernels/$source"
  if ! g++ -std=c++20 -O1 -w -fPIC -ffp-contract=off -I"$here/tree" -I"$root" -I"$root/tests/gpu/emulator" \
    -x c++ -c "$here/tree/$kernels/$source" -o "$here/fault.o" 2>"$here/log"; then
    echo "NOT COMPILED $what: $(head -1 "$here/log")" >"$verdict"
    return
  fi
  local link linked=bin/$program output=$here/bin/test
  if [ "$program" = plugin ]; then
    linked=bin/emulated/libbathyscope_cuda.so output=$here/bin/libbathyscope_cuda.so
    cp "$build/bin/emulated/cuda_golden_test" "$here/bin/test"
  fi
  link=$(ninja -C "$build" -t commands "$linked" | tail -1)
  link=${link/ -o ${linked//\//\\/}/ $here\/fault.o -o $output}
  if ! (cd "$build" && eval "${link#*: && }") >"$here/log" 2>&1; then
    echo "NOT LINKED   $what: $(head -1 "$here/log")" >"$verdict"
    return
  fi
  case $program in emulated/*) cp "$build/bin/emulated/libbathyscope_cuda.so" "$here/bin/" ;; esac
  if timeout 300 "$here/bin/test" --gtest_filter="$filter" --gtest_fail_fast >"$here/log" 2>&1; then
    echo "MISSED       $what" >"$verdict"
  else
    echo "noticed      $what: $(grep -m1 -A4 -E 'Failure|terminate|CHECK' "$here/log" | tr '\n' ' ' | cut -c1-160)" >"$verdict"
  fi
  rm -rf "$here/bin"
}

plant "product: rows behind the last weight row are read" matmul_work.h \
  's/if (row >= work.n_weight_rows) row = work.n_weight_rows - 1;//' matmul_plain.cu cuda_bits_test '*Products*'
plant "product: no barrier before the segments are added" matmul_kernels.h \
  '/^  __syncthreads();$/d' matmul_plain.cu cuda_bits_test '*Products*'
plant "product: the last segment is left out" matmul_kernels.h \
  's/for (int s = 0; s < kSegments; ++s) totals/for (int s = 0; s < kSegments - 1; ++s) totals/' matmul_plain.cu cuda_bits_test '*Products*'
plant "product: one row too many is written at a tile's edge" matmul_work.h \
  's/  if (local >= w.count) return;/  if (local > w.count) return;/' matmul_plain.cu cuda_bits_test '*Experts*'
plant "product: the second bf16 term of the tokens is dropped" matmul_tiles.h \
  's/+= sums\[0\] + sums\[1\]/+= sums[0]/' matmul_plain.cu cuda_bits_test '*Products*'
plant "tiles: no barrier before the next stage" matmul_tiles.h \
  '/__syncthreads();  .. the next stage/d' matmul_plain.cu cuda_bits_test '*LargeTiles'
plant "tiles: the next stage falls on the one that is multiplied" matmul_tiles.h \
  's/buffer ^= 1;//' matmul_plain.cu cuda_bits_test '*LargeTiles'
plant "tiles: a run of K ends a unit late" matmul_tiles.h \
  's/const std::int64_t end = segment_begin(units, s + 1); unit < end/const std::int64_t end = segment_begin(units, s + 1) + (s < 7 ? 1 : 0); unit < end/' matmul_plain.cu cuda_bits_test '*LargeTiles'
plant "tiles: the scales of the neighbouring rows" matmul_tiles.h \
  's/(group \* S::kRowTiles + m) \* 8/(group * S::kRowTiles + (m ^ 1)) * 8/' matmul_k_six.cu cuda_bits_test '*LargeTiles'
plant "tiles: a long group's sums are forgotten between stages" matmul_tiles.h \
  's/if (part != S::kParts - 1) return;//' matmul_plain.cu cuda_bits_test '*LargeTiles'
plant "tiles: the up rows are gate rows" matmul_tiles.h \
  's/second ? work.up : work.weight/work.weight/' matmul_plain.cu cuda_bits_test '*LargeTilesOf*'
plant "experts: the last expert is dropped" moe.cu \
  '/std::int32_t place = first_pair/i if (e + 1 == n_experts) continue;' moe.cu cuda_bits_test '*ExpertsThatGet*'
plant "experts: the last tile is taken for full" moe.cu \
  's/work\[2\] = .*/work[2] = tile_rows;/' moe.cu cuda_bits_test '*ExpertsThatGet*'
plant "router: ties go to the higher index" moe.cu \
  's/b.index < a.index ? b : a/b.index > a.index ? b : a/' moe.cu cuda_ops_test '*Router*'
plant "norm: no barrier after the warps' sums" device_math.h \
  '/__syncthreads();  \/\/ every warp.s part/d' elementwise.cu cuda_bits_test '*Norms*'
plant "experts: the last pair is lost" moe.cu \
  's/p < args.n_pairs \&\& ids/p + 1 < args.n_pairs \&\& ids/' moe.cu cuda_bits_test '*Experts*'
plant "logits: a lane is left out of the tree" logits.cu \
  's/for (int d = n \/ 2; d > 0; d \/= 2)/for (int d = n \/ 2; d > 1; d \/= 2)/' logits.cu cuda_bits_test '*CudaLogits*'
plant "logits: no barrier before the tree" logits.cu \
  's/^  __syncthreads();  .. whoever.*$//' logits.cu cuda_bits_test '*CudaLogits*'
plant "logits: padding rows may be drawn" logits.cu \
  's/if (i < args.n_sampleable) block.best/block.best/' logits.cu cuda_bits_test '*CudaLogits*'
plant "logits: one candidate too few" logits.cu \
  's/logit < threshold) continue/logit <= threshold) continue/' logits.cu cuda_bits_test '*CudaLogits*'
plant "attention: the last slot is left out" attention_tiles.h \
  's/range.end = static_cast<int>(n);/range.end = static_cast<int>(n) - 1;/' attention.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: a slot before the window is read" attention_tiles.h \
  's/static_cast<int>(n - args.window)/static_cast<int>(n - args.window) - 1/' attention.cu cuda_bits_test '*GroupedAround*'
plant "attention: tokens that pick their slots share a tile" attention_tiles.h \
  's/return args.picked == nullptr ? heads : .*/return heads;/' attention.cu cuda_bits_test '*LatentsAround*'
plant "attention: the low term of the keys is dropped" attention_tiles.h \
  '/mma_bf16(low_key, /d' attention.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: a step of the scores is left out" attention_tiles.h \
  's/return {first, (part + 1) \* steps \/ parts - first, false};/return {first, (part + 1) * steps \/ parts - first - part \/ 6, false};/' attention.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: the tile is overwritten while it is read" attention.cu \
  's/__syncthreads();  .. nobody reads.*//' attention.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: weights are used before all are there" attention.cu \
  's/__syncthreads();  .. its weights are.*//' attention.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: a run's sums keep the scale of an earlier tile" attention.cu \
  '/sums\[j\]\[i\] \*= rescale/d' attention.cu cuda_bits_test '*RiseAndFall*'
plant "attention: two runs joined without rescaling" attention_tiles.h \
  's/device_exp(largest_before - largest), device_exp/1.0F, device_exp/' attention.cu cuda_bits_test '*RiseAndFall*'
plant "attention: a block forgets all runs but its first" attention_tiles.h \
  's/const int end = (run + args.runs_per_block)/const int end = (run + 1)/' attention.cu cuda_bits_test '*BitsInAnyCall*'
plant "attention: the last run is not joined" attention_finish.cu \
  's/if (!from.has(base + i)) continue;/if (!from.has(base + i + 1) \&\& base + i > 0) continue;/' attention_finish.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: runs are joined before their factors are there" attention_finish.cu \
  's/__syncthreads();  .. the factors are.*//' attention_finish.cu cuda_bits_test '*AroundEveryTile*'
plant "attention: prefill joins runs with another rounding" attention.cu \
  's/so_far\[j\]\[i\] = fmaf(so_far\[j\]\[i\], old, /so_far[j][i] = (so_far[j][i] * old + /' attention.cu cuda_bits_test '*BitsInAnyCall*'
plant "attention: a span begins with the sums of the one before" attention.cu \
  's/factors\[kSpanLargest + row\] = minus_infinity();/(void)0;/; s/clear(sums.span);/(void)0;/' attention.cu cuda_bits_test '*BitsInAnyCall*'
plant "attention: spans are left where their runs would be" attention.cu \
  's/leave_sums<S>(args, run \/ kSpanRuns/leave_sums<S>(args, run/' attention.cu cuda_bits_test '*BitsInAnyCall*'
plant "absorbed queries: a part of the sum is left out" absorb.cu \
  's/for (int w = 0; w < kWarps; ++w) total/for (int w = 0; w + 1 < kWarps; ++w) total/' absorb.cu cuda_bits_test '*LatentsAround*'
plant "indexer: one tied slot too many" indexer.cu \
  's/equal.before < n_equal/equal.before <= n_equal/' indexer.cu cuda_bits_test '*Indexer*'
plant "Q5_K: the fifth bit of the neighbouring group" weight_formats_k.h \
  's/bits_of_bytes(p.h\[step % 2\], group)/bits_of_bytes(p.h[step % 2], group ^ 1)/' matmul_k_four.cu cuda_ops_test '*BlockTypes.Matmul*'

plant "experts: the router's choice is read where the host has it not yet" cuda_moe.cpp \
  's/if (routed_.ids != nullptr/if (routed_.ids == nullptr/' cuda_moe.cpp cuda_step_test '*groups*:*mixtral*'
plant "recorded step: the rotation stays where it was recorded" elementwise.cu \
  's/args.first_position + moved_by(args.moved) + row/args.first_position + row/' elementwise.cu cuda_step_test '*SameBits*'
plant "recorded step: a cache row stays where it was recorded" elementwise.cu \
  's/const Global<float> to(first_row(args.x) + row/const Global<float> to(args.x.data + row/' elementwise.cu cuda_step_test '*SameBits*'
plant "heads: their terms stand one column off" matmul_work.h \
  's/write_terms(args.out_terms, out_row, col, value)/write_terms(args.out_terms, out_row, col ^ 1, value)/' matmul_plain.cu cuda_step_test 'CudaTerms*'
plant "norm: the experts come along without the shared one" device_math.h \
  's/if (args.shared.data == nullptr) return sum;/return sum;/' elementwise.cu plugin '*deepseek_v1'
plant "rotation: a copied key is rotated where it was never put" cuda_waiting.cpp \
  's/args.from = waiting_.copied;//' cuda_waiting.cpp plugin '*v2_lite*'
plant "recorded step: attention ends where it was recorded" attention_tiles.h \
  's/args.first_position + moved_by(args.moved) + token/args.first_position + token/' attention.cu cuda_step_test '*SameBits*'
plant "recorded step: the indexer ends where it was recorded" indexer.cu \
  's/args.first_position + moved_by(args.moved) + token/args.first_position + token/' indexer.cu cuda_step_test '*SameBits*v32*'
plant "recorded step: used beyond its range" cuda_step.cpp \
  's/step.position >= s.limit - kStepRange \&\& step.position < s.limit/true/' cuda_step.cpp cuda_step_test '*BeyondTheRange*'
plant "recorded step: kept when memory it knows has moved" cuda_step.cpp \
  '/^  steps_.clear();$/d' cuda_step.cpp cuda_step_test '*MemoryThatMoved*'
plant "recorded step: the token of the recording again" cuda_step.cpp \
  's/if (token != nullptr) device_.to_device(token/if (moved == 0) device_.to_device(token/' cuda_step.cpp cuda_step_test '*SameBits*'
plant "one wait: the results are waited for apart" cuda_step.cpp \
  's/^  deliver();$/  device_.synchronize();\n&/' cuda_step.cpp cuda_step_test '*WaitsOnce*'
plant "one wait: results come back before they are whole" cuda_step.cpp \
  's/if (!deliveries_.empty() \&\& !block_copied_) {/if (false) {/' cuda_step.cpp cuda_step_test '*SameBits*'

plant "loading: a stage is filled before it is copied" weight_upload.cpp \
  '/device_.wait(stage.copied.handle());/d' weight_upload.cpp cuda_bits_test 'CudaLoading*'
plant "loading: the last rows of a stage stay behind" weight_upload.cpp \
  's/(n + piece_rows - 1) \/ piece_rows/n \/ piece_rows/' weight_upload.cpp cuda_bits_test 'CudaLoading*'

plant "main memory: the experts' results stay there" ../split_backend.cpp \
  '/device_->upload({host_out.data/d' ../split_backend.cpp emulated/cuda_placement_test '*AsWholeOnes*'
plant "main memory: the tokens are not waited for" ../split_backend.cpp \
  '/device_->fetch(x, {host_x.data, n});/{n;d}' ../split_backend.cpp emulated/cuda_placement_test '*AsWholeOnes*'
plant "main memory: a layer's experts go to the GPU all the same" ../split_backend.cpp \
  's/in_main_memory_.insert(placed.data);/(void)0;/' ../split_backend.cpp emulated/cuda_placement_test '*AsWholeOnes*'

wait
cat "$work"/verdicts/* 2>/dev/null
missed=$(cat "$work"/verdicts/* 2>/dev/null | grep -vc '^noticed' || true)
echo "$planted faults planted, $missed missed"
[ "$missed" -eq 0 ] && [ "$planted" -gt 0 ]
