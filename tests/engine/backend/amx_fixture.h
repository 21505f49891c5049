// Tests over the emulated tile unit: skipped where the kernels around it cannot run. Apart from
// amx_emulated.h, which is compiled for that instruction set.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/backend/cpu/cpu_features.h"
#include "tests/engine/backend/amx_emulated.h"

namespace engine::test {

class EmulatedTiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto sets = usable_instruction_sets();
    if (std::none_of(sets.begin(), sets.end(),
                     [](const InstructionSet& set) { return set.name == "avx512-vnni"; })) {
      GTEST_SKIP() << "the kernels around the emulated tile unit need AVX-512 VNNI";
    }
    take_tile_fault();
  }
};

}  // namespace engine::test
