// Asks HashiCorp's parser about every file of a corpus: `node oracle.mjs CORPUS OUT`, where the parser is installed
// below the working directory. Writes one JSON file: name -> { "value": … } or { "error": [line, column] }.
import { createRequire } from "node:module";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [corpus, out] = process.argv.slice(2);
const { parse } = createRequire(join(process.cwd(), "package.json"))("@cdktf/hcl2json");

const verdicts = {};
for (const name of readdirSync(corpus).filter((name) => name.endsWith(".hcl")).sort()) {
  const text = readFileSync(join(corpus, name), "utf8");
  try {
    verdicts[name] = { value: await parse("x.tf", text) };
  } catch (error) {
    const place = /\[x\.tf:(\d+),(\d+)-/.exec(String(error.message));
    verdicts[name] = { error: place ? [Number(place[1]), Number(place[2])] : [] };
  }
}
writeFileSync(out, JSON.stringify(verdicts, null, 1) + "\n");
// The parser's own runtime would wait for more work.
process.exit(0);
