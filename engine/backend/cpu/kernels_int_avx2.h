// The AVX2 vectors of the integer kernels, without the products of bytes: those come from the file
// that includes this inside its unnamed namespace.

using engine::kernels::WeightType;

// A window of eight int32 into this, 8 - n from its start, selects the first n lanes.
alignas(64) constexpr std::int32_t kLaneMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

struct Avx2 {
  using Ints = __m256i;
  using Floats = __m256;
  static constexpr std::int64_t kLanes = 8;
  static constexpr std::int64_t kGroup = 2;

  /// 128-bit part i: 16 bytes of row 4i + r.
  static Ints parts(const unsigned char* const* rows, std::int64_t at, int r) {
    const auto piece = [&](int row) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[row] + at));
    };
    return _mm256_inserti128_si256(_mm256_castsi128_si256(piece(r)), piece(4 + r), 1);
  }
  static void load4(const unsigned char* const* rows, std::int64_t at, Ints (&out)[4]) {
    const Ints a = parts(rows, at, 0);
    const Ints b = parts(rows, at, 1);
    const Ints c = parts(rows, at, 2);
    const Ints d = parts(rows, at, 3);
    const Ints ab_low = _mm256_unpacklo_epi32(a, b);
    const Ints ab_high = _mm256_unpackhi_epi32(a, b);
    const Ints cd_low = _mm256_unpacklo_epi32(c, d);
    const Ints cd_high = _mm256_unpackhi_epi32(c, d);
    out[0] = _mm256_unpacklo_epi64(ab_low, cd_low);
    out[1] = _mm256_unpackhi_epi64(ab_low, cd_low);
    out[2] = _mm256_unpacklo_epi64(ab_high, cd_high);
    out[3] = _mm256_unpackhi_epi64(ab_high, cd_high);
  }
  static std::uint16_t half_at(const unsigned char* p) {
    std::uint16_t bits;
    __builtin_memcpy(&bits, p, 2);
    return bits;
  }
  static Floats halves(const unsigned char* const* rows, std::int64_t at) {
    __m128i v = _mm_cvtsi32_si128(half_at(rows[0] + at));
    v = _mm_insert_epi16(v, half_at(rows[1] + at), 1);
    v = _mm_insert_epi16(v, half_at(rows[2] + at), 2);
    v = _mm_insert_epi16(v, half_at(rows[3] + at), 3);
    v = _mm_insert_epi16(v, half_at(rows[4] + at), 4);
    v = _mm_insert_epi16(v, half_at(rows[5] + at), 5);
    v = _mm_insert_epi16(v, half_at(rows[6] + at), 6);
    return _mm256_cvtph_ps(_mm_insert_epi16(v, half_at(rows[7] + at), 7));
  }
  static Floats low_half(Ints v) {
    const Ints low = _mm256_and_si256(v, _mm256_set1_epi32(0xFFFF));
    const Ints packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, low), 0x08);
    return _mm256_cvtph_ps(_mm256_castsi256_si128(packed));
  }

  static Ints set1(std::uint32_t v) { return _mm256_set1_epi32(static_cast<int>(v)); }
  static Ints bits_and(Ints a, Ints b) { return _mm256_and_si256(a, b); }
  static Ints bits_or(Ints a, Ints b) { return _mm256_or_si256(a, b); }
  static Ints bits_xor(Ints a, Ints b) { return _mm256_xor_si256(a, b); }
  template <int kN>
  static Ints right(Ints v) {
    return _mm256_srli_epi32(v, kN);
  }
  template <int kN>
  static Ints left(Ints v) {
    return _mm256_slli_epi32(v, kN);
  }
  template <int kN>
  static Ints arithmetic_right(Ints v) {
    return _mm256_srai_epi32(v, kN);
  }
  static Ints load(const std::uint32_t* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  static void store(std::uint32_t* p, Ints v) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), v);
  }
  static Ints look_up(const void* table, Ints v) {
    const __m128i t = _mm_loadu_si128(static_cast<const __m128i*>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(t), v);
  }
  static Ints four_bytes(const std::int8_t* p) {
    int word;
    __builtin_memcpy(&word, p, 4);
    return _mm256_set1_epi32(word);
  }

  static Floats to_float(Ints v) { return _mm256_cvtepi32_ps(v); }
  static Floats set1f(float v) { return _mm256_set1_ps(v); }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  static Floats loadf(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Floats v) { _mm256_storeu_ps(p, v); }
  static __m256i mask(std::int64_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLaneMasks + 8 - n));
  }
  static Floats load_tail(const float* p, std::int64_t n) { return _mm256_maskload_ps(p, mask(n)); }
  static void store_tail(float* p, Floats v, std::int64_t n) { _mm256_maskstore_ps(p, mask(n), v); }
  static void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

  static Ints magnitude(Floats v) {
    return _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7FFFFFFF));
  }
  static Ints max_words(Ints a, Ints b) { return _mm256_max_epi32(a, b); }
  static std::int32_t largest(Ints v) {
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
    return _mm_cvtsi128_si32(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1)));
  }
  static Ints round(Floats v) { return _mm256_cvtps_epi32(v); }
  static void store_bytes(std::int8_t* p, Ints v) {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
  }
  static std::int32_t sum16(const std::int8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i sums =
        _mm_sad_epu8(_mm_xor_si128(bytes, _mm_set1_epi8(-128)), _mm_setzero_si128());
    return _mm_cvtsi128_si32(sums) + _mm_extract_epi16(sums, 4) - 16 * 128;
  }
};
