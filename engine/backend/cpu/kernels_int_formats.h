// ggml's block types → whole numbers and scales, a lane of the vector per weight row. Included by
// kernels_int_*.cpp only, inside their unnamed namespace, after the vector type `V`.
//
// V gives: kLanes; Ints (kLanes words of 32 bits), Floats; load4 (16 bytes of every row, out[j]
// holding word j of each), halves (a half of every row), low_half (of each word), set1, bits_and,
// bits_or, bits_xor, right<n>, left<n>, arithmetic_right<n>, to_float, set1f, mul, store, iq4 (its
// table looked up per byte), dot<kWide>; kWideOffset.
//
// A word holds four consecutive columns, one per byte, as unsigned numbers q + kOffset: the sums
// of the activations take the offset out again. kWide: bytes above 127 occur.

using Index = std::int64_t;
using Ints = V::Ints;
using Floats = V::Floats;
using RowBytes = const unsigned char* const (&)[V::kLanes];

constexpr Index kLanes = V::kLanes;
/// Columns unpacked at a time.
constexpr Index kPanelCols = 512;

/// kLanes weight rows, kPanelCols columns: word [cols / 4, lane], and per sub-block a factor and,
/// where the type has one, an addend.
struct Panel {
  alignas(64) std::uint32_t words[kPanelCols / 4 * kLanes];
  alignas(64) float scales[kPanelCols / 16 * kLanes];
  alignas(64) float mins[kPanelCols / 16 * kLanes];
};

/// What the next rows will read, fetched a little with every piece of these.
struct Ahead {
  const unsigned char* at;
  const unsigned char* end;  // nothing is fetched from here on
  bool slow = false;         // half of it is fetched by somebody else: fetch()

  /// As many bytes as one load4 reads, or half of them.
  void step() {
    constexpr Index kPiece = kLanes * 16;
    if (at >= end) return;
#pragma GCC unroll 4
    for (Index i = 0; i < kPiece / 2; i += 64) V::prefetch(at + i);
    at += kPiece / 2;
    if (slow) return;
#pragma GCC unroll 4
    for (Index i = 0; i < kPiece / 2; i += 64) V::prefetch(at + i);
    at += kPiece / 2;
  }
  /// What a block of so many bytes a row reads besides its pieces of 16.
  template <Index kBytes>
  void step_rest() {
    constexpr Index kRest = kBytes % 16 * kLanes;
    if (at >= end) return;
#pragma GCC unroll 4
    for (Index i = 0; i < kRest; i += 64) V::prefetch(at + i);
    at += kRest;
  }
  void fetch(Index n_bytes) {
    if (at >= end) return;
    for (Index i = 0; i < n_bytes; i += 64) V::prefetch(at + i);
    at += n_bytes;
  }
};

/// Where one block goes in a panel. The formats below load through, and hand their words and scales
/// to, something like this.
struct Slot {
  std::uint32_t* words;
  float* scales;
  float* mins;
  Ahead& ahead;

  void load4(RowBytes rows, Index at, Ints (&out)[4]) const {
    ahead.step();
    V::load4(rows, at, out);
  }
  void word(Index i, Ints v) const { V::store(words + i * kLanes, v); }
  void scale(Index i, Floats v) const { V::store(scales + i * kLanes, v); }
  void min(Index i, Floats v) const { V::store(mins + i * kLanes, v); }
};

