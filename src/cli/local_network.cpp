#include "cli/local_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "custodian/files.h"
#include "custodian/trial_warrant.h"

extern char** environ;

namespace qorgan::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kPorts = 3 * protocol::kCustodians;

// A base port with nine free ports in a row. Another program could take one in between; start() tells then.
Result<std::uint16_t> free_ports() {
  for (int base = 27310; base < 32000; base += kPorts) {
    bool free = true;
    for (int port = base; free && port < base + kPorts; ++port) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      free = socket >= 0 && ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
      if (socket >= 0) ::close(socket);
    }
    if (free) return static_cast<std::uint16_t>(base);
  }
  return failure(ErrorCode::unavailable, "no nine free ports in a row on this machine", "27310 to 32000");
}

}  // namespace

Result<LocalNetwork> LocalNetwork::create() {
  std::error_code problem;
  const fs::path temporary = fs::temp_directory_path(problem);
  if (problem)
    return failure(ErrorCode::unavailable, "no folder for temporary files (" + problem.message() + ")",
                   temporary.string(), "Set TMPDIR to a folder that exists");
  std::string name = (temporary / "qorgan-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return failure(ErrorCode::unavailable, fmt::format("cannot make a folder ({})", std::strerror(errno)), name);
  LocalNetwork network{fs::path(name) / "state"};
  QORGAN_TRY(const std::uint16_t port, free_ports());
  custodian::NetworkPlan plan;
  plan.names = {"Ministry", "Data protection authority", "University"};
  plan.hosts = {"127.0.0.1", "127.0.0.1", "127.0.0.1"};
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    plan.ports[i] = static_cast<std::uint16_t>(port + i);
    plan.web_ports[i] = static_cast<std::uint16_t>(port + protocol::kCustodians + i);
    plan.log_ports[i] = static_cast<std::uint16_t>(port + 2 * protocol::kCustodians + i);
  }
  plan.desk_name = "desk";
  plan.relying_party = "Trial office";
  QORGAN_CHECK(custodian::create_network(plan, network.folder_));
  return network;
}

LocalNetwork::LocalNetwork(LocalNetwork&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      given_network_files_(std::move(other.given_network_files_)),
      processes_(std::exchange(other.processes_, {-1, -1, -1})) {}

LocalNetwork::~LocalNetwork() {
  if (folder_.empty()) return;
  stop();
  std::error_code ignored;
  fs::remove_all(folder_.parent_path(), ignored);
}

fs::path LocalNetwork::custodian_folder(int custodian) const {
  return folder_ / fmt::format("custodian-{}", custodian);
}

void LocalNetwork::give_network_file(int custodian, fs::path path) {
  given_network_files_[static_cast<std::size_t>(custodian)] = std::move(path);
}

Status LocalNetwork::spawn(int custodian) {
  const std::string folder = custodian_folder(custodian).string();
  const fs::path& given = given_network_files_[static_cast<std::size_t>(custodian)];
  const std::string network = (given.empty() ? network_file() : given).string();
  const std::string log = (custodian_folder(custodian) / "log").string();
  std::vector<std::string> words = {"qorgan", "custodian", "--dir", folder, "--network", network};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C at the terminal reaches this program, which then stops the three in order.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  pid_t process = -1;
  const int failed = ::posix_spawn(&process, "/proc/self/exe", &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0)
    return failure(ErrorCode::unavailable, fmt::format("cannot start a custodian ({})", std::strerror(failed)),
                   fmt::format("custodian {}", custodian));
  processes_[static_cast<std::size_t>(custodian)] = process;
  return {};
}

Status LocalNetwork::start(Deadline deadline, std::stop_token stop) {
  for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) QORGAN_CHECK(spawn(custodian));
  QORGAN_TRY(desk::Desk desk, open_desk());
  while (true) {
    Status all;
    for (const desk::CustodianStatus& one : desk.status())
      if (one.error && all) all = tl::unexpected(*one.error);
    if (all) return {};
    for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) {
      pid_t& process = processes_[static_cast<std::size_t>(custodian)];
      if (::waitpid(process, nullptr, WNOHANG) != process) continue;
      process = -1;
      const auto log = read_text_file(custodian_folder(custodian) / "log", limits::network_file_bytes_max);
      return failure(ErrorCode::unavailable, "a custodian ended at its start: " + (log ? *log : std::string("no log")),
                     fmt::format("custodian {}", custodian));
    }
    if (stop.stop_requested())
      return failure(ErrorCode::unavailable, "the custodians' start was interrupted", folder_.string());
    if (deadline.passed()) return all;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Result<desk::Desk> LocalNetwork::open_desk() const {
  return desk::Desk::open(network_file(), folder_ / "desk");
}

Result<std::string> LocalNetwork::make_warrant(int searches_max) const {
  QORGAN_TRY(const protocol::Network network, protocol::load_network(network_file()));
  return custodian::make_trial_warrant(folder_, network, searches_max);
}

void LocalNetwork::stop() {
  for (const pid_t process : processes_)
    if (process > 0) ::kill(process, SIGTERM);
  for (pid_t& process : processes_) {
    if (process > 0) ::waitpid(process, nullptr, 0);
    process = -1;
  }
}

}  // namespace qorgan::cli
