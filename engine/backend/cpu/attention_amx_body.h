// Attention in whole numbers (attention_rounded.h) on a tile unit (AMX): a number becomes two
// signed bytes, high · 256 + low, and the products high · high, the two mixed ones and low · low
// are summed apart, so that what vectors join from the three sums are exactly the sums of AVX-512,
// modulo 2^32 as there, and every bit behind them is the same. Included by attention_amx.cpp and by
// the tests' emulation only, inside their unnamed namespace.
//
// What bounds it, by count of instructions: scores, 16 slots × 16 rows × 32 columns, take the unit
// 48 cycles, storing the sums 48, the vectors 48 (two shifts, two sums, convert, add), loads 56;
// AVX-512 takes 128. Weighted sums, 16 rows × 16 columns × 64 slots: 64, 64, 64 and 60 against 256.
// So tiles of the next step are made while the vectors work on those of this one. Tile registers
// are dealt out so that none is written soon after it was read, whether or not the unit renames
// them.
//
// T, the tile unit: as in kernels_int_amx_body.h.

#include "engine/backend/cpu/kernels_amx_shape.h"

using engine::kernels::kGroupScores;
using engine::kernels::kMaxRoundedDim;
using engine::kernels::kRoundedStep;
using engine::kernels::kTurnedRows;
using engine::kernels::kWholeBlock;
using engine::kernels::RoundedAttention;
using engine::kernels::turned_words;
using engine::kernels::TurnedRows;
using engine::kernels::WholeSlots;
using Index = std::int64_t;
using Ints = __m512i;
using Floats = __m512;

constexpr Index kLanes = kTurnedRows;
constexpr Index kTileRows = 16;
constexpr Index kLine = 64;  // bytes of a tile's row
constexpr Index kTileBytes = kTileRows * kLine;
constexpr Index kTileWords = kTileRows * kLanes;

Index least(Index a, Index b) { return a < b ? a : b; }

// ---- numbers as bytes --------------------------------------------------------------------------

/// 16-bit numbers → the high bytes, rounded, so that low is signed: v = high · 256 + low, also for
/// the -32768 that stands where something was not finite.
Ints high_of(Ints v) { return _mm512_mulhrs_epi16(v, _mm512_set1_epi16(128)); }
Ints low_of(Ints v) { return _mm512_srai_epi16(_mm512_slli_epi16(v, 8), 8); }

/// A rounded row: of every 32 columns 32 high bytes, then 32 low ones, both with the even words of
/// four columns before the odd ones. That order makes two unpackings in turn_values enough.
void split_row(std::int16_t* row, Index dim) {
  const Ints order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  for (Index k = 0; k < dim; k += kRoundedStep) {
    const Ints v = _mm512_loadu_si512(row + k);
    const Ints bytes = _mm512_packs_epi16(high_of(v), low_of(v));
    _mm512_storeu_si512(row + k, _mm512_permutexvar_epi32(order, bytes));
  }
}

void round_row(const float* x, Index dim, std::int16_t* row, float* scale) {
  engine::kernels::avx512_vnni_attention().round_row(x, dim, row, scale);
  split_row(row, dim);
}

/// Eight words of a group's 16 rows: half a tile.
constexpr Index kPieceWords = 8 * kLanes;

/// Of every 32 columns three pieces, low, high, zeros; zeros before the first. So the tiles
/// (zeros, low), (low, high) and (high, zeros) are windows of it: against slots' (high, low) they
/// give the three sums.
void turn_rows(const std::int16_t* rows, Index n_rows, Index dim, std::int32_t* words) {
  std::int32_t turned[kMaxRoundedDim / 2 * kLanes];  // of every 32 columns high, low
  engine::kernels::avx512_vnni_attention().turn_rows(rows, n_rows, dim, turned);
  const auto piece = [&](const std::int32_t* from, std::int32_t* to) {
    for (Index i = 0; i < kPieceWords; i += kLanes) {
      _mm512_storeu_si512(to + i,
                          from == nullptr ? _mm512_setzero_si512() : _mm512_loadu_si512(from + i));
    }
  };
  piece(nullptr, words);
  for (Index run = 0; run < dim / kRoundedStep; ++run) {
    const std::int32_t* from = turned + run * 2 * kPieceWords;
    std::int32_t* to = words + (3 * run + 1) * kPieceWords;
    piece(from + kPieceWords, to);
    piece(from, to + kPieceWords);
    piece(nullptr, to + 2 * kPieceWords);
  }
}

// ---- tiles -------------------------------------------------------------------------------------

/// Tiles 0 … 3: sums of `rows` slots or rows; 4, 5: those; 6, 7: what they are multiplied with.
template <class T>
void configure(T& unit, Index rows) {
  const TileShape left{rows, kLine};
  constexpr TileShape kRight{kTileRows, kLine};
  const TileShape shapes[8] = {left, left, left, left, left, left, kRight, kRight};
  unit.configure(shapes);
}

/// The sums of a tile: low · low, mixed, high · high.
struct PartSums {
  alignas(64) std::int32_t words[3 * kTileWords];

  Ints joined(Index row) const {
    const std::int32_t* at = words + row * kLanes;
    const Ints high = _mm512_slli_epi32(_mm512_load_si512(at + 2 * kTileWords), 8);
    const Ints upper = _mm512_add_epi32(high, _mm512_load_si512(at + kTileWords));
    return _mm512_add_epi32(_mm512_slli_epi32(upper, 8), _mm512_load_si512(at));
  }
};

// ---- scores ------------------------------------------------------------------------------------

/// A run of 32 columns of up to 16 slots × a group of query rows, on the way through all of them:
/// columns innermost, then slots, then groups.
struct ScoreStep {
  Index group;
  Index slot;  // the first of its tile
  Index run;
};

