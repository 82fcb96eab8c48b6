#include "tests/ledger/faulty_disk.h"

#include <unistd.h>

namespace qorgan::ledger::test {
namespace {

tl::unexpected<Error> full() {
  return failure(ErrorCode::storage_full, "no room left (as the test wants it)");
}

Status nothing() {
  return {};
}

class FaultyFile final : public AppendFile {
 public:
  FaultyFile(FaultyDisk& disk, std::unique_ptr<AppendFile> file) : disk_(disk), file_(std::move(file)) {}

  Status append(ByteView bytes) override {
    return disk_.run([&] { return file_->append(bytes); },
                     [&] { return file_->append(bytes.first(bytes.size() / 2)); });
  }
  Status sync() override {
    return disk_.run([&] { return file_->sync(); }, nothing);
  }
  Result<std::uint64_t> size_bytes() const override { return file_->size_bytes(); }

 private:
  FaultyDisk& disk_;
  std::unique_ptr<AppendFile> file_;
};

}  // namespace

template <class Whole, class Half>
Status FaultyDisk::run(const Whole& whole, const Half& half) {
  if (!is_hit()) return whole();
  if (fault_ == Fault::fails) return full();
  if (fault_ == Fault::kill_before) ::_exit(kKilled);
  if (fault_ == Fault::cut_short) {
    QORGAN_CHECK(half());
    return full();
  }
  const Status ignored = whole();
  ::_exit(kKilled);
}

Result<std::unique_ptr<AppendFile>> FaultyDisk::open_append(const std::filesystem::path& path) {
  QORGAN_CHECK(run(nothing, nothing));
  QORGAN_TRY(auto file, system().open_append(path));
  return std::make_unique<FaultyFile>(*this, std::move(file));
}

Status FaultyDisk::truncate(const std::filesystem::path& path, std::uint64_t size_bytes) {
  // Cut, but perhaps not durably.
  const auto cut = [&] { return system().truncate(path, size_bytes); };
  return run(cut, cut);
}

Status FaultyDisk::write(const std::filesystem::path& path, ByteView content, bool durable) {
  const auto whole = [&] { return system().write(path, content, durable); };
  // Of a durable one the rename may be done, and its folder not synced; of another one the half stands beside.
  const auto half = [&] {
    return durable ? whole() : system().write(path.string() + ".new", content.first(content.size() / 2), false);
  };
  return run(whole, half);
}

Status FaultyDisk::sync(const std::filesystem::path& path) {
  return run([&] { return system().sync(path); }, nothing);
}

Status FaultyDisk::remove(const std::filesystem::path& path) {
  const auto whole = [&] { return system().remove(path); };
  return run(whole, whole);
}

Result<Bytes> FaultyDisk::read(const std::filesystem::path& path, std::size_t size_bytes_max) {
  return system().read(path, size_bytes_max);
}

Result<std::vector<std::string>> FaultyDisk::list(const std::filesystem::path& folder) {
  return system().list(folder);
}

}  // namespace qorgan::ledger::test
