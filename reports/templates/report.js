const DAYS = numbers(DATA.days).map(date);
const BOOKS = [[0, "solid"], [0, "solid"], [4, "dash"], [1, "solid"], [2, "dot"], [2, "dash"], [3, "dashdot"], [4, "dot"]];
const PARTS = [[0, "solid"], [0, "solid"], [1, "solid"], [2, "dash"], [3, "dot"], [4, "dash"], [2, "dot"], [3, "dashdot"]];
/* The first line is the one it is about; colours that could be taken for each other differ in their dashes. */
const style = (styles, at) => {
  const [hue, dash] = styles[at % styles.length];
  return {color: at ? COLOURS[hue] : ink(), dash, width: at ? 1.6 : 2.4};
};

/* Grey under what the fund model made up. */
function synthetic() {
  if (!DATA.synthetic) return {shapes: []};
  const [from, to] = DATA.synthetic.map(at => DAYS[at]);
  return {shapes: [band(from, to, "rgba(128,128,128,.28)")], annotations: [{text: "SYNTHETIC", x: from, xanchor: "left",
    yref: "paper", y: 1, yanchor: "top", showarrow: false, font: {size: 11}}]};
}

function drawGrowth(figure) {
  const of = (book, at, y, more) => ({type: "scatter", mode: "lines", name: plain(book.name), x: DAYS, y: numbers(y),
    line: style(BOOKS, at), visible: book.shown || "legendonly", legendgroup: `book ${at}`, ...more});
  const upper = DATA.books.map((book, at) => of(book, at, book.equity,
    {hovertemplate: `%{x|%Y-%m-%d} ${plain(book.name)}<br>$%{y:,.0f}<extra></extra>`}));
  const lower = DATA.books.map((book, at) => of(book, at, book.drawdown, {yaxis: "y2", showlegend: false,
    hovertemplate: `%{x|%Y-%m-%d} ${plain(book.name)}<br>%{y:.1%} from its peak<extra></extra>`}));
  plot(figure, [...upper.reverse(), ...lower.reverse()], {dragmode: narrow() ? false : "zoom", ...synthetic(),
    shapes: [...synthetic().shapes, ...DATA.held.map(([from, to]) => band(DAYS[from], DAYS[to], HELD))],
    legend: {...LEGEND.legend, ...columns(), traceorder: "reversed"},
    xaxis: axis("session", {type: "date", anchor: "y2"}),
    yaxis: upward(DATA.spread ? "equity, $ (log)" : "equity, $", {...still, domain: [.38, 1], ...logarithmic(DATA.spread)}),
    yaxis2: upward("drawdown", {...still, domain: [0, .33], tickformat: ".0%"})});
}

/* A waterfall that lies on its side, so that its names can be read on any screen. */
function waterfall(figure, chart, title, tickformat) {
  const {labels, values, texts, starts} = chart, names = labels.map(plain);
  let sum = 0;
  const ends = values.map(value => sum += value), low = Math.min(0, ...ends), high = Math.max(0, ...ends);
  const room = (high - low || 1) * (narrow() ? .02 : .2), steps = [...values, sum];
  const said = narrow() ? names.map((name, at) => `${name}<br><b>${texts[at]}</b>`) : names;  // no room beside the bars
  const written = side => [...ends, sum].filter((_, at) => Math.sign(steps[at]) === side);  // where a text stands beyond
  const range = [Math.min(low, ...written(-1).map(end => end - room)), Math.max(high, ...written(1).map(end => end + room))];
  const colour = color => ({marker: {color}});
  plot(figure, [{type: "waterfall", orientation: "h", y: said, x: [...values, sum], text: texts,
    measure: [...values.map((_, at) => starts && !at ? "absolute" : "relative"), "total"], 
    textposition: narrow() ? "none" : "outside", cliponaxis: false, increasing: colour(GAIN), decreasing: colour(LOSS), totals: colour(night() ? "#a0a9b2" : "#59626b"),
    connector: {line: {color: GRID, width: 1}}, hovertext: names.map((name, at) => `${name}: ${texts[at]}`), hoverinfo: "text"}], {showlegend: false,
    xaxis: axis(title, {...still, tickformat, nticks: narrow() ? 4 : 8, tickangle: 0, zeroline: true,
      range}),
    yaxis: {...still, automargin: true, autorange: "reversed", ticks: ""}});
}

