// Builds the one bundle that every pochade widget is: static/studio.js and static/studio.css.
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const LIMIT_KB = 150; // each widget model saves its own copy into the notebook
const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "src", "pochade", "widgets", "static");

const options = {
  absWorkingDir: here,
  entryPoints: { studio: "src/index.tsx" },
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

if (process.argv.includes("--watch")) {
  await (await esbuild.context({ ...options, logLevel: "info" })).watch();
} else {
  await esbuild.build(options);
  const sizes = await Promise.all(
    ["studio.js", "studio.css"].map(async (name) => (await stat(join(outdir, name))).size),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1000;
  if (total > LIMIT_KB) {
    throw new Error(`the bundle has ${total.toFixed(0)} kB, more than ${LIMIT_KB} kB`);
  }
}
