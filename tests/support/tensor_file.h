// TensorFile: a safetensors file read the shortest way, for files the tests trust.
#pragma once

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace support {

class TensorFile {
 public:
  explicit TensorFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::uint64_t n = 0;
    file.read(reinterpret_cast<char*>(&n), sizeof(n));
    std::string header(n, '\0');
    file.read(header.data(), static_cast<std::streamsize>(n));
    header_ = nlohmann::json::parse(header);
    data_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  bool has(const std::string& name) const { return header_.contains(name); }
  const nlohmann::json& header() const { return header_; }

  template <class T>
  std::vector<T> read(const std::string& name) const {
    const std::size_t begin = header_[name]["data_offsets"][0];
    const std::size_t end = header_[name]["data_offsets"][1];
    std::vector<T> values((end - begin) / sizeof(T));
    std::memcpy(values.data(), data_.data() + begin, end - begin);
    return values;
  }

 private:
  nlohmann::json header_;
  std::vector<char> data_;
};

}  // namespace support
