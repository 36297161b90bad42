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
  const told = groups.map(({name, marker: {color}}, at) => ({text: name, x: 1, xref: "paper", xanchor: "right", y: 1, yref: "paper",
    yanchor: "top", yshift: -16 * at, showarrow: false, font: {size: 12.5, color}}));
  const fitted = trace(DATA.fitted.name, numbers(DATA.fitted.x), numbers(DATA.fitted.y),
    {line: {color: ink(), width: 1.5}, hoverinfo: "skip"});
  const daily = (name, side = axis) => side(`${name}, daily total return`, {tickformat: ".0%"}), [fits] = [numbers(DATA.fitted.x)];
  told.push({text: `<b>${typeset(plain(DATA.fitted.name))}</b>`, x: fits.at(-1), y: last(numbers(DATA.fitted.y)), xanchor: "right", xshift: -12,
    showarrow: false, font: {size: 12.5, color: ink()}});
  plot(figure, [...groups, fitted], {showlegend: false, annotations: told, xaxis: daily(DATA.underlying), yaxis: daily(DATA.fund, upward)});
};

DRAW.levels = figure => {
  const styles = [{color: tone().hedge, width: 2.4}, {color: ink(), width: 1.5}, {color: tone().muted, width: 1.5, dash: "dot"}];
  const lines = DATA.levels.map((one, place) => ({name: one.name, x: dates(one.x), y: numbers(one.y), line: styles[place],
    hovertemplate: `%{x|%Y-%m-%d}<br>${plain(one.name)} $%{y:.4g}<extra></extra>`}));
  const x = DATA.changed, color = tone().muted, told = {x, xanchor: "right", yref: "paper", y: 1, yanchor: "top",
    text: "index change ", showarrow: false, font: {color, size: 12.5}};
  drawNamed(figure, lines, {spread: DATA.spread, xaxis: calendar(), yaxis: upward("value of $1"),
    shapes: x ? [upright(x, {color, dash: "dash", width: 1}, BEHIND)] : [], annotations: x ? [told] : []});
};

DRAW.differences = figure => plot(figure, [{type: "bar", x: DATA.years, y: numbers(DATA.differences),
  marker: {color: tone().part}, hovertemplate: "%{x}<br>%{y:+.2%}<extra></extra>"}], {showlegend: false,
  xaxis: axis("", {type: "category", showgrid: false, tickvals: DATA.years, ticktext: DATA.years.map(year => narrow() ? year.slice(0, 4) : year.replace(" (", "<br>("))}),
  yaxis: upward("fund less model (percentage points)", {tickformat: "+.1%"})});
