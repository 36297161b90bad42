const DAYS = DATA.days, SEEN = DAYS.slice(0, -1), FIRED = "rgba(47,126,216,.75)", STRIP = .05;
const shades = (stretches, colour) => stretches.map(([from, to]) => band(DAYS[from], DAYS[to], colour));
const strip = stretches => shades(stretches, FIRED).map(one => ({...one, y1: STRIP}));
const days = axis("session", {type: "date", range: [DAYS[0], DAYS.at(-1)]});
const said = (name, format) => `%{x|%Y-%m-%d}<br>${plain(name)} %{y:${format}}<extra></extra>`;
const line = (name, y, more) => ({type: "scatter", mode: "lines", name: plain(name), x: SEEN, y, ...more});

DRAW.prices = figure => {
  const hues = [{color: COLOURS[0], width: 2}, {color: ink(), width: 2}];
  const lines = DATA.levels.map(({name, y}, at) => line(name, y, {line: hues[at], hovertemplate: said(name, ".1f")}));
  plot(figure, lines, {shapes: shades(DATA.held, HELD), xaxis: days, yaxis: upward("first close = 100", still)});
};

DATA.inputs.forEach(({unit, values, thresholds, fired}, place) => { DRAW[`input-${place}`] = figure => {
  const percent = unit.startsWith("fraction"), format = percent ? ".1%" : ",.4~g";
  const title = percent ? unit.replace("fraction", "").trim() || "share" : unit || "value";
  const of = (name, y, more) => line(name, y, {...more, hovertemplate: said(name, format)});
  plot(figure, [of("threshold", thresholds, {line: {color: COLOURS[1], width: 1.6, dash: "dash"}}),
    of("value", values, {line: {color: ink(), width: 2}})], {
    shapes: [...shades(DATA.held, HELD), ...strip(fired)], xaxis: days,
    yaxis: upward(percent ? `${title}, %` : title, {...still, tickformat: percent ? ".0%" : ",~g"})});
}; });

DRAW.intensity = figure => {
  const flat = (name, value, hue) => line(`${name} ${value}`, SEEN.map(() => value), {hoverinfo: "skip",
    line: {color: COLOURS[hue], width: 1.6, dash: "dash"}});
  const intensity = line("intensity", DATA.intensity, {line: {color: ink(), width: 2, shape: "hv"},
    hovertemplate: said("intensity", ".3~g")});
  const bounds = [flat("policy.enter", DATA.enter, 1), ...(DATA.exit === DATA.enter ? [] : [flat("policy.exit", DATA.exit, 2)])];
  plot(figure, [...bounds, intensity], {shapes: shades(DATA.held, HELD), xaxis: days,
    yaxis: upward("intensity, 0 to 1", {...still, range: [-.04, 1.04]})});
};
