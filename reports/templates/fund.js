const dates = packed => numbers(packed).map(date);

DRAW.dots = figure => {
  const x = numbers(DATA.dots.x), y = numbers(DATA.dots.y), days = dates(DATA.days), {changed} = DATA;
  const group = (name, held, color) => {
    const of = all => all.filter((_, place) => held(days[place]));
    return dots(name, of(x), of(y), {size: 4, color, opacity: .6}, {text: of(days),
      hovertemplate: `%{text}<br>${plain(DATA.underlying)} %{x:.2%}<br>${plain(DATA.fund)} %{y:.2%}<extra></extra>`});
  };
  const groups = changed ? [group(`before ${changed}`, day => day < changed, COLOURS[1]),
    group(`since ${changed}`, day => day >= changed, COLOURS[0])] : [group("sessions", () => true, COLOURS[0])];
  const fitted = trace(DATA.fitted.name, numbers(DATA.fitted.x), numbers(DATA.fitted.y),
    {line: {color: ink(), width: 1.5}, hoverinfo: "skip"});
  const daily = name => axis(`${name}, daily total return`, {tickformat: ".0%"});
  plot(figure, [...groups, fitted], {xaxis: daily(DATA.underlying), yaxis: daily(DATA.fund)});
};

DRAW.levels = figure => {
  const styles = [{color: ink(), width: 2}, {color: COLOURS[0], width: 1.5}, {color: COLOURS[1], width: 1.5, dash: "dot"}];
  const lines = DATA.levels.map((one, place) => trace(one.name, dates(one.x), numbers(one.y), {line: styles[place],
    hovertemplate: `%{x|%Y-%m-%d}<br>${plain(one.name)} $%{y:.4g}<extra></extra>`}));
  const x = DATA.changed, color = COLOURS[3], told = {x, xanchor: "right", yref: "paper", y: 1, yanchor: "top",
    text: "index change ", showarrow: false, font: {color}};
  plot(figure, lines, {shapes: x ? [upright(x, {color, dash: "dash", width: 1.5}, BEHIND)] : [], annotations: x ? [told] : [],
    xaxis: axis("session", {type: "date"}), yaxis: axis("value of $1 (log)", logarithmic(DATA.spread))});
};

DRAW.differences = figure => plot(figure, [{type: "bar", x: DATA.years, y: numbers(DATA.differences),
  marker: {color: COLOURS[0]}, hovertemplate: "%{x}<br>%{y:+.2%}<extra></extra>"}], {showlegend: false,
  xaxis: axis("year", {type: "category", showgrid: false}),
  yaxis: axis("fund less model (percentage points)", {tickformat: "+.1%"})});
