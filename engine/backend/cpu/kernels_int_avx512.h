// The AVX-512 vectors of the integer kernels, without the products of bytes: those come from the
// file that includes this inside its unnamed namespace.

using engine::kernels::WeightType;

struct Avx512 {
  using Ints = __m512i;
  using Floats = __m512;
  static constexpr std::int64_t kLanes = 16;
  static constexpr std::int64_t kGroup = 2;

  static __m128i piece(const unsigned char* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  /// 128-bit part i: 16 bytes of row 4i + r.
  static Ints parts(const unsigned char* const* rows, std::int64_t at, int r) {
    Ints v = _mm512_castsi128_si512(piece(rows[r] + at));
    v = _mm512_mask_broadcast_i32x4(v, 0x00F0, piece(rows[4 + r] + at));
    v = _mm512_mask_broadcast_i32x4(v, 0x0F00, piece(rows[8 + r] + at));
    return _mm512_mask_broadcast_i32x4(v, 0xF000, piece(rows[12 + r] + at));
  }
  static void load4(const unsigned char* const* rows, std::int64_t at, Ints (&out)[4]) {
    const Ints a = parts(rows, at, 0);
    const Ints b = parts(rows, at, 1);
    const Ints c = parts(rows, at, 2);
    const Ints d = parts(rows, at, 3);
    const Ints ab_low = _mm512_unpacklo_epi32(a, b);
    const Ints ab_high = _mm512_unpackhi_epi32(a, b);
    const Ints cd_low = _mm512_unpacklo_epi32(c, d);
    const Ints cd_high = _mm512_unpackhi_epi32(c, d);
    out[0] = _mm512_unpacklo_epi64(ab_low, cd_low);
    out[1] = _mm512_unpackhi_epi64(ab_low, cd_low);
    out[2] = _mm512_unpacklo_epi64(ab_high, cd_high);
    out[3] = _mm512_unpackhi_epi64(ab_high, cd_high);
  }
  static std::uint16_t half_at(const unsigned char* p) {
    std::uint16_t bits;
    __builtin_memcpy(&bits, p, 2);
    return bits;
  }
  static __m128i eight_halves(const unsigned char* const* rows, std::int64_t at) {
    __m128i v = _mm_cvtsi32_si128(half_at(rows[0] + at));
    v = _mm_insert_epi16(v, half_at(rows[1] + at), 1);
    v = _mm_insert_epi16(v, half_at(rows[2] + at), 2);
    v = _mm_insert_epi16(v, half_at(rows[3] + at), 3);
    v = _mm_insert_epi16(v, half_at(rows[4] + at), 4);
    v = _mm_insert_epi16(v, half_at(rows[5] + at), 5);
    v = _mm_insert_epi16(v, half_at(rows[6] + at), 6);
    return _mm_insert_epi16(v, half_at(rows[7] + at), 7);
  }
  static Floats halves(const unsigned char* const* rows, std::int64_t at) {
    return _mm512_cvtph_ps(_mm256_inserti128_si256(_mm256_castsi128_si256(eight_halves(rows, at)),
                                                   eight_halves(rows + 8, at), 1));
  }
  static Ints words(const unsigned char* const* rows, std::int64_t at) {
    alignas(64) std::uint32_t lanes[16];
    for (int i = 0; i < 16; ++i) __builtin_memcpy(lanes + i, rows[i] + at, 4);
    return load(lanes);
  }
  static Floats low_half(Ints v) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v)); }

  static Ints set1(std::uint32_t v) { return _mm512_set1_epi32(static_cast<int>(v)); }
  static Ints bits_and(Ints a, Ints b) { return _mm512_and_si512(a, b); }
  static Ints bits_or(Ints a, Ints b) { return _mm512_or_si512(a, b); }
  static Ints bits_xor(Ints a, Ints b) { return _mm512_xor_si512(a, b); }
  template <int kN>
  static Ints right(Ints v) {
    return _mm512_srli_epi32(v, kN);
  }
  template <int kN>
  static Ints left(Ints v) {
    return _mm512_slli_epi32(v, kN);
  }
  template <int kN>
  static Ints arithmetic_right(Ints v) {
    return _mm512_srai_epi32(v, kN);
  }
  static Ints load(const std::uint32_t* p) { return _mm512_load_si512(p); }
  static void store(std::uint32_t* p, Ints v) { _mm512_store_si512(p, v); }
  /// Bits kFirst … kFirst + 3 of each word of `bits` become bit 4 of the bytes of `nibbles`.
  template <int kFirst>
  static Ints with_fifths(Ints nibbles, Ints bits) {
    constexpr int kByte = kFirst / 8 * 0x01010101;
    const Ints order =
        _mm512_set4_epi32(0x0C0C0C0C + kByte, 0x08080808 + kByte, 0x04040404 + kByte, kByte);
    const Ints bit = _mm512_set1_epi32(kFirst % 8 == 0 ? 0x08040201 : static_cast<int>(0x80402010));
    const __mmask64 there = _mm512_test_epi8_mask(_mm512_shuffle_epi8(bits, order), bit);
    return _mm512_mask_add_epi8(nibbles, there, nibbles, _mm512_set1_epi8(16));
  }
  static Ints look_up(const void* table, Ints v) {
    const __m128i t = _mm_loadu_si128(static_cast<const __m128i*>(table));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(t), v);
  }
  static Ints four_bytes(const std::int8_t* p) {
    int word;
    __builtin_memcpy(&word, p, 4);
    return _mm512_set1_epi32(word);
  }

  static Floats to_float(Ints v) { return _mm512_cvtepi32_ps(v); }
  static Floats set1f(float v) { return _mm512_set1_ps(v); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats loadf(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Floats v) { _mm512_storeu_ps(p, v); }
  static __mmask16 mask(std::int64_t n) { return static_cast<__mmask16>((1U << n) - 1U); }
  static Floats load_tail(const float* p, std::int64_t n) {
    return _mm512_maskz_loadu_ps(mask(n), p);
  }
  static void store_tail(float* p, Floats v, std::int64_t n) {
    _mm512_mask_storeu_ps(p, mask(n), v);
  }
  static void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

  static Ints magnitude(Floats v) {
    return _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7FFFFFFF));
  }
  static Ints max_words(Ints a, Ints b) { return _mm512_max_epi32(a, b); }
  static std::int32_t largest(Ints v) { return _mm512_reduce_max_epi32(v); }
  static Ints round(Floats v) { return _mm512_cvtps_epi32(v); }
  static void store_bytes(std::int8_t* p, Ints v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(v));
  }
  static std::int32_t sum16(const std::int8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i sums =
        _mm_sad_epu8(_mm_xor_si128(bytes, _mm_set1_epi8(-128)), _mm_setzero_si128());
    return _mm_cvtsi128_si32(sums) + _mm_extract_epi16(sums, 4) - 16 * 128;
  }
};
