"""`backtest lab` as a person uses it in a browser, and as somebody else's page or program tries to."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import ROOT, command
from lab_server import TOKEN, open_lab

import backtest.lab_command
from data.cache import DiskCache
from data.errors import UserError

pytest.importorskip("uvicorn")
pytest.importorskip("starlette")

FILES = ["hedge_nasdaq.yaml", "hedge_soxs.yaml"]
GROWTH = "#glance tr.hedge td:nth-child(2)"
WEIGHT = "#knob-hedge-weight"
BOX = ".knob[data-key='hedge.weight'] input[type=number]"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def lab(out):
    with open_lab(FILES, out) as opened:
        yield opened


@pytest.fixture
def visit(browser):
    """Open an address as a person's browser does; what the page's script raises fails the test."""
    contexts, errors = [], []

    def visited(address, width=1280, scheme="light", **more):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector(GROWTH)
        return page

    yield visited
    for context in contexts:
        context.close()
    assert errors == []


def grown(page, other_than=None):
    """Return what the hedge grew, once it is another than before."""
    for _try in range(200):
        if (found := page.inner_text(GROWTH)) != other_than:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"it still grew {other_than}")


def settled(page):
    """Wait until the hand counts as at rest and the address has the run."""
    address = page.url
    for _try in range(100):
        page.wait_for_timeout(50)
        if page.url != address:
            return


def rested(page):
    page.wait_for_selector("body:not(.moving)", timeout=60_000)


def pasted(page):
    page.wait_for_selector("#toast:not([hidden])")
    return page.evaluate("() => navigator.clipboard.readText()")


# A person's way through.


@pytest.mark.browser
def test_a_slider_is_moved_and_undone_and_the_answer_follows(lab, visit):
    page = visit(lab.address)
    first = grown(page)
    rested(page)
    headline = page.inner_text("#headline")
    assert headline
    assert page.locator("#sum .says").count() == 6
    assert "SYNTHETIC" in page.inner_text("#about")

    notes = page.inner_text("#remarks")
    page.focus(WEIGHT)
    page.keyboard.press("ArrowRight")
    moved = grown(page, first)
    assert page.inner_text("#remarks") == notes != ""  # nothing jumps while a slider is moved
    line = page.get_attribute("#growth .line.hedged", "d")
    page.wait_for_selector("#undo:enabled")
    page.keyboard.press("End")
    far = grown(page, moved)
    settled(page)

    assert page.get_attribute("#growth .line.hedged", "d") != line
    page.keyboard.press("Control+z")
    assert grown(page, far) == moved
    page.click("#undo")
    assert grown(page, moved) == first
    assert page.is_disabled("#undo")
    page.click("#redo")
    assert grown(page, first) == moved
    page.click(".knob[data-key='hedge.weight'] .was")
    assert grown(page, moved) == first
    rested(page)
    assert page.inner_text("#headline") == headline
    assert page.inner_text("#said").startswith(headline)


@pytest.mark.browser
def test_a_link_and_a_reload_have_the_whole_run(lab, visit):
    page = visit(lab.address)
    first = grown(page)
    page.fill(BOX, "12")
    page.press(BOX, "Enter")
    moved = grown(page, first)
    page.click("#copy-link")
    link = pasted(page)
    page.reload()

    other = visit(link)

    assert grown(page) == grown(other) == moved
    assert other.input_value(BOX) == "12"
    assert TOKEN in link


@pytest.mark.browser
@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("#zXXXX", "holds no run"),
        ("#jeyJydW4iOiJvdGhlci55YW1sIiwidHJlZSI6e319", "the lab wasn't started with other.yaml"),
    ],
)
def test_an_address_that_holds_no_run_says_so_and_begins_anew(lab, visit, fragment, said):
    page = visit(lab.address + fragment)

    page.wait_for_selector("#wrong:not([hidden])")
    assert said in page.inner_text("#wrong")
    assert page.input_value("#run") == "hedge_nasdaq.yaml"


@pytest.mark.browser
def test_what_is_copied_runs_to_the_same_book(lab, visit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = visit(lab.address)
    first = grown(page)
    page.fill(BOX, "12")
    page.press(BOX, "Enter")
    moved = grown(page, first)

    page.click("#copy-yaml")
    (tmp_path / "copied.yaml").write_text(pasted(page))
    page.click("#copy-command")
    page.wait_for_selector("#toast:text-is('Command copied')")
    typed = page.evaluate("() => navigator.clipboard.readText()").split()

    assert typed == ["backtest", "run", "hedge_nasdaq.yaml", "--set", "hedge.weight=0.12"]
    more = ("--no-tearsheet", "--no-report", "--json", "--set", "controls=off", "--engine", "compiled")
    books = [json.loads(command(*words, *more).out) for words in (typed[1:], ["run", "copied.yaml"])]
    assert books[0]["cagr"] == books[1]["cagr"]
    assert f"{100 * books[0]['cagr']:.1f}" == moved.split("\u202f")[0]


@pytest.mark.browser
def test_what_is_wrong_stands_at_its_control_and_the_rest_goes_on(lab, visit):
    page = visit(lab.address)
    first = grown(page)
    page.fill(BOX, "300")
    page.press(BOX, "Enter")
    page.wait_for_selector(f"{WEIGHT}-error:not([hidden])")
    assert page.inner_text(f"{WEIGHT}-error").startswith("hedge.weight has to be a number from 0 to 1, not 3")
    assert page.get_attribute(WEIGHT, "aria-invalid") == "true"
    assert grown(page) == first

    page.focus("#knob-strategy-params-trend_days")
    page.keyboard.press("End")
    moved = grown(page, first)
    assert page.is_visible(f"{WEIGHT}-error")
    page.fill(BOX, "10")
    page.press(BOX, "Enter")
    grown(page, moved)
    assert page.is_hidden(f"{WEIGHT}-error")

    page.click("summary:text-is('When')")
    page.click("summary:text-is('More of when')")
    page.fill(".knob[data-key='policy.exit'] input[type=number]", "0.9")
    page.press(".knob[data-key='policy.exit'] input[type=number]", "Enter")
    page.wait_for_selector("#knob-policy-exit-error:not([hidden])")
    page.fill(".knob[data-key='policy.enter'] input[type=number]", "0.95")
    page.press(".knob[data-key='policy.enter'] input[type=number]", "Enter")
    page.wait_for_selector("#knob-policy-exit-error", state="hidden")


@pytest.mark.browser
def test_a_slider_stops_where_the_run_would_be_refused_and_says_why(lab, visit):
    page = visit(lab.address)
    page.click("summary:text-is('When')")
    page.click("summary:text-is('More of when')")
    page.focus("#knob-policy-exit")
    page.keyboard.press("End")

    page.wait_for_selector("#knob-policy-exit-error:not([hidden])")
    said = page.inner_text("#knob-policy-exit-error")
    assert said.startswith("It goes no further: policy.exit 1 is above policy.enter 0.5")
    assert page.input_value("#knob-policy-exit") == "0.5"
    assert page.get_attribute("#knob-policy-exit", "aria-invalid") is None


@pytest.mark.parametrize(
    ("moves", "slid", "stopped"),
    [
        ([["policy.enter", 0.1]], [0.05, 0.5], 0.5),
        ([["policy.exit", 0.3], ["policy.enter", 0.05]], [0.05, 0.5], 0.3),
        ([["policy.min_hold", 5], ["policy.max_hold", 1]], [1, 30], 5),
    ],
)
def test_a_slider_is_drawn_back_to_the_nearest_step_that_is_taken(lab, moves, slid, stopped):
    status, told = lab.ask("move", {"moves": moves, "slid": slid})
    refused = [lab.ask("move", {"moves": moves, "slid": wrong})[0] for wrong in ([0, 0.5], [1e-9, 0.5], [True], "0.05")]

    assert status == 200
    assert told["stopped"]["value"] == told["values"][moves[-1][0]] == pytest.approx(stopped)
    assert told["stopped"]["key"] == moves[-1][0]
    assert refused == [422] * 4


@pytest.mark.browser
def test_texts_of_a_strategy_are_chosen_and_written(visit, out):
    with open_lab(["hedge_soxs_article.yaml", "hedge_soxs_rotation.yaml"], out) as opened:
        page = visit(opened.address)
        grown(page)
        require = "#knob-strategy-params-require"
        assert page.input_value(require) == "dear"
        page.fill(require, "deer")
        page.press(require, "Enter")
        page.wait_for_selector(f"{require}-error:not([hidden])")
        assert "did you mean dear?" in page.inner_text(f"{require}-error")
        page.fill(require, "dear, surge")
        page.press(require, "Enter")
        page.wait_for_selector(".knob[data-key='strategy.params.require'] .was:not([hidden])")
        page.select_option("#knob-strategy-params-combine", "any")
        page.wait_for_selector(".knob[data-key='strategy.params.combine'] .was:text-is('was votes')")


@pytest.mark.browser
def test_a_run_is_kept_and_laid_over(lab, visit, out):

    page = visit(lab.address)
    page.click("summary:text-is('Dates')")
    page.fill("#knob-start", "2016-01-04")
    page.fill(BOX, "8")
    page.press(BOX, "Enter")
    page.click("#keep")
    page.fill("#keep-name", "../elsewhere")
    page.keyboard.press("Enter")
    page.wait_for_selector("#keeping .error:not([hidden])")
    page.fill("#keep-name", "less of it")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toast:text('Kept in')", timeout=120_000)

    (folder,) = [path for path in out.iterdir() if path.name.startswith("less of it-")]
    assert (folder / "report.html").is_file()
    assert (folder / "tearsheet.html").is_file()
    assert json.loads((folder / "metrics.json").read_text())["name"] == "less of it"
    page.wait_for_selector(".keptrun:has-text('start 2016-01-04, hedge.weight 0.08')")
    page.check(".keptrun input")
    page.wait_for_selector("#growth .line.kept")
    assert page.locator(".keptdot").count() == 1
    assert page.locator("#drawdown .line.kept").count() == page.locator("#beta .line.kept").count() == 1
    ends = [page.get_attribute(f"#beta .line.{role}", "d").split("L")[-1] for role in ("kept", "hedged")]
    assert ends[0] == ends[1]
    page.uncheck(".keptrun input")
    page.wait_for_selector("#growth .line.kept", state="detached")


@pytest.mark.browser
def test_two_tabs_a_killed_server_and_nothing_is_lost(visit, out):
    with open_lab(FILES, out) as first:
        one, other = visit(first.address), visit(first.address)
        begun = grown(one)
        one.fill(BOX, "12")
        one.press(BOX, "Enter")
        moved = grown(one, begun)
        assert grown(other) == begun
    one.fill(BOX, "13")
    one.press(BOX, "Enter")
    one.wait_for_selector("#offline:not([hidden])")
    assert "backtest lab" in one.inner_text("#offline")

    with open_lab(FILES, out, first.port):
        assert grown(one, moved)
        one.wait_for_selector("#offline", state="hidden")
        assert one.input_value(BOX) == "13"


@pytest.mark.browser
@pytest.mark.parametrize("how", ["a move leaves it while it is read", "its second half never comes"])
def test_an_answer_of_which_a_part_came_is_no_answer(lab, visit, how):
    broken = {
        "a move leaves it while it is read": "new DOMException('', 'AbortError')",
        "its second half never comes": "new SyntaxError('Unexpected end of JSON input')",
    }[how]
    page = visit(lab.address)
    rested(page)
    headline = page.inner_text("#headline")
    page.evaluate(
        "() => { const read = Response.prototype.json; let once = true;"
        " Response.prototype.json = function() {"
        "   if (!once || !this.url.endsWith('/answer')) return read.call(this);"
        f"  once = false; document.body.dataset.broken = 'yes'; return Promise.reject({broken}); }}; }}"
    )
    page.fill(BOX, "14")
    page.press(BOX, "Enter")
    page.wait_for_selector("body[data-broken]")
    if "second" not in how:
        page.fill(BOX, "15")
        page.press(BOX, "Enter")
    rested(page)
    assert page.is_hidden("#offline")
    assert page.inner_text("#headline") not in ("", "\u00a0")
    assert page.inner_text("#headline").split()[0] == headline.split()[0]
    assert page.input_value(BOX) == ("14" if "second" in how else "15")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_used_on_a_phone(lab, visit, scheme):
    page = visit(lab.address, 390, scheme, has_touch=True)
    first = grown(page)

    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.is_visible("#strip")
    page.locator(".strength").nth(4).tap()
    assert grown(page, first)
    small = page.evaluate(
        "() => [...document.querySelectorAll('body *')].filter(one => one.checkVisibility())"
        ".filter(one => !one.childElementCount && one.textContent.trim())"
        ".filter(one => parseFloat(getComputedStyle(one).fontSize) < 12)"
        ".map(one => one.textContent)"
    )
    assert small == []


@pytest.mark.browser
def test_keyboard_and_screen_reader_have_all_of_it(lab, visit):
    page = visit(lab.address)
    rested(page)
    names = page.evaluate(
        "() => [...document.querySelectorAll('input, select, button, textarea')].filter(one => one.checkVisibility())"
        ".filter(one => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim()))"
        ".map(one => one.outerHTML)"
    )
    assert names == []
    for picture in ("#frontier", "#growth", "#drawdown", "#beta"):
        assert page.get_attribute(f"{picture} svg", "role") == "img"
        assert len(page.get_attribute(f"{picture} svg", "aria-label")) > 20

    reached = set()
    for _step in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.getAttribute('class')"))
    assert {"run", "copy-yaml", "keep", "knob-hedge-weight", "knob-hedge-sizing", "strength"} <= reached

    page.focus(".knob[data-key='hedge.weight'] .beside")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.getAttribute('class')") == "strength own"

    page.focus("summary:text-is('Costs')")
    page.keyboard.press("Enter")
    page.focus("#knob-execution-slippage_bps")
    before = grown(page)
    page.keyboard.press("End")
    grown(page, before)
    rested(page)
    assert "points a year" in page.inner_text("#said")


@pytest.mark.browser
def test_another_run_is_started_from(lab, visit):
    page = visit(lab.address)
    rested(page)
    page.select_option("#run", "hedge_soxs.yaml")
    page.wait_for_selector("#about:text('SIMULATED')")
    rested(page)
    assert page.inner_text("#headline") == "No verdict: the market is SIMULATED."
    page.click("#undo")
    page.wait_for_selector("#about:text('SYNTHETIC')")
    assert page.input_value("#run") == "hedge_nasdaq.yaml"


# Somebody else.


def test_the_page_says_what_a_browser_may_do_with_it(lab):
    status, headers, body = lab.request("GET", f"/?token={TOKEN}")
    nonce = re.search(r"script-src 'nonce-([^']+)'", headers["content-security-policy"])[1]

    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
    assert b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"")
    assert b"https://" not in body
    scripts = re.findall(rb"<(?:script|style)(?! type=\"application/json\")([^>]*)>", body)
    assert scripts
    assert all(f'nonce="{nonce}"'.encode() in script for script in scripts)
    assert nonce.encode() not in lab.request("GET", f"/?token={TOKEN}")[2]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (421, {"host": "evil.example:{port}"}),
        (421, {"host": "127.0.0.1"}),
        (421, {"host": "127.0.0.1:1"}),
        (403, {"origin": "http://evil.example"}),
        (403, {"origin": "null"}),
        (403, {"origin": "http://127.0.0.1:1"}),
        (403, {"origin": "https://127.0.0.1:{port}"}),
        (403, {"sec_fetch_site": "cross-site"}),
        (403, {"sec_fetch_site": "same-site"}),
        (403, {"x_lab_token": ""}),
        (403, {"x_lab_token": TOKEN[:-1]}),
        (403, {"x_lab_token": f"{TOKEN}x"}),
        (415, {"content_type": "text/plain"}),
        (415, {"content_type": "application/x-www-form-urlencoded"}),
    ],
)
def test_a_question_that_isn_t_the_page_s_is_refused(lab, status, headers):
    given = {name: value.format(port=lab.port) for name, value in headers.items()}

    told, body = lab.ask("move", {}, **given)

    assert told == status
    assert list(body) == ["error"]


@pytest.mark.parametrize("what", ["move", "answer", "copy", "keep", "kept", "book", "", "static/x", "../etc/passwd"])
def test_without_the_token_nothing_is_there(lab, what):
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"):
        body = b"{}" if method == "POST" else None
        status, headers, said = lab.request(method, f"/{what}", body, content_type="application/json")
        assert status in (403, 405)
        assert "access-control-allow-origin" not in headers
        assert TOKEN.encode() not in said
    assert lab.request("GET", f"/{what}?token=wrong")[0] == 403
    assert lab.request("GET", f"/{what}?token={TOKEN}&token={TOKEN}")[0] == 403


def test_a_question_is_short_json_of_keys_and_values(lab):
    assert (
        lab.request("POST", "/move", b"{}" + b" " * 70_000, content_type="application/json", x_lab_token=TOKEN)[0]
        == 413
    )
    for body in (b"", b"[]", b"{", b'{"moves": [["hedge.weight", NaN]]}', b"[" * 60_000, b"\xff\xfe"):
        status, _headers, said = lab.request("POST", "/move", body, content_type="application/json", x_lab_token=TOKEN)
        assert status == 422
        assert list(json.loads(said)) == ["error", "key"]
    for asked in ({"run": "/etc/passwd"}, {"run": 1}, {"moves": {"a": 1}}, {"moves": [["a"]]}, {"tree": []}):
        assert lab.ask("move", asked)[0] == 422
    for folder in ("../..", "/etc", "", None, [], 1):
        assert lab.ask("book", {"folder": folder})[0] == 422


def test_it_listens_on_the_loopback_alone(lab):
    listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else None
    if listening is None:
        pytest.skip("no /proc/net/tcp")
    ours = [line.split()[1] for line in listening.splitlines()[1:] if line.split()[1].endswith(f":{lab.port:04X}")]
    assert {address.partition(":")[0] for address in ours} == {"0100007F"}


ATTACK = """
<!DOCTYPE html><title>somebody else's</title><script>
const target = "http://HOST:PORT", token = "TOKEN";
async function attempt(way) { try { return await way(); } catch (error) { return `blocked: ${error.name}`; } }
const post = (headers, mode) => () => fetch(`${target}/move`, {method: "POST", mode, headers, body: "{}"})
  .then(async got => `${got.type} ${got.status} ${(await got.text()).length}`);
