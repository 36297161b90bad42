/* The mean path around triggers with its interval, and that of all days: the hedge above, the underlying below, or it alone. */
DRAW.after = figure => {
  const {offsets, lines} = DATA.after, both = lines.length > 1;
  const hues = both ? [tone().hedge, ink()] : [ink()], domains = both ? [[.53, 1], [0, .47]] : [[0, 1]];
  const paths = lines.map(one => Object.fromEntries(["after", "low", "high", "all_days"].map(part => [part, numbers(one[part])])));
  const ranges = paths.map(one => roomy(Object.values(one).flat())), grid = {gridcolor: tone().grid};
  const traces = lines.flatMap(({name}, at) => {
    const {after, low, high, all_days} = paths[at], color = hues[at], edge = {hoverinfo: "skip", line: {width: 0}};
    const on = (y, more) => ({x: offsets, y, yaxis: at ? "y2" : "y", type: "scatter", mode: "lines", ...more});
    const said = what => `%{x} sessions: ${plain(name)} %{y:+.2%}<br>${what}<extra></extra>`;
    return [on(low, edge), on(high, {...edge, fill: "tonexty", fillcolor: `${color}33`}),
      on(all_days, {hovertemplate: said("all days"), line: {color: tone().muted, width: 1.6, dash: "dash"}}),
      on(after, {hovertemplate: said("after triggers"), line: {color, width: 2.4}})];
  });
  const names = lines.flatMap(({name}, at) => endNames(figure, [
    {name: narrow() ? `${name}, triggers` : `${name} after triggers`, end: last(paths[at].after), color: hues[at], strong: true},
    {name: `${name}, all days`, end: last(paths[at].all_days), color: tone().muted}], domains[at], linear(ranges[at])));
  const value = at => upward(`${lines[at].name}, mean return`, {...still, ...grid, domain: domains[at], range: ranges[at],
    tickformat: ".0%", zeroline: true});
  plot(figure, traces, {showlegend: false, margin: {l: 10, r: beside(), t: 10, b: 10}, annotations: names,
    xaxis: axis("sessions from the trigger's close", {...still, ...grid, anchor: both ? "y2" : "y", zeroline: false,
      dtick: narrow() ? 20 : 10, tick0: 0}),
    yaxis: value(0), ...(both ? {yaxis2: value(1)} : {}), shapes: [upright(0, {color: ink(), width: 1, dash: "dot"}, BEHIND)]});
};
