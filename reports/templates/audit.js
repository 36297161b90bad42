const marked = () => night() ? "rgba(255,193,7,.28)" : "rgba(255,179,0,.30)";
const price = value => value >= 1e5 ? value.toExponential(3) : +value.toPrecision(6);

/* Where a chart's x stand: each session in its place, or each day on the calendar. */
function scale(chart) {
  const days = chart.days && floats(chart.days), inside = x => days[Math.max(0, Math.min(days.length - 1, Math.round(x)))];
  return {days, x: packed => days ? [...floats(packed)] : [...floats(packed)].map(date),
    date: x => date(days ? inside(x) : x)};
}

function line(chart, one, more) {
  const x = floats(one.x), y = floats(one.y), {x: place, date: day} = scale(chart);
  return trace(one.name, place(one.x), [...y], {hovertemplate: "%{text}<extra></extra>",
    text: [...y].map((value, at) => `${day(x[at])}<br>${plain(one.name)} ${price(value)}`), ...more});
}

function candles(chart) {
  const {x, open, high, low, close} = Object.fromEntries(Object.entries(chart.candles).map(([key, one]) => [key, numbers(one)]));
  const {date: day} = scale(chart), side = fillcolor => ({line: {color: ink(), width: 1}, fillcolor});
  return {type: "candlestick", name: `${plain(chart.name)} (hollow: up)`, x, open, high, low, close,
    increasing: side(night() ? "#15191d" : "#fff"), decreasing: side(ink()), hoverinfo: "text",
    text: x.map((one, at) => `${day(one)}<br>open ${price(open[at])}<br>high ${price(high[at])}` +
      `<br>low ${price(low[at])}<br>close ${price(close[at])}`)};
}

/* The strip below: ticks for sessions of a whole history, splits and dividends. */
function strip(chart) {
  const {x: place, date: day, days} = scale(chart), traces = [], here = x => days ? x : date(x);
  if (!chart.near) {
    const ticks = numbers(chart.marks);
    traces.push(dots("sessions in question", place(chart.marks), ticks.map(() => .7),
      {symbol: "line-ns-open", size: 12, color: night() ? "#ffc107" : "#c77700", line: {width: 1}},
      {text: ticks.map(date), hovertemplate: "%{text}<extra></extra>"}));
  }
  for (const [kind, symbol] of [["split", "diamond"], ["dividend", "circle"]]) {
    const found = chart.events.filter(one => one.kind === kind);
    if (!found.length) continue;
    const named = chart.near && (kind === "split" || !narrow());
    traces.push(dots(`${kind}s`, found.map(one => here(one.x)), found.map(() => chart.near ? .5 : .1),
      {symbol, size: 8, color: ink()}, {mode: named ? "markers+text" : "markers", text: found.map(one => one.says),
        textposition: found.map(one => chart.near && one.x > days.length / 2 ? "middle left" : "middle right"),
        textfont: {size: 12}, hovertext: found.map(one => `${day(one.x)}<br>${one.says}`), hoverinfo: "text"}));
  }
  return traces.map(one => ({yaxis: "y3", showlegend: !chart.near, ...one}));
}

function traces(chart) {
  const main = chart.candles ? [candles(chart)]
    : chart.lines.map(one => line(chart, one, {line: {color: ink(), width: 1.2}}));
  const others = chart.others.map((one, at) => line(chart, one,
    {yaxis: "y2", line: {color: COLOURS[at % COLOURS.length], width: 1.6}}));
  if (chart.near && !chart.candles) main[0].mode = "lines+markers";
  if (chart.rings && floats(chart.rings.x).length) {
    main.push(line(chart, {...chart.rings, name: `the ${chart.rings.name}`}, {mode: "markers",
      marker: {symbol: "circle-open", size: 13, color: night() ? "#ff8a80" : "#b3261e", line: {width: 2.5}}}));
  }
  return [...others, ...main, ...strip(chart)];
}

/* A few sessions are named, one of them the first in question. */
function sessions(chart) {
  const {days} = scale(chart), step = Math.ceil(days.length / (narrow() ? 3 : 6));
  const from = Math.round(chart.marks[0][0] + .5) % step;
  const ticks = [...days.keys()].filter(at => at % step === from);
  return {title: {text: "session"}, tickvals: ticks, ticktext: ticks.map(at => date(days[at])),
    range: [-1, days.length], rangeslider: {visible: false}};
}

const valued = (unit, spread, more) => axis(spread ? `${unit} (log)` : unit,
  {zeroline: false, ...more, ...logarithmic(spread)});

function drawFinding(figure) {
  const chart = DATA[figure.id], below = strip(chart).length > 0, base = below ? .14 : 0;
  plot(figure, traces(chart), {shapes: chart.near ? chart.marks.map(([from, to]) => band(from, to, marked())) : [],
    xaxis: {anchor: below ? "y3" : "y", automargin: true, ticklabelstandoff: 4, gridcolor: GRID, zeroline: false,
      ...(chart.near ? sessions(chart) : {type: "date", title: {text: "session"}})},
    yaxis: valued(chart.unit, chart.spread, {domain: [base, 1]}),
    ...(chart.others.length ? {yaxis2: valued("total return, start = 100", chart.others_spread,
      {overlaying: "y", side: "right", tickmode: "auto", showgrid: false})} : {}),
    ...(below ? {yaxis3: {domain: [0, base - .04], range: [0, 1], visible: false, fixedrange: true}} : {})});
}
for (const figure of document.querySelectorAll(".chart")) DRAW[figure.id] = drawFinding;
