#include "rights/pdf_catalog.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>

namespace qorgan::rights {
namespace {

std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.rfind(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

std::optional<std::size_t> number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

Bytes with_pdf_language(Bytes pdf, std::string_view language) {
  const std::string_view text(reinterpret_cast<const char*>(pdf.data()), pdf.size());
  const std::string_view trailer = after(text, "\ntrailer");
  const auto table = number(after(text, "\nstartxref"));
  const auto size = number(after(trailer, "/Size"));
  const auto root = number(after(trailer, "/Root"));
  const auto info = number(after(trailer, "/Info"));
  if (!table || !size || !root || !info) return pdf;
  const std::string_view object = after(text, fmt::format("\n{} 0 obj\n", *root));
  const std::size_t open = object.find("<<");
  const std::size_t end = object.find("endobj");
  if (open != 0 || end == std::string_view::npos) return pdf;
  const std::string_view entries = object.substr(2, end - 2);
  const bool marked = entries.find("/MarkInfo") != std::string_view::npos;
  const std::string catalog =
      fmt::format("{} 0 obj\n<< /Lang ({})\n   /ViewerPreferences << /DisplayDocTitle true >>\n{}  {}endobj\n", *root,
                  language, marked ? "" : "   /MarkInfo << /Marked true >>\n", entries);
  const std::string update = fmt::format(
      "{}xref\n{} 1\n{:010} 00000 n \ntrailer\n<< /Size {}\n   /Root {} 0 R\n   /Info {} 0 R\n   /Prev {}\n>>\n"
      "startxref\n{}\n%%EOF\n",
      catalog, *root, pdf.size(), *size, *root, *info, *table, pdf.size() + catalog.size());
  pdf.insert(pdf.end(), update.begin(), update.end());
  return pdf;
}

}  // namespace qorgan::rights
