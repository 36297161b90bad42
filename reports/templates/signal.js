const DAYS = DATA.days, SEEN = DAYS.slice(0, -1), FIRED = "rgba(47,126,216,.75)", STRIP = .05;
const shades = (stretches, colour) => stretches.map(([from, to]) => band(DAYS[from], DAYS[to], colour));
const line = (name, y, line, format) => ({name, x: SEEN, y, line,
  ...(format ? {hovertemplate: `%{x|%Y-%m-%d}<br>${plain(name)} %{y:${format}}<extra></extra>`} : {hoverinfo: "skip"})});
const drawn = (figure, lines, title, more, marks = []) => drawNamed(figure, lines, {shapes: [...shades(DATA.held, shade()), ...marks],
  xaxis: calendar({range: [DAYS[0], DAYS.at(-1)]}), yaxis: upward(title, {...still, ...more})});
const bound = () => ({color: tone().muted, width: 1.6, dash: "dash"});

DRAW.prices = figure => drawn(figure, DATA.levels.map(({name, y}, at) =>
  line(name, y, {color: at ? tone().hedge : ink(), width: 2.2}, ".1f")), "first close = 100");

DATA.inputs.forEach(({unit, values, thresholds, fired}, place) => { DRAW[`input-${place}`] = figure => {
  const percent = unit.startsWith("fraction"), format = percent ? ".1%" : ",.4~g";
  const title = percent ? `${unit.replace("fraction", "").trim() || "share"}, %` : unit || "value";
  drawn(figure, [line("threshold", thresholds, bound(), format), line("value", values, {color: ink(), width: 2.2}, format)],
    title, {tickformat: percent ? ".0%" : ",~g"}, shades(fired, FIRED).map(one => ({...one, y1: STRIP})));
}; });

DRAW.intensity = figure => {
  const flat = (name, value) => line(`${name} ${value}`, SEEN.map(() => value), bound());
  const bounds = [flat("policy.enter", DATA.enter), ...(DATA.exit === DATA.enter ? [] : [flat("policy.exit", DATA.exit)])];
  drawn(figure, [...bounds, line("intensity", DATA.intensity, {color: ink(), width: 2.2, shape: "hv"}, ".3~g")],
    "intensity, 0 to 1", {range: [-.04, 1.04]});
};
