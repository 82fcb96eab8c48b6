// Following a log: an honest one never gives an alarm, and every lie gives the right one with its evidence.
#include <fmt/format.h>

#include "ledger/serve.h"
#include "net/http_server.h"
#include "tests/ledger/follow_support.h"

namespace qorgan::ledger::test {
namespace {

namespace fs = std::filesystem;

class Follow : public ::testing::Test {
 protected:
  static std::string text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

  // The alarm's kind, after its evidence has gone through a file and been checked again.
  std::string alarm(const FollowUpdate& update, bool convicts = false) {
    if (!update.alarm) return "none";
    const auto path = save_evidence(evidence_.path(), *update.alarm);
    EXPECT_TRUE(path.has_value());
    const auto again = parse_evidence(update.alarm->text());
    if (!again) return again.error().message();
    EXPECT_EQ(again->text(), update.alarm->text());
    const auto verdict = verify_evidence(*again);
    if (!verdict) return verdict.error().message();
    EXPECT_EQ(verdict->proven, convicts);
    EXPECT_FALSE(verdict->proves.empty() && verdict->says.empty());
    return std::string(evidence_kind_name(again->kind));
  }

  // The mirror holds exactly what the log does.
  void expect_mirror(const Followed& followed) {
    const auto mirrored = followed.follower->entries(0, followed.follower->size());
    ASSERT_TRUE(mirrored.has_value()) << mirrored.error().message();
    EXPECT_EQ(*mirrored, log_.entries());
  }

