/* The state of the page is a run's keys. They stand in the address, so that a link, the browser's history and a reload have all of it. */
const TOKEN = new URLSearchParams(location.search).get("token") || "";
const TAB = crypto.randomUUID();
const REST = 450, RETRY = 1500, SETTLE = 350;
const state = {run: DATA.runs[0], tree: null, shape: "", values: {}, was: {}, move: null};
const pending = new Map();
const ticked = new Map();
let lost = "", last = "", busy = false, wanted = false, settle = 0, rest = 0, unsettled = false, answering = null, retry = 0, slid = {};

class Refused extends Error {
  constructor(message, key, status) { super(message); this.key = key; this.status = status; }
}
class Offline extends Error {}

async function ask(what, asked, signal) {
  let got, told;
  try {
    got = await fetch(`/${what}`, {method: "POST", signal, cache: "no-store", body: JSON.stringify(asked),
      headers: {"content-type": "application/json", "x-lab-token": TOKEN}});
    told = await got.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (!got || got.ok) throw new Offline();  // an answer that was cut off is none
    told = {error: `the lab failed (${got.status}): see its terminal`};
  }
  if (!got.ok) throw new Refused(told.error, told.key, got.status);
  online();
  return told;
}
function offline() {
  const line = at("offline");
  line.textContent = `The lab doesn\u2019t answer. Start it again: backtest lab. Nothing is lost: the run stands in this page\u2019s address, and the page goes on by itself.`;
  line.hidden = false;
  clearTimeout(retry);
  retry = setTimeout(() => { wanted = true; pump(); }, RETRY);
}
function online() { at("offline").hidden = true; }

/* Addresses: the run's keys, packed by the browser where it can. */
const asText = bytes => btoa(Array.from(bytes, one => String.fromCharCode(one)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const asBytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), one => one.charCodeAt(0));
const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
async function pack(value) {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return typeof CompressionStream === "undefined" ? `j${asText(bytes)}` : `z${asText(await through(bytes, new CompressionStream("deflate-raw")))}`;
}
async function unpack(text) {
  const bytes = asBytes(text.slice(1));
  return JSON.parse(new TextDecoder().decode(text[0] === "z" ? await through(bytes, new DecompressionStream("deflate-raw")) : bytes));
}
const fragment = () => pack({run: state.run, tree: state.tree});
const place = () => history.state?.n ?? 0;
let top_ = Number(sessionStorage.getItem("lab-top") || 0);
function marks() {
  at("undo").disabled = place() <= 0;
  at("redo").disabled = place() >= top_;
}
async function remember(push) {
  const packed = `#${await fragment()}`;
  if (packed === location.hash) { marks(); return; }
  if (push) {
    top_ = place() + 1;
    history.pushState({n: top_}, "", packed);
  } else history.replaceState({n: place()}, "", packed);
  sessionStorage.setItem("lab-top", String(top_));
  marks();
}
async function fromAddress() {
  pending.clear();
  if (location.hash.length > 1) {
    try {
      const {run, tree} = await unpack(location.hash.slice(1));
      Object.assign(state, {run, tree});
    } catch {
      lost = "The address holds no run: it may have been cut off. This is the run that the lab starts from.";
    }
  } else Object.assign(state, {tree: null});
  wanted = true;
  await pump();
}
addEventListener("popstate", () => { unsettled = false; clearTimeout(settle); fromAddress(); });

