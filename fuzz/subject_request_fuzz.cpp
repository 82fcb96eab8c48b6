// What a person sends: a signed request, a handle, a secret, the text of a QR code.
#include "rights/request.h"
#include "rights/secret.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan::rights;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto request = parse_subject_request(text)) QORGAN_ASSERT(request->text() == text);
  if (const auto handle = parse_handle(text)) QORGAN_ASSERT(parse_handle(handle_text(*handle)).value() == *handle);
  if (const auto secret = parse_secret(text)) QORGAN_ASSERT(*parse_secret(secret_text(*secret)) == *secret);
  if (const auto both = parse_qr_text(text))
    QORGAN_ASSERT(parse_qr_text(qr_text(both->handle, both->secret))->handle == both->handle);
  return 0;
}
