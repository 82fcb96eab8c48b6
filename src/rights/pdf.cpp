// The PDF of a paper: Cairo draws, Pango sets the lines.
#include <cairo-pdf.h>
#include <fmt/format.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include <functional>
#include <memory>

#include "rights/paper.h"
#include "rights/phrases.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

// All lengths in points, 1/72 inch.
constexpr double kPageWidth = 595.276;  // A4: 210 mm
constexpr double kPageHeight = 841.890;
constexpr double kMargin = 51;
constexpr double kBottom = kPageHeight - 62;  // above the footer
constexpr double kWidth = kPageWidth - 2 * kMargin;
constexpr double kLabelWidth = 118;
constexpr double kQrSide = 118;
constexpr double kFramePadding = 12;
constexpr int kQrQuietModules = 4;  // ISO/IEC 18004, 5.3.8
constexpr double kGrey = 0.38;

struct Deleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoContext* context) const { g_object_unref(context); }
  void operator()(PangoFontMap* map) const { g_object_unref(map); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(QRcode* code) const { QRcode_free(code); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

enum class Face { plain, bold, digits };

struct Style {
  double size = 9.5;
  Face face = Face::plain;
  double grey = 0;
};

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

// Puts blocks one below the other and begins a new page where one does not fit. What is drawn is kept until the number
// of pages is known.
class Layout {
 public:
  Layout(PangoContext* context, const Paper& paper) : context_(context), paper_(paper) {
    place(0, {"QORGAN", {8, Face::bold, kGrey}}, 2);
    place(0, {paper.title, {17, Face::bold}}, 8);
    rule();
    for (const Block& block : paper.blocks) std::visit(*this, block);
  }

  void operator()(const Heading& heading) {
    // A heading does not stand alone at the end of a page.
    need(48);
    y_ += 8;
    place(0, {heading.text, {11.5, Face::bold}}, 4);
  }
  void operator()(const Paragraph& paragraph) {
    y_ += 2;
    place(0, {paragraph.text, {}}, 4);
  }
  void operator()(const Item& item) {
    const auto text = std::make_shared<Text>(context_, item.text, kWidth - 12, Style{});
    need(text->height());
    add([text, y = y_](cairo_t* cairo) {
      cairo_set_source_rgb(cairo, 0, 0, 0);
      cairo_new_path(cairo);
      cairo_arc(cairo, kMargin + 4, y + 6.6, 1.5, 0, 2 * 3.14159265358979);
      cairo_fill(cairo);
      text->draw(cairo, kMargin + 12, y);
    });
    y_ += text->height() + 2.5;
  }
  void operator()(const Field& field) {
    const auto label = std::make_shared<Text>(context_, field.label, kLabelWidth - 8, Style{9.5, Face::plain, kGrey});
    const auto value = std::make_shared<Text>(context_, field.value, kWidth - kLabelWidth, Style{});
    const double height = std::max(label->height(), value->height());
    need(height);
    add([label, value, y = y_](cairo_t* cairo) {
      label->draw(cairo, kMargin, y);
      value->draw(cairo, kMargin + kLabelWidth, y);
    });
    y_ += height + 2.5;
  }
  void operator()(const Frame& frame);

  // Errors: internal.
  Status draw(cairo_surface_t* surface) const;

 private:
  struct Line {
    std::string text;
    Style style;
  };
  using Draw = std::function<void(cairo_t*)>;

  void need(double height) {
    if (y_ + height <= kBottom) return;
    pages_.emplace_back();
    y_ = kMargin;
  }
  void add(Draw draw) { pages_.back().push_back(std::move(draw)); }
  void place(double x, const Line& line, double after) {
    const auto text = std::make_shared<Text>(context_, line.text, kWidth - x, line.style);
    need(text->height());
    add([text, x, y = y_](cairo_t* cairo) { text->draw(cairo, kMargin + x, y); });
    y_ += text->height() + after;
  }
  void rule() {
    add([y = y_](cairo_t* cairo) {
      cairo_set_source_rgb(cairo, 0, 0, 0);
      cairo_set_line_width(cairo, 1.2);
      cairo_move_to(cairo, kMargin, y);
      cairo_line_to(cairo, kPageWidth - kMargin, y);
      cairo_stroke(cairo);
    });
    y_ += 9;
  }

  PangoContext* context_;
  const Paper& paper_;
  std::vector<std::vector<Draw>> pages_ = std::vector<std::vector<Draw>>(1);
  double y_ = kMargin - 14;
  bool qr_failed_ = false;
};

void Layout::operator()(const Frame& frame) {
  const double text_width = kWidth - 2 * kFramePadding - (frame.qr.empty() ? 0 : kQrSide + kFramePadding);
  std::vector<std::pair<std::shared_ptr<Text>, double>> lines;  // with the space after each
  const auto line = [&](const std::string& text, Style style, double after) {
    lines.emplace_back(std::make_shared<Text>(context_, text, text_width, style), after);
  };
  line(frame.title, {11.5, Face::bold}, 6);
  for (const Field& code : frame.codes) {
    line(code.label, {8.5, Face::plain, kGrey}, 0);
    line(code.value, {13, Face::digits}, 5);
  }
  line(frame.note, {9}, 0);
  double height = 0;
  for (const auto& [text, after] : lines) height += text->height() + after;
  if (!frame.qr.empty()) height = std::max(height, kQrSide);
  height += 2 * kFramePadding;
  y_ += 6;
  need(height);
  std::shared_ptr<Qr> qr;
  if (!frame.qr.empty()) qr = std::make_shared<Qr>(frame.qr);
  qr_failed_ = qr_failed_ || (qr && !qr->made());
  add([lines, qr, height, y = y_](cairo_t* cairo) {
    cairo_set_source_rgb(cairo, 0, 0, 0);
    cairo_set_line_width(cairo, 1.5);
    cairo_rectangle(cairo, kMargin, y, kWidth, height);
    cairo_stroke(cairo);
    double at = y + kFramePadding;
    for (const auto& [text, after] : lines) {
      text->draw(cairo, kMargin + kFramePadding, at);
      at += text->height() + after;
    }
    if (qr && qr->made())
      qr->draw(cairo, kPageWidth - kMargin - kFramePadding - kQrSide, y + (height - kQrSide) / 2, kQrSide);
  });
  y_ += height + 6;
}

Status Layout::draw(cairo_surface_t* surface) const {
  if (qr_failed_) return failure(ErrorCode::internal, "the QR code of a paper could not be made");
  const Owned<cairo_t> cairo(cairo_create(surface));
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    for (const Draw& draw : pages_[page]) draw(cairo.get());
    const std::string number =
        phrase(paper_.language, "page", {{"page", std::to_string(page + 1)}, {"pages", std::to_string(pages_.size())}});
    Text(context_, paper_.footer + "   ·   " + number, kWidth, {8, Face::plain, kGrey})
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
  return out;
}

}  // namespace qorgan::rights
