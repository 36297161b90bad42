const two = DATA.objectives.length > 1, onFront = new Set(DATA.best);
const values = DATA.objectives.map(one => [...floats(one.values)].map(value => value === value ? value : null));
const scales = DATA.parameters.map(one => one.numbers && numbers(one.numbers));
const everything = DATA.trials.map((_, place) => place);
const of = (which, places) => places.map(place => values[which][place]);
const told = place => [`<b>trial ${DATA.trials[place]}</b>`,
  ...DATA.objectives.map(one => `${plain(one.label)} ${plain(one.shown[place])}`),
  ...DATA.parameters.map(one => `${plain(one.label)} ${plain(one.short[place])}`)].join("<br>");
const trials = (name, x, places, which, marker, more) => dots(name, x, of(which, places), marker,
  {customdata: places, text: places.map(told), hovertemplate: "%{text}<extra></extra>", ...more});

/* A click on a trial shows its command and copies it. */
const picked = Object.assign(document.createElement("div"), {id: "picked", className: "run"});
runnable(picked, "");
function draw(figure, traces, caption, more) {
  const first = !figure.data;
  plot(figure, traces, {showlegend: false, margin: {l: 10, r: 16, t: 30, b: 10}, ...more});
  captionOf(figure).textContent = caption;
  if (first) figure.on("plotly_click", ({points}) => {
    const place = points.map(point => point.customdata).find(one => one !== undefined);
    if (place === undefined) return;
    figure.closest("figure").after(picked);
    picked.lastChild.textContent = DATA.commands[place];
    picked.firstChild.click();
  });
}
const side = one => axis("", {title: titleOf(titled(one)), tickformat: ticks(one)});
/* A name at a line's end on the side where there is room. */
const atEnd = (text, x, y, color) => ({text, x, y, xanchor: "right", xshift: -8, yshift: 14, showarrow: false, font: {size: 12.5, color}});
const faint = () => night() ? "#5d6872" : "#b3bcc4";

DRAW.front = figure => {
  const [across, up] = DATA.objectives, color = COLOURS[0], others = everything.filter(place => !onFront.has(place));
  const traces = [trials("other trials", of(0, others), others, 1, {color: faint(), size: 6}),
    trials("on the front", of(0, DATA.best), DATA.best, 1, {color, size: 9}, {mode: "lines+markers",
      line: {color, width: 1, shape: across.lower === up.lower ? "vh" : "hv"}})];
  if (DATA.selling) traces.push(trace("core sold to cash", ...DATA.selling.values.map(numbers), {mode: "lines+markers",
    line: {color: COLOURS[1], dash: "dot"}, marker: {size: 5},
    text: DATA.selling.shares, hovertemplate: "<b>%{text} of the core sold</b><br>" +
      `${plain(across.label)} %{x:${across.format}}<br>${plain(up.label)} %{y:${up.format}}<extra></extra>`}));
  const ahead = (one, other) => up.lower ? values[1][one] < values[1][other] : values[1][one] > values[1][other];
  const first = DATA.best.reduce((best, one) => ahead(one, best) ? one : best, DATA.best[0]);
  const ends = first === undefined ? [] : [{...atEnd("<b>the front</b>", values[0][first], values[1][first], color),
    xanchor: across.lower ? "right" : "left", xshift: 0, yshift: up.lower ? -14 : 14}];  // beyond it there is no trial
  if (DATA.selling) ends.push(atEnd("core sold to cash", ...DATA.selling.values.map(one => last(numbers(one))), COLOURS[1]));
  draw(figure, traces, "No other trial is better by both than one on the front. " + (DATA.selling
    ? "Dotted: no hedge at all, so much of the core in cash instead, restated monthly at the same costs. " : "") +
    "Touch a dot for its parameters, click it to copy its command.", {xaxis: side(across), yaxis: side(up), annotations: ends});
};

DRAW.history = figure => {
  const which = two ? +at("objective").value : 0, one = DATA.objectives[which], best = [];
  let so = null;
  for (const value of values[which]) {
    if (value !== null && (so === null || (one.lower ? value < so : value > so))) so = value;
    best.push(so);
  }
  const known = everything.filter(place => values[which][place] !== null);
  draw(figure, [trials("a trial", known.map(place => DATA.trials[place]), known, which, {color: faint(), size: 6}),
    trace(`${one.lower ? "lowest" : "highest"} so far`, DATA.trials, best,
      {hoverinfo: "skip", line: {color: COLOURS[0], shape: "hv"}})],
  `${one.label} of each trial in turn, and the ${one.lower ? "lowest" : "highest"} so far. What the sampler gains after the first few ` +
    "dozen is as likely fitted to this history as found.", {xaxis: axis("trial", {zeroline: false}), yaxis: side(one),
    annotations: so === null ? [] : [atEnd(`<b>${one.lower ? "lowest" : "highest"} so far</b>`, DATA.trials.at(-1), so, COLOURS[0])]});
  headingTo("history-part", one.came);
};

DRAW.slice = figure => {
  const which = two ? +at("against").value : 0, one = DATA.objectives[which], chosen = +at("parameter").value;
  const parameter = DATA.parameters[chosen], scale = scales[chosen];
  const known = everything.filter(place => values[which][place] !== null);
  const x = known.map(place => scale ? scale[place] : plain(parameter.texts[place]));
  const colorscale = night() ? [[0, "#39424a"], [1, "#8fc3ff"]] : [[0, "#d3e3f3"], [1, "#12508f"]];
  const kind = scale ? {type: "linear"}
    : {type: "category", categoryorder: "array", categoryarray: parameter.choices.map(plain)};
  draw(figure, [trials("", x, known, which, {size: 7, color: known.map(place => DATA.trials[place]), colorscale})],
    `A dot is a trial, ${night() ? "brighter" : "darker"} the later it came: where they ` +
    "crowd, the sampler looked for more. The other parameters differ from dot to dot.",
    {showlegend: false, xaxis: axis(parameter.title, {...kind, zeroline: false}), yaxis: side(one)});
  headingTo("slice-part", one.lie[chosen]);
};

for (const [menu, chart] of [["objective", "history"], ["against", "slice"], ["parameter", "slice"]]) {
  if (at(menu)) at(menu).onchange = () => DRAW[chart](at(chart));
}
