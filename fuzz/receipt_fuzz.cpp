// Papers that people bring back: a receipt, certificate or statement, as JSON or text. What is read writes the same
// bytes again.
#include "rights/papers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan::rights;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  if (const auto receipt = read_receipt(file)) {
    QORGAN_ASSERT(receipt->language || receipt->content.text() == file);
    static_cast<void>(verify_receipt(receipt->content, nullptr, receipt->secret ? &*receipt->secret : nullptr));
  }
  if (const auto certificate = read_certificate(file)) {
    QORGAN_ASSERT(certificate->language || certificate->content.text() == file);
    static_cast<void>(verify_certificate(certificate->content, nullptr, nullptr));
  }
  if (const auto absence = read_absence(file)) {
    QORGAN_ASSERT(absence->language || absence->content.text() == file);
    static_cast<void>(verify_absence(absence->content, nullptr));
  }
  return 0;
}
