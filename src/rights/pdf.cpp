// The PDF of a paper: Cairo draws, Pango sets the lines.
#include <cairo-pdf.h>
#include <fmt/format.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rights/paper.h"
#include "rights/pdf_catalog.h"
#include "rights/phrases.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

// All lengths in points, 1/72 inch.
constexpr double kPageWidth = 595.276;  // A4: 210 mm
constexpr double kPageHeight = 841.890;
constexpr double kMargin = 51;
constexpr double kTop = kMargin - 14;
constexpr double kBottom = kPageHeight - 62;  // above the footer
constexpr double kWidth = kPageWidth - 2 * kMargin;
constexpr double kLabelWidth = 118;
constexpr double kQrSide = 118;
constexpr double kFramePadding = 12;
constexpr int kQrQuietModules = 4;  // ISO/IEC 18004, 5.3.8
constexpr double kGrey = 0.25;      // clear of paper also from a poor black-and-white printer

struct Deleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoContext* context) const { g_object_unref(context); }
  void operator()(PangoFontMap* map) const { g_object_unref(map); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(PangoAttrList* list) const { pango_attr_list_unref(list); }
  void operator()(QRcode* code) const { QRcode_free(code); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

enum class Face { plain, bold, digits };

struct Style {
  double size = 10.5;
  Face face = Face::plain;
  double grey = 0;
};

constexpr Style kHeading = {12.5, Face::bold, 0};
constexpr Style kLabel = {10.5, Face::plain, kGrey};

// Text set to a width, ready to be drawn.
class Text {
 public:
  Text(PangoContext* context, const std::string& text, double width, Style style)
      : layout_(pango_layout_new(context)), grey_(style.grey) {
    const Owned<PangoFontDescription> font(pango_font_description_new());
    pango_font_description_set_family(font.get(), style.face == Face::digits ? "DejaVu Sans Mono" : "DejaVu Sans");
    pango_font_description_set_weight(font.get(), style.face == Face::plain ? PANGO_WEIGHT_NORMAL : PANGO_WEIGHT_BOLD);
    pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
    pango_layout_set_font_description(layout_.get(), font.get());
    pango_layout_set_width(layout_.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout_.get(), 1.12F);
    // A ligature, as in "office", would be found and read aloud as a sign of its own.
    const Owned<PangoAttrList> attributes(pango_attr_list_new());
    pango_attr_list_insert(attributes.get(), pango_attr_font_features_new("liga 0"));
    pango_layout_set_attributes(layout_.get(), attributes.get());
    pango_layout_set_text(layout_.get(), text.data(), static_cast<int>(text.size()));
  }
  double height() const {
    int height = 0;
    pango_layout_get_size(layout_.get(), nullptr, &height);
    return static_cast<double>(height) / PANGO_SCALE;
  }
  void draw(cairo_t* cairo, double x, double y) const {
    cairo_set_source_rgb(cairo, grey_, grey_, grey_);
    cairo_move_to(cairo, x, y);
    pango_cairo_show_layout(cairo, layout_.get());
  }

 private:
  Owned<PangoLayout> layout_;
  double grey_;
};

// The modules of a QR code, one point wide each before scaling.
class Qr {
 public:
  explicit Qr(const std::string& text)
      : code_(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, /*casesensitive=*/1)) {}
  bool made() const { return code_ != nullptr; }
  void draw(cairo_t* cairo, double x, double y, double side) const {
    const int width = code_->width;
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, side / (width + 2 * kQrQuietModules), side / (width + 2 * kQrQuietModules));
    cairo_set_source_rgb(cairo, 0, 0, 0);
    for (int row = 0; row < width; ++row)
      for (int column = 0; column < width; ++column)
        if ((code_->data[row * width + column] & 1) != 0)
          cairo_rectangle(cairo, column + kQrQuietModules, row + kQrQuietModules, 1, 1);
    cairo_fill(cairo);
    cairo_restore(cairo);
  }

 private:
  Owned<QRcode> code_;
};

// Tags what is drawn until its end, so that screen readers know what it is. `name` as in ISO 32000-1, 14.8.4.
class Tag {
 public:
  Tag(cairo_t* cairo, const char* name) : cairo_(cairo), name_(name) { cairo_tag_begin(cairo_, name_, nullptr); }
  ~Tag() { cairo_tag_end(cairo_, name_); }
  Tag(const Tag&) = delete;
  Tag& operator=(const Tag&) = delete;

