const DATA = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const night = () => dark.matches && !printing;

/* Four-byte values, of which the first bytes of all come first, then the second ones, and so on. */
function bytes(packed) {
  const planes = atob(packed), count = planes.length / 4, whole = new Uint8Array(planes.length);
  for (let plane = 0, from = 0; plane < 4; plane += 1)
    for (let value = 0; value < count; value += 1) whole[4 * value + plane] = planes.charCodeAt(from++);
  return whole.buffer;
}
const floats = packed => new Float32Array(bytes(packed));
const codes = packed => new Uint32Array(bytes(packed));
const typeset = text => text.replace(/(?<![\w-])-(?=[\d$])/g, "\u2212").replaceAll(" %", "\u202f%");
const headingTo = (id, text) => { document.querySelector(`#${id} h2`).textContent = typeset(text); };
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
const titleOf = (text, standoff = 10) => ({text, standoff, font: {size: 12.5, color: tone().muted}});
const axis = (text, more) => ({title: titleOf(plain(text)), automargin: true, gridcolor: tone().grid,
  zerolinecolor: tone().grid, ...more});
const calendar = more => axis("", {type: "date", showgrid: false, zeroline: false, ...more});
const LEGEND = {showlegend: true, legend: {orientation: "h", y: 1, yanchor: "bottom", x: 0, itemsizing: "constant"},
  margin: {l: 10, r: 16, t: 10, b: 10}, hovermode: "closest"};
const upward = (text, more) => axis(narrow() ? "" : text, more);  // on a phone the caption says it, and the chart is wider
const shade = () => night() ? "rgba(255,138,74,.16)" : "rgba(184,66,10,.11)";  // while the hedge is held
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

const fits = () => narrow() ? 16 : 26;  // letters of a name beside a line's end
const shortened = name => name.length > fits() ? `${name.slice(0, fits() - 1)}\u2026` : name;
const broken = name => {
  const at = name.length > fits() ? Math.max(name.lastIndexOf(" ", fits()), name.lastIndexOf("_", fits() - 1)) : -1;
  return (at < 0 ? [name] : [name.slice(0, at + 1).trimEnd(), name.slice(at + 1)]).map(shortened);
};

/* Names beside the ends of lines, moved apart where they would overlap; a long one takes two lines. */
function endNames(figure, lines, domain, place) {
  const height = figure.clientHeight - 60, room = domain[1] - domain[0];
  const told = lines.map(line => ({...line, parts: broken(line.name), y: domain[0] + room * place(line.end)}));
  const gap = (one, other) => GAP * (one.parts.length + other.parts.length) / 2 / height;
  told.sort((one, other) => one.y - other.y);
  told.forEach((one, at) => at && (one.y = Math.max(one.y, told[at - 1].y + gap(one, told[at - 1]))));
  told.reverse().forEach((one, at) => one.y = Math.min(one.y, at ? told[at - 1].y - gap(one, told[at - 1]) : domain[1]));
  const set = parts => parts.map(part => typeset(plain(part))).join("<br>");
  const text = ({parts, strong}) => strong ? `<b>${set(parts)}</b>` : set(parts);
  return told.map(one => ({text: text(one), name: one.name, captureevents: true, x: 1, xref: "paper", xanchor: "left", xshift: 6, y: one.y, yref: "paper",
    yanchor: "middle", align: "left", showarrow: false, font: {size: 12.5, color: one.color}}));
}
const beside = () => narrow() ? 122 : 190;
const last = values => values.findLast(value => value === value && value !== null);
const linear = ([low, high]) => value => (value - low) / (high - low);
/* Lines {name, x, y, line, ...} that are named beside their ends, by an axis that is logarithmic over a spread. */
function drawNamed(figure, lines, {spread = null, yaxis, annotations = [], ...more}) {
  const scaled = logarithmic(spread), place = scaled.type === "log" ? Math.log10 : value => value;
  const range = roomy(lines.flatMap(one => one.y).filter(value => value !== null).map(place));
  const told = more.showlegend ? [] : lines.filter(one => last(one.y) !== undefined).map(({name, y, line}) =>
    ({name, end: place(last(y)), color: line.color, strong: line.width > 2}));
  const traces = lines.map(({name, x, y, ...rest}) => trace(name, x, y, rest));
  plot(figure, traces, {showlegend: false, margin: {l: 10, r: beside(), t: 12, b: 10},
    annotations: [...annotations, ...endNames(figure, told, [0, 1], linear(yaxis.range || range))],
    yaxis: {range, ...scaled, ...yaxis}, ...more});
}
const roomy = values => {
  const known = values.filter(value => value === value), low = Math.min(...known), high = Math.max(...known);
  return [low - .05 * (high - low || 1), high + .05 * (high - low || 1)];
};

/* Each chart is drawn by the function of its name, or of what it says of itself. */
const DRAW = {};
const drawChart = figure => DRAW[figure.dataset.draw || figure.id](figure);
