// The weighted sums of attention on a tile unit: slots turned for all rows of a task, weights as
// bytes. Included by attention_amx_body.h only.

constexpr Index kGroupsAtOnce = 8;
/// Two tiles of columns are turned at a time.
constexpr Index kTurnedTiles = kRoundedStep / kLanes;

/// Slots of a block in tiles: [tile of 16 columns][high, low][16 words of four slots].
struct TurnedValues {
  alignas(64) std::int8_t bytes[kTurnedTiles * 2 * kTileBytes];

  std::int8_t* tile(Index tile, Index part) { return bytes + (2 * tile + part) * kTileBytes; }
};

/// What the weighted sums of a call work in.
struct SumWork {
  alignas(64) std::int8_t weights[kGroupsAtOnce * 2 * kTileBytes];  // [group][high, low]
  TurnedValues values[2];                                           // of this pair and the next
  PartSums parts[2];
};

/// Weights of up to 16 rows as bytes, [row, slot]: of every 16 bytes eight of the first 32 slots,
/// then eight of the last. Rows that are not there are zeros.
void split_weights(const std::int16_t* weights, Index n_rows, std::int8_t* high, std::int8_t* low) {
  for (Index r = 0; r < kTileRows; ++r) {
    Ints first = _mm512_setzero_si512(), last = first;
    if (r < n_rows) {
      first = _mm512_loadu_si512(weights + r * kWholeBlock);
      last = _mm512_loadu_si512(weights + r * kWholeBlock + kWholeBlock / 2);
    }
    _mm512_store_si512(high + r * kLine, _mm512_packs_epi16(high_of(first), high_of(last)));
    _mm512_store_si512(low + r * kLine, _mm512_packs_epi16(low_of(first), low_of(last)));
  }
}

/// The word of a tile that four slots make, 4i to 4i + 3, in the order of split_weights.
constexpr Index word_of(Index i) { return i / 2 % 4 * 4 + i / 8 * 2 + i % 2; }

/// 32 columns of up to 64 slots: bytes of four slots beside each other. Words behind the last slot
/// are left alone: their weights are zeros.
void turn_values(const WholeSlots& slots, Index column, TurnedValues& to) {
  for (Index i = 0; 4 * i < slots.n_slots; ++i) {
    Ints rows[4];
#pragma GCC unroll 4
    for (Index r = 0; r < 4; ++r) {
      const Index slot = least(4 * i + r, slots.n_slots - 1);
      rows[r] = _mm512_loadu_si512(slots.data + slot * slots.stride + column);
    }
    const Ints low01 = _mm512_unpacklo_epi8(rows[0], rows[1]);
    const Ints low23 = _mm512_unpacklo_epi8(rows[2], rows[3]);
    const Ints high01 = _mm512_unpackhi_epi8(rows[0], rows[1]);
    const Ints high23 = _mm512_unpackhi_epi8(rows[2], rows[3]);
    // Of each, the lower half are high bytes, the upper half low ones, of eight columns.
    const Ints eights[4] = {
        _mm512_unpacklo_epi16(low01, low23), _mm512_unpackhi_epi16(low01, low23),
        _mm512_unpacklo_epi16(high01, high23), _mm512_unpackhi_epi16(high01, high23)};
#pragma GCC unroll 4
    for (Index e = 0; e < 4; ++e) {
      const Index at = word_of(i) * kLine + e % 2 * (kLine / 2);
      _mm256_store_si256(reinterpret_cast<__m256i*>(to.tile(e / 2, 0) + at),
                         _mm512_castsi512_si256(eights[e]));
      _mm256_store_si256(reinterpret_cast<__m256i*>(to.tile(e / 2, 1) + at),
                         _mm512_extracti64x4_epi64(eights[e], 1));
    }
  }
}

/// 16 columns of a group of rows, on the way through all: groups innermost.
struct SumStep {
  Index column;
  Index group;
};

/// Tiles 0 and 3 hold the mixed sums of every other step, which take two products.
template <int kParity, class T>
[[gnu::always_inline]] inline void multiply_sums(T& unit, SumWork& work, const SumStep& at) {
  constexpr int kMixed = 3 * kParity;
  const std::int8_t* weights = work.weights + at.group * 2 * kTileBytes;
  if (at.group == 0) {
    TurnedValues& values = work.values[at.column / kRoundedStep % 2];
    const Index tile = at.column / kLanes % kTurnedTiles;
    unit.template load<7>(values.tile(tile, 1), kLine);
    unit.template load<6>(values.tile(tile, 0), kLine);
  }
  unit.template load<4>(weights, kLine);
  unit.template load<5>(weights + kTileBytes, kLine);
  unit.template zero<kMixed>();
  unit.template zero<1>();
  unit.template zero<2>();
  unit.template dot<kMixed, 4, 7>();
  unit.template dot<1, 4, 6>();
  unit.template dot<2, 5, 7>();
  unit.template dot<kMixed, 5, 6>();
}