/* A move: what is turned is sent with the run's keys; while one is computed, the newest that came meanwhile waits. */
function turn(key, value, step = 0) {
  pending.delete(key);
  pending.set(key, value);
  slid = {key, step};
  last = key;
  wanted = unsettled = true;
  clearTimeout(settle);
  settle = setTimeout(settled, SETTLE);
  pump();
}
async function settled() {
  if (busy || wanted || !state.tree) { settle = setTimeout(settled, SETTLE); return; }
  if (unsettled) { unsettled = false; await remember(true); }
}
async function pump() {
  if (busy) return;
  busy = true;
  const slow = setTimeout(() => { at("busy").hidden = false; }, 300);
  clearTimeout(rest);
  answering?.abort();
  while (wanted) {
    wanted = false;
    try {
      await sendMoves([...pending], state.run);
    } catch (error) {
      if (error instanceof Offline) { offline(); break; }
      if (!(error instanceof Refused)) { busy = false; clearTimeout(slow); throw error; }
      complain(error.message, error.key || (error.status === 422 ? last : ""));
      if (!state.move && error.status === 422 && state.tree) {  // an address of another version, or of another lab
        Object.assign(state, {run: DATA.runs[0], tree: null});
        lost = `The run in the address can\u2019t be had: ${error.message}. This is the run that the lab starts from.`;
        wanted = true;
      }
    }
  }
  busy = false;
  clearTimeout(slow);
  at("busy").hidden = true;
  if (state.move && !pending.size) rest = setTimeout(answer, REST);
}
/* What is refused waits for what it hangs on, an exit for its enter; the rest is turned meanwhile. */
async function sendMoves(sent, run) {
  let refused = null, told = null;
  while (!told) {
    try {
      const last = sent.at(-1)?.[0], drawn = last === slid.key && slid.step ? [slid.step, state.values[last]] : undefined;
      told = await ask("move", {run, tree: state.tree, moves: sent, shape: state.shape, phone: phone(), slid: drawn});
    } catch (error) {
      const rest = sent.filter(([key]) => key !== error.key);
      if (!(error instanceof Refused) || rest.length === sent.length || !rest.length) throw error;
      refused ??= error; sent = rest;
    }
  }
  if (run !== state.run) { wanted = true; return; }
  for (const [key, value] of sent) if (pending.get(key) === value) pending.delete(key);
  took(told);
  if (refused) complain(refused.message, refused.key);
}
function took(told) {
  Object.assign(state, {tree: told.tree, values: told.values, move: told});
  if (told.knobs) {
    state.shape = told.shape; state.was = told.was;
    build(told.knobs);
  }
  const {stopped} = told;
  if (stopped) complain(`It goes no further: ${stopped.why}`, stopped.key, false);
  else complain(lost);
  lost = "";
  show();
  draw();
  if (!location.hash) remember(false);
  else marks();
}

/* When the hand rests: the label, the four parts, the short answers. */
async function answer() {
  answering = new AbortController();
  at("waiting").hidden = false;
  try {
    tell(await ask("answer", {run: state.run, tree: state.tree, tab: TAB}, answering.signal));
  } catch (error) {
    if (error.name === "AbortError" || error.status === 409) return;
    if (error instanceof Offline) { offline(); return; }
    if (error instanceof Refused) { at("waiting").hidden = true; complain(error.message, error.key); return; }
    throw error;
  }
}
function tell(told) {
  at("waiting").hidden = true;
  document.body.classList.remove("moving");
  at("asked").textContent = told.question;
  at("headline").textContent = told.headline;
  write(at("lead"), told.lead);
  at("label").hidden = !told.label;
  at("label").firstElementChild.textContent = told.label;
  at("label").lastElementChild.textContent = told.line;
  at("sum-figure").hidden = !told.steps.length;
  at("finding").textContent = told.finding;
  drawSum(at("sum"), told.steps);
  at("shorts").replaceChildren();
  for (const one of told.shorts) {
    const part = element(at("shorts"), "section");
    element(part, "h3", one.title); element(part, "p", one.number, {className: "number"});
    write(element(part, "p"), one.text);
  }
  at("signal").textContent = told.signal;
  notes = told.notes;
  list(at("remarks"), [...state.move.remarks, ...notes]);
  at("said").textContent = `${told.headline} ${state.move.spoken} ${told.label}`;
}
function list(parent, texts) {
  parent.replaceChildren(...[...new Set(texts)].map(text => Object.assign(document.createElement("li"), {textContent: text})));
}

