const DAYS = numbers(DATA.days).map(date);
const MONEY = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});

/* Grey under what the fund model made up. */
function synthetic() {
  if (!DATA.synthetic) return {shapes: [], annotations: []};
  const [from, to] = DATA.synthetic.map(at => DAYS[at]);
  return {shapes: [band(from, to, "rgba(128,128,128,.28)")], annotations: [{text: "SYNTHETIC", x: from, xanchor: "left",
    yref: "paper", y: 1, yanchor: "top", showarrow: false, font: {size: 12.5}}]};
}

const line = (role, at) => ({hedge: {color: tone().hedge, width: 2.6}, held: {color: ink(), width: 2.2},
  main: {color: tone().muted, width: 1.4, dash: ["solid", "dash", "dot"][at % 3]}})[role] || {color: tone().part, width: .8};

/* What charts over days share: names beside their ends, and a label that tells every line of a day. */
const dated = ({annotations, shapes = [], ...more}) => ({dragmode: narrow() ? false : "zoom", hovermode: "x unified",
  showlegend: false, margin: {l: 10, r: beside(), t: 20, b: 10},
  hoverlabel: {font: {size: 12}, bgcolor: tone().paper, bordercolor: tone().muted},
  shapes: [...synthetic().shapes, ...shapes], annotations: [...synthetic().annotations, ...annotations], ...more});
const days = more => ({...axis("", {type: "date", hoverformat: "%Y-%m-%d", ...more}), gridcolor: tone().grid});

/* Equity, drawdown, the hedge over what it is compared with, and net beta, over the same days. */
function drawGrowth(figure) {
  const {books, over, beta, held, spread, reach} = DATA.growth, rows = over.length ? 4 : 3;
  const domains = rows === 4 ? [[.6, 1], [.4, .56], [.2, .36], [0, .16]] : [[.52, 1], [.26, .48], [], [0, .2]];
  const lines = books.map((book, at) => ({...book, y: numbers(book.equity), line: line(book.role, at)}));
  const on = (name, y, style, more) => ({type: "scatter", mode: "lines", name: plain(name), x: DAYS, y, line: style, ...more});
  const told = narrow() ? "%{y:$.3s}, fall %{customdata:.0%}" : "%{y:$,.0f}, %{customdata:.1%} from its peak";
  const upper = lines.map((one, at) => on(one.name, one.y, one.line, {customdata: numbers(one.drawdown), zorder: -at, hovertemplate: told}));
  const lower = lines.map((one, at) => on(one.name, numbers(one.drawdown), one.line, {yaxis: "y2", zorder: -at, hoverinfo: "skip"}));
  const ratios = over.map((one, at) => on(one.name, numbers(one.y), at ? line("main", 1) : line("hedge"),
    {yaxis: "y3", hovertemplate: "%{y:.3f}"}));
  const net = on("net beta", numbers(beta), {...line("hedge"), width: 1.4, shape: "hv"}, {yaxis: "y4", hovertemplate: "%{y:.2f}"});
  const strong = lines.filter(one => one.role), ends = [Math.log(reach[0] * .94), Math.log(reach[1] * 1.06)];
  const log = Boolean(spread), range = log ? ends.map(end => end / Math.LN10) : roomy(reach);
  const titles = strong.map(one => ({name: narrow() ? one.name : `${one.name} $${MONEY.format(last(one.y)).toLowerCase()}`,
    end: log ? Math.log(last(one.y)) : last(one.y), color: one.line.color, strong: one.role === "hedge" || one.role === "held"}));
  const apart = roomy([1, ...ratios.flatMap(one => one.y)]);
  const parts = ratios.map((one, at) => ({name: narrow() ? over[at].name : `${over[at].name} ${last(one.y).toFixed(2)}`,
    end: last(one.y), color: one.line.color, strong: !at}));
  const topic = (text, y) => ({text, x: 0, xref: "paper", xanchor: "left", y, yref: "paper", yanchor: "bottom",
    showarrow: false, font: {size: 12.5, color: tone().muted}});
  const up = (at, more) => ({...still, domain: domains[at], automargin: true, gridcolor: tone().grid, zerolinecolor: tone().grid, ...more});
  plot(figure, [...upper, ...lower, ...ratios, net], dated({hoversubplots: "axis",
    shapes: [...held.map(([from, to]) => band(DAYS[from], DAYS[to], shade())), ...(rows === 4 ? [rule("y3", 1)] : []), rule("y4", 0)],
    annotations: [topic(log ? "Equity, $, a step up is the same percentage" : "Equity, $", 1),
      topic("Fall from the highest so far", domains[1][1]), ...(rows === 4 ? [topic("The hedge over the others", domains[2][1])] : []),
      topic("Net beta of the hedged book", domains[3][1]),
      ...endNames(figure, titles, domains[0], linear(log ? ends : range)),
      ...(rows === 4 ? endNames(figure, parts, domains[2], linear(apart)) : [])],
    xaxis: days({anchor: "y4"}), yaxis: up(0, {...logarithmic(spread), range}), yaxis2: up(1, {tickformat: ".0%"}),
    ...(rows === 4 ? {yaxis3: up(2, {range: apart})} : {}), yaxis4: up(3, {nticks: 4})}));
}
const shade = () => night() ? "rgba(255,138,74,.16)" : "rgba(184,66,10,.11)";
const rule = (yref, y) => ({type: "line", xref: "paper", x0: 0, x1: 1, yref, y0: y, y1: y, line: {color: tone().muted, width: 1}});

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
    textposition: narrow() ? "none" : "outside", cliponaxis: false, increasing: colour(tone().part), decreasing: colour(tone().part), totals: colour(tone().total),
    connector: {line: {color: GRID, width: 1}}, hovertext: names.map((name, at) => `${name}: ${texts[at]}`), hoverinfo: "text"}], {showlegend: false,
    xaxis: axis(title, {...still, tickformat, nticks: narrow() ? 4 : 8, tickangle: 0, zeroline: true,
      range}),
    yaxis: {...still, automargin: true, autorange: "reversed", ticks: ""}});
}