const framed = () => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.onload = () => {
    try { done(`read ${frame.contentDocument.body.innerHTML}`); } catch (error) { done(`blocked: ${error.name}`); }
  };
  frame.src = `${target}/?token=${token}`; document.body.append(frame);
});
const script = () => new Promise(done => {
  const one = document.createElement("script");
  one.onload = () => done("ran"); one.onerror = () => done("blocked: error");
  one.src = `${target}/?token=${token}`; document.body.append(one);
});
addEventListener("load", async () => {
  const json = {"content-type": "application/json", "x-lab-token": token};
  window.found = [
    await attempt(post(json, "cors")), await attempt(post({"content-type": "text/plain"}, "no-cors")),
    await attempt(() => fetch(`${target}/?token=${token}`).then(got => got.text())),
    await attempt(framed), await attempt(script)];
});
</script><body></body>
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A page of another origin, with what it tries."""
    import threading
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_said):
            """Keep the test's output to itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def placed(host, port, token):
        text = ATTACK.replace("HOST", host).replace("PORT", str(port)).replace("TOKEN", token)
        (tmp_path / "index.html").write_text(text)
        return f"http://127.0.0.1:{server.server_port}/"

    yield placed
    server.shutdown()
    server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize("token", ["", TOKEN])
def test_a_page_of_another_origin_reads_and_runs_nothing(lab, browser, elsewhere, monkeypatch, token):
    """Not even with the token, which it can't know."""
    asked = []

    def seen(given):
        asked.append(given)
        raise UserError("seen")

    monkeypatch.setattr(lab.desk, "_config", seen)
    assert lab.ask("move", {}) == (422, {"error": "seen", "key": ""})
    assert asked.pop() == {}
    context = browser.new_context()
    page = context.new_page()
    page.goto(elsewhere("127.0.0.1", lab.port, token))
    page.wait_for_function("() => window.found")

    cors, opaque, read, framed, script = page.evaluate("() => window.found")
    context.close()

    assert [cors, opaque, read, framed, script] == [
        "blocked: TypeError",
        "blocked: TypeError",
        "blocked: TypeError",
        "blocked: TypeError",
        "blocked: error",
    ]
    assert asked == []


