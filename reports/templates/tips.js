/* A tip stands by what it explains while that is pointed at, focused or tapped; Escape puts it away. */
{
  const tip = document.createElement("div");
  tip.id = "tip"; tip.role = "tooltip"; tip.hidden = true;
  document.body.append(tip);
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
