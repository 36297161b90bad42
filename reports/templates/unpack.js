/* The library and the data are deflated: the page's script runs once the browser has unpacked them. */
{
  const place = id => document.getElementById(id);
  const unpacked = async id => {
    const letters = atob(place(id).textContent), packed = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at += 1) packed[at] = letters.charCodeAt(at);
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  };
  const run = textContent => document.body.append(Object.assign(document.createElement("script"), {textContent}));
  Promise.all(["library", "data"].map(unpacked)).then(([library, data]) => {
    place("data").textContent = data;
    run(library);
    run(place("script").textContent);
  }).catch(() => { place("unpacked").hidden = false; }).finally(() => place("library").remove());
}