@pytest.mark.browser
def test_a_name_that_is_led_to_the_loopback_gets_nothing(lab, browser):
    """DNS rebinding: to the browser the attacker's page and the lab are one origin then."""
    own = browser.browser_type.launch(
        executable_path=shutil.which("chromium"),
        args=["--headless", "--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
    )
    page = own.new_page()
    got = page.goto(f"http://evil.example:{lab.port}/?token={TOKEN}")
    told = page.evaluate(
        "token => fetch('/move', {method: 'POST', headers: {'content-type': 'application/json', 'x-lab-token': token},"
        " body: '{}'}).then(got => got.status, error => error.name)",
        TOKEN,
    )
    own.close()

    assert got.status == 421
    assert told in (421, "TypeError")  # the refusal's own policy lets it ask nothing


# The command.


def test_without_its_libraries_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("backtest.lab_command.find_spec", lambda _name: None)

    answer = command("lab")

    assert answer.status == 2
    assert answer.err == "backtest: backtest lab needs starlette and uvicorn: pip install 'hedge-backtest[lab]'\n"


def test_it_prints_its_address_keeps_its_token_and_ends_cleanly(tmp_path):
    typed = [sys.executable, "-m", "backtest", "lab", "hedge_nasdaq.yaml", "--port", "0", "--out", str(tmp_path)]
    tokens = []
    for _time in range(2):
        process = subprocess.Popen(typed, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        tokens.append(re.fullmatch(r"the lab is open: http://127\.0\.0\.1:\d+/\?token=([\w-]{43})\n", line)[1])
        assert process.stdout.readline().startswith("Ctrl-C ends it.")
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=20)
        assert "Traceback" not in err
        assert process.returncode == 130
        assert time.monotonic() - begun < 5
    assert tokens[0] == tokens[1]


def test_the_browser_is_started_without_the_token(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("backtest.lab_command.user_cache", lambda: DiskCache(tmp_path / "cache"))
    token = backtest.lab_command._token(new=False)
    address = f"http://127.0.0.1:1/?token={token}"

    backtest.lab_command._open(address)

    (page,) = (tmp_path / "cache").glob("*.html")
    assert opened == [page.as_uri()]
    assert f"url={address}" in page.read_text()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "cache").iterdir()} == {0o600}
    assert backtest.lab_command._token(new=False) == token
    assert backtest.lab_command._token(new=True) != token


def test_what_is_wrong_with_a_file_is_one_line(tmp_path):
    answer = command("lab", "hedge_sox.yaml")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert "did you mean hedge_soxs.yaml?" in answer.err

    answer = command("lab", "hedge_soxs.yaml", "--data", str(tmp_path))
    assert answer.status == 2
    assert answer.err.splitlines()[-1].startswith(f"backtest: {tmp_path}")
