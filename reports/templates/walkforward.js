const {objective, folds} = DATA;
const DAYS = numbers(DATA.books.days).map(date), starts = folds.map(fold => fold.test_first);

DRAW.books = figure => {
  const color = tone().muted, styles = [{color: tone().hedge, width: 2.6}, {color, dash: "dash"}, {color, dash: "dot"},
    {color, dash: "dashdot"}, {color: ink(), width: 2}];
  const lines = DATA.books.lines.map((one, at) => ({name: one.name, x: DAYS, y: numbers(one.y), line: {width: 1.4, ...styles[at]},
    hovertemplate: `%{x|%Y-%m-%d} ${plain(one.name)}<br>$%{y:,.0f}<extra></extra>`}));
  drawNamed(figure, lines.reverse(), {shapes: starts.map(day => upright(day, {color: GRID, dash: "dot", width: 1}, BEHIND)),
    spread: DATA.books.spread, xaxis: calendar(still), yaxis: upward("equity, $", still)});
};

DRAW.standing = figure => {
  const known = folds.filter(fold => fold.quartiles), quartile = which => known.map(fold => fold.quartiles[which]);
  const box = {type: "box", name: "all combinations in the test", x: known.map(fold => fold.test_first), hoverinfo: "y",
    lowerfence: quartile(0), q1: quartile(1), median: quartile(2), q3: quartile(3), upperfence: quartile(4),
    line: {color: tone().total, width: 1.2}, fillcolor: tone().chip};
  const chosen = (name, key, marker) => dots(name, starts, folds.map(fold => fold[key]), {size: 11, color: tone().hedge, ...marker},
    {text: folds.map(fold => `${fold.test_first} to ${fold.test_last}`),
      hovertemplate: `%{text}<br>${name} %{y:${objective.format}}<extra></extra>`});
  const months = starts.map(day => day.slice(0, 7));
  plot(figure, [box, chosen("chosen, in its training", "in_sample", {symbol: "circle-open", line: {width: 2.5}}),
    chosen("chosen, in its test", "out_of_sample", {line: {color: ink(), width: 1}})],
    {boxgap: .5, showlegend: false, xaxis: axis("first session of the test", {...still, type: "category", showgrid: false,
      tickvals: starts, ticktext: new Set(months).size === months.length ? months : starts}),
      yaxis: upward(objective.title, {...still, tickformat: ticks(objective), zeroline: true})});
};

/* One parameter: a line over each test, at the value that was followed in it. */
for (const which of varied) DRAW[`chosen-${which}`] = figure => {
  const {label, values, numbers: scale} = DATA.parameters[which];
  const place = at => scale ? scale[at] : at, ends = [place(0), place(values.length - 1)].map(Number);
  const room = (ends[1] - ends[0] || 1) * .08, [hindsight, ...followed] = DATA.chosen.map(row => row[which]);
  const held = [...followed, followed.at(-1)], named = scale ? {} : {tickvals: values.map((_, at) => at), ticktext: values.map(plain)};
  plot(figure, [{type: "scatter", mode: "lines", x: [...starts, folds.at(-1).test_last], y: held.map(place),
    line: {shape: "hv", color: tone().hedge, width: 2.2}, text: held.map(at => plain(values[at])),
    hovertemplate: `from %{x|%Y-%m-%d}<br>${plain(label)} %{text}<extra></extra>`}],
    {showlegend: false, xaxis: axis("", {...still, type: "date"}),
      shapes: [level(place(hindsight), {color: tone().muted, dash: "dash", width: 1.5}, BEHIND)],
      yaxis: axis("", {...still, range: [ends[0] - room, ends[1] + room], nticks: 6, ...named})});
};

function drawMaps() {
  const number = +at("fold").value, fold = folds[number - 1], dot = DATA.chosen[number]
    .map((place, which) => Math.floor(place / DATA.parameters[which].grouped));
  const draw = (side, window, caption) => {
    const surface = DATA.surfaces.find(one => one.fold === number && one.window === window);
    drawSurface(at(side), objective, surface, dot, 10);
    captionOf(at(side)).textContent = caption;
  };
  at("right").closest("figure").hidden = !fold;
  if (fold) {
    draw("left", "train", `Training, ${fold.train_first} to ${fold.train_last}`);
    draw("right", "test", `Test, ${fold.test_first} to ${fold.test_last}`);
  } else draw("left", "whole", "The whole history");
  at("map-caption").textContent = (!single && DATA.layered ? `Each cell is ${over(objective, "label")}. ` : "") +
    (single ? "" : `${key(objective, "0")}Each map has its own scale. Blank: no value. `) +
    `${single ? "The dot" : marker(at("left"))}: ${fold ? "what this training chose" : "the best of all, in hindsight"}.`;
  at("back").disabled = number === 0;
  at("on").disabled = number === folds.length;
}

/* A button that turns to the fold before or after. */
const button = (id, text, label, by) => Object.assign(document.createElement("button"), {id, type: "button",
  textContent: text, ariaLabel: label, onclick: () => { at("fold").value = +at("fold").value + by; drawMaps(); }});
at("fold").before(button("back", "\u2039", "the fold before", -1));
at("fold").after(button("on", "\u203a", "the fold after", 1));
at("fold").value = 1;
at("fold").onchange = drawMaps;
listen(drawMaps);
DRAW.left = DRAW.right = drawMaps;
drawMaps();
