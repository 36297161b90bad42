/* In a frame of a comparison: says where it stands, so that the other frame follows, and goes where its parent says. */
"use strict";
if (parent !== window) {
  const stops = () => {
    const right = document.getElementById("right"), stacked = getComputedStyle(right).float === "none";
    const parts = document.querySelectorAll(stacked ? "#left > div, #right > h3, #right > div" : "#left > div");
    const tops = [...parts].map(part => part.getBoundingClientRect().top + scrollY);
    return [0, ...tops, document.documentElement.scrollHeight];
  };
  const place = () => {
    const all = stops(), at = Math.max(0, all.findLastIndex((top, index) => index < all.length - 1 && top <= scrollY));
    return at + (scrollY - all[at]) / (all[at + 1] - all[at]);
  };
  const tell = more => parent.postMessage({tearsheet: place(), ...more}, "*");
  let told = -1;
  addEventListener("message", ({source, data}) => {
    if (source !== parent || !Number.isFinite(data?.tearsheet)) return;
    const all = stops(), at = Math.min(Math.max(0, Math.floor(data.tearsheet)), all.length - 2);
    scrollTo(0, all[at] + (data.tearsheet - at) * (all[at + 1] - all[at]));
    told = scrollY;
  });
  addEventListener("scroll", () => { if (Math.abs(scrollY - told) > 1) { told = -1; tell(); } });
  addEventListener("load", () => tell({loaded: true}));
  document.querySelectorAll(".verdict a").forEach(link => { link.target = "_top"; });
}