  FolderLog log_{1};
  TempFolder state_;
  TempFolder evidence_;
};

TEST_F(Follow, AnHonestLogIsMirroredAsItGrows) {
  Followed followed(log_, state_.path());
  std::size_t before = 0;
  for (const std::size_t more : {1, 1, 3, 250, 1, 1, 300, 0, 511, 700}) {
    log_.add_many(more);
    log_.publish();
    const FollowUpdate update = followed.update();
    EXPECT_EQ(alarm(update), "none");
    EXPECT_EQ(update.old_size, before);
    EXPECT_EQ(update.size, log_.entries().size());
    before = log_.entries().size();
    expect_mirror(followed);
    if (more % 2 == 0) followed.reopen();
  }
  for (const std::uint64_t index : {0, 255, 256, 1000}) {
    const auto proof = followed.follower->prove(index);
    ASSERT_TRUE(proof.has_value());
    EXPECT_TRUE(verify_log_proof(*proof, log_.entries()[index], log_.trusted()).has_value());
  }
}

TEST_F(Follow, AnEmptyLogIsNoAlarm) {
  log_.publish();
  Followed followed(log_, state_.path());
  EXPECT_EQ(alarm(followed.update()), "none");
}

// Between the checkpoint and the entries the log grows: its partial tiles are gone.
TEST_F(Follow, PartialTilesThatBecomeFullAreNoAlarm) {
  log_.add_many(300);
  log_.publish();
  Followed followed(log_, state_.path());
  bool grown = false;
  followed.source->before_fetch = [&](const std::string& path) {
    if (path == "checkpoint" || std::exchange(grown, true)) return;
    log_.add_many(400);
    log_.publish();
  };
  EXPECT_EQ(alarm(followed.update()), "none");
  EXPECT_EQ(followed.follower->size(), 300U);
  EXPECT_EQ(alarm(followed.update()), "none");
  expect_mirror(followed);
}

TEST_F(Follow, AFetchThatFailsHalfWayIsNoAlarmAndIsMadeUpFor) {
  log_.add_many(100);
  log_.publish();
  Followed followed(log_, state_.path());
  ASSERT_EQ(alarm(followed.update()), "none");
  log_.add_many(1000);
  log_.publish();
  for (int fetches = 0;; ++fetches) {
    followed.source->fail_after = fetches;
    const auto update = followed.follower->update();
    if (update) {
      EXPECT_GT(fetches, 5);
      break;
    }
    EXPECT_EQ(update.error().code, ErrorCode::unavailable);
    EXPECT_EQ(followed.follower->size(), 100U);
    if (fetches % 3 == 0) followed.reopen();
  }
  expect_mirror(followed);
}

TEST_F(Follow, AForkIsProvenToAnybody) {
  log_.add_many(300);
  log_.publish();
  Followed followed(log_, state_.path());
  ASSERT_EQ(alarm(followed.update()), "none");
  // The same size, another root.
  std::vector<Bytes> other = log_.entries();
  other[17] = Bytes(as_bytes("other").begin(), as_bytes("other").end());
  log_.write("checkpoint", log_.checkpoint_of(other));
  EXPECT_EQ(alarm(followed.update(), true), "forked");
  // A smaller one that is no beginning.
  log_.write("checkpoint", log_.checkpoint_of({other.begin(), other.begin() + 200}));
  EXPECT_EQ(alarm(followed.update(), true), "forked");
  // A larger one, served with the tiles that belong to it.
  const std::vector<Bytes> honest = log_.entries();
  log_.entries() = other;
  log_.add_many(100);
  log_.publish();
  EXPECT_EQ(alarm(followed.update(), true), "forked");
  EXPECT_EQ(followed.follower->size(), 300U);
  // The mirror is unharmed, and goes on with what is true.
  log_.entries() = honest;
  log_.add_many(600);
  log_.publish();
  EXPECT_EQ(alarm(followed.update()), "none");
  expect_mirror(followed);
}

TEST_F(Follow, ALogThatIsSetBackIsNoticed) {
  log_.add_many(300);
  log_.publish();
  Followed followed(log_, state_.path());
  ASSERT_EQ(alarm(followed.update()), "none");
  log_.entries().resize(299);
  log_.publish();
  EXPECT_EQ(alarm(followed.update()), "rolled-back");
  log_.entries().clear();
  log_.publish();
  EXPECT_EQ(alarm(followed.update()), "rolled-back");
  followed.reopen();
  EXPECT_EQ(alarm(followed.update()), "rolled-back");
}

TEST_F(Follow, AForgedEntryIsNamed) {
  log_.add_many(300);
  log_.publish();
  Followed followed(log_, state_.path());
  ASSERT_EQ(alarm(followed.update()), "none");
  log_.add_many(300);
  log_.publish();
  std::string bundle = log_.read("tile/entries/001");
  bundle[bundle.find("entry 400")] = 'E';
  log_.write("tile/entries/001", bundle);
  const FollowUpdate update = followed.update();
  EXPECT_EQ(alarm(update), "forged-entry");
  EXPECT_EQ(update.alarm->claim, "Entry 400 is served with another content than the log signed.");
  EXPECT_EQ(text(update.alarm->entries.at(0).entry), "Entry 400");
  log_.write("tile/entries/001", "\x05");
  EXPECT_EQ(alarm(followed.update()), "forged-entry");
}

TEST_F(Follow, EntriesInAnotherOrderAreNoticed) {
  log_.add_many(20);
  log_.publish();
  std::string bundle = log_.read("tile/entries/000.p/20");
  const std::size_t first = bundle.find("entry 3");
  const std::size_t second = bundle.find("entry 7");
  std::swap(bundle[first + 6], bundle[second + 6]);
  log_.write("tile/entries/000.p/20", bundle);
  Followed followed(log_, state_.path());
  EXPECT_EQ(alarm(followed.update()), "reordered");
}

TEST_F(Follow, AForgedTileIsNamed) {
  log_.add_many(600);
  log_.publish();
  Followed followed(log_, state_.path());
  for (const char* path : {"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"}) {
    const std::string honest = log_.read(path);
    std::string forged = honest;
    forged[33] = static_cast<char>(forged[33] ^ 1);
    log_.write(path, forged);
    const FollowUpdate update = followed.update();
    EXPECT_EQ(alarm(update), "forged-tile") << path;
    EXPECT_NE(update.alarm->claim.find(path), std::string::npos) << update.alarm->claim;
    log_.write(path, honest.substr(1));
    EXPECT_EQ(alarm(followed.update()), "forged-tile") << path;
    log_.write(path, honest);
    EXPECT_EQ(followed.follower->size(), 0U);
  }
  EXPECT_EQ(alarm(followed.update()), "none");
}

TEST_F(Follow, ARootThatNothingHashesToIsNoticed) {
  log_.add_many(300);
  log_.publish();
  std::vector<Bytes> other = log_.entries();
  other[299].push_back('!');
  log_.write("checkpoint", log_.checkpoint_of(other));
  Followed followed(log_, state_.path());
  EXPECT_EQ(alarm(followed.update()), "forged-tile");
}

TEST_F(Follow, ABadSignatureIsNoticed) {
  log_.add_many(3);
  log_.publish();
  Followed followed(log_, state_.path());
  const std::string good = log_.read("checkpoint");
  std::string changed = good;
  changed[changed.find("\n3\n") + 1] = '2';
  log_.write("checkpoint", changed);
  EXPECT_EQ(alarm(followed.update()), "bad-signature");
  FolderLog stranger(2);
  stranger.add_many(3);
  stranger.publish();
  log_.write("checkpoint", stranger.read("checkpoint"));
  EXPECT_EQ(alarm(followed.update()), "bad-signature");
  log_.write("checkpoint", good.substr(0, good.size() / 2));
  EXPECT_EQ(alarm(followed.update()), "malformed-checkpoint");
  log_.write("checkpoint", "");
  EXPECT_EQ(alarm(followed.update()), "malformed-checkpoint");
}

TEST_F(Follow, AMissingCosignatureIsNoticed) {
  log_.add_many(3);
  log_.publish();
  log_.write("checkpoint", log_.checkpoint_of(log_.entries(), 0, false));
  Followed followed(log_, state_.path());
  EXPECT_EQ(alarm(followed.update()), "missing-cosignature");
  EXPECT_EQ(followed.follower->size(), 0U);
}

TEST_F(Follow, ALogThatStandsStillIsNoticedWhereThatIsAskedFor) {
  log_.add_many(3);
  log_.publish(1'000'000);
  Followed followed(log_, state_.path());
  followed.still_s_max = 600;
  followed.reopen();
  ASSERT_EQ(alarm(followed.update()), "none");
  followed.now_s = 1'000'600;
  EXPECT_EQ(alarm(followed.update()), "none");
  followed.now_s = 1'000'601;
  EXPECT_EQ(alarm(followed.update()), "stands-still");
}

// Data that is not there is no lie, as long as nothing else is served in its place.
TEST_F(Follow, AMissingFileIsAnErrorThatNamesIt) {
  log_.add_many(300);
  log_.publish();
  fs::remove(log_.folder() / "tile/entries/001.p/44");
  Followed followed(log_, state_.path());
  const auto update = followed.follower->update();
  ASSERT_FALSE(update.has_value());
  EXPECT_EQ(update.error().code, ErrorCode::not_found);
  EXPECT_NE(update.error().where.find("tile/entries/001"), std::string::npos) << update.error().where;
}

TEST_F(Follow, ADamagedMirrorIsNotBelieved) {
  log_.add_many(300);
  log_.publish();
  Followed followed(log_, state_.path());
  ASSERT_EQ(alarm(followed.update()), "none");
  followed.follower.reset();
  std::string tile = log_.read("tile/0/000");
  tile[0] = static_cast<char>(tile[0] ^ 1);
  ASSERT_TRUE(Disk::system().write(state_.path() / "tile/1/000.p/1", as_bytes(tile.substr(0, 32)), false));
  const auto opened = Follower::open({state_.path(), log_.trusted(), 0, [] { return std::int64_t{0}; }, nullptr},
                                     std::make_unique<TrickySource>(log_.folder()));
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::damaged);
}

TEST_F(Follow, TheSameFindingIsWrittenOnce) {
  log_.add_many(3);
  log_.publish();
  Followed followed(log_, state_.path());
  ASSERT_EQ(alarm(followed.update()), "none");
  log_.entries().pop_back();
  log_.publish();
  const FollowUpdate first = followed.update();
  followed.now_s += 60;
  const FollowUpdate second = followed.update();
  ASSERT_TRUE(first.alarm && second.alarm);
  const auto path = save_evidence(evidence_.path(), *first.alarm);
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->filename(), "evidence-19700112T134650Z-rolled-back.json");
  EXPECT_EQ(save_evidence(evidence_.path(), *second.alarm).value(), *path);
  log_.entries().pop_back();
  log_.publish();
  EXPECT_NE(save_evidence(evidence_.path(), *followed.update().alarm).value(), *path);
}

