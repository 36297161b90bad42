/* Each chart is drawn by the function of its name, or of what it says of itself. */
const DRAW = {};
const drawChart = figure => DRAW[figure.dataset.draw || figure.id](figure);

for (const button of document.querySelectorAll(".run button")) {
  button.onclick = () => copy(button, button.nextElementSibling);
}
/* A table that is wider than its place says that it scrolls. */
{
  const hints = [...document.querySelectorAll("main .wide")].map(wide => {
    const hint = document.createElement("p");
    hint.className = "hint"; hint.textContent = "Scroll the table sideways for more columns \u2192";
    wide.before(hint); wide.tabIndex = 0;
    return () => { hint.hidden = wide.scrollWidth <= wide.clientWidth; };
  });
  const check = () => hints.forEach(one => one());
  addEventListener("resize", check);
  addEventListener("toggle", check, true);
  check();
}
