/* The mean path around triggers with its interval, and that of all days: the fund above, the underlying below. */
function drawAfter(figure) {
  const {offsets, lines} = DATA.study, hues = [tone().hedge, ink()];
  const traces = lines.flatMap(({name, after, low, high, all_days}, at) => {
    const on = {x: offsets, yaxis: at ? "y2" : "y", type: "scatter", mode: "lines", showlegend: false};
    const edge = {...on, hoverinfo: "skip", line: {width: 0}};
    const said = what => `%{x} sessions: ${plain(name)} %{y:+.2%}<br>${what}<extra></extra>`;
    return [{...edge, y: numbers(low)}, {...edge, y: numbers(high), fill: "tonexty", fillcolor: `${hues[at]}33`},
      {...on, y: numbers(all_days), name: "all days", legendgroup: "all", showlegend: !at, hovertemplate: said("all days"),
        line: {color: ink(), width: 1.6, dash: "dash"}},
      {...on, y: numbers(after), name: `${plain(name)} after triggers`, showlegend: true,
        hovertemplate: said("after triggers"), line: {color: hues[at], width: 2.4}}];
  });
  const value = (name, domain) => upward(`${name}, mean return`, {...still, domain, tickformat: ".0%", zeroline: true});
  plot(figure, traces, {legend: {...LEGEND.legend, ...columns()},
    xaxis: axis("sessions from the trigger's close", {...still, anchor: "y2", zeroline: false, dtick: narrow() ? 20 : 10, tick0: 0}),
    yaxis: value(lines[0].name, [.46, 1]), yaxis2: value(lines[1].name, [0, .42]),
    shapes: [{type: "line", x0: 0, x1: 0, y0: 0, y1: 1, yref: "paper", layer: "below", line: {color: ink(), width: 1, dash: "dot"}}]});
}
