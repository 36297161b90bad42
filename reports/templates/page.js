/* A page that was opened as a file may be refused the clipboard: then the text is selected, ready to be copied. */
async function copy(button, code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 3000);
}

const element = (parent, tag, text = "", more = {}) =>
  Object.assign(parent.appendChild(document.createElement(tag)), {textContent: text, ...more});
/* A command, and a button that copies it. */
function runnable(parent, text) {
  const button = element(parent, "button", "Copy", {type: "button"}), code = element(parent, "code", text);
  button.onclick = () => copy(button, code);
}

/* A tip stands by what it explains while that is pointed at, focused or tapped; Escape puts it away. */
{
  const tip = element(document.body, "div", "", {id: "tip", role: "tooltip", hidden: true});
  const hide = () => { tip.hidden = true; };
  const show = one => {
    tip.textContent = one.dataset.tip; tip.hidden = false;
    one.setAttribute("aria-describedby", "tip");
    const box = one.getBoundingClientRect(), room = document.documentElement.clientWidth - tip.offsetWidth - 12;
    const over = box.bottom + tip.offsetHeight + 8 > innerHeight;
    tip.style.left = `${scrollX + Math.max(12, Math.min(box.left, room))}px`;
    tip.style.top = `${scrollY + (over ? box.top - tip.offsetHeight - 6 : box.bottom + 6)}px`;
  };
  for (const one of document.querySelectorAll("[data-tip]")) {
    one.addEventListener("pointerenter", () => show(one));
    one.addEventListener("pointerleave", () => document.activeElement === one || hide());
    one.addEventListener("focus", () => show(one));
    one.addEventListener("blur", hide);
    one.addEventListener("click", () => show(one));
  }
  addEventListener("keydown", event => event.key === "Escape" && hide());
  addEventListener("resize", hide);
}
/* The contents mark the section that is being read. */
{
  const links = [...document.querySelectorAll(".bar a[href^='#']")];
  const parts = links.map(link => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    const last = parts.findLastIndex(part => part.getBoundingClientRect().top < 120), here = Math.max(0, last);
    links.forEach((link, place) => place === here ? link.setAttribute("aria-current", "location") : link.removeAttribute("aria-current"));
  };
  addEventListener("scroll", mark, {passive: true});
  mark();
}

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
