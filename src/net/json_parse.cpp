#include <fmt/format.h>

#include <vector>

#include "base/limits.h"
#include "net/json_fields.h"

namespace qorgan::net {
namespace {

// Builds the value while it is read, and stops at the first thing that is not allowed: the library's own reader keeps
// the last of two equal names and knows no depth.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return add(value) != nullptr; }
  bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return refuse("a JSON text holds binary data"); }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Json& object = *open_.back();
    if (object.contains(name)) return refuse("a JSON object has the same name twice");
    name_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse(fmt::format("not JSON at byte {}", position));
  }

  Json take() { return std::move(root_); }
  const std::string& reason() const { return reason_; }

 private:
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  Json* add(Json value) {
    if (++values_ > limits::json_values_max) {
      refuse(fmt::format("a JSON text holds more than {} values", limits::json_values_max));
      return nullptr;
    }
    if (open_.empty()) {
      if (!value.is_object()) {
        refuse("a JSON text is not an object");
        return nullptr;
      }
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[name_] = std::move(value));
  }

  bool open(Json empty) {
    if (open_.size() >= static_cast<std::size_t>(limits::json_depth_max))
      return refuse(fmt::format("a JSON text is nested deeper than {}", limits::json_depth_max));
    Json* added = add(std::move(empty));
    if (added == nullptr) return false;
    open_.push_back(added);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  // The containers that are open, outermost first. Only the last one grows, so the others stay where they are.
  std::vector<Json*> open_;
  std::string name_;
  std::size_t values_ = 0;
  std::string reason_;
};

}  // namespace

Result<Json> parse_json_object(std::string_view text) {
  Reader reader;
  if (!Json::sax_parse(text.begin(), text.end(), &reader)) return failure(ErrorCode::invalid_input, reader.reason());
  return reader.take();
}

}  // namespace qorgan::net
