#include "rights/paper.h"

#include <fmt/format.h>

#include <algorithm>

#include "rights/phrases.h"

namespace qorgan::rights {
namespace {

constexpr std::size_t kLineCharacters = 78;
constexpr std::size_t kBase64LineCharacters = 64;

// Characters of UTF-8.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Broken at spaces; the first line begins with `first`, the others with `rest`.
std::string wrapped(std::string_view text, const std::string& first, const std::string& rest) {
  std::string out;
  std::string line = first;
  bool line_empty = true;
  while (true) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line_empty && length(line) + 1 + length(word) > kLineCharacters) {
      out += line + "\n";
      line = rest;
      line_empty = true;
    }
    if (!line_empty) line += ' ';
    line += word;
    line_empty = false;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  return out + line + "\n";
}

std::string underlined(const std::string& text, char line) {
  return text + "\n" + std::string(std::min(length(text), kLineCharacters), line) + "\n";
}

struct TextForm {
  std::string out;

  void operator()(const Heading& heading) { (out += '\n') += underlined(heading.text, '-'); }
  void operator()(const Paragraph& paragraph) { out += wrapped(paragraph.text, "", ""); }
  void operator()(const Item& item) { out += wrapped(item.text, "- ", "  "); }
  void operator()(const Field& field) { out += wrapped(field.label + ": " + field.value, "", "    "); }
  void operator()(const Frame& frame) {
    std::string edge(kLineCharacters, '-');
    edge.front() = '+';
    edge += '\n';
    out += fmt::format("\n{}{}|\n", edge, wrapped(frame.title, "| ", "| "));
    for (const Field& code : frame.codes) out += fmt::format("|   {}: {}\n", code.label, code.value);
    out += fmt::format("|\n{}{}", wrapped(frame.note, "| ", "| "), edge);
  }
};

std::size_t common_bytes(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::string begin_line(std::string_view label) {
  return fmt::format("-----BEGIN QORGAN {}-----\n", label);
}

std::string end_line(std::string_view label) {
  return fmt::format("-----END QORGAN {}-----\n", label);
}

}  // namespace

void append_heading(Paper& paper, std::string_view phrase_name) {
  paper.blocks.push_back(Heading{phrase(paper.language, phrase_name)});
}

void append_items(Paper& paper, std::initializer_list<const char*> phrase_names) {
  for (const char* name : phrase_names) paper.blocks.push_back(Item{phrase(paper.language, name)});
}

std::string render_text(const Paper& paper) {
  TextForm form{underlined(paper.title, '=') + "\n"};
  for (const Block& block : paper.blocks) std::visit(form, block);
  return form.out;
}

std::string render_text(const Findings& findings, Language language) {
  TextForm form;
  form.out = underlined(phrase(language, "head-proven"), '-');
  for (const std::string& sentence : findings.proven) form(Item{sentence});
  form(Heading{phrase(language, "head-not-proven")});
  for (const std::string& sentence : findings.not_proven) form(Item{sentence});
  return form.out;
}

std::string machine_part(std::string_view label, std::string_view content) {
  const std::string base64 = to_base64(as_bytes(content));
  std::string out = begin_line(label);
  for (std::size_t at = 0; at < base64.size(); at += kBase64LineCharacters)
    out += base64.substr(at, kBase64LineCharacters) + "\n";
  return out + end_line(label);
}

Result<std::string> read_machine_part(std::string_view label, std::string_view text) {
  const auto wrong = [&](std::string what) {
    return failure(ErrorCode::invalid_input, std::move(what), fmt::format("QORGAN {}", label),
                   "Give the whole file, as it was received");
  };
  const std::string begin = begin_line(label);
  const std::size_t at = text.rfind(begin);
  if (at == std::string_view::npos) return wrong("a text has no part for programs");
  std::string_view part = text.substr(at + begin.size());
  if (!part.ends_with(end_line(label))) return wrong("the part for programs has no end, or is not the text's end");
  part.remove_suffix(end_line(label).size());
  std::string base64(part);
  std::erase(base64, '\n');
  const Result<Bytes> content = from_base64(base64);
  if (!content) return wrong("the part for programs is not in Base 64");
  std::string out(content->begin(), content->end());
  if (machine_part(label, out) != text.substr(at)) return wrong("the part for programs has lines of another length");
  return out;
}

Result<std::size_t> match_form(std::string_view text, const std::vector<std::string>& forms) {
  std::size_t same_bytes = 0;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (text == forms[i]) return i;
    same_bytes = std::max(same_bytes, common_bytes(text, forms[i]));
  }
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(same_bytes), '\n');
  return failure(ErrorCode::damaged, "the paper is not as it was made: its words differ from its part for programs",
                 fmt::format("line {}", line),
                 "Rely on nothing in its words: they were changed, copied badly, or made by another version of this "
                 "program. The part for programs can be checked alone, decoded from Base 64 into a file");
}

}  // namespace qorgan::rights
