const below = (text, more) => axis(text, {title: titleOf(text, BELOW), ticklabelstandoff: 6, ...more});
const lucky = (figure, traces, more) =>
  plot(figure, traces, {height: 340, showlegend: false, bargap: 0, margin: {l: 10, r: 16, t: 12, b: 10}, ...more});

/* All combinations as bars, with the best and the unhedged book marked. */
const spreadOf = (title, format) => figure => {
  const {edges, counts, best, unhedged} = DATA[figure.id];
  const bars = histogram(edges, counts, {marker: {color: "#7f96ad"},
    hovertemplate: `%{x:${format}}: %{y:,} combinations<extra></extra>`});
  const marks = [["best", best, "#2f7ed8"], ["unhedged", unhedged, "#e08214"]].filter(([, at]) => at !== null);
  const left = best !== null && unhedged !== null && best < unhedged;
  lucky(figure, [bars], {height: 320, margin: {l: 10, r: 16, t: 36, b: 10},
    shapes: marks.map(([, at, color]) => upright(at, {color, width: 2})),
    annotations: marks.map(([name, at, color]) => ({x: at, y: 1, yref: "paper", yanchor: "bottom", showarrow: false,
      xanchor: (name === "best") === left ? "right" : "left", text: name, font: {color, size: 13}})),
    xaxis: below(title, {tickformat: format, zeroline: false}),
    yaxis: axis("combinations", {range: [0, Math.max(...counts) * 1.05]})});
};
DRAW["luck-sharpe"] = spreadOf("Sharpe ratio, a year", ".2f");
DRAW["luck-cagr"] = spreadOf("CAGR against unhedged (percentage points a year)", "+.1%");

DRAW["luck-logits"] = figure => {
  const {edges, counts} = DATA["luck-logits"];
  const bars = histogram(edges, counts, {marker: {color: middles(edges).map(one => one < 0 ? "#e08214" : "#2f7ed8")},
    hovertemplate: "logit %{x:.2f}: %{y:,} splits<extra></extra>"});
  lucky(figure, [bars], {xaxis: below("logit of the rank out of sample"), yaxis: axis("splits")});
};

DRAW["luck-halves"] = figure => {
  const {inside, outside, counts, line} = DATA["luck-halves"];
  const x = middles(inside), y = middles(outside), ends = [inside[0], inside.at(-1)];
  const z = y.map((_, row) => x.map((_, column) => counts[column][row] || null));
  const heat = {type: "heatmap", x, y, z, showscale: false, hoverongaps: false,
    colorscale: night() ? [[0, "#1f3a57"], [1, "#bcd9ff"]] : [[0, "#cfe0f2"], [1, "#0b3c73"]],
    hovertemplate: "in-sample %{x:.2f}<br>out of sample %{y:.2f}<br>%{z:,} splits<extra></extra>"};
  const straight = (at, line) => ({type: "scatter", mode: "lines", x: ends, y: ends.map(at), hoverinfo: "skip", line});
  const lines = [straight(one => one, {color: GRID, width: 2, dash: "dot"})];
  if (line) lines.push(straight(one => line[1] + line[0] * one, {color: "#e08214", width: 2}));
  const range = [Math.min(outside[0], ends[0]), Math.max(outside.at(-1), ends[0])];
  lucky(figure, [heat, ...lines], {xaxis: below("Sharpe ratio in-sample, a year", {range: ends}),
    yaxis: axis("out of sample", {range})});
};
