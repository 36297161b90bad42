/* What the sweep's page and the walk-forward's share: maps of a measure over two parameters, and the menus above them. */
const varied = [...new Set(DATA.pairs.flat())], single = varied.length === 1;
const highest = measure => measure.lower ? "lowest" : "highest";
const how = () => at("how") ? at("how").value : "best";
const sides = () => [+at("x").value, +at("y").value];

/* The matrix over two parameters: a row for each cell of y, a column for each of x. */
function matrix(packed, x, y) {
  const pair = DATA.pairs.findIndex(([a, b]) => a === Math.min(x, y) && b === Math.max(x, y)), all = floats(packed[pair]);
  const wide = DATA.parameters[x].cells.length, high = DATA.parameters[y].cells.length;
  return Array.from({length: high}, (_, row) =>
    Array.from({length: wide}, (_, column) => x < y ? all[column * high + row] : all[row * wide + column]));
}

/* Better stands out from the paper; differences are measured from 0. Both scales are safe for the colour-blind. */
function colours(measure, values, middle = ["#f3f3f3", "#343a40"]) {
  if (!measure.signed) return {colorscale: "Cividis", reversescale: night() === measure.lower};
  const most = values.reduce((most, value) => value !== value ? most : Math.max(most, Math.abs(value)), 0) || 1;
  const scale = night() ? ["#f59f3d", middle[1], "#6cb2ff"] : ["#b35806", middle[0], "#2166ac"];
  return {colorscale: scale.map((colour, place) => [place / 2, colour]), reversescale: measure.lower, least: -most, most};
}
const key = (measure, beside) => measure.signed ? `Blue is better than ${beside}, orange worse. `
  : `${night() ? "Brighter" : "Darker"} is ${measure.lower ? "lower" : "higher"}. `;

/* A map of a measure, or a line where one parameter varies, with a dot in the cell that `dot` names by parameter. */
function drawSurface(figure, measure, surface, dot, nticks) {
  if (single) return drawCurve(figure, measure, surface, dot);
  const [x, y] = sides(), across = DATA.parameters[x], up = DATA.parameters[y], z = matrix(surface[DATA.layered ? how() : "best"], x, y);
  const {colorscale, reversescale, least, most} = colours(measure, z.flat());
  const spoken = across.cells.length * 62 < figure.clientWidth - 90 && up.cells.length <= 20;  // room for a value in each cell
  const heat = {type: "heatmap", x: across.cells.map(plain), y: up.cells.map(plain), z, zmin: least, zmax: most,
    colorscale, reversescale, hoverongaps: false, showscale: !spoken, ...(spoken ? {text: z.map(row => row.map(brief(measure))), texttemplate: "%{text}"} : {}),
    textfont: {size: 12.5}, hovertemplate: `${plain(across.label)} %{x}<br>${plain(up.label)} %{y}` +
      `<br>${plain(measure.label)} %{z:${measure.format}}<extra></extra>`,
    colorbar: {orientation: "h", y: 1, yanchor: "bottom", thickness: 12, nticks: 6, tickformat: ticks(measure),
      outlinewidth: 0, title: {text: titled(measure), side: "top", font: {size: 12.5}}}};
  const [column, row] = dot ? [dot[x], dot[y]] : [], frame = dot && spoken ? [{type: "rect", x0: column - .5, x1: column + .5,
    y0: row - .5, y1: row + .5, line: {color: ink(), width: 2}}] : [];
  const marks = !dot || spoken ? [] : [dots("", [plain(across.cells[dot[x]])], [plain(up.cells[dot[y]])],
    {size: 10, color: "#000", line: {width: 2, color: "#fff"}}, {hoverinfo: "skip"})];
  const side = (parameter, nticks, standoff) => ({type: "category", automargin: true, nticks, showgrid: false, ...still,
    title: titleOf(plain(parameter.title), standoff), categoryorder: "array", categoryarray: parameter.cells.map(plain)});
  plot(figure, [heat, ...marks], {showlegend: false, shapes: frame, margin: {l: 10, r: 16, t: 20, b: 52},
    height: Math.min(Math.max(200 + 24 * up.cells.length, 380), 640),
    xaxis: side(across, narrow() ? 8 : nticks, BELOW), yaxis: side(up, 20, 12)});
}
const marker = figure => figure.layout.shapes.length ? "Framed" : "The dot";
/* A value as it stands in a cell: a percentage to a tenth, others in three digits. */
const brief = measure => value => value !== value || value === null ? "" : typeset(measure.format.endsWith("%")
  ? `${(100 * value).toFixed(1)} %` : `${+value.toPrecision(3)}`);

/* One parameter: a line, and a second for the median where values share a place. */
function drawCurve(figure, measure, surface, dot) {
  const parameter = DATA.parameters[varied[0]], straight = parameter.numbers && parameter.grouped === 1;
  const x = straight ? parameter.numbers : parameter.cells.map(plain);
  const line = (name, packed, color) => trace(name, x, numbers(packed), {mode: x.length > 60 ? "lines" : "lines+markers",
    line: {color}, hovertemplate: `${plain(parameter.label)} %{x}<br>${plain(measure.label)} %{y:${measure.format}}<extra></extra>`});
  const lines = [line(highest(measure), surface.best[0], COLOURS[0])];
  if (DATA.layered) lines.push(line("median", surface.median[0], COLOURS[1]));
  if (dot) lines.push(dots("", [x[dot[varied[0]]]], [lines[0].y[dot[varied[0]]]], {size: 12, color: ink()},
    {hoverinfo: "skip", showlegend: false}));
  plot(figure, lines, {height: 400, showlegend: DATA.layered,
    xaxis: axis(parameter.title, {type: straight ? "linear" : "category", zeroline: false}),
    yaxis: axis(measure.title, {tickformat: ticks(measure)})});
}

/* What a cell holds of the parameters that are on no axis. */
function over(measure, names) {
  const others = varied.filter(one => !single && !sides().includes(one)).map(one => DATA.parameters[one][names]);
  return `the ${how() === "best" ? highest(measure) : "median"} ${measure.label}` + (others.length ? ` over ${others.join(", ")}` : "");
}

/* The same parameter on both axes makes no map: the other axis takes the one that was left. */
function listen(redraw) {
  if (at("how")) at("how").onchange = redraw;
  if (single) return;
  let before = varied.slice(0, 2);
  [at("x").value, at("y").value] = before;
  for (const [changed, other, place] of [["x", "y", 0], ["y", "x", 1]]) at(changed).onchange = () => {
    if (at(changed).value === at(other).value) at(other).value = before[place];
    before = sides();
    redraw();
  };
}
