const DATA = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const night = () => dark.matches && !printing;

const bytes = packed => Uint8Array.from(atob(packed), letter => letter.charCodeAt(0)).buffer;
const floats = packed => new Float32Array(bytes(packed));
const codes = packed => new Uint32Array(bytes(packed));
const plain = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");  // plotly reads some HTML
