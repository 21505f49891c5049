// Which kernel tables this processor can run.
#include "engine/backend/cpu/cpu_features.h"

#include "engine/backend/cpu/amx_support.h"
#include "engine/base/vector_units.h"

namespace engine {

// __builtin_cpu_supports asks cpuid and, for AVX and AVX-512, whether the system saves the
// registers.
std::vector<InstructionSet> usable_instruction_sets() {
  std::vector<InstructionSet> sets = {
      {"generic", &kernels::generic_table(), &kernels::generic_ints()}};
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c");
  if (!avx2) return sets;
  sets.push_back({"avx2", &kernels::avx2_table(), &kernels::avx2_ints()});
  if (__builtin_cpu_supports("avxvnni")) {
    sets.push_back({"avx2-vnni", &kernels::avx2_table(), &kernels::avx2_vnni_ints()});
  }
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return sets;
  sets.push_back({"avx512", &kernels::avx512_table(), &kernels::avx512_ints()});
  if (has_avx512_vnni()) {
    sets.push_back({"avx512-vnni", &kernels::avx512_table(), &kernels::avx512_vnni_ints(),
                    &kernels::avx512_vnni_attention()});
    if (amx_support().refusal.empty()) {
      sets.push_back(
          {"amx-int8", &kernels::avx512_table(), &kernels::amx_ints(), &kernels::amx_attention()});
      if (amx_support().bf16_refusal.empty()) {
        sets.push_back({"amx-bf16", &kernels::avx512_table(), &kernels::amx_ints(),
                        &kernels::amx_attention(), &kernels::amx_split()});
      }
    }
  }
#endif
  return sets;
}

Result<InstructionSet> choose_kernels(std::string_view name) {
  const std::vector<InstructionSet> sets = usable_instruction_sets();
  if (name.empty()) return sets.back();
  std::string names;
  for (const InstructionSet& set : sets) {
    if (set.name == name) return set;
    names += names.empty() ? "" : ", ";
    names += set.name;
  }
  if (name == "amx-int8") names += " (" + amx_support().refusal + ")";
  if (name == "amx-bf16") names += " (" + amx_support().bf16_refusal + ")";
  return fail(ErrorCode::Unsupported, "backend › cpu › instruction set: found \"" +
                                          std::string(name) + "\", this processor runs " + names);
}

const kernels::AttentionTable& attention_for(const kernels::Table& table) {
#if defined(__x86_64__)
  if (&table == &kernels::avx2_table()) return kernels::avx2_attention();
  if (&table != &kernels::generic_table()) return kernels::avx512_attention();
#endif
  return kernels::generic_attention();
}

}  // namespace engine
