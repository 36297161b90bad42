const DASHES = ["solid", "dash", "dot", "dashdot"];
const colour = run => COLOURS[run % COLOURS.length];
const dash = run => DASHES[Math.floor(run / COLOURS.length) % DASHES.length];
const swatch = (one, run) => {
  const mark = document.createElement("span");
  mark.className = "swatch"; mark.style.background = colour(run);
  one.prepend(mark);
};
for (const one of document.querySelectorAll("circle[data-run]")) one.style.fill = colour(one.dataset.run);
for (const table of document.querySelectorAll(".across")) table.querySelectorAll("th:not(:first-child)").forEach(swatch);
for (const table of document.querySelectorAll("#runs, #sum")) table.querySelectorAll("tbody td:first-child").forEach(swatch);
document.querySelectorAll("#months summary").forEach(swatch);

const PERCENT = value => `${(100 * value).toFixed(2)} %`, NUMBER = value => value.toFixed(2), RATIO = value => value.toFixed(3);
const KINDS = {
  growth: {unit: "value of $1", shown: value => `$${value.toPrecision(4)}`, more: () => logarithmic(DATA.spread)},
  drawdown: {unit: "from the highest so far", shown: PERCENT, more: () => ({tickformat: ".0%"})},
  derisk_daily: {unit: "hedged over sold daily", shown: RATIO, level: 1},
  held_less: {unit: "hedged over held less", shown: RATIO, level: 1},
  sharpe: {unit: "Sharpe ratio, a year", shown: NUMBER, level: 0},
  beta: {unit: "beta to unhedged", shown: NUMBER, level: 1},
};

function drawRuns(figure) {
  const {unit, shown, level, more = () => ({})} = KINDS[figure.id], lines = DATA.lines[figure.id], made = DATA.synthetic;
  const traces = lines.map((one, at) => {
    const x = numbers(one.x).map(date), y = numbers(one.y);
    return {type: "scatter", mode: "lines", name: plain(one.name), x, y, connectgaps: false,
      text: y.map((value, place) => `${x[place]}<br>${plain(one.name)} ${shown(value)}`), hovertemplate: "%{text}<extra></extra>",
      line: at >= DATA.runs ? {color: ink(), dash: "dot", width: 1.2} : {color: colour(at), dash: dash(at), width: 1.6}};
  });
  const across = Math.max(1, Math.floor(figure.clientWidth / (60 + 7.5 * Math.max(...lines.map(one => one.name.length)))));
  figure.style.height = `${380 + 20 * Math.ceil(lines.length / across)}px`;
  const flat = {type: "line", layer: "below", xref: "paper", x0: 0, x1: 1, y0: level, y1: level,
    line: {color: ink(), width: 1, dash: "dot"}};
  plot(figure, traces, {legend: {...LEGEND.legend, itemsizing: "trace"}, dragmode: narrow() ? false : "zoom",
    shapes: [...(made ? [band(...made, "rgba(255,179,0,.18)")] : []), ...(level === undefined ? [] : [flat])],
    xaxis: axis("session", {type: "date", zeroline: false}),
    yaxis: axis(unit + (DATA.spread && figure.id === "growth" ? " (log)" : ""), {zeroline: false, ...more()})});
}
for (const name of Object.keys(KINDS)) DRAW[name] = drawRuns;
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
