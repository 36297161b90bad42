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