 private:
  cairo_t* cairo_;
  const char* name_;
};

// What stays together on a page.
struct Piece {
  double height = 0;  // with the space around it
  std::function<void(cairo_t*, double y)> draw;
  bool is_item = false;
};

// Makes pieces of blocks.
class Setter {
 public:
  explicit Setter(PangoContext* context) : context_(context) {}

  Piece line(const std::string& text, Style style, const char* tag, double before, double after) const {
    const auto set = std::make_shared<Text>(context_, text, kWidth, style);
    return {before + set->height() + after, [set, tag, before](cairo_t* cairo, double y) {
              const Tag tagged(cairo, tag);
              set->draw(cairo, kMargin, y + before);
            }};
  }
  static Piece rule() {
    return {10, [](cairo_t* cairo, double y) {
              cairo_set_source_rgb(cairo, 0, 0, 0);
              cairo_set_line_width(cairo, 1.2);
              cairo_move_to(cairo, kMargin, y);
              cairo_line_to(cairo, kPageWidth - kMargin, y);
              cairo_stroke(cairo);
            }};
  }

  Piece operator()(const Heading& heading) const { return line(heading.text, kHeading, "H2", 10, 4); }
  Piece operator()(const Paragraph& paragraph) const { return line(paragraph.text, {}, "P", 2, 4); }
  Piece operator()(const Item& item) const {
    const auto text = std::make_shared<Text>(context_, item.text, kWidth - 12, Style{});
    return {text->height() + 3,
            [text](cairo_t* cairo, double y) {
              const Tag tagged(cairo, "LI");
              const Tag body(cairo, "LBody");
              cairo_set_source_rgb(cairo, 0, 0, 0);
              cairo_new_path(cairo);
              cairo_arc(cairo, kMargin + 4, y + 7.2, 1.6, 0, 2 * 3.14159265358979);
              cairo_fill(cairo);
              text->draw(cairo, kMargin + 12, y);
            },
            true};
  }
  Piece operator()(const Field& field) const {
    const auto label = std::make_shared<Text>(context_, field.label, kLabelWidth - 8, kLabel);
    const auto value = std::make_shared<Text>(context_, field.value, kWidth - kLabelWidth, Style{});
    return {std::max(label->height(), value->height()) + 3, [label, value](cairo_t* cairo, double y) {
              {
                const Tag tagged(cairo, "P");
                label->draw(cairo, kMargin, y);
              }
              const Tag tagged(cairo, "P");
              value->draw(cairo, kMargin + kLabelWidth, y);
            }};
  }
  Piece operator()(const Frame& frame) const;

 private:
  PangoContext* context_;
};

Piece Setter::operator()(const Frame& frame) const {
  constexpr double kAround = 6;
  const double text_width = kWidth - 2 * kFramePadding - (frame.qr.empty() ? 0 : kQrSide + kFramePadding);
  std::vector<std::pair<std::shared_ptr<Text>, double>> lines;  // with the space after each
  const auto line = [&](const std::string& text, Style style, double after) {
    lines.emplace_back(std::make_shared<Text>(context_, text, text_width, style), after);
  };
  line(frame.title, kHeading, 6);
  for (const Field& code : frame.codes) {
    line(code.label, kLabel, 0);
    line(code.value, {13, Face::digits}, 5);
  }
  line(frame.note, {}, 0);
  double height = 0;
  for (const auto& [text, after] : lines) height += text->height() + after;
  if (!frame.qr.empty()) height = std::max(height, kQrSide);
  height += 2 * kFramePadding;
  std::shared_ptr<Qr> qr;
  if (!frame.qr.empty()) qr = std::make_shared<Qr>(frame.qr);
  if (qr && !qr->made()) return {};
  return {height + 2 * kAround, [lines, qr, height](cairo_t* cairo, double top) {
            const double y = top + kAround;
            cairo_set_source_rgb(cairo, 0, 0, 0);
            cairo_set_line_width(cairo, 1.5);
            cairo_rectangle(cairo, kMargin, y, kWidth, height);
            cairo_stroke(cairo);
            double at = y + kFramePadding;
            for (const auto& [text, after] : lines) {
              const Tag tagged(cairo, "P");
              text->draw(cairo, kMargin + kFramePadding, at);
              at += text->height() + after;
            }
            if (qr)
              qr->draw(cairo, kPageWidth - kMargin - kFramePadding - kQrSide, y + (height - kQrSide) / 2, kQrSide);
          }};
}

