// One token against sixteen weight rows of ggml's larger block types, for AVX-512 with VNNI: a
// row's bytes are multiplied as they lie in it, whole cache lines at a time, and only the sums are
// turned to a lane per row. Less than half of the loads of kernels_int_body.h, and the same
// numbers: everything up to a sub-block's sum is whole. Included by kernels_int_avx512_vnni.cpp
// only, inside its unnamed namespace, after kernels_int_panel.h.

/// kLanes rows `stride` bytes apart, four beside each other.
struct RowQuads {
  const unsigned char* quads[4];
  Index stride;

  RowQuads(const unsigned char* first, Index row_bytes) : stride(row_bytes) {
    for (Index q = 0; q < 4; ++q) quads[q] = first + 4 * q * row_bytes;
  }
  const unsigned char* row(Index quad, Index r) const { return quads[quad] + r * stride; }
  void advance(Index n_bytes) {
#pragma GCC unroll 4
    for (Index q = 0; q < 4; ++q) quads[q] += n_bytes;
  }
};

Ints load_line(const void* p) { return _mm512_loadu_si512(p); }
Ints load_twice(const unsigned char* p) {
  return _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
Ints byte_mask(int byte) { return _mm512_set1_epi8(static_cast<char>(byte)); }
/// Two constants, one for each half of the bytes.
Ints halves_of(std::int64_t low, std::int64_t high) {
  return _mm512_set_epi64(high, high, high, high, low, low, low, low);
}

/// Sums of four bytes each, of four rows → a word per row in each 128-bit part: its 16 bytes.
/// kNarrow: the sums of eight are below 2^15 too.
template <bool kNarrow>
[[gnu::always_inline]] inline Ints join_rows(const Ints (&four)[4]) {
  const Ints one = _mm512_set1_epi16(1);
  const Ints first = _mm512_madd_epi16(_mm512_packs_epi32(four[0], four[1]), one);
  const Ints second = _mm512_madd_epi16(_mm512_packs_epi32(four[2], four[3]), one);
  if constexpr (kNarrow) return _mm512_madd_epi16(_mm512_packs_epi32(first, second), one);
  const auto pick = [&](auto which) {
    constexpr int kWhich = decltype(which)::value;
    return _mm512_castps_si512(
        _mm512_shuffle_ps(_mm512_castsi512_ps(first), _mm512_castsi512_ps(second), kWhich));
  };
  return _mm512_add_epi32(pick(std::integral_constant<int, 0x88>{}),
                          pick(std::integral_constant<int, 0xDD>{}));
}

/// Quads of rows whose 128-bit parts are 16 columns each → sums of 16 columns, a row per lane.
[[gnu::always_inline]] inline void turn_sixteens(const Ints (&quads)[4], Ints* dots) {
  const Ints low01 = _mm512_shuffle_i32x4(quads[0], quads[1], 0x44);
  const Ints high01 = _mm512_shuffle_i32x4(quads[0], quads[1], 0xEE);
  const Ints low23 = _mm512_shuffle_i32x4(quads[2], quads[3], 0x44);
  const Ints high23 = _mm512_shuffle_i32x4(quads[2], quads[3], 0xEE);
  dots[0] = _mm512_shuffle_i32x4(low01, low23, 0x88);
  dots[1] = _mm512_shuffle_i32x4(low01, low23, 0xDD);
  dots[2] = _mm512_shuffle_i32x4(high01, high23, 0x88);
  dots[3] = _mm512_shuffle_i32x4(high01, high23, 0xDD);
}

/// The same with sums of 32 columns: of the first two and of the last two parts.
[[gnu::always_inline]] inline void turn_thirty_twos(const Ints (&quads)[4], Ints& first,
                                                    Ints& second) {
  const auto join = [](Ints a, Ints b) {
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
  };
  const Ints low = join(quads[0], quads[1]);
  const Ints high = join(quads[2], quads[3]);
  first = _mm512_shuffle_i32x4(low, high, 0x88);
  second = _mm512_shuffle_i32x4(low, high, 0xDD);
}

/// Word j of 16 bytes of every row, as V::load4.
[[gnu::always_inline]] inline void load4_of(const RowQuads& rows, Index at, Ints (&out)[4]) {
  const unsigned char* all[kLanes];
#pragma GCC unroll 16
  for (Index i = 0; i < kLanes; ++i) all[i] = rows.row(i / 4, i % 4);
  V::load4(all, at, out);
}

/// Byte kByte of every word as a number, without its sign or with it; signed ones come out 2^24
/// times as large.
template <int kByte, bool kSigned>
[[gnu::always_inline]] inline Floats byte_of(Ints words) {
  constexpr int kZeros = static_cast<int>(kSigned ? 0x00808080U : 0x80808000U);
  constexpr int kPlace = kSigned ? 24 : 0;
  const auto from = [](int word) { return kZeros | (4 * word + kByte) << kPlace; };
  const Ints order = _mm512_set4_epi32(from(3), from(2), from(1), from(0));
  return _mm512_cvtepi32_ps(_mm512_shuffle_epi8(words, order));
}

/// Part `part` of kParts of what the next rows will read during one block of kBytes a row: a little
/// at a time, because only so many lines can be on their way at once.
template <Index kBytes, Index kParts = 8>
[[gnu::always_inline]] inline void fetch_part(Ahead& ahead, Index part) {
  if (ahead.at >= ahead.end) return;
  constexpr Index kLines = (kBytes * kLanes + 63) / 64;
  const Index n = (part + 1) * kLines / kParts - part * kLines / kParts;
#pragma GCC unroll 16
  for (Index i = 0; i < n; ++i) {
    // Not through V::prefetch: g++ 12 takes that for a function without effects here and drops it.
    _mm_prefetch(reinterpret_cast<const char*>(ahead.at + 64 * i), _MM_HINT_T0);
  }
  ahead.at += 64 * n;
}

/// One block of kLanes rows of a type: dots[s] is the sum of its unsigned numbers times activations
/// over sub-block s; scale(s) and min(s) come from its header. A row per lane.
template <class F>
struct RowsBlock;

/// Q4_K and Q5_K: 64 bytes are two pairs of sub-blocks, one in the low nibbles, one in the high
/// ones.
template <bool kFifth>
struct NibblesByRows {
  static constexpr Index kAt = kFifth ? 48 : 16;
  Ints scales[2];
  Ints mins[2];
  Floats d;
  Floats dmin;

  [[gnu::always_inline]] static void dots(const RowQuads& rows, const std::int8_t* x,
                                          Ints (&dots)[8], Ahead& ahead) {
    const Ints nibble = byte_mask(0x0F);
    const Ints fifth = byte_mask(0x10);
#pragma GCC unroll 2
    for (Index half = 0; half < 2; ++half) {
      const Ints x0 = load_line(x + 128 * half);
      const Ints x1 = load_line(x + 128 * half + 64);
      const Ints x_low = _mm512_shuffle_i64x2(x0, x1, 0x44);
      const Ints x_high = _mm512_shuffle_i64x2(x0, x1, 0xEE);
      const int bit = 1 << (4 * half);
      const Ints low_bit = halves_of(0x0101010101010101 * bit, 0x0101010101010101 * bit * 4);
      const Ints high_bit = _mm512_add_epi8(low_bit, low_bit);
      Ints low[4];
      Ints high[4];
#pragma GCC unroll 4
      for (Index q = 0; q < 4; ++q) {
        Ints low_four[4];
        Ints high_four[4];
        fetch_part<kFifth ? 176 : 144>(ahead, 4 * half + q);
#pragma GCC unroll 4
        for (Index r = 0; r < 4; ++r) {
          const unsigned char* row = rows.row(q, r);
          const Ints line = load_line(row + kAt + 64 * half);
          Ints w_low = _mm512_and_si512(line, nibble);
          Ints w_high = _mm512_and_si512(_mm512_srli_epi16(line, 4), nibble);
          if constexpr (kFifth) {
            const Ints bits = load_twice(row + 16);
            const auto low_there = _mm512_test_epi8_mask(bits, low_bit);
            const auto high_there = _mm512_test_epi8_mask(bits, high_bit);
            w_low = _mm512_mask_add_epi8(w_low, low_there, w_low, fifth);
            w_high = _mm512_mask_add_epi8(w_high, high_there, w_high, fifth);
          }
          low_four[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w_low, x_low);
          high_four[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w_high, x_high);
        }
        low[q] = join_rows<true>(low_four);
        high[q] = join_rows<true>(high_four);
      }
      turn_thirty_twos(low, dots[4 * half], dots[4 * half + 2]);
      turn_thirty_twos(high, dots[4 * half + 1], dots[4 * half + 3]);
    }
  }

  /// As unpack_pairs.
  [[gnu::always_inline]] explicit NibblesByRows(const RowQuads& rows) {
    Ints head[4];
    load4_of(rows, 0, head);
    d = V::low_half(head[0]);
    dmin = V::sub(V::set1f(0.0F), V::low_half(V::right<16>(head[0])));
    const Ints six = byte_mask(0x3F);
    const Ints two = byte_mask(0x30);
    scales[0] = V::bits_and(head[1], six);
    scales[1] = V::bits_or(low_nibbles(head[3]), V::bits_and(V::right<2>(head[1]), two));
    mins[0] = V::bits_and(head[2], six);
    mins[1] = V::bits_or(high_nibbles(head[3]), V::bits_and(V::right<2>(head[2]), two));
  }
  template <int kSub>
  [[gnu::always_inline]] Floats scale() const {
    return V::mul(d, byte_of<kSub % 4, false>(scales[kSub / 4]));
  }
  template <int kSub>
  [[gnu::always_inline]] Floats min() const {
    return V::mul(dmin, byte_of<kSub % 4, false>(mins[kSub / 4]));
  }
};
template <>
struct RowsBlock<Format<WeightType::Q4_K>> : NibblesByRows<false> {
  using NibblesByRows::NibblesByRows;
};
template <>
struct RowsBlock<Format<WeightType::Q5_K>> : NibblesByRows<true> {
  using NibblesByRows::NibblesByRows;
};

/// 64 bytes of low parts and 32 of high ones are 128 columns in order.
template <>
struct RowsBlock<Format<WeightType::Q6_K>> {
  Ints scales[4];
  Floats d;

  [[gnu::always_inline]] static void dots(const RowQuads& rows, const std::int8_t* x,
                                          Ints (&dots)[16], Ahead& ahead) {
    const Ints nibble = byte_mask(0x0F);
    const Ints two = byte_mask(0x30);
    const Ints up = halves_of(4, 2);
    const Ints down = halves_of(0, 2);
#pragma GCC unroll 2
    for (Index half = 0; half < 2; ++half) {
      const Ints x_low = load_line(x + 128 * half);
      const Ints x_high = load_line(x + 128 * half + 64);
      Ints low[4];
      Ints high[4];
#pragma GCC unroll 4
      for (Index q = 0; q < 4; ++q) {
        Ints low_four[4];
        Ints high_four[4];
        fetch_part<210>(ahead, 4 * half + q);
#pragma GCC unroll 4
        for (Index r = 0; r < 4; ++r) {
          const unsigned char* row = rows.row(q, r);
          const Ints line = load_line(row + 64 * half);
          const Ints bits = load_twice(row + 128 + 32 * half);
          const Ints bits_low = _mm512_and_si512(_mm512_sllv_epi64(bits, up), two);
          const Ints bits_high = _mm512_and_si512(_mm512_srlv_epi64(bits, down), two);
          // (line & nibble) | bits
          const Ints w_low = _mm512_ternarylogic_epi32(line, nibble, bits_low, 0xEA);
          const Ints w_high =
              _mm512_ternarylogic_epi32(_mm512_srli_epi16(line, 4), nibble, bits_high, 0xEA);
          low_four[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w_low, x_low);
          high_four[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w_high, x_high);
        }
        low[q] = join_rows<false>(low_four);
        high[q] = join_rows<false>(high_four);
      }
      turn_sixteens(low, dots + 8 * half);
      turn_sixteens(high, dots + 8 * half + 4);
    }
  }

  [[gnu::always_inline]] explicit RowsBlock(const RowQuads& rows) {
    const unsigned char* all[kLanes];
#pragma GCC unroll 16
    for (Index i = 0; i < kLanes; ++i) all[i] = rows.row(i / 4, i % 4);
    // The power of two that byte_of leaves goes out of d: exact, d is a half.
    d = V::mul(V::halves(all, 208), V::set1f(0x1p-24F));
    V::load4(all, 192, scales);
  }
  template <int kSub>
  [[gnu::always_inline]] Floats scale() const {
    return V::mul(d, byte_of<kSub % 4, true>(scales[kSub / 4]));
  }
};

/// Adds the terms of one block of sixteen rows to `sum` in the order of tile().
template <class F>
[[gnu::always_inline]] inline Floats add_rows_block(const RowQuads& rows, const TokenTile<1>& x,
                                                    Floats sum, Ahead& ahead) {
  constexpr Index kSubs = F::kElements / F::kSub;
  Ints dots[kSubs];
  RowsBlock<F>::dots(rows, x.values[0], dots, ahead);
  // What stands besides the products, of sub-block s at [s], of 32 columns at [2s].
  alignas(64) std::int32_t starts[16];
  Ints sums = _mm512_loadu_si512(x.sums[0]);
  if constexpr (F::kSub == 32) {
    sums = _mm512_add_epi32(sums, _mm512_shuffle_epi32(sums, _MM_PERM_CDAB));
  }
  if constexpr (F::kMin) {
    _mm512_store_ps(starts, _mm512_cvtepi32_ps(sums));
  } else {
    _mm512_store_si512(starts, _mm512_mullo_epi32(sums, _mm512_set1_epi32(-F::kOffset)));
  }
  const RowsBlock<F> head(rows);
  const auto add = [&](auto which) {
    constexpr int kS = decltype(which)::value;
    const std::int32_t* start = starts + kS * F::kSub / 16;
    Floats product;
    if constexpr (F::kMin) {
      const Floats by = V::set1f(*reinterpret_cast<const float*>(start));
      product = V::fma(V::to_float(dots[kS]), head.template scale<kS>(),
                       V::mul(head.template min<kS>(), by));
    } else {
      const Ints whole = _mm512_add_epi32(dots[kS], _mm512_set1_epi32(*start));
      product = V::mul(V::to_float(whole), head.template scale<kS>());
    }
    sum = V::fma(product, V::set1f(x.scales[0][kS * F::kSub / 32]), sum);
  };
  const auto add_all = [&]<int... kS>(std::integer_sequence<int, kS...>) {
    (add(std::integral_constant<int, kS>{}), ...);
  };
  add_all(std::make_integer_sequence<int, kSubs>{});
  return sum;
}

/// 16 bytes of row r of each quad, a quad per 128-bit part.
[[gnu::always_inline]] inline Ints sixteens_of(const RowQuads& rows, Index r, Index at) {
  Ints v = _mm512_castsi128_si512(V::piece(rows.row(0, r) + at));
  v = _mm512_mask_broadcast_i32x4(v, 0x00F0, V::piece(rows.row(1, r) + at));
  v = _mm512_mask_broadcast_i32x4(v, 0x0F00, V::piece(rows.row(2, r) + at));
  return _mm512_mask_broadcast_i32x4(v, 0xF000, V::piece(rows.row(3, r) + at));
}

/// Q5_0: d, 32 fifth bits, then 16 bytes of two columns each. Four rows in a vector, whose sums are
/// then a word per row.
template <>
[[gnu::always_inline]] inline Floats add_rows_block<Format<WeightType::Q5_0>>(const RowQuads& rows,
                                                                              const TokenTile<1>& x,
                                                                              Floats sum,
                                                                              Ahead& ahead) {
  using F = Format<WeightType::Q5_0>;
  const Ints nibble = byte_mask(0x0F);
  const Ints fifth = byte_mask(0x10);
  const Ints bit = _mm512_set1_epi64(static_cast<std::int64_t>(0x8040201008040201U));
  const Ints low_bytes = _mm512_set4_epi32(0x03030303, 0x03030303, 0x02020202, 0x02020202);
  const Ints high_bytes = _mm512_set4_epi32(0x05050505, 0x05050505, 0x04040404, 0x04040404);
  const Ints x_low =
      _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x.values[0])));
  const Ints x_high =
      _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x.values[0] + 16)));
  Ints four[4];
  Ints heads[4];