// Evidence that was tampered with, or that claims more than it shows, convicts nobody.
TEST_F(Follow, EvidenceThatShowsNothingIsRefused) {
  log_.add_many(300);
  log_.publish();
  const std::string first = log_.read("checkpoint");
  log_.add_many(10);
  log_.publish();
  Evidence evidence;
  evidence.kind = EvidenceKind::forked;
  evidence.claim = "A fork.";
  evidence.log = log_.key();
  evidence.checkpoints = {first, log_.read("checkpoint")};
  EXPECT_FALSE(verify_evidence(evidence).has_value());
  const TileReader reader(log_.folder(), Disk::system());
  evidence.root = tree_root(300, reader.hashes(310)).value();
  evidence.proof = prove_consistency(300, 310, reader.hashes(310)).value();
  EXPECT_FALSE(verify_evidence(evidence).has_value()) << "two checkpoints that agree are no fork";
  evidence.root->at(0) ^= 1;
  EXPECT_FALSE(verify_evidence(evidence).has_value()) << "another root is not proven";
  evidence.checkpoints[1][0] ^= 1;
  EXPECT_FALSE(verify_evidence(evidence).has_value());
  for (const EvidenceKind kind : {EvidenceKind::missing_use, EvidenceKind::malformed_leaf, EvidenceKind::time_back,
                                  EvidenceKind::false_opening, EvidenceKind::fields_differ, EvidenceKind::unended}) {
    evidence.kind = kind;
    EXPECT_FALSE(verify_evidence(evidence).has_value()) << evidence_kind_name(kind);
  }
}

