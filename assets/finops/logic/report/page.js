// Draws every chart from the specification that stands beside it. Expressions are interpreted, not compiled,
// so that the page's policy can forbid eval.
for (const chart of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(chart.nextElementSibling.textContent);
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip: { theme: "report" } };
  vegaEmbed(chart, spec, options).then(
    () => chart.setAttribute("data-state", "drawn"),
    (error) => {
      chart.setAttribute("data-state", "failed");
      chart.textContent = "This chart could not be drawn (" + error.message + "). The table below has the numbers.";
    },
  );
}
