"""The house: imports point down the ladder, heavy libraries have one importer each, what executes is known by name."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LADDER = ("data", "strategies", "engine", "reports", "backtest")
MODULES = [path for room in LADDER for path in sorted((ROOT / room).rglob("*.py"))]
IMPORTERS = {
    "apprise": "backtest/notify.py",
    "backtrader": "engine/backtrader_engine/",
    "dask": "engine/research/cluster.py",
    "distributed": "engine/research/cluster.py",
    "duckdb": "engine/runs/sql.py",
    "exchange_calendars": "data/calendar.py",
    "filelock": "data/files.py",
    "jinja2": "reports/renderers/html.py",
    "numba": "engine/kernel/compiled.py",
    "optuna": "engine/research/search/sampler.py",
    "pandera": "data/schema.py",
    "quantstats": "reports/tearsheet.py",
    "rich": ("reports/", "backtest/"),
    "starlette": "backtest/lab_server.py",
    "typer": "backtest/",
    "uvicorn": "backtest/lab_server.py",
    "yfinance": "data/sources/yahoo.py",
}
NETWORK = {
    "backtest/lab_server.py": {"socket", "starlette", "uvicorn"},
    "backtest/notify.py": {"apprise"},
    "data/sources/web.py": {"http", "socket", "urllib"},
    "data/sources/yahoo.py": {"socket", "urllib", "yfinance"},
    "engine/research/cluster.py": {"dask", "distributed"},
}
"""All that SECURITY.md tells of the network: who asks it, by what."""
ADDRESSED = {
    "data/sources/fred.py": {"fred.stlouisfed.org"},
    "data/sources/sec.py": {"data.sec.gov", "www.sec.gov"},
    "data/sources/treasury.py": {"home.treasury.gov"},
}
"""Who asks by `data.sources.web`, and whom."""
EXECUTES = {
    "strategies/reload.py": {"exec", "compile"},
    "engine/kernel/compiled.py": {"pickle.loads"},
    "engine/research/cluster.py": {"pickle.loads"},
    "engine/research/executors.py": {"pickle.loads"},
}
"""All that SECURITY.md tells of what is executed or unpickled, besides imports and what libraries do."""
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:home|root|work|Users|tmp|opt|mnt|srv)/\w|\b[A-Z]:\\+Users")


@cache
def nodes(path):
    """Return all that a module is parsed to."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def nodes_of(path, kinds):
    return [node for node in nodes(path) if isinstance(node, kinds)]


@pytest.fixture(scope="module", autouse=True)
def _forget_the_trees():
    yield
    nodes.cache_clear()  # 75 MB


@cache
def imported(path):
    names = [alias.name for node in nodes_of(path, ast.Import) for alias in node.names]
    assert not any(node.level for node in nodes_of(path, ast.ImportFrom)), f"{path}: a relative import"
    return names + [node.module for node in nodes_of(path, ast.ImportFrom)]


def place(path):
    return path.relative_to(ROOT).as_posix()


def test_imports_point_down_the_ladder():
    for path in MODULES:
        rank = LADDER.index(place(path).partition("/")[0])
        above = set(LADDER[rank + 1 :])

        assert not {module for module in imported(path) if module.partition(".")[0] in above}, place(path)


@pytest.mark.parametrize("library", IMPORTERS)
def test_a_heavy_library_has_one_importer(library):
    importers = [place(path) for path in MODULES if any(m.partition(".")[0] == library for m in imported(path))]

    assert importers
    assert all(importer.startswith(IMPORTERS[library]) for importer in importers)


def test_a_module_says_what_room_it_is():
    assert not [place(path) for path in MODULES if not ast.get_docstring(nodes(path)[0])]


def test_only_what_security_names_asks_the_network():
    online = {
        "aiohttp",
        "curl_cffi",
        "ftplib",
        "http",
        "httpx",
        "requests",
        "smtplib",
        "socket",
        "ssl",
        "urllib",
        "urllib3",
    }
    online |= {"apprise", "dask", "distributed", "starlette", "uvicorn", "yfinance"}
    found = {}
    for path in MODULES:
        asked = {module.partition(".")[0] for module in imported(path) if module != "urllib.parse"} & online
        if asked:
            found[place(path)] = asked

    assert found == NETWORK


def test_only_whom_security_names_is_asked_by_an_address():
    found = {}
    for path in MODULES:
        if "data.sources.web" in imported(path) and place(path) != "data/pull.py":
            texts = [node.value for node in nodes_of(path, ast.Constant) if isinstance(node.value, str)]
            found[place(path)] = {host for text in texts for host in re.findall(r"https?://([^/]+)", text)}

    assert found == ADDRESSED
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert all(host in security for hosts in ADDRESSED.values() for host in hosts)


def test_only_what_security_names_executes_or_unpickles():
    risky = {"exec", "eval", "compile", "__import__", "os.system", "os.popen", "pd.read_pickle"}
    risky |= {
        f"{module}.{name}" for module in ("pickle", "marshal", "dill", "cloudpickle") for name in ("load", "loads")
    }
    found = {}
    for path in MODULES:
        called = nodes_of(path, ast.Call)
        names = {ast.unparse(node.func) for node in called}
        names |= {f"{node.module}.{alias.name}" for node in nodes_of(path, ast.ImportFrom) for alias in node.names}
        if names & risky:
            found[place(path)] = names & risky
        assert not {module.partition(".")[0] for module in imported(path)} & {"ctypes", "shelve", "subprocess"}
        for node in called:
            if ast.unparse(node.func) == "np.load":
                assert "allow_pickle=False" in ast.unparse(node), f"{path}: np.load may unpickle"

    assert found == EXECUTES


