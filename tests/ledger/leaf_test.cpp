#include "ledger/leaf.h"

#include <functional>
#include <map>

#include "base/limits.h"
#include "crypto/hash.h"
#include "tests/ledger/format_support.h"

namespace qorgan::ledger {
namespace {

constexpr std::int64_t kTime_s = 1795406809;  // 2026-11-23T04:06:49Z

RequestId id_of(std::uint8_t number) {
  RequestId id{};
  id.fill(number);
  return id;
}

Hash bytes_of(std::uint8_t number) {
  Hash hash{};
  hash.fill(number);
  return hash;
}

Leaf agreed(Event event) {
  Leaf leaf;
  leaf.time_s = kTime_s;
  leaf.event = event;
  leaf.request = id_of(0x11);
  leaf.party = "bank";
  leaf.purpose = "account-opening";
  leaf.purpose_version = 3;
  leaf.basis = "kz-94v-8";
  leaf.details = bytes_of(0xdd);
  if (event != Event::identify) leaf.tag = bytes_of(0xaa);
  return leaf;
}

Leaf plain(Event event) {
  Leaf leaf;
  leaf.time_s = kTime_s;
  leaf.event = event;
  return leaf;
}

// One entry of each event, as small as it may be.
std::vector<Leaf> smallest_leaves() {
  std::vector<Leaf> leaves;
  for (const Event event :
       {Event::enrol, Event::verify, Event::identify, Event::erase, Event::withdraw, Event::lock, Event::unlock}) {
    leaves.push_back(agreed(event));
    if (event >= Event::erase) leaves.back().party.clear();
  }
  Leaf leaf = plain(Event::refused);
  leaf.request = id_of(1);
  leaf.reason = "stale";
  leaves.push_back(leaf);
  leaf.event = Event::aborted;
  leaves.push_back(leaf);
  for (const Event event : {Event::erased, Event::expired}) {
    leaves.push_back(plain(event));
    leaves.back().request = id_of(2);
  }
  leaves.push_back(plain(Event::opened));
  leaves.back().entry = 0;
  leaves.back().opening = R"({"details":"{}","nonce":"00"})";
  leaves.push_back(plain(Event::policy));
  leaves.back().digest = bytes_of(3);
  leaves.push_back(plain(Event::refresh));
  leaves.back().epoch = 0;
  leaves.push_back(plain(Event::recover));
  leaves.back().custodian = 0;
  leaves.push_back(plain(Event::restore));
  leaves.push_back(plain(Event::rotate));
  leaves.back().kind = "log";
  leaves.back().key = "log.example+00000000+AA==";
  leaves.push_back(plain(Event::notified));
  leaves.back().request = id_of(4);
  leaves.back().party = "bank";
  leaves.push_back(plain(Event::absence));
  leaves.back().request = id_of(5);
  leaves.back().party = "bank";
  leaves.back().tag = bytes_of(5);
  leaves.back().details = bytes_of(6);
  return leaves;
}

Leaf hidden(Event event) {
  Leaf leaf = plain(event);
  leaf.request = id_of(9);
  leaf.details = bytes_of(9);
  leaf.hidden_until_s = kTime_s + 86400;
  return leaf;
}

TEST(Leaf, TextIsWhatTheDocumentationShows) {
  EXPECT_EQ(agreed(Event::verify).text(),
            R"({"basis":"kz-94v-8","details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",)"
            R"("event":"verify","party":"bank","purpose":"account-opening","purpose_version":3,)"
            R"("request":"11111111111111111111111111111111",)"
            R"("tag":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
            R"("time":"2026-11-23T04:06:49Z","v":1})");
  EXPECT_EQ(hidden(Event::identify).text(),
            R"({"details":"0909090909090909090909090909090909090909090909090909090909090909","event":"identify",)"
            R"("hidden_until":"2026-11-24T04:06:49Z","request":"09090909090909090909090909090909",)"
            R"("time":"2026-11-23T04:06:49Z","v":1})");
}

TEST(Leaf, EveryEventComesBack) {
  std::map<Event, int> seen;
  for (const Leaf& leaf : smallest_leaves()) {
    ++seen[leaf.event];
    const auto read = parse_leaf(leaf.text());
    ASSERT_TRUE(read) << leaf.text() << read.error().message();
    EXPECT_EQ(*read, leaf);
    EXPECT_EQ(event_from_name(event_name(leaf.event)).value(), leaf.event);
  }
  EXPECT_EQ(seen.size(), 19U) << "an event is missing here";
  EXPECT_FALSE(event_from_name("none"));
}

TEST(Leaf, HiddenOnesComeBack) {
  for (int event = 0; event <= static_cast<int>(Event::absence); ++event) {
    const Leaf leaf = hidden(static_cast<Event>(event));
    EXPECT_EQ(parse_leaf(leaf.text()).has_value(), is_agreed(leaf.event)) << leaf.text();
  }
  Leaf leaf = hidden(Event::verify);
  leaf.hidden_until_s = leaf.time_s;
  EXPECT_FALSE(parse_leaf(leaf.text())) << "open already";
}

// Each field that an event needs is taken away, each other one is put in.
TEST(Leaf, OnlyTheFieldsOfTheEvent) {
  using Change = std::function<void(Leaf&, bool)>;
  const std::map<std::string, Change> fields = {
      {"request", [](Leaf& l, bool on) { on ? l.request.emplace(id_of(1)) : (l.request.reset(), RequestId{}); }},
      {"party", [](Leaf& l, bool on) { l.party = on ? "x" : ""; }},
      {"purpose", [](Leaf& l, bool on) { l.purpose = on ? "x" : ""; }},
      {"purpose_version", [](Leaf& l, bool on) { l.purpose_version = on ? 1 : 0; }},
      {"basis", [](Leaf& l, bool on) { l.basis = on ? "x" : ""; }},
      {"warrant", [](Leaf& l, bool on) { on ? l.warrant.emplace(id_of(1)) : (l.warrant.reset(), RequestId{}); }},
      {"tag", [](Leaf& l, bool on) { on ? l.tag.emplace(bytes_of(1)) : (l.tag.reset(), Hash{}); }},
      {"details", [](Leaf& l, bool on) { on ? l.details.emplace(bytes_of(1)) : (l.details.reset(), Hash{}); }},
      {"reason", [](Leaf& l, bool on) { l.reason = on ? "x" : ""; }},
      {"digest", [](Leaf& l, bool on) { on ? l.digest.emplace(bytes_of(1)) : (l.digest.reset(), Hash{}); }},
      {"entry", [](Leaf& l, bool on) { on ? l.entry.emplace(1) : (l.entry.reset(), 0); }},
      {"opening", [](Leaf& l, bool on) { l.opening = on ? "x" : ""; }},
      {"epoch", [](Leaf& l, bool on) { on ? l.epoch.emplace(1) : (l.epoch.reset(), 0); }},
      {"custodian", [](Leaf& l, bool on) { on ? l.custodian.emplace(1) : (l.custodian.reset(), 0); }},
      {"kind", [](Leaf& l, bool on) { l.kind = on ? "x" : ""; }},
      {"key", [](Leaf& l, bool on) { l.key = on ? "x" : ""; }}};
  // Event by event: fields needed; then those allowed besides.
  const std::string ground = " purpose purpose_version basis ";
  const std::map<Event, std::pair<std::string, std::string>> forms = {
      {Event::enrol, {" request party tag details" + ground, " warrant "}},
      {Event::verify, {" request party tag details" + ground, " warrant "}},
      {Event::identify, {" request party details" + ground, " warrant "}},
      {Event::erase, {" request tag details" + ground, " party warrant "}},
      {Event::withdraw, {" request tag details" + ground, " party warrant "}},
      {Event::lock, {" request tag details" + ground, " party warrant "}},
      {Event::unlock, {" request tag details" + ground, " party warrant "}},
      {Event::refused, {" request reason ", " party warrant tag details" + ground}},
      {Event::aborted, {" request reason ", ""}},
      {Event::erased, {" request ", " tag details "}},
      {Event::expired, {" request ", " tag details "}},
      {Event::opened, {" entry opening ", ""}},
      {Event::policy, {" digest ", " details "}},
      {Event::refresh, {" epoch ", ""}},
      {Event::recover, {" custodian ", ""}},
      {Event::restore, {"", " reason "}},
      {Event::rotate, {" kind key ", ""}},
      {Event::notified, {" request party ", " reason "}},
      {Event::absence, {" request party tag details ", ""}}};
  for (const Leaf& smallest : smallest_leaves()) {
    const auto& [needed, allowed] = forms.at(smallest.event);
    for (const auto& [name, change] : fields) {
      SCOPED_TRACE(testing::Message() << event_name(smallest.event) << ", " << name);
      const bool is_needed = needed.find(" " + name + " ") != std::string::npos;
      const bool is_allowed = allowed.find(" " + name + " ") != std::string::npos;
      Leaf without = smallest;
      change(without, false);
      EXPECT_EQ(check_leaf(without).has_value(), !is_needed);
      EXPECT_EQ(parse_leaf(without.text()).has_value(), !is_needed);
      Leaf with = smallest;
      change(with, true);
      EXPECT_EQ(check_leaf(with).has_value(), is_needed || is_allowed);
      EXPECT_EQ(parse_leaf(with.text()).has_value(), is_needed || is_allowed);
    }
  }
}

TEST(Leaf, HiddenOnesTellNothing) {
  const Leaf leaf = hidden(Event::verify);
  for (const std::string field :
       {R"("party":"x",)", R"("purpose":"x",)", R"("purpose_version":1,)", R"("reason":"x",)"}) {
    std::string text = leaf.text();
    text.insert(text.find(R"("request")"), field);
    EXPECT_EQ(parse_leaf(text).error().code, ErrorCode::invalid_input) << text;
  }
}

TEST(Leaf, OneTextAloneForEachEntry) {
  const std::string good = agreed(Event::verify).text();
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::vector<std::string> wrong = {"",
                                          "{}",
                                          "[]",
                                          "null",
                                          " " + good,
                                          good + " ",
                                          good + "\n",
                                          good + good,
                                          good.substr(0, good.size() - 1),
                                          with(R"("v":1)", R"("v": 1)"),
                                          with(R"("v":1)", R"("v":1.0)"),
                                          with(R"("v":1)", R"("v":"1")"),
                                          with(R"(,"v":1)", ""),
                                          with(R"("v":1)", R"("v":1,"w":2)"),
                                          with(R"("v":1)", R"("v":1,"v":1)"),
                                          with(R"({"basis")", R"({"v":1,"basis")"),
                                          with(R"("bank")", R"("b\u0061nk")"),
                                          with(R"("bank")", R"("bank\n")"),
                                          with(R"("bank")", R"("bank\u0000")"),
                                          with(R"("bank")", R"("")"),
                                          with(R"("bank")", "null"),
                                          with(R"("bank")", R"(["bank"])"),
                                          with(R"("bank")", "\"" + std::string(limits::name_bytes_max + 1, 'b') + "\""),
                                          with("aaaa", "AAAA"),
                                          with("aaaa", "aa"),
                                          with("aaaa", "xxxx"),
                                          with(R"("purpose_version":3)", R"("purpose_version":0)"),
                                          with(R"("purpose_version":3)", R"("purpose_version":-3)"),
                                          with(R"("purpose_version":3)", R"("purpose_version":03)"),
                                          with(R"("purpose_version":3)", R"("purpose_version":9223372036854775808)"),
                                          with(R"("verify")", R"("verifies")"),
                                          with(R"("verify")", R"("enrolled")"),
                                          with("2026-11-23T", "2026-11-23 "),
                                          with("2026-11-23T", "2026-11-31T"),
                                          with("2026-11-23T", "2026-13-23T"),
                                          with("2026-11-23T", "2026-02-29T"),
                                          with("2026-11-23T", "1969-12-31T"),
                                          with("04:06:49Z", "24:06:49Z"),
                                          with("04:06:49Z", "04:60:49Z"),
                                          with("04:06:49Z", "04:06:60Z"),
                                          with("04:06:49Z", "04:06:49z"),
                                          with("04:06:49Z", "04:06:49+00:00"),
                                          with("04:06:49Z", "4:06:49Z"),
                                          std::string(limits::log_entry_bytes_max + 1, ' ')};
  for (const std::string& text : wrong)
    EXPECT_EQ(parse_leaf(text).error().code, ErrorCode::invalid_input) << text.substr(0, 400);
  EXPECT_EQ(parse_leaf(with(R"("v":1)", R"("v":2)")).error().code, ErrorCode::version_mismatch);
  EXPECT_TRUE(parse_leaf(good));
  EXPECT_TRUE(parse_leaf(with(R"("bank")", R"("банк")")));
  EXPECT_TRUE(parse_leaf(with("2026-11-23T", "2028-02-29T")));
}

TEST(Leaf, FieldsFromOutsideAreChecked) {
  Leaf leaf = agreed(Event::verify);
  for (const std::string& party : {std::string("a\nb"), std::string("\u009b"), std::string("\xff"),
                                   std::string(limits::name_bytes_max + 1, 'a')}) {
    leaf.party = party;
    EXPECT_EQ(check_leaf(leaf).error().code, ErrorCode::invalid_input);
    const auto read = parse_leaf(leaf.text());
    EXPECT_TRUE(!read || *read != leaf) << "what is not UTF-8 is replaced, and nothing is thrown";
  }
  leaf = plain(Event::recover);
  for (const int custodian : {-1, 3}) {
    leaf.custodian = custodian;
    EXPECT_FALSE(check_leaf(leaf));
    EXPECT_FALSE(parse_leaf(leaf.text()));
  }
}

crypto::Key key_of_number(std::uint8_t number) {
  const Hash bytes = bytes_of(number);
  return crypto::Key(std::span<const std::uint8_t, 32>(bytes));
}

TEST(Leaf, TagsDependOnKeyCustodianAndRequest) {
  const crypto::Key subject = key_of_number(5);
  const crypto::Key view = view_key_of(subject, 0);
  // RFC 2104 and RFC 5869, put together here once more.
  const RequestId request = id_of(1);
  const std::string prefix = "qorgan tag v1\n";
  Bytes message(prefix.begin(), prefix.end());
  message.insert(message.end(), request.begin(), request.end());
  const crypto::Digest extracted = crypto::hmac_sha256({}, subject.expose());
  const crypto::Digest derived = crypto::hmac_sha256(extracted, as_bytes("qorgan view of custodian 0\x01"));
  EXPECT_EQ(subject_tag(view, id_of(1)), crypto::hmac_sha256(derived, message));

  EXPECT_NE(subject_tag(view, id_of(1)), subject_tag(view, id_of(2)));
  EXPECT_NE(subject_tag(view, id_of(1)), subject_tag(view_key_of(subject, 1), id_of(1)));
  EXPECT_NE(subject_tag(view, id_of(1)), subject_tag(view_key_of(key_of_number(6), 0), id_of(1)));
}

TEST(Leaf, OpeningsComeBack) {
  DetailsOpening opening;
  opening.nonce = bytes_of(0xab);
  opening.details = R"({"desk":"Алматы \"1\"","fingers":[2,3]})";
  const DetailsOpening read = parse_opening(opening.text()).value();
  EXPECT_EQ(read.details, opening.details);
  EXPECT_EQ(read.nonce, opening.nonce);
  EXPECT_EQ(details_commitment(read), details_commitment(opening));
  EXPECT_TRUE(opening.text().starts_with(R"({"details":"{\"desk\":)"));

  DetailsOpening other = opening;
  other.nonce[31] ^= 1;
  EXPECT_NE(details_commitment(other), details_commitment(opening));
  other = opening;
  other.details = R"({"desk":"Алматы \"2\"","fingers":[2,3]})";
  EXPECT_NE(details_commitment(other), details_commitment(opening));
}

