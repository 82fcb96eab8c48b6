#include "cli/signer_options.h"

#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/file.h"
#include "crypto/key_file.h"
#include "crypto/pkcs11.h"
#include "ledger/text.h"

namespace qorgan::cli {
namespace {

// PKCS #11 tokens take some ten characters.
constexpr std::size_t kPinBytesMax = 256;

// A terminal that does not show what is typed, as long as it lives.
class SilentTerminal {
 public:
  SilentTerminal() {
    silent_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (silent_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    if (silent_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_{};
  bool silent_ = false;
};

Result<crypto::SecretBytes> ask_pin(const std::string& token) {
  if (::isatty(STDIN_FILENO) != 1)
    return failure(ErrorCode::invalid_input, "the token needs its PIN", token, "Set QORGAN_PIN or name --pin-file");
  const SilentTerminal silent;
  std::fprintf(stderr, "PIN of %s: ", token.c_str());
  crypto::SecretBytes pin(kPinBytesMax);
  std::size_t size = 0;
  for (int c = std::getchar(); c != '\n' && c != EOF && size < kPinBytesMax; c = std::getchar())
    pin.expose_mutable()[size++] = static_cast<std::uint8_t>(c);
  std::fprintf(stderr, "\n");
  return crypto::SecretBytes(pin.expose().first(size));
}

Result<crypto::SecretBytes> read_pin(const SignerOptions& options) {
  if (!options.pin_file.empty()) {
    QORGAN_TRY(Bytes content, read_file(options.pin_file, kPinBytesMax));
    const crypto::SecretBytes pin(std::move(content));
    std::size_t size = pin.size();
    while (size > 0 && (pin.expose()[size - 1] == '\n' || pin.expose()[size - 1] == '\r')) --size;
    return crypto::SecretBytes(pin.expose().first(size));
  }
  if (const char* pin = std::getenv("QORGAN_PIN"); pin != nullptr) return crypto::SecretBytes(as_bytes(pin));
  return ask_pin(options.token);
}

enum class Place { file, token };

Result<Place> place_of(const SignerOptions& options) {
  const bool file = !options.key_file.empty();
  const bool token = !options.module.empty() || !options.token.empty() || !options.key_label.empty();
  if (file == token)
    return failure(ErrorCode::invalid_input, "name one place of the key", {},
                   "Give --key-file, or --pkcs11-module, --token and --key");
  if (token && (options.module.empty() || options.token.empty() || options.key_label.empty()))
    return failure(ErrorCode::invalid_input, "a key on a token takes --pkcs11-module, --token and --key");
  return file ? Place::file : Place::token;
}

std::unique_ptr<crypto::Signer> in_process(crypto::SignKeyPair key) {
  return std::make_unique<crypto::KeySigner>(std::move(key));
}

crypto::TokenKey token_key(const SignerOptions& options) {
  return {options.module, options.token, options.key_label};
}

}  // namespace

void add_signer_options(CLI::App& command, SignerOptions& options) {
  command.add_option("--name", options.name, "The name that the key signs under, for example court.example")
      ->required();
  command.add_option("--key-file", options.key_file, "The key, in a file of mode 600");
  command.add_option("--pkcs11-module", options.module, "The key's token: its library");
  command.add_option("--token", options.token, "Label of the token");
  command.add_option("--key", options.key_label, "Label of the key on the token");
  command.add_option("--pin-file", options.pin_file,
                     "File with the token's PIN; else the environment's QORGAN_PIN, else it is asked for");
}

Result<std::unique_ptr<crypto::Signer>> open_signer(const SignerOptions& options) {
  QORGAN_TRY(const Place place, place_of(options));
  if (place == Place::file) {
    QORGAN_TRY(crypto::SignKeyPair key, crypto::load_sign_key(options.key_file));
    return in_process(std::move(key));
  }
  QORGAN_TRY(const crypto::SecretBytes pin, read_pin(options));
  QORGAN_TRY(std::unique_ptr<crypto::Signer> signer, crypto::Pkcs11Signer::open(token_key(options), pin));
  return signer;
}

Result<std::unique_ptr<crypto::Signer>> create_signer(const SignerOptions& options) {
  QORGAN_TRY(const Place place, place_of(options));
  if (place == Place::file) {
    QORGAN_TRY(crypto::SignKeyPair key, crypto::create_sign_key(options.key_file));
    return in_process(std::move(key));
  }
  QORGAN_TRY(const crypto::SecretBytes pin, read_pin(options));
  QORGAN_TRY(std::unique_ptr<crypto::Signer> signer, crypto::Pkcs11Signer::create(token_key(options), pin));
  return signer;
}

Result<ledger::VerifierKey> verifier_of(const SignerOptions& options, const crypto::Signer& signer) {
  if (!ledger::is_key_name(options.name))
    return failure(ErrorCode::invalid_input, "a key's name has no spaces, no plus sign and no control characters",
                   options.name);
  return ledger::VerifierKey{options.name, ledger::KeyType::ed25519, signer.public_key()};
}

}  // namespace qorgan::cli
