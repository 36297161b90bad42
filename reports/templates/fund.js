const dates = packed => numbers(packed).map(date);

DRAW.dots = figure => {
  const x = numbers(DATA.dots.x), y = numbers(DATA.dots.y), days = dates(DATA.days), {changed} = DATA;
  const dots = (name, held, color) => {
    const of = all => all.filter((_, place) => held(days[place]));
    return {type: "scatter", mode: "markers", name, x: of(x), y: of(y), text: of(days),
      marker: {size: 4, color, opacity: .6},
      hovertemplate: `%{text}<br>${plain(DATA.underlying)} %{x:.2%}<br>${plain(DATA.fund)} %{y:.2%}<extra></extra>`};
  };
  const groups = changed ? [dots(`before ${changed}`, day => day < changed, COLOURS[1]),
    dots(`since ${changed}`, day => day >= changed, COLOURS[0])] : [dots("sessions", () => true, COLOURS[0])];
  const fitted = {type: "scatter", mode: "lines", name: DATA.fitted.name, x: numbers(DATA.fitted.x),
    y: numbers(DATA.fitted.y), line: {color: ink(), width: 1.5}, hoverinfo: "skip"};
  plot(figure, [...groups, fitted], {xaxis: axis(`${DATA.underlying}, daily total return`, {tickformat: ".0%"}),
    yaxis: axis(`${DATA.fund}, daily total return`, {tickformat: ".0%"})});
};

DRAW.levels = figure => {
  const styles = [{color: ink(), width: 2}, {color: COLOURS[0], width: 1.5}, {color: COLOURS[1], width: 1.5, dash: "dot"}];
  const lines = DATA.levels.map((one, place) => ({type: "scatter", mode: "lines", name: plain(one.name),
    x: dates(one.x), y: numbers(one.y), line: styles[place],
    hovertemplate: `%{x|%Y-%m-%d}<br>${plain(one.name)} $%{y:.4g}<extra></extra>`}));
  const x = DATA.changed, change = {type: "line", layer: "below", x0: x, x1: x, yref: "paper", y0: 0, y1: 1,
    line: {color: COLOURS[3], dash: "dash", width: 1.5}};
  const told = {x, xanchor: "right", yref: "paper", y: 1, yanchor: "top", text: "index change ", showarrow: false,
    font: {color: COLOURS[3]}};
  plot(figure, lines, {shapes: x ? [change] : [], annotations: x ? [told] : [], xaxis: axis("session", {type: "date"}),
    yaxis: axis("value of $1 (log)", logarithmic(DATA.spread))});
};

DRAW.differences = figure => plot(figure, [{type: "bar", x: DATA.years, y: numbers(DATA.differences),
  marker: {color: COLOURS[0]}, hovertemplate: "%{x}<br>%{y:+.2%}<extra></extra>"}], {showlegend: false,
  xaxis: axis("year", {type: "category", showgrid: false}),
  yaxis: axis("fund less model (percentage points)", {tickformat: "+.1%"})});
