#include "crypto/key_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace qorgan::crypto {
namespace {

TEST(KeyFile, ComesBack) {
  const test::TempFolder folder;
  const auto made = create_sign_key(folder.path() / "key");
  ASSERT_TRUE(made) << made.error().message();
  const auto loaded = load_sign_key(folder.path() / "key");
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->public_key, made->public_key);
  EXPECT_TRUE(loaded->secret == made->secret);
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "key"), 32U);
}

TEST(KeyFile, NeverReplacesAKey) {
  const test::TempFolder folder;
  ASSERT_TRUE(create_sign_key(folder.path() / "key"));
  const auto again = create_sign_key(folder.path() / "key");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
}

TEST(KeyFile, IsItsOwnersAlone) {
  const test::TempFolder folder;
  ASSERT_TRUE(create_sign_key(folder.path() / "key"));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder.path() / "key").permissions(), perms::owner_read | perms::owner_write);
  for (const perms more : {perms::group_read, perms::others_read, perms::group_write}) {
    std::filesystem::permissions(folder.path() / "key", perms::owner_read | perms::owner_write | more);
    const auto loaded = load_sign_key(folder.path() / "key");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::refused);
  }
}

TEST(KeyFile, OfAnotherLengthOrAbsent) {
  const test::TempFolder folder;
  EXPECT_EQ(load_sign_key(folder.path() / "key").error().code, ErrorCode::not_found);
  for (const std::size_t size : {0, 31, 33, 64}) {
    const auto path = folder.path() / std::to_string(size);
    std::ofstream(path) << std::string(size, 'x');
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    EXPECT_FALSE(load_sign_key(path)) << size;
  }
}

}  // namespace
}  // namespace qorgan::crypto
