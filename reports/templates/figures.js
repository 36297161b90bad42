const narrow = () => innerWidth < 600;
const ink = () => night() ? "#eeeeec" : "#191a1c";
const COLOURS = ["#2f7ed8", "#e08214", "#2a9d6f", "#c061a5", "#8c6bb1"];
const date = days => new Date(days * 864e5).toISOString().slice(0, 10);

/* A logarithmic axis over a spread of values, with ticks at 1, 2 and 5 while they are few; linear where there is none. */
function logarithmic(spread) {
  if (!spread) return {type: "linear"};
  const [low, high] = spread.map(Math.log10), steps = high - low > 3 ? [1] : [1, 2, 5], tickvals = [];
  if (high - low < .7) return {type: "log"};
  for (let power = Math.floor(low); power <= high; power += 1) tickvals.push(...steps.map(step => step * 10 ** power));
  const short = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});
  const ticktext = tickvals.map(one => one < 1e-3 ? one.toExponential(0) : short.format(one));
  return {type: "log", tickmode: "array", tickvals, ticktext};
}

/* Draws each figure when it comes near the screen, again when the colours change, and those that have a place on paper
   for paper. One that is folded away waits until it is unfolded. */
function drawWhenSeen(figures, draw) {
  const drawn = new Set(), placed = figure => figure.checkVisibility();
  const show = figure => { near.unobserve(figure); drawn.add(figure); draw(figure); };
  const wait = figure => { drawn.delete(figure); near.observe(figure); };
  const redraw = () => [...drawn].forEach(figure => placed(figure) ? draw(figure) : wait(figure));
  const near = new IntersectionObserver(met => met.filter(one => one.isIntersecting).forEach(({target}) => show(target)),
    {rootMargin: "600px"});
  figures.forEach(wait);
  dark.addEventListener("change", redraw);
  addEventListener("beforeprint", () => { printing = true; figures.filter(placed).forEach(show); });
  addEventListener("afterprint", () => { printing = false; redraw(); });
}
