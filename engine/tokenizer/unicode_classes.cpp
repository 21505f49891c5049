#include "engine/tokenizer/unicode_classes.h"

namespace engine {
namespace {

// The class of the second deepseek-llm split, from its pattern. Not the same as
// \p{Lu}|\p{Ll}|\p{Lt}.
constexpr CodePointRange kCasedLetters[] = {
    {0x41, 0x5A, kCasedLetter},       {0x61, 0x7A, kCasedLetter},
    {0xB5, 0xB5, kCasedLetter},       {0xC0, 0xD6, kCasedLetter},
    {0xD8, 0xF6, kCasedLetter},       {0xF8, 0x1BA, kCasedLetter},
    {0x1BC, 0x1BF, kCasedLetter},     {0x1C4, 0x293, kCasedLetter},
    {0x295, 0x2AF, kCasedLetter},     {0x370, 0x373, kCasedLetter},
    {0x376, 0x376, kCasedLetter},     {0x377, 0x377, kCasedLetter},
    {0x37B, 0x37D, kCasedLetter},     {0x37F, 0x37F, kCasedLetter},
    {0x386, 0x386, kCasedLetter},     {0x388, 0x38A, kCasedLetter},
    {0x38C, 0x38C, kCasedLetter},     {0x38E, 0x3A1, kCasedLetter},
    {0x3A3, 0x3F5, kCasedLetter},     {0x3F7, 0x481, kCasedLetter},
    {0x48A, 0x52F, kCasedLetter},     {0x531, 0x556, kCasedLetter},
    {0x10A0, 0x10C5, kCasedLetter},   {0x13A0, 0x13F5, kCasedLetter},
    {0x13F8, 0x13FD, kCasedLetter},   {0x1C90, 0x1CBA, kCasedLetter},
    {0x1CBD, 0x1CBF, kCasedLetter},   {0x1D00, 0x1D2B, kCasedLetter},
    {0x1D6B, 0x1D77, kCasedLetter},   {0x1D79, 0x1D9A, kCasedLetter},
    {0x1E00, 0x1F15, kCasedLetter},   {0x1F18, 0x1F1D, kCasedLetter},
    {0x1F20, 0x1F45, kCasedLetter},   {0x1F48, 0x1F4D, kCasedLetter},
    {0x1F50, 0x1F57, kCasedLetter},   {0x1F59, 0x1F59, kCasedLetter},
    {0x1F5B, 0x1F5B, kCasedLetter},   {0x1F5D, 0x1F5D, kCasedLetter},
    {0x1F5F, 0x1F7D, kCasedLetter},   {0x1F80, 0x1FB4, kCasedLetter},
    {0x1FB6, 0x1FBC, kCasedLetter},   {0x1FBE, 0x1FBE, kCasedLetter},
    {0x1FC2, 0x1FC4, kCasedLetter},   {0x1FC6, 0x1FCC, kCasedLetter},
    {0x1FD0, 0x1FD3, kCasedLetter},   {0x1FD6, 0x1FDB, kCasedLetter},
    {0x1FE0, 0x1FEC, kCasedLetter},   {0x1FF2, 0x1FF4, kCasedLetter},
    {0x1FF6, 0x1FFC, kCasedLetter},   {0x2102, 0x2102, kCasedLetter},
    {0x2107, 0x2107, kCasedLetter},   {0x210A, 0x2113, kCasedLetter},
    {0x2115, 0x2115, kCasedLetter},   {0x2119, 0x211D, kCasedLetter},
    {0x2124, 0x2124, kCasedLetter},   {0x2126, 0x2126, kCasedLetter},
    {0x2128, 0x2128, kCasedLetter},   {0x212A, 0x212D, kCasedLetter},
    {0x212F, 0x2134, kCasedLetter},   {0x2139, 0x2139, kCasedLetter},
    {0x213C, 0x213F, kCasedLetter},   {0x2145, 0x2149, kCasedLetter},
    {0x214E, 0x214E, kCasedLetter},   {0x2183, 0x2183, kCasedLetter},
    {0x2184, 0x2184, kCasedLetter},   {0x2C00, 0x2C7B, kCasedLetter},
    {0x2C7E, 0x2CE4, kCasedLetter},   {0x2CEB, 0x2CEE, kCasedLetter},
    {0x2CF2, 0x2CF2, kCasedLetter},   {0x2CF3, 0x2CF3, kCasedLetter},
    {0xA640, 0xA66D, kCasedLetter},   {0xA680, 0xA69B, kCasedLetter},
    {0xA722, 0xA76F, kCasedLetter},   {0xA771, 0xA787, kCasedLetter},
    {0xA78B, 0xA78E, kCasedLetter},   {0xAB70, 0xABBF, kCasedLetter},
    {0xFB00, 0xFB06, kCasedLetter},   {0xFB13, 0xFB17, kCasedLetter},
    {0xFF21, 0xFF3A, kCasedLetter},   {0xFF41, 0xFF5A, kCasedLetter},
    {0x10400, 0x1044F, kCasedLetter}, {0x104B0, 0x104D3, kCasedLetter},
    {0x104D8, 0x104FB, kCasedLetter}, {0x10C80, 0x10CB2, kCasedLetter},
    {0x10CC0, 0x10CF2, kCasedLetter}, {0x118A0, 0x118DF, kCasedLetter},
    {0x1E900, 0x1E943, kCasedLetter}};

}  // namespace

std::span<const CodePointRange> cased_letter_ranges() { return kCasedLetters; }

bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

UnicodeClasses::UnicodeClasses() : table_(0x110000, ClassMask{0}) {
  for (const auto ranges : {unicode_ranges(), case_and_han_ranges(), cased_letter_ranges()}) {
    for (const CodePointRange& range : ranges) {
      for (char32_t c = range.first; c <= range.last; ++c) {
        table_[c] = static_cast<ClassMask>(table_[c] | range.mask);
      }
    }
  }
}

}  // namespace engine
