// What of a model a GPU is to hold: the plan for cards of several sizes, and what is said when none
// fits.
#include "engine/checkpoint/device_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/released_configs.h"

namespace {

using engine::DevicePlan;
using engine::DevicePlanRequest;
using engine::ModelPart;
using engine::WeightFormat;
using testing::HasSubstr;

/// DeepSeek-V2-Lite: 26 layers of experts, 16B parameters.
engine::CheckpointReport v2_lite() {
  engine::CheckpointReport report;
  report.config_valid = true;
  report.config =
      *engine::parse_model_config(support::deepseek_v2_lite_config(), "config.json", nullptr);
  report.weight_bytes = 31'400'000'000;
  report.weight_bytes_by_format = {31'400'000'000, 16'700'000'000, 9'500'000'000};
  report.cache_bytes_per_token = 15'552 * engine::kCacheElementBytes;
  engine::PartTotals experts;
  experts.part = ModelPart::RoutedExperts;
  experts.bytes = {28'789'702'656, 15'294'529'536, 8'097'103'872};
  report.parts.push_back(experts);
  return report;
}

DevicePlan plan_for(std::int64_t free_bytes, WeightFormat format = WeightFormat::Q4_K) {
  return engine::device_plan(v2_lite(), {4096, 512, format, free_bytes, {}});
}

TEST(DevicePlan, EverythingGoesWhereEverythingFits) {
  const DevicePlan plan = plan_for(80'000'000'000, WeightFormat::AsStored);
  EXPECT_EQ(plan.main_memory_layers, 0);
  EXPECT_EQ(plan.n_moe_layers, 26);
  EXPECT_GT(plan.device_bytes, 31'400'000'000);
  EXPECT_LT(plan.device_bytes, 35'000'000'000);
  EXPECT_THAT(engine::describe_plan(plan), HasSubstr("all on the GPU: 3"));
}

TEST(DevicePlan, SixteenBillionParametersOnACardOfEightGigabytes) {
  const std::int64_t free_bytes = 7'900'000'000;
  const DevicePlan plan = plan_for(free_bytes);
  EXPECT_GT(plan.main_memory_layers, 4);
  EXPECT_LT(plan.main_memory_layers, 20);
  EXPECT_TRUE(plan.fits());
  EXPECT_GT(plan.device_bytes, free_bytes - plan.layer_bytes * 11 / 10) << "one layer too many";
  EXPECT_EQ(plan.main_memory_bytes, plan.main_memory_layers * plan.layer_bytes);
  EXPECT_TRUE(engine::check_plan(plan, {}));
  EXPECT_THAT(engine::describe_plan(plan), HasSubstr(" of 26 layers in main memory: 7."));
  // A longer context takes room from experts.
  const DevicePlan longer =
      engine::device_plan(v2_lite(), {32'768, 512, WeightFormat::Q4_K, free_bytes, {}});
  EXPECT_GT(longer.main_memory_layers, plan.main_memory_layers);
}

TEST(DevicePlan, AWishIsFollowedOrRefusedWithWhatWouldFit) {
  DevicePlanRequest request{4096, 512, WeightFormat::Q4_K, 7'900'000'000, 1};
  const DevicePlan tight = engine::device_plan(v2_lite(), request);
  EXPECT_EQ(tight.main_memory_layers, 1);
  const auto refused = engine::check_plan(tight, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, engine::ErrorCode::OutOfMemory);
  const std::string fitting = std::to_string(plan_for(7'900'000'000).main_memory_layers);
  EXPECT_THAT(refused.error().message,
              HasSubstr("keep the routed experts of " + fitting + " of 26 layers in main memory"));
  request.main_memory_layers = 26;
  const DevicePlan most = engine::device_plan(v2_lite(), request);
  EXPECT_TRUE(engine::check_plan(most, request));
  EXPECT_LT(most.device_bytes, 4'000'000'000);
  request.main_memory_layers = 27;
  const auto too_many = engine::check_plan(engine::device_plan(v2_lite(), request), request);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, engine::ErrorCode::InvalidArgument);
}

TEST(DevicePlan, WhatNoPlanCanHoldIsRefused) {
  const DevicePlan plan = plan_for(1'000'000'000);
  EXPECT_EQ(plan.main_memory_layers, 26);
  const auto refused = engine::check_plan(plan, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("needs "));
  EXPECT_THAT(refused.error().message, HasSubstr("it is still too much; choose a shorter context"));
}

}  // namespace
