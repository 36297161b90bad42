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

function band(from, to, fillcolor) {
  return {type: "rect", layer: "below", x0: from, x1: to, y0: 0, y1: 1, yref: "paper", fillcolor, line: {width: 0}};
}

const GAP = 16;  // pixels from one name beside a line's end to the next

/* Names beside the ends of lines, moved apart where they would overlap. */
function endNames(figure, lines, domain, place) {
  const height = figure.clientHeight - 60, gap = GAP / height, room = domain[1] - domain[0];
  const told = lines.map(line => ({...line, y: domain[0] + room * place(line.end)})).sort((one, other) => one.y - other.y);
  told.forEach((one, at) => at && (one.y = Math.max(one.y, told[at - 1].y + gap)));
  let top = domain[1];
  for (const one of told.reverse()) { one.y = Math.min(one.y, top); top = one.y - gap; }
  return told.map(({name, y, color, strong}) => ({text: strong ? `<b>${plain(name)}</b>` : plain(name), x: 1, xref: "paper",
    xanchor: "left", xshift: 6, y, yref: "paper", yanchor: "middle", showarrow: false, font: {size: 12.5, color}}));
}
const beside = () => narrow() ? 122 : 190;
const last = values => values.findLast(value => value === value);
const linear = ([low, high]) => value => (value - low) / (high - low);
const roomy = values => {
  const known = values.filter(value => value === value), low = Math.min(...known), high = Math.max(...known);
  return [low - .05 * (high - low || 1), high + .05 * (high - low || 1)];
};
