// Builds the one bundle that every pochade widget is: static/studio.js and static/studio.css.
//
// Each widget model saves its own copy of the bundle into the notebook and sends it through the kernel's socket, so the
// script travels deflated, behind a few lines that unfold it. `--watch` leaves it plain, for a debugger.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import * as esbuild from "esbuild";

const LIMIT_KB = 150;
const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "src", "pochade", "widgets", "static");

const options = {
  absWorkingDir: here,
  entryPoints: { studio: "src/index.tsx" },
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

/** A module that unfolds another one and gives out what that gives out. anywidget imports modules by blob as well. */
function folded(script) {
  const packed = deflateRawSync(script, { level: 9 }).toString("base64");
  return `const packed="${packed}";
const bytes=Uint8Array.from(atob(packed),(letter)=>letter.charCodeAt(0));
const plain=new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")));
const url=URL.createObjectURL(new Blob([await plain.arrayBuffer()],{type:"text/javascript"}));
const {default:widget}=await import(url);
URL.revokeObjectURL(url);
export default widget;
`;
}

if (process.argv.includes("--watch")) {
  await (await esbuild.context({ ...options, logLevel: "info" })).watch();
} else {
  const { outputFiles } = await esbuild.build({ ...options, write: false });
  const files = outputFiles.map(({ path, contents }) => ({
    path,
    minified: contents.length,
    contents: path.endsWith(".js") ? Buffer.from(folded(contents)) : contents,
  }));
  await mkdir(outdir, { recursive: true });
  for (const { path, contents } of files) await writeFile(path, contents);
  const sum = (sizes) => Math.round(sizes.reduce((total, size) => total + size, 0) / 1000);
  const shipped = sum(files.map(({ contents }) => contents.length));
  console.log(`widgets: ${sum(files.map(({ minified }) => minified))} kB minified, ${shipped} kB as they travel`);
  if (shipped > LIMIT_KB) throw new Error(`the bundle travels as ${shipped} kB, more than ${LIMIT_KB} kB`);
}
