// What runs a Node function in a process of its own, as the runtime of AWS Lambda does: `node aws_lambda_bootstrap.mjs SPECIFICATION`,
// with the event at standard input. Results are lines of JSON, as of aws_lambda_bootstrap.py.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const told = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const id = told.context.aws_request_id;
const tell = (what) => fs.writeSync(told.results, JSON.stringify(what) + "\n");

class Refused extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

const error = (caught) => {
  const plain = caught instanceof Error;
  const found = { errorType: plain ? caught.name : typeof caught, errorMessage: plain ? caught.message : String(caught) };
  const trace = plain && !(caught instanceof Refused) ? String(caught.stack).split("\n") : [];
  console.error(`${new Date().toISOString()}\t${id}\tERROR\tInvoke Error\t${JSON.stringify({ ...found, stack: trace })}`);
  return { ...found, trace };
};

const handler = async () => {
  const dot = told.handler.lastIndexOf(".");
  const [file, name] = [told.handler.slice(0, dot), told.handler.slice(dot + 1)];
  if (dot < 1) throw new Refused("Runtime.MalformedHandlerName", "Bad handler");
  const found = [".js", ".mjs", ".cjs"].map((end) => path.join(told.task, file + end)).find((one) => fs.existsSync(one));
  if (!found) throw new Refused("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  let module;
  try {
    module = found.endsWith(".mjs") ? await import(pathToFileURL(found)) : createRequire(found)(found);
  } catch (caught) {
    if (caught instanceof SyntaxError) throw new Refused("Runtime.UserCodeSyntaxError", `SyntaxError: ${caught.message}`);
    if (/MODULE_NOT_FOUND/.test(caught.code ?? "")) throw new Refused("Runtime.ImportModuleError", `Error: ${caught.message}`);
    throw caught;
  }
  const work = module[name] ?? module.default?.[name];
  if (typeof work !== "function") throw new Refused("Runtime.HandlerNotFound", `${told.handler} is undefined or not exported`);
  return work;
};

const called = (work, event, deadline) =>
  new Promise((resolve, reject) => {
    const c = told.context;
    const context = {
      functionName: c.function_name, functionVersion: c.function_version, invokedFunctionArn: c.invoked_function_arn,
      memoryLimitInMB: c.memory_limit_in_mb, awsRequestId: id, logGroupName: c.log_group_name, logStreamName: c.log_stream_name,
      callbackWaitsForEmptyEventLoop: true, getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    };
    const answer = work(event, context, (caught, value) => (caught ? reject(caught) : resolve(value)));
    if (answer && typeof answer.then === "function") answer.then(resolve, reject);
    else if (work.length < 3) resolve(answer);
  });

const event = fs.readFileSync(0, "utf8");
let [work, failed, answer, begun] = [null, null, null, performance.now()];
try {
  work = await handler();
} catch (caught) {
  failed = error(caught);
}
tell({ init_ms: performance.now() - begun });
begun = performance.now();
if (work) {
  try {
    answer = JSON.stringify((await called(work, JSON.parse(event || "{}"), Date.now() + told.timeout * 1000)) ?? null);
  } catch (caught) {
    failed = error(caught);
  }
}
const memory = Math.floor(process.resourceUsage().maxRSS / 1024);
tell({ duration_ms: performance.now() - begun, memory_mb: memory, answer, error: failed });
process.exit(0);
