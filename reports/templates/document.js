const DATA = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const night = () => dark.matches && !printing;

const bytes = packed => Uint8Array.from(atob(packed), letter => letter.charCodeAt(0)).buffer;
const floats = packed => new Float32Array(bytes(packed));
const codes = packed => new Uint32Array(bytes(packed));
const plain = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");  // plotly reads some HTML

function layout(more) {
  return {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false, showlegend: false,
    font: {color: ink(), family: "Inter, Helvetica Neue, Arial, Liberation Sans, sans-serif", size: 12.5}, ...more};
}
const CONFIG = {responsive: true, displaylogo: false, modeBarButtons: [["toImage"]]};
const BELOW = 36;  // below an axis plotly keeps a title away from the axis, not from its labels
const GRID = "rgba(128,128,128,.3)";

const narrow = () => innerWidth < 600;
const ink = () => night() ? "#eeeeec" : "#191a1c";
const COLOURS = ["#2f7ed8", "#e08214", "#2a9d6f", "#c061a5", "#8c6bb1"];
const date = days => new Date(days * 864e5).toISOString().slice(0, 10);

/* A logarithmic axis over a spread of values, with ticks at 1, 2 and 5 while they are few; linear where there is none. */
function logarithmic(spread) {
  if (!spread) return {type: "linear"};
  const [low, high] = spread.map(Math.log10), steps = high - low > 3 ? [1] : [1, 2, 5], tickvals = [];
  if (high - low < .7) return {type: "log"};
  for (let power = Math.floor(low); power <= high; power += 1) tickvals.push(...steps.map(step => step * 10 ** power));
  const short = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});
  const ticktext = tickvals.map(one => one < 1e-3 ? one.toExponential(0) : short.format(one));
  return {type: "log", tickmode: "array", tickvals, ticktext};
}

/* Draws each figure when it comes near the screen, again when the colours change, and those that have a place on paper
   for paper. One that is folded away waits until it is unfolded. */
function drawWhenSeen(figures, draw) {
  const drawn = new Set(), placed = figure => figure.checkVisibility();
  const show = figure => { near.unobserve(figure); drawn.add(figure); draw(figure); };
  const wait = figure => { drawn.delete(figure); near.observe(figure); };
  const redraw = () => [...drawn].forEach(figure => placed(figure) ? draw(figure) : wait(figure));
  const near = new IntersectionObserver(met => met.filter(one => one.isIntersecting).forEach(({target}) => show(target)),
    {rootMargin: "600px"});
  figures.forEach(wait);
  dark.addEventListener("change", redraw);
  addEventListener("beforeprint", () => { printing = true; figures.filter(placed).forEach(show); });
  addEventListener("afterprint", () => { printing = false; redraw(); });
}

/* What pages with plots share: axes, a legend, shades, and the drawing itself. */
const numbers = packed => [...floats(packed)];
const PAPER = 690;  // pixels of a sheet's width: paper is narrower than the screen that the charts were drawn for
/* The page's colours where a style sheet does not reach; the accent is the hedge and nothing else. */
const tone = () => night()
  ? {hedge: "#ff8a4a", muted: "#a6a9af", total: "#8f9299", part: "#6d7076", grid: "#26282b", chip: "#25272a", paper: "#141517"}
  : {hedge: "#b8420a", muted: "#5b5e64", total: "#74777c", part: "#a9abae", grid: "#ebe8e1", chip: "#f1eee7", paper: "#fcfbf8"};
const axis = (text, more) => ({title: {text: plain(text), standoff: 10}, automargin: true, gridcolor: GRID,
  zerolinecolor: GRID, ...more});
const LEGEND = {showlegend: true, legend: {orientation: "h", y: 1, yanchor: "bottom", x: 0, itemsizing: "constant"},
  margin: {l: 10, r: 16, t: 10, b: 10}, hovermode: "closest"};
const columns = () => narrow() ? {entrywidth: .5, entrywidthmode: "fraction", font: {size: 9.5}} : {};
const upward = (text, more) => axis(narrow() ? "" : text, more);  // on a phone the caption says it, and the chart is wider
const HELD = "rgba(224,130,20,.22)";
const still = {fixedrange: true};
const titled = measure => narrow() ? plain(measure.title).replace(" (", "<br>(") : plain(measure.title);
const ticks = measure => measure.format.replace(".2%", ".3~%");
const captionOf = figure => figure.closest("figure").querySelector("figcaption");

/* Draws a figure; what was tapped stays as it is, a made-up market says so, paper gets a width of its own. */
function plot(figure, traces, more) {
  const mark = {text: "SIMULATED", xref: "paper", yref: "paper", x: .5, y: .5, showarrow: false, opacity: .16,
    textangle: -15, font: {size: narrow() ? 36 : 56}};
  Plotly.react(figure, traces, layout({...LEGEND, uirevision: "kept", autosize: !printing,
    ...(printing ? {width: PAPER, height: figure.clientHeight} : {}), ...more,
    annotations: [...(DATA.simulated ? [mark] : []), ...(more.annotations || [])]}), CONFIG);
}