const dollars = (value, short) => value >= 1e3 ? `$${Math.round(value).toLocaleString("en")}` : `$${Number(value.toPrecision(short ? 2 : 3))}`;
const parts = (value, short) => `${(100 * value).toFixed(short ? 0 : 1)}\u202f%`;
const plainly = (value, short) => value.toFixed(short ? 1 : 2);
let about = "", notes = [];
function draw() {
  const {move} = state, {curves, names} = move;
  if (about && about !== move.about) {  // another hedge: what was said of the last one isn't said of it
    for (const id of ["asked", "headline", "finding", "signal"]) at(id).textContent = "\u00a0";
    for (const id of ["label", "sum-figure"]) at(id).hidden = true;
    at("shorts").replaceChildren();
    notes = [];
  }
  about = move.about;
  document.body.classList.add("moving");
  document.title = `${state.tree.name} \u00b7 Lab`;
  at("about").textContent = `${move.about} \u00b7 ${move.span} \u00b7 ${move.mark || "real history"}`;
  at("about").classList.toggle("marked", Boolean(move.mark));
  at("mark").textContent = move.mark.split(" ")[0];
  at("cash").textContent = move.cash;
  write(at("lead"), move.lead);
  list(at("remarks"), [...move.remarks, ...notes]);
  const rows = at("glance").tBodies[0];
  rows.replaceChildren();
  for (const row of move.rows) {
    const line = element(rows, "tr", "", {className: row.role});
    row.cells.forEach((cell, k) => {
      const made = element(line, "td", k === 2 && row.role && move.rows.length > 2 ? "" : cell);
      if (k === 2 && row.role && move.rows.length > 2) element(made, "span", cell, {className: "safe"});
    });
  }
  const gap = move.gap;
  at("frontier-title").textContent = gap ? `${gap.points} ${gap.to}` : "Growth and safety";
  at("strip-growth").textContent = move.rows.at(-1).cells[1];
  at("strip-gap").textContent = gap ? `a year; ${gap.points} ${gap.to}` : "a year";
  spark(at("spark"), curves);
  const kept = [...ticked.values()];
  drawFrontier(at("frontier"), move.frontier, kept.filter(run => run.lines && sameSpan(run.lines)).map(run => ({...run.lines, label: run.name})));
  const ends = ["unhedged", "held", "hedged"];
  const lines = what => [
    ...kept.filter(run => run.lines).map(run => ({x: run.lines.x, y: run.lines[what], name: run.name, role: "kept"})),
    ...ends.filter(name => curves[what][name]).map(name => ({x: curves.x, y: curves[what][name], name: names[name], role: name}))];
  const worst = move.rows.map(row => `${row.cells[0]} ${row.cells[3]}`).join(", "), grown = move.rows.map(row => `${row.cells[0]} ${row.cells[1]} a year`).join(", ");
  plotLines(at("growth"), lines("growth"), {log: true, format: dollars, described: `Growth of a dollar: ${grown}.`});
  plotLines(at("drawdown"), lines("drawdown").map(line => ({...line, told: Math.min(...line.y)})), {format: parts, zero: true, described: `Drawdown, the worst: ${worst}.`});
  plotLines(at("beta"), lines("beta"), {format: plainly, zero: true, described: `Net beta of the hedged book over time. ${move.figures.at(-1).join(": ")}.`});
  at("strengths-figure").hidden = !move.strengths;
  if (move.strengths) {
    at("strengths-title").textContent = move.strengths.finding;
    at("strengths-what").textContent = move.strengths.what;
    drawStrengths(at("strengths"), move.strengths, turn);
  }
  at("figures").replaceChildren();
  for (const [title, text] of move.figures) { element(at("figures"), "dt", title); element(at("figures"), "dd", text); }
}
const sameSpan = run => Math.abs(run.x[0] - state.move.curves.x[0]) < 8 && Math.abs(run.x.at(-1) - state.move.curves.x.at(-1)) < 8;

