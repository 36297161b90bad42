/* Two tear-sheets: where one scrolls to, the other follows. Files are strangers to each other, so they send messages. */
const frames = [...document.querySelectorAll("iframe")];
let stands = 0;
addEventListener("message", ({source, data}) => {
  const from = frames.findIndex(frame => frame.contentWindow === source);
  if (from < 0 || !Number.isFinite(data?.tearsheet) || !document.getElementById("together").checked) return;
  if (!data.loaded) stands = data.tearsheet;
  frames[data.loaded ? from : 1 - from].contentWindow.postMessage({tearsheet: stands}, "*");
});
document.querySelectorAll(".frames select").forEach((menu, side) => {
  const show = () => { frames[side].src = menu.value; menu.nextElementSibling.href = menu.value; };
  menu.addEventListener("change", show);
  if (menu.value !== menu.nextElementSibling.getAttribute("href")) show();  // what a browser keeps of a page left
});
