const chosen = () => DATA.metrics[at("metric").value];

DRAW.map = figure => {
  const metric = chosen(), caption = captionOf(figure), shown = single ? varied : sides();
  const [across, up] = shown.map(one => DATA.parameters[one]);
  const grouped = shown.map(one => DATA.parameters[one]).filter(one => one.grouped > 1)
    .map(one => `, ${one.grouped} neighbouring values of ${one.label} to a cell`).join("");
  drawSurface(figure, metric, metric, single ? null : metric.cell, 24);
  caption.textContent = single ? `A gap: no value${grouped}.`
    : `Each cell is ${DATA.layered ? over(metric, "key") : metric.label}${grouped}. ` +
      (metric.meaning ? `${metric.label}: ${metric.meaning}. ` : "") + key(metric, metric.beside) +
      `Blank: no value. ${marker(figure)}: where the best of all combinations is.`;
};

/* Parallel coordinates: an axis for each parameter that varies, and the metric's. */
DRAW.lines = figure => {
  const value = floats(chosen().drawn), known = [...value.keys()].filter(row => value[row] === value[row]);
  const of = all => known.map(row => all[row]);
  const bothSides = of(value).some(one => one < 0) && of(value).some(one => one > 0);
  const metric = {...chosen(), signed: chosen().signed && bothSides};
  const {colorscale, reversescale, least, most} = colours(metric, value, ["#c3cad0", "#66707a"]);
  const dimensions = varied.map(which => {
    const {label, values, numbers, codes: held} = DATA.parameters[which];
    const place = of(codes(held)), scale = numbers || values.map((_, place) => place);
    const named = values.length <= 12 || !numbers ? {tickvals: scale, ticktext: values.map(plain)} : {};
    const range = scale.length > 1 ? {range: [scale[0], scale.at(-1)]} : {};
    return {label: plain(label), values: numbers ? place.map(one => numbers[one]) : place, ...named, ...range};
  });
  const last = plain(metric.label).replace(" against ", "<br>against ");
  dimensions.push({label: last, values: of(value), tickformat: ticks(metric)});
  const longest = Math.max(...DATA.parameters[varied[0]].values.map(text => text.length), 4);
  figure.style.minWidth = `${110 * dimensions.length}px`;
  figure.parentElement.classList.add("wide");
  const line = {color: of(value), colorscale, reversescale, cmin: least, cmax: most};
  Plotly.react(figure, [{type: "parcoords", dimensions, line, labelfont: {size: 12.5}, tickfont: {size: 12},
    rangefont: {color: "rgba(0,0,0,0)"}}],
    layout({height: 420, margin: {l: Math.min(32 + 6 * longest, 180), r: 80, t: 75, b: 30}}), CONFIG);
  captionOf(figure).textContent = "Each line is a combination, coloured by the last axis. " + key(metric, metric.beside) +
    "Drag along an axis to pick a range, tap it to let go.";
};

function drawTable() {
  const metric = chosen(), which = DATA.metrics.indexOf(metric), table = at("top");
  const others = DATA.main.filter(one => one !== which);
  table.replaceChildren();
  const head = table.createTHead().insertRow();
  element(head, "th");
  element(head, "th", metric.label).setAttribute("aria-sort", metric.lower ? "ascending" : "descending");
  for (const one of [...DATA.parameters, ...others.map(one => DATA.metrics[one])]) element(head, "th", one.label);
  metric.top.forEach((place, rank) => {
    const body = table.createTBody(), row = body.insertRow(), found = DATA.table[place], run = body.insertRow();
    const texts = [rank + 1, found.metrics[which], ...found.values, ...others.map(one => found.metrics[one])];
    for (const text of texts) element(row, "td", typeset(`${text}`));
    run.className = "run";
    const cell = run.insertCell();
    cell.colSpan = row.cells.length;
    runnable(element(cell, "div"), found.command);
  });
  for (const cell of table.querySelectorAll("th, tr:not(.run) td")) cell.className = cell.cellIndex ? "number" : "";
}

function draw() {
  const {headings, verdict} = chosen();
  for (const [id, found] of Object.entries(headings)) headingTo(id, found);
  at("verdict").textContent = typeset(verdict);
  DRAW.map(at("map"));
  DRAW.lines(at("lines"));
  drawTable();
}

at("metric").value = DATA.first;
at("metric").onchange = draw;
listen(() => DRAW.map(at("map")));
draw();
addEventListener("beforeprint", () => { if (at("luck-rest")) at("luck-rest").open = true; });
