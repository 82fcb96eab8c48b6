#include "rights/papers.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "rights/phrases.h"
#include "rights/times.h"
#include "rights/trace.h"
#include "tests/rights/sample.h"
#include "tests/support/temp_folder.h"

namespace qorgan::rights {
namespace {

using test::Sample;

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
  ::pclose(pipe);
  return out;
}

bool installed(const std::string& program) {
  return !output_of("command -v " + program).empty();
}

class Pdf : public testing::Test {
 protected:
  std::string write(const Paper& paper) const {
    const auto pdf = render_pdf(paper);
    EXPECT_TRUE(pdf) << pdf.error().message();
    const std::string path = folder_.path() / "paper.pdf";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(pdf->data()), static_cast<std::streamsize>(pdf->size()));
    return path;
  }
  qorgan::test::TempFolder folder_;
};

TEST_F(Pdf, HoldsHandleSecretAndLettersOfEachLanguage) {
  if (!installed("pdftotext")) GTEST_SKIP() << "pdftotext is not installed";
  const Sample sample;
  const EnrolmentReceipt receipt = sample.receipt();
  for (const Language language : kLanguages) {
    const std::string path = write(receipt_paper(receipt, &sample.secret, language));
    const std::string text = output_of("pdftotext -layout " + path + " -");
    EXPECT_NE(text.find(handle_text(receipt.terms.handle)), std::string::npos);
    EXPECT_NE(text.find(secret_text(sample.secret)), std::string::npos);
    EXPECT_NE(text.find(phrase(language, "keep-title")), std::string::npos);
    const std::string fonts = output_of("pdffonts " + path);
    EXPECT_EQ(fonts.find(" no  "), std::string::npos) << fonts;  // each is embedded
    const std::string pages = output_of("pdfinfo " + path + " | grep Pages");
    EXPECT_TRUE(pages.ends_with(" 1\n") || pages.ends_with(" 2\n")) << pages;
  }
  const std::string kazakh = output_of("pdftotext " + write(receipt_paper(receipt, nullptr, Language::kk)) + " -");
  for (const char* letter : {"ә", "ғ", "қ", "ң", "ө", "ұ", "ү", "һ", "і"}) {
    if (std::string_view(letter) == "һ") continue;  // in no sentence of the receipt
    EXPECT_NE(kazakh.find(letter), std::string::npos) << letter;
  }
}

TEST_F(Pdf, CodeIsReadBack) {
  if (!installed("pdftoppm") || !installed("zbarimg")) GTEST_SKIP() << "pdftoppm or zbarimg is not installed";
  const Sample sample;
  const EnrolmentReceipt receipt = sample.receipt();
  const std::string path = write(receipt_paper(receipt, &sample.secret, Language::kk));
  output_of("pdftoppm -r 150 -png -f 1 -l 1 -singlefile " + path + " " + (folder_.path() / "page").string());
  const std::string read = output_of("zbarimg --quiet --raw " + (folder_.path() / "page.png").string());
  EXPECT_EQ(read, qr_text(receipt.terms.handle, sample.secret) + "\n");
}

TEST_F(Pdf, TellsScreenReadersWhatItIs) {
  if (!installed("pdfinfo")) GTEST_SKIP() << "pdfinfo is not installed";
  const Sample sample;
  for (const Language language : kLanguages) {
    const std::string path = write(certificate_paper(sample.certificate(), language).value());
    EXPECT_NE(output_of("pdfinfo " + path).find("Tagged:          yes"), std::string::npos);
    const std::string text = output_of("pdfinfo -struct-text " + path + " 2>/dev/null");
    EXPECT_NE(text.find("H1"), std::string::npos) << text;
    EXPECT_NE(text.find(phrase(language, "certificate-title")), std::string::npos) << text;
    EXPECT_NE(output_of("cat " + path).find("/Lang (" + std::string(language_code(language)) + ")"), std::string::npos);
  }
}

TEST_F(Pdf, OfCertificateAndAbsence) {
  const Sample sample;
  for (const Language language : kLanguages) {
    EXPECT_TRUE(render_pdf(certificate_paper(sample.certificate(), language).value()));
    EXPECT_TRUE(render_pdf(absence_paper(sample.absence(), language).value()));
  }
}

