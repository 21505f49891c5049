// Opening files: only regular ones, never waiting, names shown safely.
#include "engine/base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/temp_folder.h"

namespace {

using engine::MappedFile;
using engine::read_text_file;
using testing::HasSubstr;

std::string open_error(const std::string& path) {
  const auto file = MappedFile::open(path);
  const auto text = read_text_file(path, 1 << 20);
  EXPECT_EQ(file.has_value(), text.has_value());
  return file ? "opened" : file.error().message;
}

TEST(MappedFile, MapsAndReadsARegularFile) {
  const support::TempFolder folder;
  support::write_file(folder.file("a"), "hello");
  auto file = MappedFile::open(folder.file("a"));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  const std::byte* data = file->bytes().data();
  EXPECT_EQ(std::memcmp(data, "hello", 5), 0);
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.bytes().data(), data);
  EXPECT_EQ(moved.bytes().size(), 5U);
  char piece[3];
  ASSERT_TRUE(moved.read_at(2, piece).has_value());
  EXPECT_EQ(std::string(piece, 3), "llo");
  EXPECT_FALSE(moved.read_at(3, piece).has_value());
  EXPECT_EQ(moved.n_links(), 1U);
}

TEST(MappedFile, OpensAnEmptyFile) {
  const support::TempFolder folder;
  support::write_file(folder.file("empty"), "");
  const auto file = MappedFile::open(folder.file("empty"));
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, LimitsTextFiles) {
  const support::TempFolder folder;
  support::write_file(folder.file("a"), "12345");
  EXPECT_EQ(read_text_file(folder.file("a"), 5).value(), "12345");
  const auto refused = read_text_file(folder.file("a"), 4);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, engine::ErrorCode::LimitExceeded);
}

TEST(MappedFile, G31RefusesWhatIsNotARegularFileWithoutWaiting) {
  const support::TempFolder folder;
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", folder.file("dangling").c_str()), 0);
  ASSERT_EQ(::symlink("loop", folder.file("loop").c_str()), 0);
  EXPECT_THAT(open_error(folder.file("pipe")), HasSubstr("found a pipe"));
  EXPECT_THAT(open_error(folder.path()), HasSubstr("found a folder"));
  EXPECT_THAT(open_error("/dev/zero"), HasSubstr("found a device"));
  EXPECT_THAT(open_error(folder.file("dangling")), HasSubstr("no such file"));
  EXPECT_THAT(open_error(folder.file("loop")), HasSubstr("symbolic link"));
  EXPECT_THAT(open_error(folder.file(std::string(5000, 'x'))), HasSubstr("cannot be opened"));
  EXPECT_THAT(open_error(folder.file("a\nb")), HasSubstr("a\\x0Ab"));
  EXPECT_THAT(open_error(std::string("/tmp/a\0b", 8)), HasSubstr("no such file"));
  if (::geteuid() != 0) {
    support::write_file(folder.file("secret"), "x");
    ASSERT_EQ(::chmod(folder.file("secret").c_str(), 0), 0);
    EXPECT_THAT(open_error(folder.file("secret")), HasSubstr("no permission"));
  }
}

TEST(MappedFile, RefusesASocket) {
  const support::TempFolder folder;
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(socket, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder.file("s").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THAT(open_error(folder.file("s")), HasSubstr("socket"));
  ::close(socket);
}

TEST(MappedFile, QuotedNamesAreHarmless) {
  EXPECT_EQ(engine::quoted_name("a\x1B[2J\xFF\xC3\xA9"), "a\\x1B[2J\\xFF\xC3\xA9");
  EXPECT_LE(engine::quoted_name(std::string(10'000, 'x')).size(), 410U);
}

}  // namespace