TEST_F(Follow, ALogIsFollowedOverHttp) {
  log_.add_many(700);
  log_.publish();
  log_.write("journal", "not served");
  net::HttpServerOptions options;
  options.listen = {"127.0.0.1", 0};
  options.tls = net::make_tls_identity("log").value();
  const std::string pin = options.tls->pin();
  auto server = net::HttpServer::start(std::move(options), [this](const net::HttpRequest& request) {
    return net::serve_file(log_.folder(), request, [](std::string_view path) { return log_file(path); });
  });
  ASSERT_TRUE(server.has_value());
  const std::string url = fmt::format("https://{}#{}", server->address().text(), pin);
  auto source = open_source(url);
  ASSERT_TRUE(source.has_value());
  const auto journal = (*source)->fetch("journal", 1000);
  ASSERT_FALSE(journal.has_value());
  EXPECT_EQ(journal.error().code, ErrorCode::not_found);
  auto follower =
      Follower::open({state_.path(), log_.trusted(), 0, [] { return std::int64_t{0}; }, nullptr}, std::move(*source));
  ASSERT_TRUE(follower.has_value());
  const auto update = (*follower)->update();
  ASSERT_TRUE(update.has_value()) << update.error().message();
  EXPECT_EQ(alarm(*update), "none");
  EXPECT_EQ((*follower)->entries(0, 700).value(), log_.entries());
  server->stop();
  const auto gone = (*follower)->update();
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code, ErrorCode::unavailable);
}

TEST_F(Follow, OnlyTheCheckpointAndTilesAreServed) {
  for (const char* path : {"/checkpoint", "/tile/0/000", "/tile/entries/x001/067.p/3"}) {
    ASSERT_TRUE(log_file(path).has_value()) << path;
    EXPECT_EQ("/" + log_file(path)->path, path);
  }
  for (const char* path : {"", "/", "checkpoint", "/journal", "/checkpoint.new", "/tile", "/tile/0/000.p/256",
                           "/tile/0/000.p/0", "/tile/0/../checkpoint", "/tile/9/000"})
    EXPECT_FALSE(log_file(path).has_value()) << path;
}

TEST_F(Follow, OfAMirrorOnlyWhatIsSignedIsServed) {
  // 600 entries: two full tiles and one of 88; one hash in each of the levels above that has any.
  for (const char* path : {"/checkpoint", "/tile/0/000", "/tile/0/001", "/tile/0/002.p/88", "/tile/0/001.p/7",
                           "/tile/1/000.p/2", "/tile/entries/001", "/tile/entries/002.p/88"})
    EXPECT_TRUE(log_file(path, 600).has_value()) << path;
  for (const char* path : {"", "/journal", "/tile/0/002", "/tile/0/002.p/89", "/tile/0/003.p/1", "/tile/1/000.p/3",
                           "/tile/2/000.p/1", "/tile/entries/002.p/89", "/tile/entries/003"})
    EXPECT_FALSE(log_file(path, 600).has_value()) << path;
}

TEST_F(Follow, SourcesAreFoldersAndUrls) {
  for (const char* good : {"/some/folder", "http://127.0.0.1:1", "http://[::1]:80/log"})
    EXPECT_TRUE(open_source(good).has_value()) << good;
  EXPECT_TRUE(open_source("https://host:1/log#" + std::string(64, 'a')).has_value());
  for (const char* bad : {"https://host:1", "http://", "ftp://host", "https://host:1#abc"})
    EXPECT_FALSE(open_source(bad).has_value()) << bad;
}

}  // namespace
}  // namespace qorgan::ledger::test
