// A tiny random checkpoint that can chat: byte-level tokenizer without merges, control tokens, a
// chat template. Its answers are noise; their events are what the tests look at.
#pragma once

#include <string>

#include "tests/support/tiny_checkpoint.h"

namespace support {

constexpr int kBosId = 256;
constexpr int kEosId = 257;
constexpr int kUserId = 258;
constexpr int kAssistantId = 259;
constexpr int kThinkId = 260;
constexpr int kTokenizerSize = 261;  // the checkpoint's vocabulary is padded beyond it

inline void append_code_point(std::string* out, int code_point) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
    return;
  }
  out->push_back(static_cast<char>(0xC0 | (code_point >> 6)));
  out->push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
}

/// Every byte is one token: id = byte value, spelt in GPT-2's byte alphabet.
inline std::string byte_tokenizer_json() {
  std::string vocab;
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    std::string spelling;
    if (byte == '"' || byte == '\\') spelling = "\\";
    append_code_point(&spelling, printable ? byte : next++);
    vocab += (byte == 0 ? "\"" : ",\"") + spelling + "\":" + std::to_string(byte);
  }
  std::string added;
  const char* names[] = {"<bos>", "<eos>", "<user>", "<assistant>", "<think>"};
  for (int i = 0; i < 5; ++i) {
    added += (i == 0 ? "{" : ",{") + std::string("\"id\":") + std::to_string(kBosId + i) +
             ",\"content\":\"" + names[i] +
             "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,"
             "\"special\":" +
             (i < 4 ? "true" : "false") + "}";
  }
  return "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[" + added +
         "],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":"
         "false,\"trim_offsets\":true,\"use_regex\":false},\"post_processor\":null,\"decoder\":{"
         "\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":"
         "false},\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,"
         "\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":false,"
         "\"byte_fallback\":false,\"vocab\":{" +
         vocab + "},\"merges\":[]}}";
}

inline TinyCheckpointOptions chat_options() {
  TinyCheckpointOptions options;
  options.vocab_size = 288;
  options.max_position_embeddings = 2048;
  return options;
}

inline void write_chat_checkpoint(const std::string& folder,
                                  const TinyCheckpointOptions& options = chat_options()) {
  write_tiny_checkpoint(folder, options);
  write_file(folder + "/generation_config.json",
             "{\"temperature\": 0.6, \"do_sample\": true, \"eos_token_id\": 257}\n");
  write_file(folder + "/tokenizer.json", byte_tokenizer_json());
  write_file(folder + "/tokenizer_config.json",
             "{\"bos_token\": \"<bos>\", \"eos_token\": \"<eos>\", \"chat_template\": "
             "\"{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}<user>{{ "
             "m['content'] }}{% elif m['role'] == 'system' %}{{ m['content'] }}{% else %}"
             "<assistant>{{ m['content'] }}<eos>{% endif %}{% endfor %}"
             "{% if add_generation_prompt %}<assistant>{% endif %}\"}\n");
}

}  // namespace support