TEST(Leaf, WrongOpeningsAreRefused) {
  const std::string nonce = std::string(64, 'a');
  const auto text_of = [&nonce](const std::string& details) {
    return R"({"details":")" + details + R"(","nonce":")" + nonce + R"("})";
  };
  EXPECT_TRUE(parse_opening(text_of("{}")));
  EXPECT_TRUE(parse_opening(text_of(R"({\"a\":1,\"b\":2})")));
  for (const std::string& text :
       {std::string(), std::string("{}"), text_of(""), text_of("[]"), text_of("{ }"), text_of(R"({\"b\":2,\"a\":1})"),
        text_of(R"({\"a\":1,\"a\":1})"), text_of("{}") + " ", text_of("{}").insert(1, " "),
        R"({"details":"{}","nonce":")" + nonce.substr(2) + R"("})",
        R"({"details":"{}","nonce":")" + std::string(64, 'A') + R"("})",
        R"({"details":"{}","more":1,"nonce":")" + nonce + R"("})",
        text_of(R"({\"a\":\")" + std::string(limits::leaf_details_bytes_max, 'x') + R"(\"})")})
    EXPECT_EQ(parse_opening(text).error().code, ErrorCode::invalid_input) << text.substr(0, 200);
}

// The largest opening, with as many quotes as it can hold, fits into an entry.
TEST(Leaf, TheLargestOpeningFits) {
  DetailsOpening opening;
  std::string quotes;
  while (quotes.size() + 2 <= limits::leaf_details_bytes_max - 8) quotes += "\\\"";
  opening.details = "{\"a\":\"" + quotes + "\"}";
  Leaf leaf = plain(Event::opened);
  leaf.entry = 5;
  leaf.opening = opening.text();
  ASSERT_TRUE(parse_opening(leaf.opening));
  EXPECT_EQ(parse_leaf(leaf.text()).value(), leaf);
}

}  // namespace
}  // namespace qorgan::ledger
