// Where the checkout lies that these tests were built from: for files that they read there.
#pragma once

#include <filesystem>

namespace qorgan::test {

std::filesystem::path source_folder();

}  // namespace qorgan::test
