// qorgan custodian refresh: new shares for everyone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/custodian_commands.h"
#include "custodian/operator_client.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

namespace qorgan::cli {
namespace {

struct RefreshState {
  std::int64_t epoch = 0;
  bool under_way = false;
  std::int64_t people = 0;
  std::int64_t done = 0;
  std::optional<Error> held_up;
};

Result<RefreshState> ask(custodian::OperatorClient& client, const char* type) {
  net::Message question;
  question.head["type"] = type;
  QORGAN_TRY(const net::Message answer, client.call(question, Deadline::after_ms(limits::contact_timeout_ms)));
  RefreshState state;
  QORGAN_TRY(state.epoch, net::int_field(answer.head, "epoch", 0, INT64_MAX));
  QORGAN_TRY(state.people, net::int_field(answer.head, "people", 0, INT64_MAX));
  QORGAN_TRY(state.done, net::int_field(answer.head, "done", 0, INT64_MAX));
  QORGAN_TRY(const auto under_way, net::optional_bool_field(answer.head, "under_way"));
  state.under_way = under_way.value_or(false);
  if (answer.head.contains("held_up")) {
    QORGAN_TRY(const net::Json* reason, net::object_field(answer.head, "held_up"));
    net::Message inner;
    inner.head = *reason;
    state.held_up = net::error_of(inner);
  }
  return state;
}

Result<RefreshState> refresh(const CustodianFiles& files, bool wait) {
  QORGAN_TRY(auto client, custodian::OperatorClient::open(files.folder, files.network_file));
  QORGAN_TRY(RefreshState state, ask(client, protocol::type::refresh));
  Progress progress("refreshing", static_cast<std::size_t>(state.people));
  std::string told;
  while (wait && state.under_way) {
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::progress_interval_ms));
    const std::int64_t before = state.done;
    QORGAN_TRY(state, ask(client, protocol::type::refresh_progress));
    progress.advance(static_cast<std::size_t>(std::max<std::int64_t>(state.done - before, 0)));
    const std::string now = state.held_up ? state.held_up->message() : std::string();
    if (!now.empty() && now != told) fmt::print(stderr, "held up, trying again: {}\n", now);
    told = now;
  }
  return state;
}

int run(const Context& context, const CustodianFiles& files, bool wait) {
  const auto state = refresh(files, wait);
  if (!state) return report(context, state.error());
  if (context.json) {
    print_json(
        {{"epoch", state->epoch}, {"people", state->people}, {"done", state->done}, {"under_way", state->under_way}});
    return 0;
  }
  if (state->under_way)
    fmt::print("Refresh {} goes on: {} of {} people have new shares.\n", state->epoch, state->done, state->people);
  else
    fmt::print("Refresh {} is done: {} people have new shares; copies of the old ones fit nothing any more.\n",
               state->epoch, state->done);
  return 0;
}

}  // namespace

void add_custodian_refresh(CLI::App& custodian, Context& context) {
  CLI::App* command = custodian.add_subcommand(
      "refresh",
      "Give everyone new shares at all three, while they go on serving; at custodian 0, which must be running");
  auto files = std::make_shared<CustodianFiles>();
  auto no_wait = std::make_shared<bool>(false);
  add_custodian_files(*command, *files);
  command->add_flag("--no-wait", *no_wait, "Only begin; repeat the command to see how far it is");
  add_json_option(*command, context);
  command->callback([&context, files, no_wait] { context.exit_code = run(context, *files, !*no_wait); });
}

}  // namespace qorgan::cli
