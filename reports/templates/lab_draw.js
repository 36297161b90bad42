const DATA = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const element = (parent, tag, text = "", more = {}) =>
  Object.assign(parent.appendChild(document.createElement(tag)), {textContent: text, ...more});
function shape(parent, tag, given = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return parent.appendChild(made);
}
const minus = text => String(text).replace(/-(?=[\d.])/g, "\u2212");
const phone = () => innerWidth <= 680;
const MONTH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const day = days => { const one = new Date(days * 864e5); return `${one.getUTCDate()} ${MONTH[one.getUTCMonth()]} ${one.getUTCFullYear()}`; };

/* A sentence in pieces: numbers and the hedge's own figures are strong. */
function write(parent, pieces) {
  parent.replaceChildren(...pieces.map(([text, role]) => {
    if (!role) return document.createTextNode(text);
    const made = document.createElement(role === "safe" ? "span" : "b");
    made.textContent = text;
    if (role === "hedge") made.className = "hedge";
    if (role === "safe") explain(made, QUARTER);
    return made;
  }));
}
const QUARTER = "A bad quarter is the average of the worst 5 % of all 3-month returns, less the average of all: how far it falls short of an average one. Two books are as safe when theirs are the same.";

/* A tip stands by what it explains while that is pointed at, focused or tapped; Escape puts it away. */
const tip = at("tip");
const hideTip = () => { tip.hidden = true; };
function showTip(one, text) {
  tip.textContent = text; tip.hidden = false;
  const box = one.getBoundingClientRect(), room = document.documentElement.clientWidth - tip.offsetWidth - 12;
  const over = box.bottom + tip.offsetHeight + 8 > innerHeight;
  tip.style.left = `${scrollX + Math.max(12, Math.min(box.left, room))}px`;
  tip.style.top = `${scrollY + (over ? box.top - tip.offsetHeight - 6 : box.bottom + 6)}px`;
}
function explain(one, text) {
  one.classList.add("term"); one.tabIndex = 0;
  tipped(one, text);
}
function tipped(one, text) {
  for (const event of ["pointerenter", "focus", "click"]) one.addEventListener(event, () => showTip(one, text));
  for (const event of ["pointerleave", "blur"]) one.addEventListener(event, hideTip);
}
addEventListener("keydown", event => event.key === "Escape" && hideTip());

/* Ticks of an axis: at 1, 2 and 5 times a power of ten. */
function steps(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(one => one * power).find(one => one >= rough);
  const found = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + step * 1e-9; count += 1) found.push(count * step);
  return found;
}
function decades(low, high) {
  const found = [], few = Math.log10(high / low) < 2.2 ? [1, 2, 5] : [1];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1)
    found.push(...few.map(one => one * 10 ** power).filter(one => one >= low && one <= high));
  return found.length > 1 ? found : steps(low, high, 4);
}
function yearTicks(first, last, width) {
  const from = new Date(first * 864e5).getUTCFullYear(), to = new Date(last * 864e5).getUTCFullYear(), found = [];
  const every = [1, 2, 5, 10, 20].find(one => (to - from) / one <= width / 62) || 50;
  for (let year = from; year <= to; year += 1) {
    const days = Date.UTC(year, 0, 1) / 864e5;
    if (year % every === 0 && days >= first && days <= last) found.push([days, String(year)]);
  }
  return found;
}

