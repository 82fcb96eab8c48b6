#include "rights/papers.h"

#include <algorithm>

#include "base/limits.h"
#include "ledger/proof.h"
#include "rights/phrases.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

constexpr std::string_view kReceipt = "RECEIPT";
constexpr std::string_view kCertificate = "CERTIFICATE";
constexpr std::string_view kAbsence = "ABSENCE";

// Makes papers in one language.
class Writer {
 public:
  Writer(Language language, std::string_view title) {
    paper_.language = language;
    paper_.title = say(title);
  }

  const std::string& say(std::string_view name) const { return phrase(paper_.language, name); }
  std::string say(std::string_view name,
                  std::initializer_list<std::pair<std::string_view, std::string_view>> places) const {
    return phrase(paper_.language, name, places);
  }
  const std::string& in(const policy::Words& words) const { return rights::in(words, paper_.language); }
  std::string time(std::int64_t time_s) const { return local_time_text(time_s, paper_.language); }

  void heading(std::string_view name) { append_heading(paper_, name); }
  void paragraph(std::string text) { paper_.blocks.emplace_back(Paragraph{std::move(text)}); }
  void items(std::initializer_list<const char*> names) { append_items(paper_, names); }
  void field(std::string label, std::string value) {
    paper_.blocks.emplace_back(Field{std::move(label), std::move(value)});
  }
  void labelled(std::string_view label, std::string value) { field(say(label), std::move(value)); }
  // Where to go with a quarrel; each of these papers speaks of law.
  void complain() {
    heading("head-complain");
    items({"complain-party", "complain-authority", "complain-prosecutor"});
    paragraph(say("not-advice"));
  }
  void frame(Frame frame) { paper_.blocks.emplace_back(std::move(frame)); }
  Paper finish(std::string footer, std::int64_t time_s) {
    paper_.footer = std::move(footer);
    paper_.time_s = time_s;
    return std::move(paper_);
  }

 private:
  Paper paper_;
};

std::string entry_number(const std::string& proof) {
  const auto parsed = ledger::parse_log_proof(proof);
  return parsed ? std::to_string(parsed->index) : "?";
}

void write_taken(Writer& writer, const EnrolmentReceipt& receipt, Language language) {
  std::string fingers;
  for (const int finger : receipt.fingers) fingers += (fingers.empty() ? "" : ", ") + finger_text(language, finger);
  writer.heading("head-taken");
  writer.labelled("label-fingers", fingers);
  writer.labelled("label-party", receipt.terms.party_name + " (" + receipt.terms.party + ")");
  writer.labelled("label-desk", receipt.desk);
  writer.labelled("label-operator", receipt.operator_name);
  writer.labelled("label-time", writer.time(receipt.time_s));
  writer.paragraph(writer.say("taken-note"));
}

void write_why(Writer& writer, const Terms& terms, Language language) {
  writer.heading("head-why");
  writer.labelled("label-purpose", writer.in(terms.purpose_name) + ". " + writer.in(terms.purpose_words));
  writer.labelled("label-purpose-id", writer.say("purpose-id", {{"id", terms.purpose},
                                                                {"version", std::to_string(terms.purpose_version)}}));
  writer.labelled("label-basis", writer.in(terms.basis_words) + " " + writer.in(terms.basis_source));
  writer.labelled("label-until",
                  terms.until_s == 0 ? writer.say("until-none") : local_date_text(terms.until_s, language));
}

Frame keep_frame(const Writer& writer, const EnrolmentReceipt& receipt, const SubjectSecret* secret) {
  Frame frame;
  frame.title = writer.say("keep-title");
  frame.codes.push_back({writer.say("label-handle"), handle_text(receipt.terms.handle)});
  if (secret != nullptr) {
    frame.codes.push_back({writer.say("label-secret"), secret_text(*secret)});
    frame.qr = qr_text(receipt.terms.handle, *secret);
  }
  frame.note = writer.say(secret != nullptr ? "keep-note" : "keep-none");
  return frame;
}

std::string with_machine_part(const Paper& paper, std::string_view label, const std::string& content) {
  return render_text(paper) + "\n" + phrase(paper.language, "machine-note") + "\n\n" + machine_part(label, content);
}