// Pages of pieces: a heading and what stands below it move to the next page together, where one page can hold them.
class Layout {
 public:
  Layout(PangoContext* context, const Paper& paper) : context_(context), paper_(paper) {
    const Setter set(context);
    std::vector<Piece> section;
    section.push_back(set.line("QORGAN", {8.5, Face::bold, kGrey}, "P", 0, 2));
    section.push_back(set.line(paper.title, {17, Face::bold}, "H1", 0, 8));
    section.push_back(Setter::rule());
    for (const Block& block : paper.blocks) {
      if (std::holds_alternative<Heading>(block)) place(std::exchange(section, {}));
      section.push_back(std::visit(set, block));
      complete_ = complete_ && section.back().draw;
    }
    place(std::move(section));
  }

  // Errors: internal.
  Status draw(cairo_surface_t* surface) const;

 private:
  struct Placed {
    Piece piece;
    double y;
  };

  void place(std::vector<Piece> section) {
    double height = 0;
    for (const Piece& piece : section) height += piece.height;
    if (y_ + height > kBottom && kTop + height <= kBottom) turn();
    for (Piece& piece : section) {
      if (y_ + piece.height > kBottom) turn();
      pages_.back().push_back({std::move(piece), y_});
      y_ += pages_.back().back().piece.height;
    }
  }
  void turn() {
    pages_.emplace_back();
    y_ = kTop;
  }

  PangoContext* context_;
  const Paper& paper_;
  std::vector<std::vector<Placed>> pages_ = std::vector<std::vector<Placed>>(1);
  double y_ = kTop;
  bool complete_ = true;
};

Status Layout::draw(cairo_surface_t* surface) const {
  if (!complete_) return failure(ErrorCode::internal, "the QR code of a paper could not be made");
  const Owned<cairo_t> cairo(cairo_create(surface));
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    std::optional<Tag> list;
    for (const auto& [piece, y] : pages_[page]) {
      if (piece.is_item && !list) list.emplace(cairo.get(), "L");
      if (!piece.is_item) list.reset();
      piece.draw(cairo.get(), y);
    }
    list.reset();
    const std::string number =
        phrase(paper_.language, "page", {{"page", std::to_string(page + 1)}, {"pages", std::to_string(pages_.size())}});
    Text(context_, paper_.footer + "   ·   " + number, kWidth, {8.5, Face::plain, kGrey})
        .draw(cairo.get(), kMargin, kPageHeight - 40);
    cairo_show_page(cairo.get());
  }
  if (cairo_status(cairo.get()) != CAIRO_STATUS_SUCCESS)
    return failure(ErrorCode::internal, "a paper could not be drawn",
                   cairo_status_to_string(cairo_status(cairo.get())));
  return {};
}

cairo_status_t append_bytes(void* closure, const unsigned char* data, unsigned int size) {
  auto* out = static_cast<Bytes*>(closure);
  out->insert(out->end(), data, data + size);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Result<Bytes> render_pdf(const Paper& paper) {
  Bytes out;
  const Owned<cairo_surface_t> surface(
      cairo_pdf_surface_create_for_stream(append_bytes, &out, kPageWidth, kPageHeight));
  // Whose cross-reference table with_pdf_language() can read.
  cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_4);
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, paper.title.c_str());
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, utc_text(paper.time_s).c_str());
  // A font map of its own: Pango's default one belongs to a thread and stays until its end.
  const Owned<PangoFontMap> fonts(pango_cairo_font_map_new());
  const Owned<PangoContext> context(pango_font_map_create_context(fonts.get()));
  pango_context_set_language(context.get(), pango_language_from_string(language_code(paper.language).data()));
  {
    const Layout layout(context.get(), paper);
    QORGAN_CHECK(layout.draw(surface.get()));
  }
  cairo_surface_finish(surface.get());
  if (const cairo_status_t status = cairo_surface_status(surface.get()); status != CAIRO_STATUS_SUCCESS)
    return failure(ErrorCode::internal, "a PDF could not be written", cairo_status_to_string(status));
  return with_pdf_language(std::move(out), language_code(paper.language));
}

}  // namespace qorgan::rights