/* Lines over time with their names at their ends; pointing at them reads a day off. Each line: x, y, name, role, value. */
const HEIGHT = 236, FOOT = 22, HEAD = 8;
function plotLines(place, lines, {log = false, format, zero = false, described}) {
  place.replaceChildren();
  lines = lines.filter(line => line.y.some(value => value !== null));
  if (!lines.length) { element(place, "p", "Nothing to draw.", {className: "dek"}); return; }
  const width = Math.max(280, place.clientWidth), right = phone() ? 92 : 118, left = 38;
  const values = lines.flatMap(line => line.y).filter(value => value !== null && (!log || value > 0));
  let low = Math.min(...values, ...(zero ? [0] : [])), high = Math.max(...values, ...(zero ? [0] : []));
  if (!log) { const air = .04 * (high - low || 1); low -= low === 0 && zero ? 0 : air; high += high === 0 && zero ? 0 : air; }
  else { low /= 1.05; high *= 1.05; }
  const first = Math.min(...lines.map(line => line.x[0])), last = Math.max(...lines.map(line => line.x.at(-1)));
  const across = days => left + (width - left - right) * (days - first) / (last - first || 1);
  const up = log ? value => HEAD + (HEIGHT - HEAD - FOOT) * Math.log(high / value) / Math.log(high / low)
    : value => HEAD + (HEIGHT - HEAD - FOOT) * (high - value) / (high - low || 1);
  const svg = shape(place, "svg", {viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": described});
  for (const value of log ? decades(low, high) : steps(low, high, 4)) {
    shape(svg, "line", {class: Math.abs(value) < 1e-12 && zero ? "axis" : "grid", x1: left, x2: width - right, y1: up(value), y2: up(value)});
    shape(svg, "text", {class: "quiet", x: left - 6, y: up(value) + 4, "text-anchor": "end"}, minus(format(value, true)));
  }
  for (const [days, year] of yearTicks(first, last, width - left - right))
    shape(svg, "text", {class: "quiet", x: across(days), y: HEIGHT - 5, "text-anchor": "middle"}, year);
  for (const line of lines) {
    let path = "", gap = true;
    line.y.forEach((value, place) => {
      if (value === null || (log && value <= 0)) { gap = true; return; }
      path += `${gap ? "M" : "L"}${across(line.x[place]).toFixed(1)} ${up(value).toFixed(1)}`;
      gap = false;
    });
    shape(svg, "path", {class: `line ${line.role}`, d: path});
  }
  const ends = lines.map(line => ({...line, end: line.y.findLast(value => value !== null), days: line.x.at(-1)}))
    .map(line => ({...line, y0: up(log ? Math.max(line.end, low) : line.end)})).sort((one, other) => one.y0 - other.y0);
  const tall = 30, spread = ends.map(line => line.y0);
  for (let k = 1; k < spread.length; k += 1) spread[k] = Math.max(spread[k], spread[k - 1] + tall);
  for (let k = spread.length - 1, most = HEIGHT - FOOT - 12; k >= 0; k -= 1, most = spread[k + 1] - tall) spread[k] = Math.min(spread[k], most);
  ends.forEach((line, k) => {
    const text = shape(svg, "text", {class: `end ${line.role}`, x: width - right + 6, y: spread[k]});
    const fits = phone() ? 13 : 15, short = line.name.length > fits ? line.name.replace(/ hedge$/, "") : line.name;
    const name = short.length > fits ? `${short.slice(0, fits - 1)}\u2026` : short;
    shape(text, "tspan", {x: width - right + 6}, name);
    shape(text, "tspan", {x: width - right + 6, dy: 14}, minus(format(line.told ?? line.end)));
  });
  read(place, svg, lines, {across, first, last, left, right, width, format});
}
function read(place, svg, lines, {across, first, last, left, right, width, format}) {
  const mark = shape(svg, "line", {class: "mark", y1: HEAD, y2: HEIGHT - FOOT, visibility: "hidden"});
  const said = element(place, "p", "", {className: "read", hidden: true});
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) * width / box.width;
    const days = Math.round(first + (last - first) * (x - left) / (width - left - right));
    if (days < first || days > last) { leave(); return; }
    mark.setAttribute("x1", across(days)); mark.setAttribute("x2", across(days)); mark.setAttribute("visibility", "visible");
    const texts = lines.map(line => {
      let near = line.x.findLastIndex(one => one <= days);
      return near < 0 || line.y[near] === null ? "" : `${line.name} ${minus(format(line.y[near]))}`;
    }).filter(Boolean);
    said.textContent = `${day(days)}: ${texts.join(", ")}`; said.hidden = false;
  });
  const leave = () => { mark.setAttribute("visibility", "hidden"); said.hidden = true; };
  svg.addEventListener("pointerleave", leave);
}

/* The picture of books by safety and growth, laid out by the server; a kept run's dot is put on its scale. */
function drawFrontier(place, picture, kept) {
  place.replaceChildren();
  if (!picture) { element(place, "p", "The books can\u2019t be compared: see above.", {className: "dek"}); return; }
  const {width, height, left, bottom} = picture.shape, base = height - bottom, right = width - picture.shape.right;
  const svg = shape(place, "svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": picture.described});
  for (const [y, text] of picture.up) {
    shape(svg, "line", {class: "grid", x1: left, x2: right, y1: y, y2: y});
    shape(svg, "text", {class: "quiet", x: left - 8, y: y + 4, "text-anchor": "end"}, text);
  }
  shape(svg, "line", {class: "axis", x1: left, x2: right, y1: base, y2: base});
  for (const [x, text] of picture.across) shape(svg, "text", {class: "quiet", x, y: base + 17, "text-anchor": "middle"}, text);
  shape(svg, "text", {class: "quiet", x: 0, y: 12}, picture.up_words);
  const words = shape(svg, "text", {class: "quiet", x: left, y: base + 38});
  shape(words, "tspan", {class: "bold"}, "\u2190 safer");
  shape(words, "tspan", {}, `\u00a0 ${phone() ? "a bad quarter, below an average one" : picture.across_words}`);
  for (const {leader} of picture.labels) if (leader) shape(svg, "line", {class: "leader", x1: leader[0], y1: leader[1], x2: leader[2], y2: leader[3]});
  shape(svg, "path", {class: "path", d: picture.path});
  for (const [role, [x1, y1, x2, y2]] of picture.strokes) shape(svg, "line", {class: role, x1, y1, x2, y2});
  for (const {x, y, role, radius, tip} of picture.spots) tipped(shape(svg, "circle", {class: role, cx: x, cy: y, r: radius}), tip);
  const {low, high, safe, risky, ...room} = picture.scale;
  for (const run of kept) {
    if (!run.dot) continue;
    const x = room.left + (room.right - room.left) * (-run.dot[0] - safe) / (risky - safe);
    const y = room.top + (room.bottom - room.top) * (high - run.dot[1]) / (high - low);
    if (x < room.left || x > width || y < 0 || y > room.bottom) continue;
    tipped(shape(svg, "rect", {class: "keptdot", x: x - 4, y: y - 4, width: 8, height: 8}), run.tip);
    shape(svg, "text", {class: "quiet", x: x - 8, y: y + 4, "text-anchor": "end"}, run.label);
  }
  for (const {lines, role, box, size} of picture.labels) {
    const text = shape(svg, "text", {class: `named ${role}`, "font-size": size});
    text.style.fontSize = `${size}px`;
    lines.forEach((line, k) => shape(text, "tspan", {x: box[0].toFixed(1), y: (box[1] + 16 * k + 12).toFixed(1), class: line.startsWith("*") ? "bold" : ""}, line.replace(/^\*/, "")));
  }
}

