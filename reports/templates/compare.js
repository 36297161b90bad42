/* The curves of several runs, each run in its colour, its unhedged book dotted. */
const DASHES = ["solid", "dash", "dot", "dashdot"];
const colour = run => COLOURS[run % COLOURS.length];
const dash = run => DASHES[Math.floor(run / COLOURS.length) % DASHES.length];
for (const one of document.querySelectorAll(".swatch")) one.style.background = colour(one.className.split("run-")[1]);
for (const one of document.querySelectorAll("circle[data-run]")) one.style.fill = colour(one.dataset.run);

/* Cells are blue above 0 and orange below, the stronger the further: a month's 20 % or a correlation of 1 is full. */
for (const cell of document.querySelectorAll(".shaded .number")) {
  const value = parseFloat(cell.textContent.replace("\u2212", "-")), full = cell.closest(".months") ? 20 : 1;
  if (value) cell.style.background = `rgba(${value > 0 ? "47,126,216" : "224,130,20"},${.5 * Math.min(Math.abs(value) / full, 1)})`;
}
document.querySelector("details").open = true;

const PERCENT = value => `${(100 * value).toFixed(2)} %`, NUMBER = value => value.toFixed(2);
const KINDS = {
  growth: {unit: "value of $1", shown: value => `$${value.toPrecision(4)}`, more: () => logarithmic(DATA.spread)},
  drawdown: {unit: "from the highest so far", shown: PERCENT, more: () => ({tickformat: ".0%"})},
  derisk_daily: {unit: "hedged over sold daily", shown: value => value.toFixed(3), level: 1},
  held_less: {unit: "hedged over held less", shown: value => value.toFixed(3), level: 1},
  sharpe: {unit: "Sharpe ratio, a year", shown: NUMBER, level: 0},
  beta: {unit: "beta to unhedged", shown: NUMBER, level: 1},
};

function drawLines(figure) {
  const kind = KINDS[figure.id], lines = DATA.lines[figure.id];
  const traces = lines.map((one, at) => {
    const x = [...floats(one.x)].map(date), y = [...floats(one.y)], control = at >= DATA.runs;
    return {type: "scatter", mode: "lines", name: plain(one.name), x, y, connectgaps: false,
      text: y.map((value, place) => `${x[place]}<br>${plain(one.name)} ${kind.shown(value)}`),
      hovertemplate: "%{text}<extra></extra>",
      line: control ? {color: ink(), dash: "dot", width: 1.2} : {color: colour(at), dash: dash(at), width: 1.6}};
  });
  const made = DATA.synthetic, level = kind.level, shapes = [];
  if (made) shapes.push({type: "rect", layer: "below", x0: made[0], x1: made[1], yref: "paper", y0: 0, y1: 1,
    line: {width: 0}, fillcolor: night() ? "rgba(255,193,7,.18)" : "rgba(255,179,0,.18)"});
  if (level !== undefined) shapes.push({type: "line", layer: "below", xref: "paper", x0: 0, x1: 1, y0: level, y1: level,
    line: {color: ink(), width: 1, dash: "dot"}});
  const across = Math.max(1, Math.floor(figure.clientWidth / (60 + 7.5 * Math.max(...lines.map(one => one.name.length)))));
  figure.style.height = `${380 + 20 * Math.ceil(lines.length / across)}px`;
  Plotly.react(figure, traces, layout({shapes, showlegend: true, hovermode: "closest", margin: {l: 10, r: 16, t: 10, b: 10},
    legend: {orientation: "h", y: 1, yanchor: "bottom", x: 0},
    xaxis: {type: "date", title: {text: "session", standoff: 10}, automargin: true, gridcolor: GRID, zeroline: false},
    yaxis: {title: {text: kind.unit + (DATA.spread && figure.id === "growth" ? " (log)" : ""), standoff: 10},
      automargin: true, gridcolor: GRID, zeroline: false, ...(kind.more ? kind.more() : {})}}), CONFIG);
}
for (const key of Object.keys(KINDS)) DRAW[key] = drawLines;
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