def test_a_hook_runs_what_ci_runs():
    ci = re.findall(r"^make .*", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")

    assert re.findall(r"entry: (make .*)", hooks) == ci
    assert "repo: local" in hooks
    assert hooks.count("repo:") == 1  # nothing is downloaded


def test_no_path_of_one_machine_stands_anywhere():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.rstrip("\0").split("\0"):
        if (ROOT / name).suffix in ("", ".py", ".md", ".toml", ".yaml", ".yml", ".j2", ".js", ".css", ".lock", ".json"):
            found = MACHINE_PATH.search((ROOT / name).read_text("utf-8"))
            assert found is None, f"{name}: {found[0]}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_registry_and_has_a_hash_for_everything(lock):
    text = (ROOT / lock).read_text("utf-8")

    assert "://" not in text
    assert "--index-url" not in text
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        assert block.startswith("#") or "--hash=sha256:" in block, block


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_a_page_names_no_file_that_is_gone(page):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"[\w/.]+\.(?:py|md|toml)\b", (ROOT / page).read_text("utf-8")))
    named.discard("backtest/NAME_command.py")

    assert not {name for name in named if f"/{name}\n" not in f"/{listed.replace(chr(10), chr(10) + '/')}"}


def body_lines(function):
    """Count a function's lines below its signature and its docstring."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return function.end_lineno - first.lineno + 1


def test_modules_and_functions_stay_short():
    functions = [(path, node) for path in MODULES for node in nodes_of(path, (ast.FunctionDef, ast.AsyncFunctionDef))]

    assert not [place(path) for path in MODULES if len(path.read_text("utf-8").splitlines()) > 400]
    assert not [(place(path), node.name) for path, node in functions if body_lines(node) > 60]


def test_a_class_name_stands_for_one_thing():
    names = Counter(node.name for path in MODULES for node in nodes_of(path, ast.ClassDef))

    assert not [name for name, count in names.items() if count > 1]


def test_no_files_import_each_other_in_a_circle():
    """Lazy imports count: a circle is one whenever it is closed."""
    files = {place(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): path for path in MODULES}
    needs = {}
    for name, path in files.items():
        found = {
            module
            for node in nodes_of(path, ast.ImportFrom)
            for alias in node.names
            for module in (f"{node.module}.{alias.name}", node.module)
            if module in files
        }
        found |= {alias.name for node in nodes_of(path, ast.Import) for alias in node.names} & files.keys()
        needs[name] = {module for module in found if not any(other.startswith(f"{module}.") for other in found)} - {
            name
        }

    assert list(TopologicalSorter(needs).static_order())  # raises CycleError, naming them


def test_the_engine_s_imports_of_itself_are_few():
    engine = [path for path in MODULES if place(path).startswith("engine/")]
    own = sum(
        node.end_lineno - node.lineno + 1
        for path in engine
        for node in nodes_of(path, ast.ImportFrom)
        if node.module.startswith("engine")
    )

    assert own <= 0.08 * sum(len(path.read_text("utf-8").splitlines()) for path in engine)


def test_nothing_is_known_by_its_id():
    """Another object may get the id of one that is gone."""
    read = [(path, node) for path in MODULES for node in nodes_of(path, ast.Name) if isinstance(node.ctx, ast.Load)]

    assert not [(place(path), node.lineno) for path, node in read if node.id == "id"]


def test_every_package_is_listed_by_name_and_typed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {place(path.parent).replace("/", ".") for path in MODULES if path.name == "__init__.py"}

    assert set(listed) == there
    assert all((ROOT / room / "py.typed").exists() for room in LADDER)
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_an_extra_that_is_named_is_one_and_quoted():
    """A shell may take the brackets for a pattern."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    for path in (*MODULES, *pages):
        for quote, named in re.findall(r"pip install (?:-e )?(.)[\w.-]+\[([\w,]+)\]", path.read_text("utf-8")):
            assert quote == "'", place(path)
            assert set(named.split(",")) <= set(extras), place(path)


def test_help_loads_nothing_heavy():
    heavy = ("pandas", "numpy", "numba", "quantstats", "backtrader", "arch", "plotly", "scipy", "pydantic", "pandera")
    code = "import sys; sys.argv = ['backtest', '--help']; from backtest.cli import main\n"
    code += f"try: main()\nfinally: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.stderr.strip() == "[]"


def test_a_run_does_without_what_sweeps_and_pages_need():
    heavy = ("numba", "arch", "plotly", "quantstats", "matplotlib", "scipy")
    words = ["run", "hedge_soxs.yaml", "--start", "2020-01-02", "--end", "2020-06-30", "--no-tearsheet", "--json"]
    words += ["--set", "controls=off"]
    code = f"import sys, tempfile; sys.argv = ['backtest', *{words}, '--out', tempfile.mkdtemp()]\n"
    code += f"from backtest.cli import main\ntry: main()\nfinally: print([m for m in {heavy} if m in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.stdout.splitlines()[-1] == "[]"


PRINTS = re.compile(r"\btyper\.s?echo\(|(?<![\w.])print\(|\bstd(out|err)\.write|\bRichText\(|\.add_task\(")
"""What writes to a terminal."""


def test_what_is_printed_passes_the_console():
    printing = {place(path) for path in MODULES if PRINTS.search(path.read_text(encoding="utf-8"))}
    consoles = {"backtest/cli.py", "backtest/console.py", "reports/renderers/terminal.py"}
    assert printing == consoles | {"data/cache.py"}  # where no console is
    assert (ROOT / "backtest/cli.py").read_text(encoding="utf-8").count("typer.echo(") == 1  # of help
