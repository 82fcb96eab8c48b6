// qorgan lab bench trace: how long a person waits for the whole list of uses of their data.
#pragma once

namespace CLI {
class App;
}

namespace qorgan::cli {

struct Context;

void add_lab_bench_trace(CLI::App& bench, Context& context);

}  // namespace qorgan::cli