TEST(Phrases, EveryLanguageHasEverySentence) {
  const auto table = [](ByteView file) { return nlohmann::json::parse(file.begin(), file.end()); };
  const auto kk = table(receipt_words_kk());
  const auto ru = table(receipt_words_ru());
  const auto en = table(receipt_words_en());
  const auto places = [](const std::string& text) {
    std::vector<std::string> found;
    for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1))
      found.push_back(text.substr(at, text.find('}', at) - at));
    std::sort(found.begin(), found.end());
    return found;
  };
  EXPECT_EQ(kk.size(), en.size());
  EXPECT_EQ(ru.size(), en.size());
  for (const auto& item : en.items()) {
    ASSERT_TRUE(kk.contains(item.key()) && ru.contains(item.key())) << item.key();
    const std::string one = kk[item.key()];
    const std::string two = ru[item.key()];
    const std::string three = item.value();
    EXPECT_TRUE(!one.empty() && !two.empty() && !three.empty()) << item.key();
    EXPECT_EQ(places(one), places(three)) << item.key();
    EXPECT_EQ(places(two), places(three)) << item.key();
    EXPECT_TRUE(three != two && three != one) << item.key();
  }
  for (int finger = 1; finger <= 10; ++finger) EXPECT_FALSE(finger_text(Language::kk, finger).empty());
}

TEST(Phrases, WhatIsFilledInIsNotLookedAtAgain) {
  EXPECT_EQ(phrase(Language::en, "purpose-id", {{"id", "{version}"}, {"version", "3"}}), "{version}, version 3");
}

TEST(Times, AreKazakhstans) {
  const std::int64_t time_s = parse_utc("2026-11-23T20:06:49Z", "time").value();
  EXPECT_EQ(utc_text(time_s), "2026-11-23T20:06:49Z");
  EXPECT_EQ(local_time_text(time_s, Language::ru), "24.11.2026, 01:06 (время Казахстана, UTC+5)");
  EXPECT_EQ(local_date_text(time_s, Language::en), "24 November 2026");
  for (const char* wrong : {"", "2026-11-23", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T20:06:60Z",
                            "1969-12-31T23:59:59Z", "2026-11-23T20:06:49z", "2026-1 -23T20:06:49Z"})
    EXPECT_FALSE(parse_utc(wrong, "time")) << wrong;
}

template <class Accept>
void expect_every_change_noticed(const std::string& file, std::size_t step, const Accept& accept) {
  const std::uint32_t seed = std::random_device{}();
  std::printf("random seed %u\n", seed);
  std::mt19937 random(seed);
  ASSERT_TRUE(accept(file));
  for (std::size_t i = random() % step; i < file.size(); i += 1 + random() % (2 * step - 1)) {
    std::string changed = file;
    while (changed[i] == file[i]) changed[i] = static_cast<char>('!' + random() % 94);
    EXPECT_FALSE(accept(changed)) << "at " << i << ": " << changed[i];
  }
}

TEST(Certificate, ComesBackVerifiesAndNoticesEveryChange) {
  const Sample sample;
  const ErasureCertificate certificate = sample.certificate();
  const auto accept = [](const std::string& file) {
    const auto read = read_certificate(file);
    return read && verify_certificate(read->content, nullptr, nullptr);
  };
  EXPECT_EQ(parse_certificate(certificate.text()).value(), certificate);
  expect_every_change_noticed(certificate.text(), 1, accept);
  for (const Language language : kLanguages)
    expect_every_change_noticed(certificate_text(certificate, language).value(), 9, accept);
  const auto verified = verify_certificate(certificate, &sample.keys, &sample.secret);
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_TRUE(verified->secret_fits && verified->network_trusted);
  ASSERT_EQ(verified->notices->parties.size(), 2U);
  EXPECT_FALSE(verified->notices->parties[1].acknowledged_s);
  EXPECT_EQ(findings_of(certificate, *verified, Language::ru).proven.size(), 6U);
}

