function layout(more) {
  const ink = night() ? "#eeeeec" : "#191a1c";
  return {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false, showlegend: false,
    font: {color: ink, family: "Inter, Helvetica Neue, Arial, Liberation Sans, sans-serif", size: 12.5}, ...more};
}
const CONFIG = {responsive: true, displaylogo: false, modeBarButtons: [["toImage"]]};
const BELOW = 36;  // below an axis plotly keeps a title away from the axis, not from its labels
const GRID = "rgba(128,128,128,.3)";
