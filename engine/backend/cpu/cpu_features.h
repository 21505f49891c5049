// Which kernel tables this processor can run. Used by make_backend and by tests that run every one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/backend/cpu/attention_kernels.h"
#include "engine/backend/cpu/attention_rounded.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"
#include "engine/base/result.h"

namespace engine {

struct InstructionSet {
  std::string_view name;  // as BackendOptions::instruction_set spells it: "avx512-vnni"
  const kernels::Table* table = nullptr;
  const kernels::IntTable* ints = nullptr;
  const kernels::RoundedAttention* rounded_attention = nullptr;  // where it has one
  const kernels::SplitTable* split = nullptr;                    // likewise
};

/// Slowest first; never empty ("generic" runs everywhere).
std::vector<InstructionSet> usable_instruction_sets();

/// The fastest for "", else the named one; an error names what can be used here.
Result<InstructionSet> choose_kernels(std::string_view name);

/// The attention kernels that go with a table.
const kernels::AttentionTable& attention_for(const kernels::Table& table);

}  // namespace engine
