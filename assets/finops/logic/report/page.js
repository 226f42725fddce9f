// Draws every chart from the specification that stands beside it; one that is folded away as soon as it is unfolded, since
// it has no width before. Expressions are interpreted, not compiled, so that the page's policy can forbid eval.
function draw(chart) {
  if (chart.dataset.state) return;
  chart.dataset.state = "drawing";
  const spec = JSON.parse(chart.nextElementSibling.textContent);
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip: { theme: "report" } };
  vegaEmbed(chart, spec, options).then(
    () => (chart.dataset.state = "drawn"),
    (error) => {
      chart.dataset.state = "failed";
      chart.textContent = "This chart could not be drawn (" + error.message + "). The table below has the numbers.";
    },
  );
}
for (const chart of document.querySelectorAll(".chart")) {
  const fold = chart.closest("details");
  if (!fold || fold.open) draw(chart);
  else fold.addEventListener("toggle", () => draw(chart), { once: true });
}