/* What figures are made of: lines and dots, the bars of a histogram, and what is drawn across the whole of a figure. */
const trace = (name, x, y, more) => ({type: "scatter", mode: "lines", name: plain(name), x, y, ...more});
const dots = (name, x, y, marker, more) => trace(name, x, y, {mode: "markers", marker, ...more});
const middles = edges => edges.slice(1).map((edge, place) => (edge + edges[place]) / 2);
const histogram = (edges, y, more) => ({type: "bar", x: middles(edges), y, width: edges[1] - edges[0], ...more});
const band = (from, to, fillcolor) =>
  ({type: "rect", layer: "below", x0: from, x1: to, y0: 0, y1: 1, yref: "paper", fillcolor, line: {width: 0}});
const upright = (x, line, more) => ({type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line, ...more});
const level = (y, line, more) => ({type: "line", x0: 0, x1: 1, xref: "paper", y0: y, y1: y, line, ...more});
const BEHIND = {layer: "below"};

const GAP = 16;  // pixels from one name beside a line's end to the next

const fits = () => narrow() ? 17 : 26;  // letters of a name beside a line's end
const broken = name => {
  const at = name.length > fits() ? name.lastIndexOf(" ", fits()) : -1;
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
};

/* Names beside the ends of lines, moved apart where they would overlap; a long one takes two lines. */
function endNames(figure, lines, domain, place) {
  const height = figure.clientHeight - 60, room = domain[1] - domain[0];
  const told = lines.map(line => ({...line, parts: broken(line.name), y: domain[0] + room * place(line.end)}));
  const gap = (one, other) => GAP * (one.parts.length + other.parts.length) / 2 / height;
  told.sort((one, other) => one.y - other.y);
  told.forEach((one, at) => at && (one.y = Math.max(one.y, told[at - 1].y + gap(one, told[at - 1]))));
  told.reverse().forEach((one, at) => one.y = Math.min(one.y, at ? told[at - 1].y - gap(one, told[at - 1]) : domain[1]));
  const text = ({parts, strong}) => strong ? `<b>${parts.map(plain).join("<br>")}</b>` : parts.map(plain).join("<br>");
  return told.map(one => ({text: text(one), x: 1, xref: "paper", xanchor: "left", xshift: 6, y: one.y, yref: "paper",
    yanchor: "middle", align: "left", showarrow: false, font: {size: 12.5, color: one.color}}));
}
const beside = () => narrow() ? 122 : 190;
const last = values => values.findLast(value => value === value);
const linear = ([low, high]) => value => (value - low) / (high - low);
const roomy = values => {
  const known = values.filter(value => value === value), low = Math.min(...known), high = Math.max(...known);
  return [low - .05 * (high - low || 1), high + .05 * (high - low || 1)];
};

/* A page that was opened as a file may be refused the clipboard: then the text is selected, ready to be copied. */
async function copy(button, code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 3000);
}

const element = (parent, tag, text = "", more = {}) =>
  Object.assign(parent.appendChild(document.createElement(tag)), {textContent: text, ...more});
/* A command, and a button that copies it. */
function runnable(parent, text) {
  const button = element(parent, "button", "Copy", {type: "button"}), code = element(parent, "code", text);
  button.onclick = () => copy(button, code);
}

/* A tip stands by what it explains while that is pointed at, focused or tapped; Escape puts it away. */
{
  const tip = element(document.body, "div", "", {id: "tip", role: "tooltip", hidden: true});
  const hide = () => { tip.hidden = true; };
  const show = one => {
    tip.textContent = one.dataset.tip; tip.hidden = false;
    one.setAttribute("aria-describedby", "tip");
    const box = one.getBoundingClientRect(), room = document.documentElement.clientWidth - tip.offsetWidth - 12;
    const over = box.bottom + tip.offsetHeight + 8 > innerHeight;
    tip.style.left = `${scrollX + Math.max(12, Math.min(box.left, room))}px`;
    tip.style.top = `${scrollY + (over ? box.top - tip.offsetHeight - 6 : box.bottom + 6)}px`;
  };
  for (const one of document.querySelectorAll("[data-tip]")) {
    one.addEventListener("pointerenter", () => show(one));
    one.addEventListener("pointerleave", () => document.activeElement === one || hide());
    one.addEventListener("focus", () => show(one));
    one.addEventListener("blur", hide);
    one.addEventListener("click", () => show(one));
  }
  addEventListener("keydown", event => event.key === "Escape" && hide());
  addEventListener("resize", hide);
}
/* The contents mark the section that is being read. */
{
  const links = [...document.querySelectorAll(".bar a[href^='#']")];
  const parts = links.map(link => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    const last = parts.findLastIndex(part => part.getBoundingClientRect().top < 120), here = Math.max(0, last);
    links.forEach((link, place) => place === here ? link.setAttribute("aria-current", "location") : link.removeAttribute("aria-current"));
  };
  addEventListener("scroll", mark, {passive: true});
  mark();
}

/* Each chart is drawn by the function of its name, or of what it says of itself. */
const DRAW = {};
const drawChart = figure => DRAW[figure.dataset.draw || figure.id](figure);

for (const button of document.querySelectorAll(".run button")) {
  button.onclick = () => copy(button, button.nextElementSibling);
}
/* A table that is wider than its place says that it scrolls. */
{
  const hints = [...document.querySelectorAll("main .wide")].map(wide => {
    const hint = document.createElement("p");
    hint.className = "hint"; hint.textContent = "Scroll the table sideways for more columns \u2192";
    wide.before(hint); wide.tabIndex = 0;
    return () => { hint.hidden = wide.scrollWidth <= wide.clientWidth; };
  });
  const check = () => hints.forEach(one => one());
  addEventListener("resize", check);
  addEventListener("toggle", check, true);
  check();
}