function drawLinked(figure) {
  const lines = DATA.linked.map((one, at) => ({type: "scatter", mode: "lines", name: plain(one.name),
    x: DAYS.slice(0, floats(one.y).length), y: numbers(one.y), line: style(PARTS, at),
    hovertemplate: `%{x|%Y-%m-%d} ${plain(one.name)}<br>%{y:+,.1f} points<extra></extra>`}));
  plot(figure, lines, {dragmode: narrow() ? false : "zoom", ...synthetic(), legend: {...LEGEND.legend, ...columns()},
    xaxis: axis("session", {type: "date"}), yaxis: upward("points of total return", {...still, tickformat: ","})});
}

/* Needed and got: a fund against the market gains below the line, one with it above. */
function drawNeeds(figure) {
  const all = DATA.episodes.map((one, at) => ({...one, at}));
  const reach = values => {
    const low = Math.min(0, ...values), high = Math.max(0, ...values), room = .06 * (high - low) || .01;
    return [low - room, high + room];
  };
  const across = reach(all.map(one => one.needed)), up = reach(all.map(one => one.moved));
  const [low, high] = [Math.min(across[0], up[0]), Math.max(across[1], up[1])];
  const dots = (name, held, color, symbol) => {
    const some = all.filter(held);
    return {type: "scatter", mode: "markers", name, x: some.map(one => one.needed), y: some.map(one => one.moved),
      customdata: some.map(one => one.at), text: some.map(one => `No. ${one.at + 1}, sleeve ${one.dollars}`),
      marker: {color, symbol, size: 9, opacity: .85, line: {width: 1, color: ink()}},
      hovertemplate: `%{text}<br>needed %{x:+.2%}<br>moved %{y:+.2%}<extra></extra>`};
  };
  const line = {type: "scatter", mode: "lines", name: "break-even", x: [low, high], y: [low, high], hoverinfo: "skip",
    line: {color: ink(), width: 1, dash: "dash"}};
  plot(figure, [line, dots("made dollars", one => one.pnl > 0, GAIN, "circle"),
    dots("lost dollars", one => one.pnl <= 0, LOSS, "x")], {
    xaxis: axis(`${DATA.underlying} needed, from fill to fill`, {...still, tickformat: "+.1~%", range: across}),
    yaxis: axis(`${DATA.underlying} moved`, {...still, tickformat: "+.1~%", range: up}),
    annotations: [{text: `${plain(DATA.fund)} gains ${DATA.leverage < 0 ? "below" : "above"} the line`, xref: "paper",
      yref: "paper", showarrow: false, font: {size: 12}, ...(DATA.leverage < 0 ? {x: 1, xanchor: "right", y: .02}
        : {x: .02, xanchor: "left", y: .98})}]});
  if (!figure.dataset.bound) {
    figure.dataset.bound = "yes";
    figure.on("plotly_click", ({points: [{customdata}]}) => customdata !== undefined && openRow(customdata + 1));
  }
}

function openRow(number) {
  const row = at(`episode-${number}`);
  row.open = true;
  row.scrollIntoView({behavior: "smooth", block: "start"});
}