/* Controls are built once a set of keys, and then shown as the run stands. */
const knobs = new Map();
const ID = key => `knob-${key.replaceAll(".", "-")}`;
const SHUT = ["When", "Dates", "Costs", "Holdings"];
function build(given) {
  const form = at("knobs"), open = new Map([...form.querySelectorAll("details")].map(one => [one.dataset.name, one.open]));
  const focused = document.activeElement?.id;
  form.replaceChildren(); knobs.clear();
  const groups = new Map();
  for (const knob of given) groups.set(knob.group, [...(groups.get(knob.group) || []), knob]);
  for (const [name, members] of groups) {
    const group = element(form, "details", "", {className: "group"});
    group.dataset.name = name; group.open = open.get(name) ?? !SHUT.includes(name);
    element(group, "summary", name);
    const inner = element(group, "div", "", {role: "group"});
    inner.setAttribute("aria-label", name);
    const few = members.filter(knob => knob.main), more = members.filter(knob => !knob.main);
    for (const knob of few.length ? few : members) add(inner, knob);
    if (few.length && more.length) {
      const rest = element(inner, "details", "", {className: "plain"});
      rest.dataset.name = `${name} more`; rest.open = open.get(rest.dataset.name) ?? false;
      element(rest, "summary", `More of ${name[0].toLowerCase()}${name.slice(1)}`);
      more.forEach(knob => add(rest, knob));
    }
  }
  if (focused) at(focused)?.focus();
}
function add(parent, knob) {
  const row = element(parent, "div", "", {className: `knob ${knob.kind}`}), id = ID(knob.key);
  row.dataset.key = knob.key;
  const head = element(row, "div", "", {className: "head"}), label = element(head, "label", knob.label, {htmlFor: id, title: knob.key});
  if (knob.unit) element(label, "small", ` ${knob.unit}`);
  const made = MAKE[knob.kind](head, row, knob, id);
  const was = element(row, "button", "", {type: "button", className: "was", hidden: true});
  was.onclick = () => { turn(knob.key, state.was[knob.key]); made.main.focus(); };
  if (knob.about) element(row, "p", knob.about, {className: "said", id: `${id}-about`});
  const beside = element(row, "button", "", {type: "button", className: "beside", hidden: true});
  beside.onclick = () => { at("strengths-figure").scrollIntoView({block: "center"}); (at("strengths").querySelector("[aria-current]") ?? at("strengths").firstChild).focus({preventScroll: true}); };
  const error = element(row, "p", "", {className: "error", id: `${id}-error`, hidden: true});
  error.setAttribute("role", "alert");
  if (knob.about) made.main.setAttribute("aria-describedby", `${id}-about`);
  knobs.set(knob.key, {...made, knob, was, beside, error, row});
}
const scaled = (knob, value) => knob.percent ? Number((100 * value).toPrecision(10)) : value;
const plainValue = (knob, text) => knob.percent ? Number((Number(text) / 100).toPrecision(10)) : Number(text);
function none(row, knob, id, toggled) {
  if (!knob.optional) return null;
  const label = element(row, "label", "", {className: "none"}), box = element(label, "input", "", {type: "checkbox", id: `${id}-none`});
  label.append(` ${knob.none}`);
  box.addEventListener("change", () => toggled(box.checked));
  return box;
}
const MAKE = {
  number(head, row, knob, id) {
    const [low, high, step] = knob.usual.map(value => scaled(knob, value));
    const box = element(head, "input", "", {type: "number", step: knob.whole ? "1" : "any", title: knob.ends});
    box.setAttribute("aria-label", `${knob.label}, as a number from ${knob.ends}`);
    element(head, "span", knob.percent ? "%" : "", {className: "unit"});
    const slider = element(row, "input", "", {type: "range", id, min: low, max: high, step});
    const empty = none(row, knob, id, off => turn(knob.key, off ? null : plainValue(knob, usual())));
    const usual = () => knob.whole ? Math.round(low + (high - low) / 4) : Number((low + Math.round((high - low) / 4 / step) * step).toPrecision(6));
    slider.addEventListener("input", () => turn(knob.key, plainValue(knob, slider.value), knob.usual[2]));
    box.addEventListener("change", () => box.value === "" ? complain(`${knob.label}: write a number`, knob.key) : turn(knob.key, plainValue(knob, box.value)));
    const show = value => {
      const off = value === null;
      if (empty) empty.checked = off;
      slider.disabled = box.disabled = off;
      if (off) { box.value = ""; return; }
      const shown = scaled(knob, value);
      if (document.activeElement !== box || Number(box.value) !== shown) box.value = shown;
      slider.min = Math.min(low, shown); slider.max = Math.max(high, shown);
      if (Number(slider.value) !== shown) slider.value = shown;
      slider.setAttribute("aria-valuetext", `${shown}${knob.percent ? " %" : ""}${knob.unit ? ` ${knob.unit}` : ""}`);
    };
    const text = value => value === null ? knob.none : `${minus(scaled(knob, value))}${knob.percent ? "\u202f%" : ""}`;
    return {main: slider, show, text};
  },
  choice(head, row, knob, id) {
    const box = element(head, "select", "", {id});
    const words = knob.optional ? [null, ...knob.choices] : knob.choices, text = value => value === null ? knob.none : String(value).replaceAll("_", " ");
    for (const word of words) element(box, "option", text(word));
    box.addEventListener("change", () => turn(knob.key, words[box.selectedIndex]));
    return {main: box, show: value => { box.selectedIndex = words.indexOf(value); }, text};
  },
  date(head, row, knob, id) {
    const box = element(head, "input", "", {type: "date", id});
    const empty = none(row, knob, id, off => turn(knob.key, off ? null : lastDay()));
    box.addEventListener("change", () => box.value && turn(knob.key, box.value));
    const lastDay = () => new Date(state.move.curves.x.at(-1) * 864e5).toISOString().slice(0, 10);
    const show = value => {
      if (empty) empty.checked = value === null;
      box.disabled = value === null;
      if (document.activeElement !== box) box.value = value ?? "";
    };
    return {main: box, show, text: value => value ?? knob.none};
  },
  text(head, row, knob, id) {
    const box = element(row, "input", "", {type: "text", id, spellcheck: false, placeholder: knob.optional ? knob.none : "", maxLength: 400});
    if (knob.choices.length) {
      const more = element(head, "select");
      more.setAttribute("aria-label", `Add to ${knob.label}`);
      for (const word of ["add \u2026", ...knob.choices]) element(more, "option", word);
      more.addEventListener("change", () => { const word = more.value; more.selectedIndex = 0; turn(knob.key, [...new Set([state.values[knob.key] ?? []].flat()).add(word)]); });
    }
    const numbers = [knob.value].flat().some(one => typeof one === "number"), read = one => numbers && Number.isFinite(Number(one)) ? Number(one) : one;
    const text = value => value === null ? knob.none : [value].flat().join(", ");
    const asked = () => {
      const parts = box.value.split(",").map(one => one.trim());
      if (!parts.some(Boolean) && knob.optional) return null;
      return knob.lists === "no" || (knob.lists === "either" && parts.length < 2) ? box.value.trim() : parts.filter(Boolean).map(read);
    };
    box.addEventListener("change", () => turn(knob.key, asked()));
    const show = value => { if (document.activeElement !== box) box.value = value === null ? "" : text(value); };
    return {main: box, show, text};
  },
  switch(head, row, knob, id) {
    const box = element(head, "input", "", {type: "checkbox", id});
    box.addEventListener("change", () => turn(knob.key, box.checked));
    return {main: box, show: value => { box.checked = value; }, text: value => value ? "on" : "off"};
  },
};
function show() {
  const {strengths} = state.move;
  for (const [key, {show, text, was, beside, knob}] of knobs) {
    const value = pending.has(key) ? pending.get(key) : state.values[key];
    if (value !== undefined) show(value);
    beside.hidden = strengths?.key !== key;
    if (!beside.hidden) beside.textContent = `Ten ${strengths.what}s side by side`;
    const before = state.was[key];
    was.hidden = before === undefined || JSON.stringify(before) === JSON.stringify(state.values[key]);
    if (!was.hidden) { was.textContent = `was ${text(before)}`; was.setAttribute("aria-label", `${knob.label}: back to ${text(before)}`); }
  }
  at("run").value = state.run;
}