template <int kParity, class T>
[[gnu::always_inline]] inline void store_sums(T& unit, PartSums& parts) {
  unit.template store<1>(parts.words + 2 * kTileWords, kLine);
  unit.template store<2>(parts.words, kLine);
  unit.template store<3 * kParity>(parts.words + kTileWords, kLine);
}

/// Where a call's sums go; row r of its group g at sums + (16g + r)·stride.
struct SumRows {
  const float* scales;
  const float* factors;
  Index n_rows;
  float* sums;
  Index stride;
};

[[gnu::always_inline]] inline void add_sums(const SumRows& rows, const SumStep& at,
                                            const PartSums& parts) {
  const Index first = at.group * kTileRows;
#pragma GCC unroll 16
  for (Index i = 0; i < kTileRows; ++i) {
    if (first + i >= rows.n_rows) break;
    float* sum = rows.sums + (first + i) * rows.stride + at.column;
    const Floats factor = _mm512_set1_ps(rows.factors[first + i]);
    const __mmask16 any = _mm512_cmp_ps_mask(factor, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    const Floats before = _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(any, sum));
    const Floats scale = _mm512_set1_ps(rows.scales[first + i]);
    const Floats whole = _mm512_cvtepi32_ps(parts.joined(i));
    _mm512_storeu_ps(sum, _mm512_fmadd_ps(whole, scale, before));
  }
}

/// Up to kGroupsAtOnce groups of rows, whose weights are in `work`.
template <class T>
void sum_groups(T& unit, SumWork& work, const SumRows& rows, const WholeSlots& slots, Index dim) {
  const Index n_groups = (rows.n_rows + kTileRows - 1) / kTileRows;
  const auto after = [&](const SumStep& at) {
    return at.group + 1 < n_groups ? SumStep{at.column, at.group + 1}
                                   : SumStep{at.column + kLanes, 0};
  };
  const auto turn = [&](const SumStep& at) {
    if (at.group != 0 || at.column % kRoundedStep != 0) return;
    turn_values(slots, at.column, work.values[at.column / kRoundedStep % 2]);
  };
  SumStep now{0, 0};
  turn(now);
  multiply_sums<0>(unit, work, now);
  store_sums<0>(unit, work.parts[0]);
  const auto step = [&]<int kParity>() __attribute__((always_inline)) {
    constexpr int kNext = 1 - kParity;
    const SumStep next = after(now);
    const bool more = next.column < dim;
    if (more) {
      turn(next);
      multiply_sums<kNext>(unit, work, next);
    }
    add_sums(rows, now, work.parts[kParity]);
    if (more) store_sums<kNext>(unit, work.parts[kNext]);
    now = next;
    return more;
  };
  while (step.template operator()<0>() && step.template operator()<1>()) {
  }
}

template <class T>
void combine_on(T& unit, const std::int16_t* weights, const float* scales, const float* factors,
                Index n_rows, const WholeSlots& slots, Index dim, float* sums, Index sums_stride) {
  SumWork work;
  if (slots.n_slots <= kWholeBlock - 4) {
    for (TurnedValues& values : work.values) {
      __builtin_memset(values.bytes, 0, sizeof values.bytes);
    }
  }
  unit.buffer(&work, sizeof work);
  configure(unit, least(kTileRows, n_rows));
  constexpr Index kRowsAtOnce = kGroupsAtOnce * kTileRows;
  for (Index first = 0; first < n_rows; first += kRowsAtOnce) {
    const Index n = least(kRowsAtOnce, n_rows - first);
    for (Index r = 0; r < n; r += kTileRows) {
      std::int8_t* to = work.weights + r / kTileRows * 2 * kTileBytes;
      split_weights(weights + (first + r) * kWholeBlock, least(kTileRows, n - r), to,
                    to + kTileBytes);
    }
    const SumRows rows{scales + first, factors + first, n, sums + first * sums_stride, sums_stride};
    sum_groups(unit, work, rows, slots, dim);
  }
  unit.release();
}