Ints nibble_mask() { return V::set1(0x0F0F0F0FU); }
Ints low_nibbles(Ints v) { return V::bits_and(v, nibble_mask()); }
Ints high_nibbles(Ints v) { return V::bits_and(V::template right<4>(v), nibble_mask()); }
/// Each word of nibbles with its fifth bits, which are bits kFirst … kFirst + 3 of qh.
template <int kFirst, class Vector = V>
Ints with_fifths(Ints nibbles, Ints qh) {
  if constexpr (requires { Vector::template with_fifths<kFirst>(nibbles, qh); }) {
    return Vector::template with_fifths<kFirst>(nibbles, qh);
  } else {
    Ints v = V::bits_and(V::template right<kFirst>(qh), V::set1(0xFU));
    v = V::bits_or(v, V::template left<7>(v));
    v = V::bits_or(v, V::template left<14>(v));  // one in each byte
    v = V::template left<4>(V::bits_and(v, V::set1(0x01010101U)));
    return V::bits_or(nibbles, v);
  }
}
Floats byte_to_float(Ints v) { return V::to_float(V::bits_and(v, V::set1(0xFFU))); }

/// Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL: nibbles at kQs, fifth bits at kQs - 4.
template <Index kQs, bool kFifth, bool kTable, class To>
[[gnu::always_inline]] inline void unpack_nibbles(RowBytes rows, To& to) {
  Ints qs[4];
  to.load4(rows, kQs, qs);
  Ints head[4];
  Ints qh = V::set1(0);
  if constexpr (kFifth) {
    V::load4(rows, 0, head);
    // Behind one half of two bytes, or behind two.
    qh = kQs == 6 ? V::bits_or(V::template right<16>(head[0]), V::template left<16>(head[1]))
                  : head[1];
  }
  const auto each = [&](auto step, Ints low, Ints high) {
    constexpr int kJ = decltype(step)::value;
    if constexpr (kTable) {
      low = V::iq4(low);
      high = V::iq4(high);
    }
    if constexpr (kFifth) {
      low = with_fifths<4 * kJ>(low, qh);
      high = with_fifths<4 * kJ + 16>(high, qh);
    }
    to.word(kJ, low);
    to.word(4 + kJ, high);
  };
  each(std::integral_constant<int, 0>{}, low_nibbles(qs[0]), high_nibbles(qs[0]));
  each(std::integral_constant<int, 1>{}, low_nibbles(qs[1]), high_nibbles(qs[1]));
  each(std::integral_constant<int, 2>{}, low_nibbles(qs[2]), high_nibbles(qs[2]));
  each(std::integral_constant<int, 3>{}, low_nibbles(qs[3]), high_nibbles(qs[3]));
  if constexpr (kFifth) {
    to.scale(0, V::low_half(head[0]));
  } else {
    to.scale(0, V::halves(rows, 0));
  }
}

template <WeightType kType>
struct Format;

struct ThirtyTwo {
  static constexpr Index kElements = 32;
  static constexpr Index kSub = 32;
  static constexpr bool kMin = false;
  static constexpr bool kWide = false;
};
template <>
struct Format<WeightType::Q4_0> : ThirtyTwo {
  static constexpr Index kBytes = 18;
  static constexpr std::int32_t kOffset = 8;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_nibbles<2, false, false>(rows, to);
  }
};
template <>
struct Format<WeightType::Q5_0> : ThirtyTwo {
  static constexpr Index kBytes = 22;
  static constexpr std::int32_t kOffset = 16;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_nibbles<6, true, false>(rows, to);
  }
};
template <>
struct Format<WeightType::IQ4_NL> : ThirtyTwo {
  static constexpr Index kBytes = 18;
  static constexpr bool kWide = true;
  static constexpr std::int32_t kOffset = V::kWideOffset;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_nibbles<2, false, true>(rows, to);
  }
};
template <>
struct Format<WeightType::Q4_1> : ThirtyTwo {
  static constexpr Index kBytes = 20;
  static constexpr bool kMin = true;
  static constexpr std::int32_t kOffset = 0;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_nibbles<4, false, false>(rows, to);
    to.min(0, V::halves(rows, 2));
  }
};
template <>
struct Format<WeightType::Q5_1> : ThirtyTwo {
  static constexpr Index kBytes = 24;
  static constexpr bool kMin = true;
  static constexpr std::int32_t kOffset = 0;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_nibbles<8, true, false>(rows, to);
    to.min(0, V::halves(rows, 2));
  }
};
template <>
struct Format<WeightType::Q8_0> : ThirtyTwo {
  static constexpr Index kBytes = 34;
  static constexpr bool kWide = true;
  static constexpr std::int32_t kOffset = V::kWideOffset;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
#pragma GCC unroll 16
    for (Index p = 0; p < 2; ++p) {
      Ints qs[4];
      to.load4(rows, 2 + 16 * p, qs);
#pragma GCC unroll 16
      for (Index j = 0; j < 4; ++j) {
        if constexpr (kOffset != 0) qs[j] = V::bits_xor(qs[j], V::set1(0x80808080U));
        to.word(4 * p + j, qs[j]);
      }
    }
    to.scale(0, V::halves(rows, 0));
  }
};