void write_told(Writer& writer, const NoticesStatement& notices) {
  if (notices.parties.empty()) writer.paragraph(writer.say("told-none"));
  for (const PartyNotice& notice : notices.parties) {
    if (notice.told_s == 0) {
      writer.field(notice.name, writer.say("told-not-yet"));
      continue;
    }
    const std::string told = writer.time(notice.told_s);
    const std::string confirmed = notice.acknowledged_s ? writer.time(*notice.acknowledged_s) : std::string();
    writer.field(notice.name, writer.say(notice.acknowledged_s ? "told-and-confirmed" : "told",
                                         {{"told", told}, {"confirmed", confirmed}}));
  }
}

// The secret of a receipt's text: the only code in its frame that is one.
std::optional<SubjectSecret> find_secret(std::string_view text) {
  constexpr std::string_view kFrameLine = "\n|   ";
  for (std::size_t at = text.find(kFrameLine); at != std::string_view::npos; at = text.find(kFrameLine, at + 1)) {
    const std::string_view line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    const std::size_t value = line.rfind(": ");
    if (value == std::string_view::npos) continue;
    if (auto secret = parse_secret(line.substr(value + 2))) return std::move(*secret);
  }
  return std::nullopt;
}

// Of the texts in every language the one that `file` is.
template <class Render>
Result<Language> match_language(std::string_view file, const Render& render) {
  std::vector<std::string> forms;
  for (const Language language : kLanguages) {
    QORGAN_TRY(std::string form, render(language));
    forms.push_back(std::move(form));
  }
  QORGAN_TRY(const std::size_t index, match_form(file, forms));
  return kLanguages[index];
}

template <class Content, class Parse, class Render>
Result<ReadPaper<Content>> read_paper(std::string_view file, std::string_view label, const Parse& parse,
                                      const Render& render) {
  if (file.size() > limits::receipt_text_bytes_max)
    return failure(ErrorCode::invalid_input, "a paper's file is longer than any can be");
  if (file.starts_with("%PDF"))
    return failure(ErrorCode::invalid_input, "a PDF is to be read and printed; it cannot be checked", {},
                   "Check the same paper as text or JSON: ask whoever made it");
  ReadPaper<Content> read;
  if (file.starts_with('{')) {
    QORGAN_TRY(read.content, parse(file));
    return read;
  }
  QORGAN_TRY(const std::string json, read_machine_part(label, file));
  QORGAN_TRY(read.content, parse(json));
  QORGAN_TRY(read.language, match_language(file, [&](Language language) { return render(read.content, language); }));
  return read;
}

}  // namespace

Paper receipt_paper(const EnrolmentReceipt& receipt, const SubjectSecret* secret, Language language) {
  Writer writer(language, "receipt-title");
  const Terms& terms = receipt.terms;
  writer.paragraph(writer.say("receipt-lead", {{"party", terms.party_name}}));
  writer.frame(keep_frame(writer, receipt, secret));
  write_taken(writer, receipt, language);
  write_why(writer, terms, language);
  writer.heading("head-rights");
  writer.items({"right-trace", "right-lock", "right-withdraw", "right-erase", "right-absence"});
  writer.paragraph(writer.say("rights-how"));
  writer.heading("head-keepers");
  for (std::size_t i = 0; i < protocol::kCustodians; ++i)
    writer.field(receipt.custodians[i].name, writer.say("entry", {{"log", receipt.custodians[i].log.name},
                                                                  {"entry", entry_number(receipt.evidence[i].proof)}}));
  writer.heading("head-proves");
  writer.items({"receipt-proves-logged", "receipt-proves-details"});
  writer.heading("head-not-proves");
  writer.items({"unproven-prints", "unproven-photograph", "unproven-collusion"});
  writer.heading("head-check");
  writer.paragraph(writer.say("receipt-check"));
  writer.complain();
  return writer.finish(handle_text(terms.handle), receipt.time_s);
}