struct ScoreWalk {
  const TurnedRows& q;
  const WholeSlots& slots;
  Index end_group;
  Index n_runs;
  Index rows;  // slots of a tile

  bool done(const ScoreStep& at) const { return at.group == end_group; }
  bool ends_tile(const ScoreStep& at) const { return at.run + 1 == n_runs; }
  /// The last tile begins early enough to be whole: its first scores are made twice.
  ScoreStep after(const ScoreStep& at) const {
    if (!ends_tile(at)) return {at.group, at.slot, at.run + 1};
    if (at.slot + rows < slots.n_slots) {
      return {at.group, least(at.slot + rows, slots.n_slots - rows), 0};
    }
    return {at.group + 1, 0, 0};
  }
};

/// One of the three sums, kPart-th since some multiple of four.
template <int kPart, class T>
[[gnu::always_inline]] inline void score_part(T& unit, const std::int32_t* window) {
  constexpr int kSums = kPart % 4;
  constexpr int kLeft = 4 + kPart / 3 % 2;
  constexpr int kRight = 6 + kPart % 2;
  unit.template load<kRight>(window, kLine);
  unit.template zero<kSums>();
  unit.template dot<kSums, kLeft, kRight>();
}

template <int kStep, class T>
[[gnu::always_inline]] inline void multiply_scores(T& unit, const ScoreWalk& walk,
                                                   const ScoreStep& at, Index ahead) {
  const std::int16_t* slot = walk.slots.data + at.slot * walk.slots.stride + at.run * kRoundedStep;
  const std::int32_t* pieces =
      walk.q.words + at.group * turned_words(walk.q.dim) + at.run * 3 * kPieceWords;
  unit.template load<4 + kStep % 2>(slot, walk.slots.stride * 2);
  score_part<3 * kStep>(unit, pieces);
  score_part<3 * kStep + 1>(unit, pieces + kPieceWords);
  score_part<3 * kStep + 2>(unit, pieces + 2 * kPieceWords);
  if (ahead == 0) return;
  for (Index i = 0; i < walk.rows; ++i) {
    const std::int16_t* later = slot + (i + ahead) * walk.slots.stride;
    _mm_prefetch(reinterpret_cast<const char*>(later), _MM_HINT_T1);
  }
}

template <int kStep, class T>
[[gnu::always_inline]] inline void store_scores(T& unit, PartSums& sums) {
  unit.template store<3 * kStep % 4>(sums.words, kLine);
  unit.template store<(3 * kStep + 1) % 4>(sums.words + kTileWords, kLine);
  unit.template store<(3 * kStep + 2) % 4>(sums.words + 2 * kTileWords, kLine);
}

/// The float32 sums of a tile, a slot each, a row a lane.
struct ScoreSums {
  Floats at[kTileRows];

  [[gnu::always_inline]] void clear() {
#pragma GCC unroll 16
    for (Index i = 0; i < kTileRows; ++i) at[i] = _mm512_setzero_ps();
  }
  [[gnu::always_inline]] void add(const PartSums& parts) {
#pragma GCC unroll 16
    for (Index i = 0; i < kTileRows; ++i) {
      at[i] = _mm512_add_ps(at[i], _mm512_cvtepi32_ps(parts.joined(i)));
    }
  }
  [[gnu::always_inline]] void finish(const ScoreWalk& walk, const ScoreStep& step,
                                     float* out) const {
    const Floats by_row = _mm512_loadu_ps(walk.q.scales + step.group * kLanes);
    const float* scales = walk.slots.scales + step.slot;
    out += step.group * kGroupScores + step.slot * kLanes;
#pragma GCC unroll 16
    for (Index i = 0; i < kTileRows; ++i) {
      if (i >= walk.rows) break;
      const Floats scale = _mm512_mul_ps(by_row, _mm512_set1_ps(scales[i]));
      _mm512_storeu_ps(out + i * kLanes, _mm512_mul_ps(at[i], scale));
    }
  }
};

template <class T>
void scores_on(T& unit, const TurnedRows& q, Index first, Index n, const WholeSlots& slots,
               float* out) {
  const ScoreWalk walk{q, slots, first + n, q.dim / kRoundedStep, least(kTileRows, slots.n_slots)};
  PartSums parts[2];
  unit.buffer(parts, sizeof parts);
  configure(unit, walk.rows);
  ScoreSums sums;
  sums.clear();
  ScoreStep now{first, 0, 0};
  const auto ahead = [&](const ScoreStep& at) { return at.group == first ? slots.ahead : 0; };
  multiply_scores<0>(unit, walk, now, ahead(now));
  store_scores<0>(unit, parts[0]);
  const auto step = [&]<int kStep>() __attribute__((always_inline)) {
    constexpr int kNext = (kStep + 1) % 4;
    const ScoreStep next = walk.after(now);
    const bool more = !walk.done(next);
    if (more) multiply_scores<kNext>(unit, walk, next, ahead(next));
    sums.add(parts[kStep % 2]);
    if (walk.ends_tile(now)) {
      sums.finish(walk, now, out);
      sums.clear();
    }
    if (more) store_scores<kNext>(unit, parts[kNext % 2]);
    now = next;
    return more;
  };
  while (step.template operator()<0>() && step.template operator()<1>() &&
         step.template operator()<2>() && step.template operator()<3>()) {
  }
  unit.release();
}

/// No product is in it: what AVX-512 does.
void soften(float* content, float* rope, float scale, const WholeSlots& slots,
            const engine::kernels::SoftGroup& group) {
  engine::kernels::avx512_vnni_attention().soften(content, rope, scale, slots, group);
}

#include "engine/backend/cpu/attention_amx_sums.h"
