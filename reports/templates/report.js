const DAYS = numbers(DATA.days).map(date);
const MONEY = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});

/* Grey under what the fund model made up; under all of it, grey would tell nothing apart. */
function synthetic() {
  if (!DATA.synthetic) return {shapes: [], annotations: []};
  const [from, to] = DATA.synthetic.map(at => DAYS[at]), whole = from === DAYS[0] && to === DAYS[DAYS.length - 1];
  return {shapes: whole ? [] : [band(from, to, "rgba(128,128,128,.28)")], annotations: [{text: "SYNTHETIC", x: from, xanchor: "left",
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

const falls = values => {
  let highest = -Infinity;
  return values.map(value => value / (highest = Math.max(highest, value)) - 1);
};

/* Equity, drawdown, the hedge over what it is compared with, and net beta, over the same days. */
function drawGrowth(figure) {
  const {books, over, beta, held, spread, reach} = DATA.growth, rows = over.length ? 4 : 3;
  const domains = rows === 4 ? [[.6, 1], [.4, .56], [.2, .36], [0, .16]] : [[.52, 1], [.26, .48], [], [0, .2]];
  const lines = books.map((book, at) => ({...book, y: numbers(book.equity), line: line(book.role, at)}));
  lines.forEach(one => one.drawdown = falls(one.y));
  const on = (name, y, style, more) => trace(name, DAYS, y, {line: style, ...more});
  const told = narrow() ? "%{y:$.3s}, fall %{customdata:.0%}" : "%{y:$,.0f}, %{customdata:.1%} from its peak";
  const upper = lines.map((one, at) => on(one.name, one.y, one.line, {customdata: one.drawdown, zorder: -at, hovertemplate: told}));
  const lower = lines.map((one, at) => on(one.name, one.drawdown, one.line, {yaxis: "y2", zorder: -at, hoverinfo: "skip"}));
  const ratios = over.map((one, at) => on(one.name, lines[0].y.map((value, day) => value / lines[one.book].y[day]), at ? line("main", 1) : line("hedge"),
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
    shapes: [...held.map(([from, to]) => band(DAYS[from], DAYS[to], shade())), ...(rows === 4 ? [rule(1, "y3")] : []), rule(0, "y4")],
    annotations: [topic(log && !narrow() ? "Equity, $, a step up is the same percentage" : "Equity, $", 1),
      topic("Fall from the highest so far", domains[1][1]), ...(rows === 4 ? [topic("The hedge over the others", domains[2][1])] : []),
      topic("Net beta of the hedged book", domains[3][1]),
      ...endNames(figure, titles, domains[0], linear(log ? ends : range)),
      ...(rows === 4 ? endNames(figure, parts, domains[2], linear(apart)) : [])],
    xaxis: days({anchor: "y4"}), yaxis: up(0, {...logarithmic(spread), range}), yaxis2: up(1, {tickformat: ".0%"}),
    ...(rows === 4 ? {yaxis3: up(2, {range: apart})} : {}), yaxis4: up(3, {nticks: 4})}));
}
const rule = (y, yref) => level(y, {color: tone().muted, width: 1}, {yref});

/* A waterfall that lies on its side, so that its names can be read on any screen. */
function waterfall(figure, chart, title, tickformat) {
  const {labels, values, texts, starts} = chart, names = labels.map(plain);
  let sum = 0;
  const ends = values.map(value => sum += value), low = Math.min(0, ...ends), high = Math.max(0, ...ends);
  const room = (high - low || 1) * (narrow() ? .02 : .2), steps = [...values, sum];
  const said = narrow() ? names.map((name, at) => `${name}<br><b>${texts[at]}</b>`) : names;  // no room beside the bars
  const written = side => [...ends, sum].filter((_, at) => Math.sign(steps[at]) === side);  // where a text stands beyond
  const range = [Math.min(low, ...written(-1).map(end => end - room)), Math.max(high, ...written(1).map(end => end + room))];
  const fine = tickformat.endsWith("%") && range[1] - range[0] < .01 ? tickformat.replace(".1", ".2") : tickformat;
  const colour = color => ({marker: {color}}), part = colour(tone().part);
  plot(figure, [{type: "waterfall", orientation: "h", y: said, x: [...values, sum], text: texts,
    measure: [...values.map((_, at) => starts && !at ? "absolute" : "relative"), "total"], cliponaxis: false,
    textposition: narrow() ? "none" : "outside", increasing: part, decreasing: part, totals: colour(tone().total),
    connector: {line: {color: GRID, width: 1}}, hovertext: names.map((name, at) => `${name}: ${texts[at]}`), hoverinfo: "text"}],
    {showlegend: false, xaxis: axis(title, {...still, tickformat: fine, nticks: narrow() ? 4 : 8, tickangle: 0, zeroline: true, range}),
    yaxis: {...still, automargin: true, autorange: "reversed", ticks: ""}});
}

function drawLinked(figure) {
  const dashes = ["solid", "solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid"];
  const lines = DATA.linked.map((one, at) => trace(one.name, DAYS.slice(0, floats(one.y).length), numbers(one.y),
    {hovertemplate: "%{y:+,.1f} points", zorder: -at,
      line: at ? {...line("main", 0), dash: dashes[at % dashes.length]} : line("hedge")}));
  const range = roomy(lines.flatMap(one => one.y));
  const ends = lines.map((one, at) => ({name: DATA.linked[at].name, end: last(one.y), color: one.line.color, strong: !at}));
  plot(figure, lines, dated({annotations: endNames(figure, ends, [0, 1], linear(range)), xaxis: days(),
    yaxis: upward("points of total return", {...still, tickformat: ",", range, gridcolor: tone().grid})}));
}

/* The run's own dates among all others. */
function drawShifts(figure) {
  const {counts, edges, own, mean, band: nine} = DATA.shifts, muted = tone().muted;
  const said = (text, x, y, color) => ({text, x, y, yref: "paper", yanchor: "top", showarrow: false, xshift: 6, xanchor: "left",
    bgcolor: tone().paper, font: {size: 12.5, color}});
  const share = counts.map(count => count / counts.reduce((sum, one) => sum + one));
  plot(figure, [histogram(edges, share, {width: counts.map((_, at) => edges[at + 1] - edges[at]),
    marker: {color: tone().part, line: {width: .5, color: tone().paper}},
    hovertemplate: "%{x:.1f} % a year: %{y:.1%} of dates<extra></extra>"})], {showlegend: false,
    shapes: [...(nine ? [band(...nine, tone().chip)] : []), upright(own, {color: ink(), width: 3}),
      ...(mean === null ? [] : [upright(mean, {color: muted, width: 1.5})])],
    annotations: [said(`<b>its own dates ${own.toFixed(1)}\u202f%</b>`, own, 1, ink()),
      ...(mean === null ? [] : [said(`random dates, average ${mean.toFixed(1)}\u202f%`, mean, .88, muted)])],
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
  const group = (name, held, color, symbol) => {
    const some = all.filter(held);
    return dots(name, some.map(one => one.needed), some.map(one => one.moved),
      {color, symbol, size: 9, opacity: .85, line: {width: 1, color: ink()}}, {customdata: some.map(one => one.at),
        text: some.map(one => `No. ${one.at + 1}, sleeve ${one.dollars}`),
        hovertemplate: "%{text}<br>needed %{x:+.2%}<br>moved %{y:+.2%}<extra></extra>"});
  };
  const even = trace("break-even", [low, high], [low, high], {hoverinfo: "skip", line: {color: ink(), width: 1, dash: "dash"}});
  const side = (text, range) => axis(`${DATA.underlying} ${text}`, {...still, tickformat: "+.1~%", range});
  plot(figure, [even, group("made dollars", one => one.pnl > 0, ink(), "circle"),
    group("lost dollars", one => one.pnl <= 0, tone().muted, "x-thin-open")], {showlegend: false,
    xaxis: side("needed, from fill to fill", across), yaxis: side("moved", up),
    annotations: [{text: `${plain(DATA.fund)} gains ${DATA.leverage < 0 ? "below" : "above"} the line`, xref: "paper",
      yref: "paper", showarrow: false, font: {size: 12}, ...(DATA.leverage < 0 ? {x: 1, xanchor: "right", y: .02}
        : {x: .02, xanchor: "left", y: .98})}]});
  if (!figure.dataset.bound) figure.on("plotly_click", ({points: [{customdata}]}) => {
    if (customdata === undefined) return;
    const row = at(`episode-${customdata + 1}`);
    at("all-episodes").open = row.open = true;
    row.scrollIntoView({behavior: "smooth", block: "start"});
  });
  figure.dataset.bound = "yes";
}

function drawPath(figure) {
  const one = DATA.episodes[figure.dataset.episode], x = numbers(one.x), outside = one.outside, far = numbers(outside.x);
  const opens = place => place % 1 !== 0 ? " open" : "";
  const when = place => place === place ? DAYS[Math.ceil(place)] + opens(Math.round(place * 10) / 10) : "";
  const drawn = (name, at, y, line, more) => trace(name, at, y, {mode: "lines+markers", line, text: at.map(when),
    marker: {size: 4}, hovertemplate: `%{text}<br>${plain(name)} %{y:.2f}<extra></extra>`, ...more});
  const lines = [drawn(DATA.underlying, x, numbers(one.underlying), {color: ink(), width: 2}),
    drawn(DATA.fund, x, numbers(one.fund), {color: tone().hedge, width: 2.4}),
    drawn(`${DATA.leverage} x the move`, x, numbers(one.naive), {color: tone().muted, width: 1.6, dash: "dash"})];
  const around = drawn(`${DATA.underlying} before and after`, far, numbers(outside.y), {color: ink(), width: 1, dash: "dot"},
    {mode: "lines", connectgaps: false});
  const even = dots(`where ${DATA.underlying} had to be`, [x.at(-1)], [one.even],
    {symbol: "diamond-open", size: 11, color: ink(), line: {width: 2}}, {hovertemplate: "break-even %{y:.2f}<extra></extra>"});
  const range = roomy([...numbers(outside.y), ...lines.flatMap(one => one.y), one.even]);
  const ends = lines.map(({line, y}, at) => ({name: [DATA.underlying, DATA.fund, `${DATA.leverage} x the move`][at],
    end: last(y), color: line.color}));
  const all = far.filter(place => place === place).concat(x), first = Math.ceil(Math.min(...all)), final = Math.max(...all);
  const step = Math.max(1, Math.ceil((final - first) / (narrow() ? 3 : 4)));
  const tickvals = Array.from({length: Math.floor((final - first) / step) + 1}, (_, count) => first + count * step);
  plot(figure, [around, ...lines, even], {shapes: [band(x[0], x.at(-1), shade())], showlegend: false, margin: {l: 10, r: 110, t: 10, b: 10},
    annotations: endNames(figure, ends, [0, 1], linear(range)),
    xaxis: axis("session", {...still, tickvals, ticktext: tickvals.map(place => DAYS[place])}),
    yaxis: upward("first fill = 100", {...still, range})});
}

Object.assign(DRAW, {growth: drawGrowth, linked: drawLinked, needs: drawNeeds, shifts: drawShifts, path: drawPath,
  bridge: figure => waterfall(figure, DATA.bridge, "end value, $", "$.3~s"),
  sleeve: figure => waterfall(figure, DATA.sleeve, "of the book's CAGR", "+.1~%"),
  cascade: figure => waterfall(figure, DATA.episodes[figure.dataset.episode].cascade, "of a dollar in the fund", "+.1~%")});

if (at("order")) at("order").onchange = () => {
  const key = at("order").value, sign = key.startsWith("-") ? -1 : 1, name = key.replace("-", "");
  at("rows").append(...[...at("rows").children].sort((one, other) => sign * (one.dataset[name] - other.dataset[name])));
};
for (const row of document.querySelectorAll(".episode")) {
  row.ontoggle = () => row.open && row.querySelectorAll(".js-plotly-plot").forEach(one => Plotly.Plots.resize(one));
}