Result<Paper> certificate_paper(const ErasureCertificate& certificate, Language language) {
  Writer writer(language, "certificate-title");
  writer.paragraph(writer.say("certificate-lead"));
  writer.heading("head-destroyed");
  writer.labelled("label-handle", handle_text(certificate.handle));
  writer.labelled("label-request", to_hex(certificate.request));
  std::int64_t latest_s = 0;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(const ErasureStatement statement,
               open_erasure(certificate.statements[i], certificate.custodians[i].log));
    latest_s = std::max(latest_s, statement.time_s);
    writer.field(certificate.custodians[i].name,
                 writer.say("destroyed-at",
                            {{"time", writer.time(statement.time_s)}, {"entry", std::to_string(statement.entry)}}));
  }
  writer.paragraph(writer.say("destroyed-note"));
  writer.heading("head-told");
  if (certificate.notices.empty()) {
    writer.paragraph(writer.say("told-unsaid"));
  } else {
    const auto by = static_cast<std::size_t>(certificate.told_by);
    QORGAN_TRY(const NoticesStatement notices, open_notices(certificate.notices, certificate.custodians[by].log));
    write_told(writer, notices);
  }
  writer.heading("head-proves");
  writer.items({"certificate-proves-signed", "certificate-proves-evidence"});
  writer.heading("head-not-proves");
  writer.items({"unproven-copies", "unproven-collusion-before", "unproven-parties"});
  writer.heading("head-check");
  writer.paragraph(writer.say("certificate-check"));
  writer.complain();
  return writer.finish(handle_text(certificate.handle), latest_s);
}

Result<Paper> absence_paper(const Absence& absence, Language language) {
  Writer writer(language, "absence-title");
  writer.paragraph(writer.say("absence-lead"));
  writer.heading("head-absent");
  writer.labelled("label-subject", to_hex(absence.subject));
  std::int64_t latest_s = 0;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(const AbsenceStatement statement, open_absence(absence.statements[i], absence.custodians[i].log));
    latest_s = std::max(latest_s, statement.time_s);
    writer.field(absence.custodians[i].name,
                 writer.say("absent-at", {{"time", writer.time(statement.time_s)},
                                          {"sequence", std::to_string(statement.sequence)}}));
  }
  writer.heading("head-proves");
  writer.items({"absence-proves-signed"});
  writer.heading("head-not-proves");
  writer.items({"unproven-code", "unproven-later", "unproven-others"});
  writer.heading("head-check");
  writer.paragraph(writer.say("absence-check"));
  writer.complain();
  return writer.finish(to_hex(absence.subject), latest_s);
}

std::string receipt_text(const EnrolmentReceipt& receipt, const SubjectSecret* secret, Language language) {
  return with_machine_part(receipt_paper(receipt, secret, language), kReceipt, receipt.text());
}

Result<std::string> certificate_text(const ErasureCertificate& certificate, Language language) {
  QORGAN_TRY(const Paper paper, certificate_paper(certificate, language));
  return with_machine_part(paper, kCertificate, certificate.text());
}

Result<std::string> absence_text(const Absence& absence, Language language) {
  QORGAN_TRY(const Paper paper, absence_paper(absence, language));
  return with_machine_part(paper, kAbsence, absence.text());
}

Result<ReadPaper<EnrolmentReceipt>> read_receipt(std::string_view file) {
  std::optional<SubjectSecret> secret = find_secret(file);
  const SubjectSecret* known = secret ? &*secret : nullptr;
  QORGAN_TRY(auto read, read_paper<EnrolmentReceipt>(
                            file, kReceipt, parse_receipt,
                            [&](const EnrolmentReceipt& receipt, Language language) -> Result<std::string> {
                              return receipt_text(receipt, known, language);
                            }));
  if (read.language) read.secret = std::move(secret);
  return read;
}

Result<ReadPaper<ErasureCertificate>> read_certificate(std::string_view file) {
  return read_paper<ErasureCertificate>(file, kCertificate, parse_certificate, certificate_text);
}

Result<ReadPaper<Absence>> read_absence(std::string_view file) {
  return read_paper<Absence>(file, kAbsence, parse_absence, absence_text);
}

}  // namespace qorgan::rights