function drawPath(figure) {
  const one = DATA.episodes[figure.dataset.path], x = numbers(one.x), outside = one.outside, far = numbers(outside.x);
  const opens = place => place % 1 !== 0 ? " open" : "";
  const when = place => place === place ? DAYS[Math.ceil(place)] + opens(Math.round(place * 10) / 10) : "";
  const line = (name, at, y, more) => ({type: "scatter", mode: "lines+markers", name: plain(name), x: at, y,
    text: at.map(when), marker: {size: 4}, hovertemplate: `%{text}<br>${plain(name)} %{y:.2f}<extra></extra>`, ...more});
  const around = line(`${DATA.underlying} before and after`, far, numbers(outside.y),
    {mode: "lines", line: {color: COLOURS[0], width: 1, dash: "dot"}, showlegend: false, connectgaps: false});
  const even = {type: "scatter", mode: "markers", name: `where ${plain(DATA.underlying)} had to be`, x: [x.at(-1)],
    y: [one.even], marker: {symbol: "diamond-open", size: 11, color: ink(), line: {width: 2}},
    hovertemplate: "break-even %{y:.2f}<extra></extra>"};
  const all = far.filter(place => place === place).concat(x), first = Math.ceil(Math.min(...all)), last = Math.max(...all);
  const step = Math.max(1, Math.ceil((last - first) / (narrow() ? 3 : 4)));
  const tickvals = Array.from({length: Math.floor((last - first) / step) + 1}, (_, count) => first + count * step);
  plot(figure, [around, line(DATA.underlying, x, numbers(one.underlying), {line: {color: COLOURS[0], width: 2}}),
    line(DATA.fund, x, numbers(one.fund), {line: {color: ink(), width: 2}}),
    line(`${DATA.leverage} x the move`, x, numbers(one.naive), {line: {color: COLOURS[1], width: 1.6, dash: "dash"}}),
    even], {shapes: [band(x[0], x.at(-1), HELD)],
    xaxis: axis("session", {...still, tickvals, ticktext: tickvals.map(place => DAYS[place])}),
    yaxis: upward("first fill = 100", still)});
}

function drawForest(figure) {
  const {title, format, rows} = DATA.forest[at("figure").value], names = rows.map(row => plain(row[0]));
  const [x, low, high] = [1, 2, 3].map(part => rows.map(row => row[part]));
  const sure = rows.map((_, row) => low[row] > 0 || high[row] < 0);
  plot(figure, [{type: "scatter", mode: "markers", y: names, x,
    error_x: {type: "data", symmetric: false, array: high.map((value, row) => value - x[row]),
      arrayminus: low.map((value, row) => x[row] - value), thickness: 2, width: 5, color: ink()},
    marker: {size: 10, color: ink(), symbol: sure.map(one => one ? "circle" : "circle-open"), line: {width: 2}},
    customdata: rows.map((_, row) => [low[row], high[row]]),
    hovertemplate: `%{y}<br>%{x:${format}}<br>%{customdata[0]:${format}} to %{customdata[1]:${format}}<extra></extra>`}], {
    showlegend: false, shapes: [{type: "line", x0: 0, x1: 0, y0: 0, y1: 1, yref: "paper", layer: "below",
      line: {color: ink(), width: 1.5}}],
    xaxis: axis(narrow() ? "hedged less control" : `${title}: hedged less control`, {...still, tickformat: format, nticks: narrow() ? 4 : 8}),
    yaxis: {...still, automargin: true, autorange: "reversed", gridcolor: GRID}});
}

const DRAW = {growth: drawGrowth, linked: drawLinked, needs: drawNeeds, forest: drawForest, after: drawAfter,
  bridge: figure => waterfall(figure, DATA.waterfalls.bridge, "end value, $", "$.3~s"),
  sleeve: figure => waterfall(figure, DATA.waterfalls.sleeve, "of the book's CAGR", "+.1~%")};

function draw(figure) {
  if (figure.dataset.path) drawPath(figure);
  else if (figure.dataset.cascade) {
    waterfall(figure, DATA.episodes[figure.dataset.cascade].cascade, "of a dollar in the fund", "+.1~%");
  } else DRAW[figure.id](figure);
}

if (at("figure")) {
  DATA.forest.forEach(({title}, place) => at("figure").add(new Option(title, place)));
  at("figure").onchange = () => drawForest(at("forest"));
}
if (at("order")) {
  at("order").onchange = () => {
    const key = at("order").value, down = key.startsWith("-"), name = key.replace("-", "");
    const rows = [...at("rows").children].sort((one, other) => (down ? -1 : 1) * (one.dataset[name] - other.dataset[name]));
    at("rows").append(...rows);
  };
}
for (const row of document.querySelectorAll(".episode")) {
  row.ontoggle = () => row.open && row.querySelectorAll(".js-plotly-plot").forEach(one => Plotly.Plots.resize(one));
}
drawWhenSeen([...document.querySelectorAll(".chart")], draw);