TEST(Certificate, OfAnotherRecordNetworkSecretOrEntryIsRefused) {
  const Sample sample;
  const Sample other(2);
  const ErasureCertificate certificate = sample.certificate();
  EXPECT_EQ(verify_certificate(certificate, &other.keys, nullptr).error().code, ErrorCode::wrong_network);
  EXPECT_EQ(verify_certificate(certificate, nullptr, &other.secret).error().code, ErrorCode::refused);
  ErasureCertificate changed = certificate;
  changed.handle[0] ^= 1;
  EXPECT_EQ(verify_certificate(changed, nullptr, nullptr).error().code, ErrorCode::damaged);
  changed = certificate;
  changed.request = sample.enrolment;
  EXPECT_EQ(verify_certificate(changed, nullptr, nullptr).error().code, ErrorCode::damaged);
  changed = certificate;
  std::swap(changed.statements[0], changed.statements[1]);
  EXPECT_FALSE(verify_certificate(changed, nullptr, nullptr));
  changed = certificate;
  changed.evidence[2] = sample.enrolment_evidence()[2];
  EXPECT_EQ(verify_certificate(changed, nullptr, nullptr).error().code, ErrorCode::damaged);
  changed = certificate;
  changed.notices = other.certificate().notices;
  EXPECT_FALSE(verify_certificate(changed, nullptr, nullptr));
  ErasureStatement statement = open_erasure(certificate.statements[0], sample.keys.custodians[0].log).value();
  ++statement.entry;
  changed = certificate;
  changed.statements[0] = sign_erasure(statement, sample.keys.custodians[0].log, *sample.signers[0]).value();
  EXPECT_EQ(verify_certificate(changed, nullptr, nullptr).error().code, ErrorCode::damaged);
}

TEST(Certificate, OneStatementDoesNotPassForAnother) {
  const Sample sample;
  const auto& key = sample.keys.custodians[0].log;
  EXPECT_FALSE(open_erasure(sample.absence().statements[0], key));
  EXPECT_FALSE(open_absence(sample.certificate().statements[0], key));
  EXPECT_EQ(open_absence(sample.absence().statements[1], key).error().code, ErrorCode::refused);
}

TEST(AbsencePaper, ComesBackVerifiesAndNoticesEveryChange) {
  const Sample sample;
  const Absence absence = sample.absence();
  const auto accept = [](const std::string& file) {
    const auto read = read_absence(file);
    return read && verify_absence(read->content, nullptr);
  };
  EXPECT_EQ(parse_absence(absence.text()).value(), absence);
  expect_every_change_noticed(absence.text(), 1, accept);
  for (const Language language : kLanguages)
    expect_every_change_noticed(absence_text(absence, language).value(), 5, accept);
  EXPECT_TRUE(verify_absence(absence, &sample.keys)->network_trusted);
  Absence changed = absence;
  changed.subject[0] ^= 1;
  EXPECT_EQ(verify_absence(changed, nullptr).error().code, ErrorCode::damaged);
}

TEST(Trace, NewestFirstInPlainWords) {
  TraceEntry old_use{1'795'400'000,
                     ledger::Event::enrol,
                     "document-office-3",
                     "Document office",
                     "enrolment",
                     {"а", "б", "To know you."},
                     {"а", "б", "Your consent."},
                     "Kordai",
                     "A. Operator",
                     ledger::RequestId{1},
                     {"Ministry", "University"},
                     0,
                     {},
                     {},
                     {}};
  TraceEntry new_use = old_use;
  new_use.time_s += 86400;
  new_use.event = ledger::Event::verify;
  new_use.hidden_until_s = 1'795'500'000;
  new_use.proven_by.clear();
  const std::string text = trace_text({old_use, new_use}, {}, Language::en);
  const std::size_t first = text.find("Your prints were compared");
  const std::size_t second = text.find("Your prints were taken");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_LT(first, second);
  for (const char* part :
       {"Document office (document-office-3)", "Kordai, operator A. Operator", "To know you. Your consent.",
        "Kazakhstan time", "Ministry, University", "no log shows it", "hidden under a court's warrant until"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const nlohmann::json json = trace_json({old_use, new_use});
  EXPECT_EQ(json["uses"][0]["event"], "verify");
  EXPECT_EQ(json["uses"].size(), 2U);
  for (const Language language : kLanguages) {
    EXPECT_NE(trace_text({}, {}, language).find(phrase(language, "trace-empty")), std::string::npos);
    for (int event = 0; event <= static_cast<int>(ledger::Event::absence); ++event) {
      old_use.event = static_cast<ledger::Event>(event);
      EXPECT_FALSE(trace_text({old_use}, {old_use}, language).empty());
    }
  }
}

}  // namespace
}  // namespace qorgan::rights
