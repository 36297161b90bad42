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
/* A name breaks after its underscores and dots. */
for (const one of document.querySelectorAll(".across th, .sheets th, #config td:first-child, #runs td:first-child, #sum td:first-child")) {
  for (const text of [...one.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)) {
    text.replaceWith(...text.data.split(/(?<=[_.])/).flatMap((part, at) => at ? [document.createElement("wbr"), part] : [part]));
  }
}

const MOST = 16;  // lines that have room for a name beside their ends; of more there is a legend
const NUMBER = value => value.toFixed(2), RATIO = value => value.toFixed(3);
const KINDS = {
  growth: {unit: "value of $1", shown: value => `$${value.toPrecision(4)}`},
  drawdown: {unit: "from the highest so far", shown: value => `${(100 * value).toFixed(2)} %`, more: () => ({tickformat: ".0%"})},
  derisk_daily: {unit: "hedged over sold daily", shown: RATIO, flat: 1},
  held_less: {unit: "hedged over held less", shown: RATIO, flat: 1},
  sharpe: {unit: "Sharpe ratio, a year", shown: NUMBER, flat: 0},
  beta: {unit: "beta to unhedged", shown: NUMBER, flat: 1},
};

for (const [name, {unit, shown, flat, more = () => ({})}] of Object.entries(KINDS)) DRAW[name] = figure => {
  const made = DATA.synthetic, first = !figure.data, many = DATA.lines[name].length > MOST;
  const lines = DATA.lines[name].map((one, at) => {
    const x = numbers(one.x).map(date), y = numbers(one.y);
    return {name: one.name, x, y, connectgaps: false, hovertemplate: "%{text}<extra></extra>",
      text: y.map((value, place) => `${x[place]}<br>${plain(one.name)} ${shown(value)}`),
      line: at >= DATA.runs ? {color: ink(), dash: "dot", width: 1.2} : {color: colour(at), dash: dash(at), width: 1.6}};
  });
  const longest = Math.max(...lines.map(one => one.name.length));
  const across = Math.max(1, Math.floor(figure.clientWidth / (60 + 7.5 * longest)));
  figure.style.height = `${380 + (many ? 20 * Math.ceil(lines.length / across) : 0)}px`;
  drawNamed(figure, lines, {dragmode: narrow() ? false : "zoom", ...(many ? LEGEND : {}), spread: name === "growth" && DATA.spread,
    shapes: [...(made ? [band(...made, "rgba(255,179,0,.18)")] : []),
      ...(flat === undefined ? [] : [level(flat, {color: ink(), width: 1, dash: "dot"}, BEHIND)])],
    xaxis: calendar(), yaxis: upward(unit, {zeroline: false, ...more()})});
  if (first) figure.on("plotly_clickannotation", ({annotation, index}) => {  // a name hides its line, and shows it again
    const at = lines.findIndex(one => one.name === annotation.name), hidden = figure.data[at].visible === "legendonly";
    Plotly.update(figure, {visible: hidden || "legendonly"}, {[`annotations[${index}].opacity`]: hidden ? 1 : .4}, [at]);
  });
};
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
