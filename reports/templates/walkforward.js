const {objective, folds} = DATA;
const DAYS = numbers(DATA.books.days).map(date);
const tests = folds.map(fold => ({x: fold.test_first, text: `${fold.test_first} to ${fold.test_last}`}));

DRAW.books = figure => {
  const styles = [{color: ink(), width: 2.4}, {color: COLOURS[4], dash: "dash"}, {color: COLOURS[2], dash: "dot"},
    {color: COLOURS[1], dash: "dashdot"}, {color: COLOURS[0]}];
  const lines = DATA.books.lines.map((one, at) => ({type: "scatter", mode: "lines", name: plain(one.name), x: DAYS,
    y: numbers(one.y), line: {width: 1.6, ...styles[at]},
    hovertemplate: `%{x|%Y-%m-%d} ${plain(one.name)}<br>$%{y:,.0f}<extra></extra>`}));
  const edges = folds.map(fold => ({type: "line", layer: "below", x0: fold.test_first, x1: fold.test_first,
    yref: "paper", y0: 0, y1: 1, line: {color: GRID, dash: "dot", width: 1}}));
  plot(figure, lines.reverse(), {shapes: edges, legend: {...LEGEND.legend, ...columns(), traceorder: "reversed"},
    xaxis: axis("session", {...still, type: "date"}),
    yaxis: upward(DATA.books.spread ? "equity, $ (log)" : "equity, $", {...still, ...logarithmic(DATA.books.spread)})});
};

DRAW.standing = figure => {
  const names = tests.map(one => one.x), known = folds.map((fold, at) => [fold, at]).filter(([fold]) => fold.quartiles);
  const quartile = which => known.map(([fold]) => fold.quartiles[which]);
  const box = {type: "box", name: "all combinations in the test", x: known.map(([, at]) => names[at]), hoverinfo: "y",
    lowerfence: quartile(0), q1: quartile(1), median: quartile(2), q3: quartile(3), upperfence: quartile(4),
    line: {color: COLOURS[0], width: 1.2}, fillcolor: "rgba(47,126,216,.2)"};
  const dots = (name, key, marker) => ({type: "scatter", mode: "markers", name, x: names, y: folds.map(fold => fold[key]),
    marker: {size: 11, ...marker}, text: tests.map(one => one.text),
    hovertemplate: `%{text}<br>${name} %{y:${objective.format}}<extra></extra>`});
  plot(figure, [box, dots("chosen, in its training", "in_sample", {symbol: "circle-open", color: COLOURS[1],
    line: {width: 2.5}}), dots("chosen, in its test", "out_of_sample", {color: COLOURS[1], line: {color: ink(), width: 1}})],
    {boxgap: .5, xaxis: axis("first session of the test", {...still, type: "category", showgrid: false}),
      yaxis: upward(objective.title, {...still, tickformat: ticks(objective), zeroline: true})});
};

/* One parameter: a line over each test, at the value that was followed in it. */
for (const which of varied) DRAW[`chosen-${which}`] = figure => {
  const {label, values, numbers: scale} = DATA.parameters[which];
  const place = at => scale ? scale[at] : at, ends = [place(0), place(values.length - 1)].map(Number);
  const room = (ends[1] - ends[0] || 1) * .08, [hindsight, ...chosen] = DATA.chosen.map(row => place(row[which]));
  const x = [...folds.map(fold => fold.test_first), folds.at(-1).test_last], y = [...chosen, chosen.at(-1)];
  const named = scale ? {} : {tickvals: values.map((_, at) => at), ticktext: values.map(plain)};
  const texts = [...DATA.chosen.slice(1), DATA.chosen.at(-1)].map(row => plain(values[row[which]]));
  plot(figure, [{type: "scatter", mode: "lines", x, y, line: {shape: "hv", color: ink(), width: 2.2}, text: texts,
    hovertemplate: `from %{x|%Y-%m-%d}<br>${plain(label)} %{text}<extra></extra>`}],
    {showlegend: false, xaxis: axis("", {...still, type: "date"}),
      shapes: [{type: "line", layer: "below", xref: "paper", x0: 0, x1: 1, y0: hindsight, y1: hindsight,
        line: {color: COLOURS[1], dash: "dash", width: 1.5}}],
      yaxis: axis("", {...still, range: [ends[0] - room, ends[1] + room], nticks: 6, ...named})});
};

function drawMaps() {
  const number = +at("fold").value, fold = folds[number - 1], dot = DATA.chosen[number]
    .map((place, which) => Math.floor(place / DATA.parameters[which].grouped));
  const draw = (figure, window) => drawSurface(figure, objective,
    DATA.surfaces.find(one => one.fold === number && one.window === window), dot, 10);
  draw(at("left"), fold ? "train" : "whole");
  captionOf(at("left")).textContent = fold ? `Training, ${fold.train_first} to ${fold.train_last}` : "The whole history";
  at("right").closest("figure").hidden = !fold;
  if (fold) {
    draw(at("right"), "test");
    captionOf(at("right")).textContent = `Test, ${fold.test_first} to ${fold.test_last}`;
  }
  const cells = !single && DATA.layered ? `Each cell is ${over(objective, "label")}. ` : "";
  const scales = single ? "" : `${key(objective, "0")}Each map has its own scale. Blank: no value. `;
  const dots = fold ? "The dot: what this training chose." : "The dot: the best of all, in hindsight.";
  at("map-caption").textContent = cells + scales + dots;
  at("back").disabled = number === 0;
  at("on").disabled = number === folds.length;
}

/* A button that turns to the fold before or after. */
function button(id, text, label, by) {
  const made = document.createElement("button");
  Object.assign(made, {id, type: "button", textContent: text, ariaLabel: label});
  made.onclick = () => { at("fold").value = +at("fold").value + by; drawMaps(); };
  return made;
}
at("fold").before(button("back", "\u2039", "the fold before", -1));
at("fold").after(button("on", "\u203a", "the fold after", 1));
at("fold").value = 1;
at("fold").onchange = drawMaps;
listen(drawMaps);
DRAW.left = drawMaps;
DRAW.right = drawMaps;
drawMaps();