/* The waterfall from doing nothing to the hedge. */
function drawSum(place, rows) {
  place.replaceChildren();
  const ends = rows.flatMap(row => [row.begin, row.end]), low = Math.min(0, ...ends), reach = Math.max(0, ...ends) - low || 1;
  rows.forEach((row, k) => {
    const says = element(place, "div", "", {className: "says"}), name = element(says, "b", row.name);
    if (row.role !== "part") name.classList.add("total");
    if (row.role === "hedge") name.classList.add("hedge");
    explain(name, row.exact);
    element(says, "span", ` ${row.about}`);
    if (row.remark.length) write(element(says, "small"), row.remark);
    const track = element(place, "div", "", {className: `track ${row.role}`}), from = Math.min(row.begin, row.end);
    const set = {at: (from - low) / reach, long: Math.abs(row.end - row.begin) / reach, value: (Math.max(row.begin, row.end) - low) / reach, next: (row.end - low) / reach};
    for (const [key, value] of Object.entries(set)) track.style.setProperty(`--${key}`, value.toFixed(4));
    element(track, "i");
    if (k < rows.length - 1) element(track, "u");
    element(track, "span", row.value, {className: row.role === "hedge" ? "hedge" : ""});
  });
}

/* The gap at other strengths: bars around zero, each a button that turns to it. */
function drawStrengths(place, found, turn) {
  const known = found.bars.map(bar => bar.gap ?? 0), low = Math.min(0, ...known), high = Math.max(0, ...known), reach = high - low || 1;
  const focused = [...place.children].indexOf(document.activeElement);
  place.replaceChildren();
  for (const bar of found.bars) {
    const own = Math.abs(bar.value - found.own) < 5e-5;
    const button = element(place, "button", "", {type: "button", className: own ? "strength own" : "strength"});
    button.setAttribute("aria-label", `${found.what} ${bar.label}: ${bar.gap === null ? "can\u2019t be told" : `${bar.text} points a year to holding less, grew ${bar.cagr}`}`);
    if (own) button.setAttribute("aria-current", "true");
    element(button, "span", bar.text, {className: "gap"});
    const track = element(button, "span", "", {className: "room"}), rod = element(track, "i");
    rod.style.top = `${100 * (high - Math.max(bar.gap ?? 0, 0)) / reach}%`;
    rod.style.height = `${Math.max(1, 100 * Math.abs(bar.gap ?? 0) / reach)}%`;
    const zero = element(track, "u");
    zero.style.top = `${100 * high / reach}%`;
    element(button, "b", bar.label);
    button.onclick = () => turn(found.key, bar.value);
  }
  if (focused >= 0) place.children[focused]?.focus();
}

/* A line so small that only its way is seen. */
function spark(svg, curves) {
  svg.replaceChildren();
  const lines = ["held", "hedged"].filter(name => curves.growth[name]), all = lines.flatMap(name => curves.growth[name]).filter(one => one > 0);
  const low = Math.log(Math.min(...all)), high = Math.log(Math.max(...all)), first = curves.x[0], last = curves.x.at(-1);
  for (const name of lines) {
    const points = curves.growth[name].map((value, k) => value > 0 ? `${(94 * (curves.x[k] - first) / (last - first) + 1).toFixed(1)},${(34 - 32 * (Math.log(value) - low) / (high - low || 1)).toFixed(1)}` : "");
    shape(svg, "polyline", {class: `line ${name}`, points: points.filter(Boolean).join(" ")});
  }
}
