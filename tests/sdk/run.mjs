// The official clients against a running gateway:  node run.mjs GATEWAY [PART OF A TEST'S NAME]
// Prints one line per failure and "N passed, N failed, N skipped"; exit code 1 if anything failed.
import { aiTests } from './ai_client.mjs';
import { anthropicTests } from './anthropic_client.mjs';
import { startGateway } from './gateway.mjs';
import { langchainTests } from './langchain_client.mjs';
import { ollamaTests } from './ollama_client.mjs';
import { openaiTests } from './openai_client.mjs';
import { responsesTests } from './responses_client.mjs';

const [program, wanted = ''] = process.argv.slice(2);
if (!program) {
  console.error('usage: node run.mjs GATEWAY [PART OF A NAME]');
  process.exit(2);
}
const patience = 30_000; // for one test; the slowest takes about a second

function limited(test) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${patience / 1000} s`)), patience);
  });
  return Promise.race([test(), late]).finally(() => clearTimeout(timer));
}

const gateway = await startGateway(program);
let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const tests = { ...openaiTests(gateway.url), ...responsesTests(gateway.url), ...ollamaTests(gateway.url),
    ...anthropicTests(gateway.url), ...aiTests(gateway.url), ...langchainTests(gateway.url) };
  for (const [name, test] of Object.entries(tests)) {
    if (!name.includes(wanted)) {
      ++skipped;
      continue;
    }
    try {
      await limited(test);
      ++passed;
    } catch (error) {
      ++failed;
      console.log(`FAILED ${name}\n  ${String(error.stack ?? error).replaceAll('\n', '\n  ')}`);
    }
  }
} finally {
  const end = await gateway.stop();
  if (end !== 0) {
    ++failed;
    console.log(`FAILED the gateway ended with ${end}\n${gateway.log().slice(-4000)}`);
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
