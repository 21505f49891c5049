// The table of first bytes.
#include "engine/checkpoint/foreign_format.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace engine {

namespace {

struct Signature {
  std::string_view first_bytes;
  std::string_view what;
};

constexpr std::string_view kPickle =
    "a PyTorch pickle: not opened, it can run code; convert it to safetensors";
constexpr std::string_view kHtml =
    "an HTML page saved under this name: the download went wrong, download it again";

// Pickle protocols 2 to 5 begin with 0x80 and the protocol number.
constexpr std::array<Signature, 17> kSignatures = {{
    {"PK\x03\x04",
     "a ZIP archive (PyTorch .bin/.pt): not opened, the pickle inside can run code; convert it to "
     "safetensors"},
    {"\x80\x02", kPickle},
    {"\x80\x03", kPickle},
    {"\x80\x04", kPickle},
    {"\x80\x05", kPickle},
    {"GGUF", "a GGUF file: give it a name that ends in .gguf"},
    {"FUGG", "a GGUF file with its bytes swapped (big-endian), which this program does not open"},
    {"GGML", "a legacy GGML file, which this program does not open"},
    {"GGJT", "a legacy GGJT file, which this program does not open"},
    {"tjgg", "a legacy GGJT file, which this program does not open"},
    {"version https://git-lfs",
     "a Git-LFS pointer, not the model itself: fetch it with `git lfs pull`"},
    {"\x93NUMPY", "a NumPy array"},
    {"\x89HDF", "an HDF5 file"},
    {"\x1F\x8B", "a gzip archive: unpack it first"},
    {"<!doctype", kHtml},
    {"<html", kHtml},
    {"<?xml", "an XML page saved under this name: the download went wrong, download it again"},
}};

constexpr std::size_t kLongestSignature = 32;

}  // namespace

std::string_view known_format(std::string_view first_bytes) {
  const std::string_view exact = first_bytes.substr(0, kLongestSignature);
  std::string lower(exact);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const Signature& signature : kSignatures) {
    if (exact.starts_with(signature.first_bytes) || lower.starts_with(signature.first_bytes)) {
      return signature.what;
    }
  }
  return {};
}

std::string foreign_format(std::span<const std::byte> first_bytes) {
  const std::string_view exact(reinterpret_cast<const char*>(first_bytes.data()),
                               std::min(first_bytes.size(), kLongestSignature));
  const std::string_view known = known_format(exact);
  if (!known.empty()) return std::string(known);
  const auto is_text = [](unsigned char c) {
    return (c >= 0x20U && c < 0x7FU) || c == '\n' || c == '\t';
  };
  if (exact.size() >= 8 && std::all_of(exact.begin(), exact.end(), is_text)) {
    return "a text, not weights: the download may have been refused; open it to see why";
  }
  return {};
}

}  // namespace engine
