/* One risk is shown at a time, in the picture and in the table; a row or a dot opens to its command. */
const risk = at("risk"), all = [...risk.options].map(one => one.value);
function chosen() {
  for (const name of all) for (const one of document.querySelectorAll(`.by-${name}, .wide:has(> #by-${name})`)) one.hidden = name !== risk.value;
}
risk.onchange = chosen;
chosen();
for (const row of document.querySelectorAll("tr:has(+ tr.run)")) {
  row.tabIndex = 0;
  row.ariaExpanded = "false";
  row.onclick = () => { row.ariaExpanded = String(row.nextElementSibling.classList.toggle("open")); };
  row.onkeydown = pressed => { if (pressed.key === "Enter") row.onclick(); };
}
const picked = at("picked");
runnable(picked, "");
picked.hidden = true;
for (const dot of document.querySelectorAll("circle[data-run]")) dot.onclick = () => {
  picked.hidden = false;
  picked.lastChild.textContent = DATA.commands[dot.dataset.run];
  picked.firstChild.click();
};