/* What is wrong stands at the control that it is about. */
function complain(message, key = "", wrong = true) {
  for (const {error, main} of knobs.values()) { error.hidden = true; main.removeAttribute("aria-invalid"); }
  const found = message && knobs.get(key);
  at("wrong").hidden = !message || Boolean(found);
  at("wrong").textContent = message;
  if (!found) return;
  found.error.textContent = found.knob.percent && wrong ? `${message}; here in percent, ${found.knob.ends}` : message; found.error.hidden = false;
  if (wrong) found.main.setAttribute("aria-invalid", "true");
  for (let one = found.row.parentElement; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
}

/* Kept runs. */
let listing = 0;
async function listKept() {
  const turn = listing += 1, rows = await ask("kept", {}).catch(() => null);
  if (!rows || turn !== listing) return;  // a later list is on its way
  const place = at("kept-list");
  place.replaceChildren();
  at("kept").querySelector("summary").textContent = `Kept runs (${rows.length})`;
  if (!rows.length) element(place, "p", `None in ${DATA.out} yet: \u201ckeep as a run\u201d writes one.`, {className: "said"});
  for (const row of rows.slice(0, 60)) {
    const label = element(place, "label", "", {className: "keptrun"}), box = element(label, "input", "", {type: "checkbox", checked: ticked.has(row.folder)});
    const text = element(label, "span", row.name);
    element(text, "small", ` ${[row.simulated ? "SIMULATED" : "", row.verdict, row.span, row.changes].filter(Boolean).join(" \u00b7 ")}`);
    box.addEventListener("change", () => tick(row, box.checked));
  }
  for (const folder of ticked.keys()) if (!rows.some(row => row.folder === folder)) ticked.delete(folder);
}
async function tick(row, on) {
  if (!on) { ticked.delete(row.folder); draw(); return; }
  ticked.set(row.folder, {name: row.name, lines: null});
  try {
    const lines = ticked.get(row.folder).lines = await ask("book", {folder: row.folder});
    if (lines.beta.every(value => value === null)) toast(`${row.name} has no net beta here: its data are others by now`);
  } catch (error) {
    ticked.delete(row.folder);
    if (error instanceof Offline) offline(); else complain(error.message);
  }
  const moving = document.body.classList.contains("moving");
  if (state.move) draw();
  if (!moving) rest = setTimeout(answer, 0);
}

/* Texts to take along. */
function toast(text) {
  const line = at("toast");
  line.textContent = text; line.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { line.hidden = true; }, 6000);
}
async function take(what, text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    const box = at("text");
    at("text-title").textContent = `${what}: press Ctrl+C`;
    box.querySelector("textarea").value = text;
    box.showModal();
    box.querySelector("textarea").select();
  }
}
const pause = time => new Promise(done => { setTimeout(done, time); });
/* Whoever takes a run along means it as it was last turned. */
async function caughtUp() {
  for (let waited = 0; (busy || wanted) && waited < 100; waited += 1) await pause(20);
}
async function told(what) {
  await caughtUp();
  try {
    return await ask(what, {run: state.run, tree: state.tree});
  } catch (error) {
    if (error instanceof Offline) offline(); else complain(error.message, error.key);
    return null;
  }
}
at("copy-yaml").onclick = async () => { const text = await told("copy"); if (text) take("YAML", text.yaml); };
at("copy-command").onclick = async () => { const text = await told("copy"); if (text) take("Command", text.command); };
at("copy-link").onclick = async () => { await caughtUp(); unsettled = false; await remember(true); take("Link", location.href); };
at("undo").onclick = () => history.back();
at("redo").onclick = () => history.forward();
addEventListener("keydown", event => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("textarea, input[type=number], input[type=text], input:not([type])")) return;
  event.preventDefault();
  (event.shiftKey ? at("redo") : at("undo")).click();
});
for (const button of document.querySelectorAll("dialog .close")) button.onclick = () => button.closest("dialog").close();
at("keep").onclick = async () => {
  await caughtUp();
  at("keep-name").value = state.tree.name;
  at("keeping").querySelector(".error").hidden = true;
  at("keeping").showModal();
  at("keep-name").select();
};
at("keeping").querySelector("form").addEventListener("submit", async event => {
  event.preventDefault();
  const form = event.target, submit = form.querySelector("[type=submit]"), error = form.querySelector(".error");
  submit.disabled = true; submit.textContent = "Keeping \u2026"; error.hidden = true;
  try {
    const {folder} = await ask("keep", {run: state.run, tree: state.tree, moves: [["name", at("keep-name").value]]});
    at("keeping").close();
    toast(`Kept in ${folder}`);
    at("kept").open = true;
    await listKept();
  } catch (failed) {
    error.textContent = failed instanceof Offline ? "The lab doesn\u2019t answer: the run wasn\u2019t kept, unless its folder stands." : failed.message;
    error.hidden = false;
  } finally {
    submit.disabled = false; submit.textContent = "Keep";
  }
});
at("run").replaceChildren(...DATA.runs.map(run => new Option(run.replace(/\.yaml$/, ""), run)));
at("run").addEventListener("change", async () => {
  pending.clear();
  const before = {run: state.run, tree: state.tree};
  Object.assign(state, {run: at("run").value, tree: null, shape: ""});
  wanted = true; unsettled = true;
  await pump();
  if (state.tree) { unsettled = false; await remember(true); }
  else { Object.assign(state, before); at("run").value = before.run; }
});
at("knobs").addEventListener("submit", event => event.preventDefault());
explain(at("quarter"), QUARTER);
let wide = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === wide || !state.move) return;
  wide = innerWidth; wanted = true; pump();
});
document.addEventListener("visibilitychange", () => document.hidden || listKept());
fromAddress().then(listKept);