function drawLinked(figure) {
  const dashes = ["solid", "solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid"];
  const lines = DATA.linked.map((one, at) => ({type: "scatter", mode: "lines", name: plain(one.name),
    x: DAYS.slice(0, floats(one.y).length), y: numbers(one.y), hovertemplate: "%{y:+,.1f} points",
    zorder: -at, line: at ? {...line("main", 0), dash: dashes[at % dashes.length]} : line("hedge")}));
  const range = roomy(lines.flatMap(one => one.y));
  const ends = lines.map((one, at) => ({name: DATA.linked[at].name, end: last(one.y), color: one.line.color, strong: !at}));
  plot(figure, lines, dated({annotations: endNames(figure, ends, [0, 1], linear(range)), xaxis: days(),
    yaxis: upward("points of total return", {...still, tickformat: ",", range, gridcolor: tone().grid})}));
}

/* The run's own dates among all others. */
function drawShifts(figure) {
  const {counts, edges, own, mean, band: nine} = DATA.shifts, middle = counts.map((_, at) => (edges[at] + edges[at + 1]) / 2);
  const mark = (x, color, width) => ({type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: {color, width}});
  const said = (text, x, y, color) => ({text, x, y, yref: "paper", yanchor: "top", showarrow: false, xshift: 6, xanchor: "left",
    bgcolor: tone().paper, font: {size: 12.5, color}});
  const share = counts.map(count => count / counts.reduce((sum, one) => sum + one));
  plot(figure, [{type: "bar", x: middle, y: share, width: middle.map((_, at) => edges[at + 1] - edges[at]),
    marker: {color: tone().part, line: {width: .5, color: tone().paper}},
    hovertemplate: "%{x:.1f} % a year: %{y:.1%} of dates<extra></extra>"}], {showlegend: false, margin: {l: 10, r: 16, t: 10, b: 10},
    shapes: [...(nine ? [band(nine[0], nine[1], tone().chip)] : []), mark(own, ink(), 3), ...(mean === null ? [] : [mark(mean, tone().muted, 1.5)])],
    annotations: [said(`<b>its own dates ${own.toFixed(1)}\u202f%</b>`, own, 1, ink()),
      ...(mean === null ? [] : [said(`random dates, average ${mean.toFixed(1)}\u202f%`, mean, .88, tone().muted)])],
    xaxis: axis("growth, % a year", {...still, zeroline: false, gridcolor: tone().grid}),
    yaxis: upward("share of dates", {...still, tickformat: ".0%", gridcolor: tone().grid})});
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
  plot(figure, [line, dots("made dollars", one => one.pnl > 0, ink(), "circle"),
    dots("lost dollars", one => one.pnl <= 0, tone().muted, "x-thin-open")], {showlegend: false,
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
  at("all-episodes").open = true;
  row.open = true;
  row.scrollIntoView({behavior: "smooth", block: "start"});
}

function drawPath(figure) {
  const one = DATA.episodes[figure.dataset.episode], x = numbers(one.x), outside = one.outside, far = numbers(outside.x);
  const opens = place => place % 1 !== 0 ? " open" : "";
  const when = place => place === place ? DAYS[Math.ceil(place)] + opens(Math.round(place * 10) / 10) : "";
  const drawn = (name, at, y, more) => ({type: "scatter", mode: "lines+markers", name: plain(name), x: at, y,
    text: at.map(when), marker: {size: 4}, hovertemplate: `%{text}<br>${plain(name)} %{y:.2f}<extra></extra>`, ...more});
  const around = drawn(`${DATA.underlying} before and after`, far, numbers(outside.y),
    {mode: "lines", line: {color: ink(), width: 1, dash: "dot"}, connectgaps: false});
  const even = {type: "scatter", mode: "markers", name: `where ${plain(DATA.underlying)} had to be`, x: [x.at(-1)],
    y: [one.even], marker: {symbol: "diamond-open", size: 11, color: ink(), line: {width: 2}},
    hovertemplate: "break-even %{y:.2f}<extra></extra>"};
  const lines = [[DATA.underlying, one.underlying, ink()], [DATA.fund, one.fund, tone().hedge],
    [`${DATA.leverage} x the move`, one.naive, tone().muted]].map(([name, y, color]) => ({name, end: last(numbers(y)), color}));
  const ys = [...numbers(outside.y), ...[one.underlying, one.fund, one.naive].flatMap(numbers), one.even], range = roomy(ys);
  const all = far.filter(place => place === place).concat(x), first = Math.ceil(Math.min(...all)), final = Math.max(...all);
  const step = Math.max(1, Math.ceil((final - first) / (narrow() ? 3 : 4)));
  const tickvals = Array.from({length: Math.floor((final - first) / step) + 1}, (_, count) => first + count * step);
  plot(figure, [around, drawn(DATA.underlying, x, numbers(one.underlying), {line: {color: ink(), width: 2}}),
    drawn(DATA.fund, x, numbers(one.fund), {line: {color: tone().hedge, width: 2.4}}),
    drawn(`${DATA.leverage} x the move`, x, numbers(one.naive), {line: {color: tone().muted, width: 1.6, dash: "dash"}}),
    even], {shapes: [band(x[0], x.at(-1), shade())], showlegend: false, margin: {l: 10, r: 110, t: 10, b: 10},
    annotations: endNames(figure, lines, [0, 1], linear(range)),
    xaxis: axis("session", {...still, tickvals, ticktext: tickvals.map(place => DAYS[place])}),
    yaxis: upward("first fill = 100", {...still, range})});
}

Object.assign(DRAW, {growth: drawGrowth, linked: drawLinked, needs: drawNeeds, shifts: drawShifts, path: drawPath,
  bridge: figure => waterfall(figure, DATA.bridge, "end value, $", "$.3~s"),
  sleeve: figure => waterfall(figure, DATA.sleeve, "of the book's CAGR", "+.1~%"),
  cascade: figure => waterfall(figure, DATA.episodes[figure.dataset.episode].cascade, "of a dollar in the fund", "+.1~%")});

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
