// qorgan lab bench refresh: how fast everyone gets new shares.
#pragma once

namespace CLI {
class App;
}

namespace qorgan::cli {

struct Context;

void add_lab_bench_refresh(CLI::App& bench, Context& context);

}  // namespace qorgan::cli
