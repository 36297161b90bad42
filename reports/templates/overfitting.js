const below = (text, more) => axis(text, {title: {text, standoff: BELOW}, ...more});

/* All combinations as bars, with the best and the unhedged book marked. */
function drawSpread(figure, title, format, {edges, counts, best, unhedged}) {
  const middle = counts.map((_, place) => (edges[place] + edges[place + 1]) / 2), top = Math.max(...counts);
  const bars = {type: "bar", x: middle, y: counts, width: edges[1] - edges[0], marker: {color: "#7f96ad"},
    hovertemplate: `%{x:${format}}: %{y:,} combinations<extra></extra>`};
  const marks = [["best", best, "#2f7ed8"], ["unhedged", unhedged, "#e08214"]].filter(([, at]) => at !== null);
  const left = best !== null && unhedged !== null && best < unhedged;
  plot(figure, [bars], {height: 320, showlegend: false, bargap: 0, margin: {l: 10, r: 16, t: 36, b: 10},
    shapes: marks.map(([, at, color]) => ({type: "line", x0: at, x1: at, y0: 0, y1: 1, yref: "paper",
      line: {color, width: 2}})),
    annotations: marks.map(([name, at, color]) => ({x: at, y: 1, yref: "paper", yanchor: "bottom", showarrow: false,
      xanchor: (name === "best") === left ? "right" : "left", text: name, font: {color, size: 13}})),
    xaxis: below(title, {tickformat: format, zeroline: false}),
    yaxis: axis("combinations", {range: [0, top * 1.05]})});
}

DRAW["luck-logits"] = figure => {
  const {edges, counts} = DATA["luck-logits"];
  const middle = counts.map((_, place) => (edges[place] + edges[place + 1]) / 2);
  const bars = {type: "bar", x: middle, y: counts, width: edges[1] - edges[0],
    marker: {color: middle.map(one => one < 0 ? "#e08214" : "#2f7ed8")},
    hovertemplate: "logit %{x:.2f}: %{y:,} splits<extra></extra>"};
  plot(figure, [bars], {height: 340, showlegend: false, bargap: 0, margin: {l: 10, r: 16, t: 12, b: 10},
    xaxis: below("logit of the rank out of sample"),
    yaxis: axis("splits")});
};

DRAW["luck-halves"] = figure => {
  const {inside, outside, counts, line} = DATA["luck-halves"];
  const middle = edges => edges.slice(1).map((edge, place) => (edge + edges[place]) / 2);
  const x = middle(inside), y = middle(outside), ends = [inside[0], inside.at(-1)];
  const z = y.map((_, row) => x.map((_, column) => counts[column][row] || null));
  const scale = night() ? [[0, "#1f3a57"], [1, "#bcd9ff"]] : [[0, "#cfe0f2"], [1, "#0b3c73"]];
  const heat = {type: "heatmap", x, y, z, colorscale: scale, showscale: false, hoverongaps: false,
    hovertemplate: "in-sample %{x:.2f}<br>out of sample %{y:.2f}<br>%{z:,} splits<extra></extra>"};
  const straight = (at, more) => ({type: "scatter", mode: "lines", x: ends, y: ends.map(at), hoverinfo: "skip",
    ...more});
  const lines = [straight(one => one, {line: {color: GRID, width: 2, dash: "dot"}})];
  if (line) lines.push(straight(one => line[1] + line[0] * one, {line: {color: "#e08214", width: 2}}));
  const range = [Math.min(outside[0], ends[0]), Math.max(outside.at(-1), ends[0])];
  plot(figure, [heat, ...lines], {height: 340, showlegend: false, margin: {l: 10, r: 16, t: 12, b: 10},
    xaxis: below("Sharpe ratio in-sample, a year", {range: ends}),
    yaxis: axis("out of sample", {range})});
};

DRAW["luck-sharpe"] = figure => drawSpread(figure, "Sharpe ratio, a year", ".2f", DATA["luck-sharpe"]);
DRAW["luck-cagr"] = figure =>
  drawSpread(figure, "CAGR against unhedged (percentage points a year)", "+.1%", DATA["luck-cagr"]);