struct K {
  static constexpr Index kElements = 256;
  static constexpr bool kWide = false;
};

/// Header of Q4_K and Q5_K: d, dmin, and eight pairs of six bits in three words of bytes: scales 0
/// … 3, minima 0 … 3, and the low four bits of the other four of both; their high two bits lie on
/// top of the first eight.
template <class To>
[[gnu::always_inline]] inline void unpack_pairs(RowBytes rows, To& to) {
  Ints head[4];
  to.load4(rows, 0, head);
  const Floats d = V::low_half(head[0]);
  const Floats dmin = V::sub(V::set1f(0.0F), V::low_half(V::template right<16>(head[0])));
  const Ints six = V::set1(0x3F3F3F3FU);
  const Ints two = V::set1(0x30303030U);
  Ints scales[2] = {
      V::bits_and(head[1], six),
      V::bits_or(low_nibbles(head[3]), V::bits_and(V::template right<2>(head[1]), two))};
  Ints mins[2] = {
      V::bits_and(head[2], six),
      V::bits_or(high_nibbles(head[3]), V::bits_and(V::template right<2>(head[2]), two))};
#pragma GCC unroll 16
  for (Index i = 0; i < 8; ++i) {
    to.scale(i, V::mul(d, byte_to_float(scales[i / 4])));
    to.min(i, V::mul(dmin, byte_to_float(mins[i / 4])));
    scales[i / 4] = V::template right<8>(scales[i / 4]);
    mins[i / 4] = V::template right<8>(mins[i / 4]);
  }
}

