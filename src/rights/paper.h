// What stands on a paper for people, before it becomes plain text or a PDF.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rights/evidence.h"
#include "rights/language.h"

namespace qorgan::rights {

struct Heading {
  std::string text;
};
struct Paragraph {
  std::string text;
};
// One of a list.
struct Item {
  std::string text;
};
struct Field {
  std::string label;
  std::string value;
};
// What must be kept, in a frame: codes in large digits, and beside them, where there is one, a QR code.
struct Frame {
  std::string title;
  std::vector<Field> codes;
  std::string note;
  std::string qr;  // the text that the code holds; empty: no code
};
using Block = std::variant<Heading, Paragraph, Item, Field, Frame>;

// No text in it holds a line end.
struct Paper {
  Language language = Language::en;
  std::string title;
  std::vector<Block> blocks;
  std::string footer;       // at the foot of each page of the PDF
  std::int64_t time_s = 0;  // unix time that the PDF says it was made at
};

void append_heading(Paper& paper, std::string_view phrase_name);
void append_items(Paper& paper, std::initializer_list<const char*> phrase_names);

// Lines of at most 78 characters (longer where one word is), ended each by a line end.
std::string render_text(const Paper& paper);
// What a program found out about a file: proven, not proven.
std::string render_text(const Findings& findings, Language language);
// A4, one or more pages, fonts embedded (DejaVu Sans where it is installed). The same paper gives the same bytes with
// the same libraries. Errors: internal (the drawing library's).
Result<Bytes> render_pdf(const Paper& paper);

// The part of a text form that programs read: "-----BEGIN QORGAN LABEL-----", Base 64 in lines of 64 characters,
// "-----END QORGAN LABEL-----".
std::string machine_part(std::string_view label, std::string_view content);
// The content of the last such part of a text. Errors: invalid_input.
Result<std::string> read_machine_part(std::string_view label, std::string_view text);
// Success where `text` is to the byte one of `forms`, whose index it gives: the same paper in each language. Errors:
// damaged, naming the first line that differs from the form that is nearest.
Result<std::size_t> match_form(std::string_view text, const std::vector<std::string>& forms);

}  // namespace qorgan::rights