#pragma GCC unroll 4
  for (Index r = 0; r < 4; ++r) {
    fetch_part<F::kBytes, 4>(ahead, r);
    const Ints line = sixteens_of(rows, r, 6);
    heads[r] = sixteens_of(rows, r, 0);
    Ints low = _mm512_and_si512(line, nibble);
    Ints high = _mm512_and_si512(_mm512_srli_epi16(line, 4), nibble);
    const auto low_there = _mm512_test_epi8_mask(_mm512_shuffle_epi8(heads[r], low_bytes), bit);
    const auto high_there = _mm512_test_epi8_mask(_mm512_shuffle_epi8(heads[r], high_bytes), bit);
    low = _mm512_mask_add_epi8(low, low_there, low, fifth);
    high = _mm512_mask_add_epi8(high, high_there, high, fifth);
    four[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), low, x_low);
    four[r] = _mm512_dpbusd_epi32(four[r], high, x_high);
  }
  const Floats d = V::low_half(_mm512_unpacklo_epi64(_mm512_unpacklo_epi32(heads[0], heads[1]),
                                                     _mm512_unpacklo_epi32(heads[2], heads[3])));
  // Sums of eight are below 2^15.
  const Ints start = _mm512_set1_epi32(-F::kOffset * (x.sums[0][0] + x.sums[0][1]));
  const Ints dots = _mm512_add_epi32(join_rows<false>(four), start);
  return V::fma(V::mul(V::to_float(dots), d), V::set1f(x.scales[0][0]), sum);
}

template <class F>
struct MultipliedByRows {
  static constexpr bool kThere = true;

  static Floats multiply(const unsigned char* first, Index row_bytes, Index cols, TokenTile<1> x,
                         Ahead ahead) {
    RowQuads rows(first, row_bytes);
    Floats sum = V::set1f(0.0F);
    for (Index k = 0; k < cols; k += F::kElements) {
      sum = add_rows_block<F>(rows, x, sum, ahead);
      rows.advance(F::kBytes);
      advance<F::kElements>(x);
    }
    return sum;
  }
};
template <>
struct ByRows<Format<WeightType::Q5_0>> : MultipliedByRows<Format<WeightType::Q5_0>> {};
template <>
struct ByRows<Format<WeightType::Q4_K>> : MultipliedByRows<Format<WeightType::Q4_K>> {};
template <>
struct ByRows<Format<WeightType::Q5_K>> : MultipliedByRows<Format<WeightType::Q5_K>> {};
template <>
struct ByRows<Format<WeightType::Q6_K>> : MultipliedByRows<Format<WeightType::Q6_K>> {};