template <>
struct Format<WeightType::Q4_K> : K {
  static constexpr Index kBytes = 144;
  static constexpr Index kSub = 32;
  static constexpr bool kMin = true;
  static constexpr std::int32_t kOffset = 0;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_pairs(rows, to);
#pragma GCC unroll 16
    for (Index p = 0; p < 8; ++p) {
      Ints qs[4];
      to.load4(rows, 16 + 16 * p, qs);
#pragma GCC unroll 16
      for (Index j = 0; j < 4; ++j) {
        const Index word = p / 2 * 16 + p % 2 * 4 + j;
        to.word(word, low_nibbles(qs[j]));
        to.word(word + 8, high_nibbles(qs[j]));
      }
    }
  }
};
template <>
struct Format<WeightType::Q5_K> : K {
  static constexpr Index kBytes = 176;
  static constexpr Index kSub = 32;
  static constexpr bool kMin = true;
  static constexpr std::int32_t kOffset = 0;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    unpack_pairs(rows, to);
    const Ints bit = V::set1(0x10101010U);
#pragma GCC unroll 16
    for (Index half = 0; half < 2; ++half) {
      Ints qh[4];  // bit s of a byte: the fifth bit of sub-block s
      to.load4(rows, 16 + 16 * half, qh);
#pragma GCC unroll 16
      for (Index c = 0; c < 4; ++c) {
        Ints qs[4];
        to.load4(rows, 48 + 32 * c + 16 * half, qs);
#pragma GCC unroll 16
        for (Index j = 0; j < 4; ++j) {
          const Index word = c * 16 + half * 4 + j;
          to.word(word,
                  V::bits_or(low_nibbles(qs[j]), V::bits_and(V::template left<4>(qh[j]), bit)));
          to.word(word + 8,
                  V::bits_or(high_nibbles(qs[j]), V::bits_and(V::template left<3>(qh[j]), bit)));
          qh[j] = V::template right<2>(qh[j]);
        }
      }
    }
  }
};
template <>
struct Format<WeightType::Q6_K> : K {
  static constexpr Index kBytes = 210;
  static constexpr Index kSub = 16;
  static constexpr bool kMin = false;
  static constexpr std::int32_t kOffset = 32;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    const Floats d = V::halves(rows, 208);
    Ints scales[4];
    to.load4(rows, 192, scales);
#pragma GCC unroll 16
    for (Index i = 0; i < 16; ++i) {
      const Ints top = V::template left<24>(scales[i / 4]);
      to.scale(i, V::mul(d, V::to_float(V::template arithmetic_right<24>(top))));
      scales[i / 4] = V::template right<8>(scales[i / 4]);
    }
    const Ints two = V::set1(0x30303030U);
#pragma GCC unroll 16
    for (Index p = 0; p < 4; ++p) {  // 16 of the 32 columns l of half p / 2
      Ints low[4];
      Ints next[4];
      Ints qh[4];
      to.load4(rows, p / 2 * 64 + p % 2 * 16, low);
      to.load4(rows, p / 2 * 64 + p % 2 * 16 + 32, next);
      to.load4(rows, 128 + 16 * p, qh);
#pragma GCC unroll 16
      for (Index j = 0; j < 4; ++j) {
        const Index word = p / 2 * 32 + p % 2 * 4 + j;
        const Ints h = qh[j];
        to.word(word, V::bits_or(low_nibbles(low[j]), V::bits_and(V::template left<4>(h), two)));
        to.word(word + 8,
                V::bits_or(low_nibbles(next[j]), V::bits_and(V::template left<2>(h), two)));
        to.word(word + 16, V::bits_or(high_nibbles(low[j]), V::bits_and(h, two)));
        to.word(word + 24,
                V::bits_or(high_nibbles(next[j]), V::bits_and(V::template right<2>(h), two)));
      }
    }
  }
};
template <>
struct Format<WeightType::Q2_K> : K {
  static constexpr Index kBytes = 84;
  static constexpr Index kSub = 16;
  static constexpr bool kMin = true;
  static constexpr std::int32_t kOffset = 0;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    const Floats d = V::halves(rows, 80);
    const Floats dmin = V::sub(V::set1f(0.0F), V::halves(rows, 82));
    Ints pairs[4];
    to.load4(rows, 0, pairs);
    const Ints nibble = V::set1(0xFU);
#pragma GCC unroll 16
    for (Index i = 0; i < 16; ++i) {
      Ints& v = pairs[i / 4];
      to.scale(i, V::mul(d, V::to_float(V::bits_and(v, nibble))));
      to.min(i, V::mul(dmin, V::to_float(V::bits_and(V::template right<4>(v), nibble))));
      v = V::template right<8>(v);
    }
    const Ints two = V::set1(0x03030303U);
#pragma GCC unroll 16
    for (Index p = 0; p < 4; ++p) {
      Ints qs[4];
      to.load4(rows, 16 + 16 * p, qs);
#pragma GCC unroll 16
      for (Index j = 0; j < 4; ++j) {
        const Index word = p / 2 * 32 + p % 2 * 4 + j;
#pragma GCC unroll 16
        for (Index b = 0; b < 4; ++b) {
          to.word(word + 8 * b, V::bits_and(qs[j], two));
          qs[j] = V::template right<2>(qs[j]);
        }
      }
    }
  }
};
template <>
struct Format<WeightType::Q3_K> : K {
  static constexpr Index kBytes = 110;
  static constexpr Index kSub = 16;
  static constexpr bool kMin = false;
  static constexpr std::int32_t kOffset = 4;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    // The last 16 bytes: two of qs, the twelve of the scales, d.
    Ints end[4];
    to.load4(rows, 94, end);
    const Floats d = V::low_half(V::template right<16>(end[3]));
    Ints packed[3];
#pragma GCC unroll 16
    for (Index i = 0; i < 3; ++i) {
      packed[i] = V::bits_or(V::template right<16>(end[i]), V::template left<16>(end[i + 1]));
    }
    const Ints two = V::set1(0x30303030U);
    const Ints high = packed[2];
    Ints scales[4] = {
        V::bits_or(low_nibbles(packed[0]), V::bits_and(V::template left<4>(high), two)),
        V::bits_or(low_nibbles(packed[1]), V::bits_and(V::template left<2>(high), two)),
        V::bits_or(high_nibbles(packed[0]), V::bits_and(high, two)),
        V::bits_or(high_nibbles(packed[1]), V::bits_and(V::template right<2>(high), two))};
#pragma GCC unroll 16
    for (Index i = 0; i < 16; ++i) {
      to.scale(i, V::mul(d, V::sub(byte_to_float(scales[i / 4]), V::set1f(32.0F))));
      scales[i / 4] = V::template right<8>(scales[i / 4]);
    }
    const Ints three = V::set1(0x03030303U);
    const Ints one = V::set1(0x01010101U);
#pragma GCC unroll 16
    for (Index half = 0; half < 2; ++half) {
      Ints mask[4];  // bit 4t + b: the third bit of plane b of half t
      to.load4(rows, 16 * half, mask);
#pragma GCC unroll 16
      for (Index t = 0; t < 2; ++t) {
        Ints qs[4];
        to.load4(rows, 32 + 32 * t + 16 * half, qs);
#pragma GCC unroll 16
        for (Index j = 0; j < 4; ++j) {
#pragma GCC unroll 16
          for (Index b = 0; b < 4; ++b) {
            const Ints third = V::template left<2>(V::bits_and(mask[j], one));
            to.word(32 * t + 8 * b + 4 * half + j, V::bits_or(V::bits_and(qs[j], three), third));
            qs[j] = V::template right<2>(qs[j]);
            mask[j] = V::template right<1>(mask[j]);
          }
        }
      }
    }
  }
};
template <>
struct Format<WeightType::IQ4_XS> : K {
  static constexpr Index kBytes = 136;
  static constexpr Index kSub = 32;
  static constexpr bool kMin = false;
  static constexpr bool kWide = true;
  static constexpr std::int32_t kOffset = V::kWideOffset;
  template <class To>
  [[gnu::always_inline]] static void unpack(RowBytes rows, To& to) {
    Ints head[4];
    to.load4(rows, 0, head);
    const Floats d = V::low_half(head[0]);
    Ints high = V::template right<16>(head[0]);
    Ints low = head[1];
#pragma GCC unroll 16
    for (Index i = 0; i < 8; ++i) {
      const Ints six = V::bits_or(V::bits_and(low, V::set1(0xFU)),
                                  V::template left<4>(V::bits_and(high, V::set1(3U))));
      to.scale(i, V::mul(d, V::sub(V::to_float(six), V::set1f(32.0F))));
      low = V::template right<4>(low);
      high = V::template right<2>(high);
    }
#pragma GCC unroll 16
    for (Index i = 0; i < 8; ++i) {
      Ints qs[4];
      to.load4(rows, 8 + 16 * i, qs);
#pragma GCC unroll 16
      for (Index j = 0; j < 4; ++j) {
        to.word(8 * i + j, V::iq4(low_nibbles(qs[j])));
        to.word(8 * i + 4 + j, V::iq4(high_nibbles(qs[j])));
      }
    }
  }
};
