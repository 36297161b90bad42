/* The gap of the hedged book to the one that holds less, inside the band that the backtest promised. */
DRAW.gap = figure => {
  const {days, gap, band: bounds, late} = DATA.gap, edge = {hoverinfo: "skip", line: {width: 0}, connectgaps: false};
  const shade = (low, high, fillcolor) => [trace("", days, bounds[low], edge),
    trace("", days, bounds[high], {...edge, fill: "tonexty", fillcolor})];
  const middle = trace("median", days, bounds[2], {line: {color: tone().muted, width: 1.4, dash: "dash"},
    hovertemplate: "%{x|%Y-%m-%d} promised, median %{y:+.2%}<extra></extra>"});
  const own = trace("gap", days, gap, {line: {color: tone().hedge, width: 2.4},
    hovertemplate: "%{x|%Y-%m-%d} gap %{y:+.2%}<extra></extra>"});
  const marks = dots("late", late, late.map(day => gap[days.indexOf(day)]), {size: 6, color: tone().paper,
    line: {color: tone().hedge, width: 1.2}}, {hovertemplate: "%{x|%Y-%m-%d} written late<extra></extra>"});
  plot(figure, [...shade(0, 4, "rgba(128,128,128,.16)"), ...shade(1, 3, "rgba(128,128,128,.24)"), middle, own, marks],
    {showlegend: false, xaxis: axis("close", {...still, type: "date"}),
      yaxis: upward("gap in log growth", {...still, tickformat: "+.1%", zeroline: true})});
};

/* The evidence of both tests over time, on a logarithmic scale, and the line at which they alarm. */
DRAW.evidence = figure => {
  const {days, gap, timing, alarm} = DATA.evidence, of = [["growth", gap, tone().hedge, 2.4], ["when", timing, tone().total, 1.8]];
  const lines = of.map(([name, y, color, width]) => trace(name, days, y, {line: {color, width},
    hovertemplate: `%{x|%Y-%m-%d} ${name} %{y:.3~g}<extra></extra>`}));
  const line = trace("alarm", [days[0], days.at(-1)], [alarm, alarm], {hoverinfo: "skip", line: {color: tone().muted, width: 1, dash: "dash"}});
  const known = [...gap, ...timing].filter(one => one > 0);
  const range = [Math.log10(Math.min(.5, ...known)) - .05, Math.log10(Math.max(1.3 * alarm, ...known)) + .05];
  const ends = of.map(([name, y, color], at) => ({name, end: Math.log10(Math.max(last(y), 1e-300)), color, strong: !at}));
  const marks = endNames(figure, [...ends, {name: `alarm, ${alarm}`, end: Math.log10(alarm), color: tone().muted}], [0, 1], linear(range));
  plot(figure, [line, ...lines], {showlegend: false, margin: {l: 10, r: 84, t: 10, b: 10}, annotations: marks,
    xaxis: axis("close", {...still, type: "date"}),
    yaxis: upward("evidence", {...still, ...logarithmic(range.map(one => 10 ** one)), range})});
};
