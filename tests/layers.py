#!/usr/bin/env python3
"""Checks that modules include only downwards, and that no file includes its way round in a circle.

usage: layers.py SOURCE_DIRECTORY
The order below is the one of ARCHITECTURE.md: a module may include itself and what stands before it.
`--self-test` shows that a wrong include is found.
"""
import pathlib
import re
import sys
import tempfile

ORDER = ["base", "crypto", "finger", "mpc", "lab", "identity", "store", "net", "ledger", "policy", "protocol",
         "rights", "custodian", "desk", "cli"]
# What a module may include besides what its place allows is nothing; what it may not, although it stands higher:
FORBIDDEN = {
    ("custodian", "identity/iin.h"): "ID numbers never leave the desk",
    ("custodian", "finger/image.h"): "a custodian never sees a picture",
    ("custodian", "finger/extract.h"): "a custodian never sees a picture",
    ("desk", "store/"): "a desk keeps nothing",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def check(source):
    problems = []
    graph = {}
    for path in sorted(source.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        name = path.relative_to(source).as_posix()
        module = name.split("/")[0]
        if module not in ORDER:
            problems.append(f"{name}: the module {module} has no place in the order")
            continue
        graph[name] = INCLUDE.findall(path.read_text())
        for included in graph[name]:
            target = included.split("/")[0]
            if target not in ORDER:
                problems.append(f"{name}: includes {included}, which is no module's")
            elif ORDER.index(target) > ORDER.index(module):
                problems.append(f"{name}: includes upwards: {included}")
            for (who, what), why in FORBIDDEN.items():
                if who == module and included.startswith(what):
                    problems.append(f"{name}: includes {included}: {why}")
    done, on_way = set(), []

    def visit(name):
        if name in on_way:
            problems.append("a circle: " + " -> ".join(on_way[on_way.index(name):] + [name]))
            return
        if name in done or name not in graph:
            return
        on_way.append(name)
        for included in graph[name]:
            visit(included)
        on_way.pop()
        done.add(name)

    for name in graph:
        visit(name)
    return problems


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for module in ("base", "mpc"):
            (root / module).mkdir()
        (root / "base/a.h").write_text('#include "mpc/b.h"\n')
        (root / "mpc/b.h").write_text('#include "base/a.h"\n')
        problems = check(root)
        assert any("upwards" in p for p in problems) and any("circle" in p for p in problems), problems


if __name__ == "__main__":
    self_test()
    found = check(pathlib.Path(sys.argv[1]))
    print("\n".join(found) if found else "layers: every include points down")
    sys.exit(1 if found else 0)
