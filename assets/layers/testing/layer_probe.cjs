// Loads packages of a layer, runs a piece of code, and tells how that went: the same as layer_probe.py, for Node.
"use strict";
const fs = require("fs");
const path = require("path");

async function load(names, tell) {
  const begun = process.hrtime.bigint();
  for (const name of names) {
    tell({ begun: name });
    try {
      require(name);
    } catch (error) {
      if (error && error.code === "ERR_REQUIRE_ESM") await loadModule(name, tell);
      else tell({ failed: name, ...said(error) });
    }
  }
  tell({ seconds: Number(process.hrtime.bigint() - begun) / 1e9 });
}

async function loadModule(name, tell) {
  try {
    await import(require.resolve(name));
  } catch (error) {
    tell({ failed: name, ...said(error) });
  }
}

async function tryOut(code, tell) {
  if (code) {
    tell({ begun: "smoke" });
    try {
      const AsyncFunction = (async () => {}).constructor;
      await new AsyncFunction("require", code)(require);
    } catch (error) {
      tell({ failed: "smoke", ...said(error) });
    }
  }
  tell({ over: true });
}

function said(error) {
  const text = String((error && error.message) || error).split("\n")[0].slice(0, 400);
  const match = /^Cannot find (?:module|package) '([^']+)'/.exec(text);
  return { error: `${(error && error.name) || "Error"}: ${text}`, missing: match ? match[1] : null };
}

if (require.main === module) {
  const [told, cases] = [process.argv[2], JSON.parse(process.argv[3])];
  const tell = (step) => fs.appendFileSync(told, JSON.stringify(step) + "\n");
  load(cases.imports, tell)
    .then(() => tryOut(cases.smoke, tell))
    .then(() => process.exit(0)); // what a package still waits for would keep it, and not a function
} else {
  const cases = JSON.parse(fs.readFileSync(path.join(__dirname, "layer_cases.json"), "utf8"));
  const steps = [];
  const loaded = load(cases.imports, (step) => steps.push(step));
  exports.handler = async () => {
    await loaded;
    const all = [...steps];
    await tryOut(cases.smoke, (step) => all.push(step));
    return { steps: all };
  };
}
