// What waits for the engine thread: order, the one newest inspection, stopping, closing.
#include "engine/runtime/command_queue.h"

#include <gtest/gtest.h>

namespace {

using engine::CommandQueue;
using engine::GenerateCommand;
using engine::InspectRequest;
using engine::LoadCommand;

InspectRequest inspection(std::uint64_t key) {
  InspectRequest request;
  request.key = key;
  return request;
}

TEST(CommandQueue, CommandsComeInOrderAndBeforeInspections) {
  CommandQueue queue;
  queue.push_inspection(inspection(1));
  ASSERT_TRUE(queue.push({LoadCommand{"a", {}}, {}}));
  ASSERT_TRUE(queue.push({LoadCommand{"b", {}}, {}}));
  EXPECT_EQ(std::get<LoadCommand>(queue.wait().command->what).path, "a");
  queue.finish_command();
  EXPECT_EQ(std::get<LoadCommand>(queue.wait().command->what).path, "b");
  queue.finish_command();
  EXPECT_EQ(queue.wait().inspection->key, 1U);
}

TEST(CommandQueue, OnlyTheNewestInspectionWaits) {
  CommandQueue queue;
  queue.push_inspection(inspection(1));
  queue.push_inspection(inspection(2));
  EXPECT_EQ(queue.take_inspection()->key, 2U);
  EXPECT_FALSE(queue.take_inspection());
}

// An inspection that a stopped answer interrupted is asked again, unless a newer one came.
TEST(CommandQueue, InterruptedInspectionComesBack) {
  CommandQueue queue;
  queue.return_inspection(inspection(1));
  EXPECT_EQ(queue.take_inspection()->key, 1U);
  queue.push_inspection(inspection(3));
  queue.return_inspection(inspection(2));
  EXPECT_EQ(queue.take_inspection()->key, 3U);
}

TEST(CommandQueue, StopReachesOnlyItsKind) {
  CommandQueue queue;
  ASSERT_TRUE(queue.push({GenerateCommand{}, {}}));
  ASSERT_TRUE(queue.push({GenerateCommand{}, {}}));
  ASSERT_TRUE(queue.push({LoadCommand{}, {}}));
  const auto running = queue.wait();
  queue.stop_all<GenerateCommand>();
  EXPECT_TRUE(running.command->stop.stop_requested());
  EXPECT_TRUE(queue.wait().command->stop.stop_requested());
  EXPECT_FALSE(queue.wait().command->stop.stop_requested());
}

TEST(CommandQueue, ClosedMeansClosed) {
  CommandQueue queue;
  ASSERT_TRUE(queue.push({LoadCommand{}, {}}));
  queue.close();
  EXPECT_TRUE(queue.wait().closed);
  EXPECT_TRUE(queue.close_token().stop_requested());
  EXPECT_FALSE(queue.push({LoadCommand{}, {}}));
}

}  // namespace
