#include "base/file.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace qorgan {
namespace {

// A second name keeps the file's bytes in sight after the first one is gone.
TEST(DestroyFile, OverwritesBeforeItRemoves) {
  const test::TempFolder folder;
  const auto path = folder.path() / "secret";
  const Bytes content(3 * 1024 * 1024 + 17, 0xab);
  ASSERT_TRUE(write_file_atomically(path, content, FileMode::private_file));
  std::filesystem::create_hard_link(path, folder.path() / "witness");
  ASSERT_TRUE(destroy_file(path));
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto left = read_file(folder.path() / "witness", content.size());
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, Bytes(content.size()));
}

TEST(DestroyFile, OneThatIsNotThereIsNoError) {
  const test::TempFolder folder;
  EXPECT_TRUE(destroy_file(folder.path() / "nothing"));
}

// What a link points to may be somebody else's.
TEST(DestroyFile, FollowsNoLink) {
  const test::TempFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "other", as_bytes("kept"), FileMode::public_file));
  std::filesystem::create_symlink(folder.path() / "other", folder.path() / "link");
  EXPECT_FALSE(destroy_file(folder.path() / "link"));
  EXPECT_EQ(read_text_file(folder.path() / "other", 10).value(), "kept");
}

}  // namespace
}  // namespace qorgan
